import { describe, expect, test } from 'vitest';
import { MmioBus } from '../../src/engine/bus/mmio.ts';
import { PioBus } from '../../src/engine/bus/pio.ts';
import type { MmioHandler, PioHandler } from '../../src/engine/bus/ports.ts';
import { gpa } from '../../src/engine/units.ts';

/** A device that logs its accesses and reads as the low byte of its port in each byte. */
function logger(log: string[]): PioHandler & MmioHandler {
  return {
    pioRead: (port, size) => {
      log.push(`in ${port.toString(16)}/${size}`);
      return size === 1 ? port & 0xff : size === 2 ? 0x2222 : 0x4444_4444;
    },
    pioWrite: (port, size, value) =>
      void log.push(`out ${port.toString(16)}/${size}=${value.toString(16)}`),
    mmioRead: (offset, size) => {
      log.push(`read +${offset.toString(16)}/${size}`);
      return BigInt(offset);
    },
    mmioWrite: (offset, size, value) =>
      void log.push(`write +${offset.toString(16)}/${size}=${value.toString(16)}`),
  };
}

describe('the port space', () => {
  test('a device sees the whole access, an 8-bit device sees byte cycles', () => {
    const log: string[] = [];
    const bus = new PioBus();
    bus.claim({ name: 'wide', base: 0x100, length: 4, handler: logger(log) });
    bus.claim({ name: 'narrow', base: 0x200, length: 4, handler: logger(log), bytes: true });
    bus.write(0x100, 4, 0xaabb_ccdd);
    bus.write(0x200, 2, 0xaabb);
    expect(bus.read(0x202, 2)).toBe(0x0302);
    expect(log).toEqual([
      'out 100/4=aabbccdd',
      'out 200/1=bb',
      'out 201/1=aa',
      'in 202/1',
      'in 203/1',
    ]);
  });

  test('an access across the end of a device goes to each port by itself', () => {
    const log: string[] = [];
    const unclaimed: string[] = [];
    const bus = new PioBus((dir, port, size) =>
      unclaimed.push(`${dir} ${port.toString(16)}/${size}`),
    );
    bus.claim({ name: 'wide', base: 0x100, length: 2, handler: logger(log) });
    expect(bus.read(0x101, 4)).toBe(0xffff_ff01);
    expect(log).toEqual(['in 101/1']);
    expect(unclaimed).toEqual(['in 102/1', 'in 103/1', 'in 104/1']);
  });

  test('where nobody is, reads are ones of the right size, writes are dropped, and both are seen', () => {
    const seen: unknown[] = [];
    const bus = new PioBus((...access) => seen.push(access));
    expect(bus.read(0x80, 1)).toBe(0xff);
    expect(bus.read(0x80, 2)).toBe(0xffff);
    expect(bus.read(0x80, 4)).toBe(0xffff_ffff);
    bus.write(0x80, 1, 0x55);
    expect(seen).toEqual([
      ['in', 0x80, 1, 0],
      ['in', 0x80, 2, 0],
      ['in', 0x80, 4, 0],
      ['out', 0x80, 1, 0x55],
    ]);
  });

  test('two claims on a port are a bug, and so is a claim past the end', () => {
    const bus = new PioBus();
    bus.claim({ name: 'COM1', base: 0x3f8, length: 8, handler: logger([]) });
    expect(() => bus.claim({ name: 'IDE', base: 0x3f6, length: 3, handler: logger([]) })).toThrow(
      'IDE claims port 0x3f8, which COM1 has',
    );
    expect(() => bus.claim({ name: 'X', base: 0xffff, length: 2, handler: logger([]) })).toThrow();
    expect(bus.ownerOf(0x3ff)).toBe('COM1');
    expect(bus.ownerOf(0x3f7)).toBeUndefined();
  });

  test('the last port wraps to the first', () => {
    const bus = new PioBus();
    bus.claim({ name: 'last', base: 0xffff, length: 1, handler: logger([]) });
    expect(bus.read(0xffff, 2)).toBe(0xffff);
  });
});

describe('the MMIO space', () => {
  test('hands a device offsets, and finds devices in any order', () => {
    const log: string[] = [];
    const bus = new MmioBus();
    bus.claim({ name: 'B', base: gpa(0xfee0_0000), length: 0x1000, handler: logger(log) });
    bus.claim({ name: 'A', base: gpa(0xfec0_0000), length: 0x1000, handler: logger(log) });
    bus.write(gpa(0xfee0_00b0), 4, 0n);
    expect(bus.read(gpa(0xfec0_0010), 4)).toBe(0x10n);
    expect(log).toEqual(['write +b0/4=0', 'read +10/4']);
  });

  test('elsewhere reads are ones and writes are dropped', () => {
    const seen: unknown[] = [];
    const bus = new MmioBus((...access) => seen.push(access));
    expect(bus.read(gpa(0xa_0000), 1)).toBe(0xffn);
    expect(bus.read(gpa(0xa_0000), 8)).toBe(0xffff_ffff_ffff_ffffn);
    bus.write(gpa(0xb_8000), 2, 0x0741n);
    expect(seen.at(-1)).toEqual(['write', 0xb_8000, 2, 0x0741n]);
  });

  test('an access across the end of a device is split', () => {
    const bus = new MmioBus();
    bus.claim({ name: 'A', base: gpa(0x1000_0000), length: 4, handler: logger([]) });
    expect(bus.read(gpa(0x1000_0002), 4)).toBe(0xffff_0302n);
  });

  test('overlaps are a bug; a released range is free again', () => {
    const bus = new MmioBus();
    const claim = { name: 'A', base: gpa(0x1000_0000), length: 0x1000, handler: logger([]) };
    bus.claim(claim);
    const other = { name: 'B', base: gpa(0x1000_0fff), length: 1, handler: logger([]) };
    expect(() => bus.claim(other)).toThrow('B at 0x10000fff overlaps A');
    bus.release(claim);
    bus.claim(other);
    expect(bus.read(gpa(0x1000_0000), 4)).toBe(0xffff_ffffn);
  });
});
