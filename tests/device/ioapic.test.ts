import { describe, expect, test } from 'vitest';
import type { InterruptMessage } from '../../src/engine/device/ioapic.ts';
import { IoapicPort } from '../../src/engine/device/ioapic-port.ts';
import { gpa } from '../../src/engine/units.ts';
import { bench, keepsItsState } from './bench.ts';

const MASKED = 0x1_0000;
const LEVEL = 0x8000;
const REMOTE_IRR = 0x4000;

function ioapic({ accepts = true } = {}) {
  const { mmio } = bench();
  const sent: InterruptMessage[] = [];
  const port = new IoapicPort(mmio, (message) => {
    if (accepts) sent.push(message);
    return accepts;
  });
  const select = (index: number) => mmio.write(gpa(0xfec0_0000), 4, BigInt(index));
  const read = (index: number) => {
    select(index);
    return Number(mmio.read(gpa(0xfec0_0010), 4));
  };
  const write = (index: number, value: number) => {
    select(index);
    mmio.write(gpa(0xfec0_0010), 4, BigInt(value));
  };
  const entry = (n: number, low: number, high = 0) => {
    write(0x11 + 2 * n, high);
    write(0x10 + 2 * n, low);
  };
  return { mmio, port, read, write, entry, sent };
}

test('is version 11H with 24 entries, all masked', () => {
  const { read } = ioapic();
  expect(read(1)).toBe(0x0017_0011);
  for (let n = 0; n < 24; n++) expect(read(0x10 + 2 * n)).toBe(MASKED);
  expect(read(0x40)).toBe(0);
});

test('its id is four bits, and the arbitration id follows it', () => {
  const { read, write } = ioapic();
  write(0, 0xff00_0000);
  expect([read(0), read(2)]).toEqual([0x0f00_0000, 0x0f00_0000]);
});

test('delivery status and remote IRR cannot be written', () => {
  const { entry, read } = ioapic();
  entry(5, 0x1_ffff, 0xffff_ffff);
  expect([read(0x1a), read(0x1b)]).toEqual([0x1_afff, 0xff00_0000]);
});

describe('an edge', () => {
  test('sends what the entry says, once a rise', () => {
    const { port, entry, sent } = ioapic();
    entry(4, 0x0930, 0x0200_0000); // lowest priority, logical
    port.pin(4).set(true);
    port.pin(4).set(true);
    port.pin(4).set(false);
    expect(sent).toEqual([
      {
        vector: 0x30,
        deliveryMode: 1,
        destination: 2,
        destinationMode: 'logical',
        isLevel: false,
      },
    ]);
    port.pin(4).set(true);
    expect(sent.length).toBe(2);
  });

  test('on a masked input is lost', () => {
    const { port, entry, sent } = ioapic();
    port.pin(4).set(true);
    entry(4, 0x30);
    expect(sent).toEqual([]);
  });
});

describe('a level', () => {
  test('sends once, holds remote IRR, and sends again at EOI while the line is up', () => {
    const { port, entry, read, sent } = ioapic();
    entry(9, LEVEL | 0x39);
    port.pin(9).set(true);
    expect([sent.length, read(0x22)]).toEqual([1, LEVEL | REMOTE_IRR | 0x39]);
    port.pin(9).set(false);
    port.pin(9).set(true);
    expect(sent.length).toBe(1);
    port.endOfInterrupt(0x39);
    expect(sent.length).toBe(2);
    port.pin(9).set(false);
    port.endOfInterrupt(0x39);
    expect([sent.length, read(0x22)]).toEqual([2, LEVEL | 0x39]);
  });

  test('that is up when the entry is unmasked sends then', () => {
    const { port, entry, sent } = ioapic();
    entry(9, MASKED | LEVEL | 0x39);
    port.pin(9).set(true);
    expect(sent.length).toBe(0);
    entry(9, LEVEL | 0x39);
    expect(sent.length).toBe(1);
  });

  test('an EOI of another vector does not end it', () => {
    const { port, entry, read } = ioapic();
    entry(9, LEVEL | 0x39);
    port.pin(9).set(true);
    port.endOfInterrupt(0x38);
    expect(read(0x22) & REMOTE_IRR).toBe(REMOTE_IRR);
  });

  test('an entry made edge-triggered forgets remote IRR (Linux relies on it to unjam one)', () => {
    const { port, entry, read } = ioapic();
    entry(9, LEVEL | 0x39);
    port.pin(9).set(true);
    entry(9, MASKED | 0x39);
    entry(9, MASKED | LEVEL | 0x39);
    expect(read(0x22) & REMOTE_IRR).toBe(0);
  });

  test('that nobody takes holds nothing', () => {
    const { port, entry, read } = ioapic({ accepts: false });
    entry(9, LEVEL | 0x39, 0x0700_0000);
    port.pin(9).set(true);
    expect(read(0x22) & REMOTE_IRR).toBe(0);
  });
});

test('keeps its state', () => {
  const { port, entry, write } = ioapic();
  entry(9, LEVEL | 0x39, 0x0100_0000);
  port.pin(9).set(true);
  write(0, 0x0500_0000);
  keepsItsState(port, ioapic().port);
});
