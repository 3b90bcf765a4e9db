import { describe, expect, test } from 'vitest';
import { LapicPort } from '../../src/engine/device/lapic-port.ts';
import { gpa } from '../../src/engine/units.ts';
import { bench, keepsItsState } from './bench.ts';

const BASE = 0xfee0_0000;
const TPR = 0x080;
const PPR = 0x0a0;
const EOI = 0x0b0;
const LDR = 0x0d0;
const DFR = 0x0e0;
const SVR = 0x0f0;
const ISR = 0x100;
const TMR = 0x180;
const IRR = 0x200;
const ESR = 0x280;
const ICR_LOW = 0x300;
const ICR_HIGH = 0x310;
const LVT_TIMER = 0x320;
const LVT_LINT0 = 0x350;
const LVT_LINT1 = 0x360;
const LVT_ERROR = 0x370;
const INITIAL = 0x380;
const CURRENT = 0x390;
const DIVIDE = 0x3e0;

/** An APIC that software has enabled, with spurious vector FF. */
function lapic() {
  const { mmio, clock } = bench();
  const log = { eois: [] as number[], nmis: 0, changes: 0 };
  const port = new LapicPort(mmio, {
    clock,
    eoi: (vector) => void log.eois.push(vector),
    nmi: () => void log.nmis++,
    changed: () => void log.changes++,
  });
  const read = (offset: number) => Number(mmio.read(gpa(BASE + offset), 4));
  const write = (offset: number, value: number) => mmio.write(gpa(BASE + offset), 4, BigInt(value));
  write(SVR, 0x1ff);
  const fixed = (vector: number, isLevel = false) => port.chip.deliver(0, vector, isLevel);
  return { mmio, clock, port, chip: port.chip, log, read, write, fixed };
}

describe('registers', () => {
  test('after a reset: version, spurious vector, everything masked, software-disabled', () => {
    const { mmio, clock } = bench();
    new LapicPort(mmio, { clock, eoi: () => {}, nmi: () => {}, changed: () => {} });
    const read = (offset: number) => Number(mmio.read(gpa(BASE + offset), 4));
    expect(read(0x030)).toBe(0x0005_0014);
    expect(read(SVR)).toBe(0xff);
    expect(read(DFR)).toBe(0xffff_ffff);
    for (let offset = LVT_TIMER; offset <= LVT_ERROR; offset += 16) {
      expect(read(offset)).toBe(0x1_0000);
    }
  });

  test('software disable sets the LVT masks and keeps them', () => {
    const { read, write } = lapic();
    write(LVT_LINT0, 0x700);
    expect(read(LVT_LINT0)).toBe(0x700);
    write(SVR, 0x0ff);
    expect(read(LVT_LINT0)).toBe(0x1_0700);
    write(LVT_LINT0, 0x700);
    expect(read(LVT_LINT0)).toBe(0x1_0700);
  });

  test('part of a register is its bytes; a write past its first byte is dropped', () => {
    const { mmio, write, read } = lapic();
    write(LDR, 0x0100_0000);
    expect(mmio.read(gpa(BASE + LDR + 3), 1)).toBe(1n);
    expect(mmio.read(gpa(BASE + LDR), 8)).toBe(0x0100_0000n);
    mmio.write(gpa(BASE + TPR + 4), 4, 0x20n);
    expect(read(TPR)).toBe(0);
  });

  test('an address without a register is an error that ESR shows after a write', () => {
    const { read, write } = lapic();
    write(LVT_ERROR, 0xfe);
    read(0x040);
    expect(read(ESR)).toBe(0);
    write(ESR, 0);
    expect(read(ESR)).toBe(0x80);
    expect(read(IRR + 0x70)).toBe(0x4000_0000); // vector FE
    write(ESR, 0);
    expect(read(ESR)).toBe(0);
  });
});

describe('accepting and delivering', () => {
  test('IRR to ISR at INTA, out at EOI', () => {
    const { chip, fixed, read, write } = lapic();
    fixed(0x31);
    expect(read(IRR + 0x10)).toBe(1 << 17);
    expect(chip.pending).toBe(0x31);
    expect(chip.acknowledge()).toBe(0x31);
    expect([read(IRR + 0x10), read(ISR + 0x10)]).toEqual([0, 1 << 17]);
    write(EOI, 0);
    expect(read(ISR + 0x10)).toBe(0);
  });

  test('a class must beat the processor priority, which is the task’s or the one in service', () => {
    const { chip, fixed, read, write } = lapic();
    fixed(0x45);
    write(TPR, 0x40);
    expect(chip.pending).toBeUndefined();
    write(TPR, 0x3f);
    expect(chip.pending).toBe(0x45);
    chip.acknowledge();
    expect(read(PPR)).toBe(0x40);
    fixed(0x4f);
    expect(chip.pending).toBeUndefined(); // same class
    fixed(0x50);
    expect(chip.acknowledge()).toBe(0x50);
    write(EOI, 0);
    write(EOI, 0);
    expect(read(PPR)).toBe(0x3f);
    expect(chip.pending).toBe(0x4f);
  });

  test('CR8 is the top of TPR', () => {
    const { port, read, write } = lapic();
    port.cr8 = 5;
    expect(read(TPR)).toBe(0x50);
    write(TPR, 0x6f);
    expect(port.cr8).toBe(6);
  });

  test('an INTA with nothing to deliver is the spurious vector, and nothing is in service', () => {
    const { chip, fixed, read, write } = lapic();
    fixed(0x31);
    write(TPR, 0xff);
    expect(chip.acknowledge()).toBe(0xff);
    expect(read(ISR + 0x10)).toBe(0);
  });

  test('an EOI for a level-triggered vector is broadcast', () => {
    const { chip, fixed, log, read, write } = lapic();
    fixed(0x51, true);
    fixed(0x41);
    expect(read(TMR + 0x20)).toBe(1 << 17);
    chip.acknowledge();
    write(EOI, 0);
    chip.acknowledge();
    write(EOI, 0);
    expect(log.eois).toEqual([0x51]);
  });

  test('vectors below 16 are refused, with an error', () => {
    const { chip, fixed, read, write } = lapic();
    fixed(0x0f);
    expect(chip.pending).toBeUndefined();
    write(ESR, 0);
    expect(read(ESR)).toBe(0x40);
  });

  test('while software-disabled it accepts no fixed interrupts, but NMIs', () => {
    const { chip, fixed, log, write } = lapic();
    write(SVR, 0x0ff);
    fixed(0x31);
    chip.deliver(4, 0, false);
    expect([chip.pending, log.nmis]).toEqual([undefined, 1]);
  });
});

describe('interrupt commands', () => {
  test.each([
    ['to self by shorthand', 0x4_0031, 0],
    ['to all including self', 0x8_0031, 0],
    ['to its physical id', 0x0031, 0],
    ['to all by destination FF', 0x0031, 0xff00_0000],
  ])('%s', (_, low, high) => {
    const { chip, write } = lapic();
    write(ICR_HIGH, high);
    write(ICR_LOW, low);
    expect(chip.pending).toBe(0x31);
  });

  test.each([
    ['to all but self', 0xc_0031, 0],
    ['to another id', 0x0031, 0x0300_0000],
    ['INIT', 0x4500, 0],
    ['start-up', 0x4608, 0],
  ])('%s: nobody', (_, low, high) => {
    const { chip, log, write } = lapic();
    write(ICR_HIGH, high);
    write(ICR_LOW, low);
    expect([chip.pending, log.nmis]).toEqual([undefined, 0]);
  });

  test('an NMI to self', () => {
    const { log, write } = lapic();
    write(ICR_LOW, 0x4_0400);
    expect(log.nmis).toBe(1);
  });

  test('an illegal vector is an error of the sender', () => {
    const { read, write } = lapic();
    write(ICR_LOW, 0x4_0005);
    write(ESR, 0);
    expect(read(ESR)).toBe(0x20);
  });

  test('logical destinations, flat and by cluster', () => {
    const { chip, write } = lapic();
    write(LDR, 0x0400_0000);
    expect(chip.isDestination(0x06, 'logical')).toBe(true);
    expect(chip.isDestination(0x03, 'logical')).toBe(false);
    write(DFR, 0x0fff_ffff);
    write(LDR, 0x2100_0000);
    expect(chip.isDestination(0x23, 'logical')).toBe(true);
    expect(chip.isDestination(0x22, 'logical')).toBe(false);
    expect(chip.isDestination(0x11, 'logical')).toBe(false);
    expect(chip.isDestination(0xff, 'logical')).toBe(true);
  });
});

describe('the timer', () => {
  test('one-shot: counts down at 1 GHz over the divisor, interrupts once', () => {
    const { clock, chip, read, write } = lapic();
    write(DIVIDE, 0x3); // by 16
    write(LVT_TIMER, 0xec);
    write(INITIAL, 1000);
    clock.pass(1600);
    expect(read(CURRENT)).toBe(900);
    clock.pass(14_399);
    expect(chip.pending).toBeUndefined();
    clock.pass(1);
    expect(chip.acknowledge()).toBe(0xec);
    expect([read(CURRENT), clock.next]).toEqual([0, undefined]);
  });

  test.each([
    [0x0, 2],
    [0x1, 4],
    [0x2, 8],
    [0x3, 16],
    [0x8, 32],
    [0x9, 64],
    [0xa, 128],
    [0xb, 1],
  ])('divide configuration %i is by %i', (dcr, by) => {
    const { clock, write } = lapic();
    write(DIVIDE, dcr);
    write(LVT_TIMER, 0xec);
    write(INITIAL, 10);
    expect(clock.next).toBe(10 * by);
  });

  test('periodic: starts over by itself', () => {
    const { clock, chip, read, write } = lapic();
    write(DIVIDE, 0xb);
    write(LVT_TIMER, 0x2_00ec);
    write(INITIAL, 250);
    let interrupts = 0;
    for (let i = 0; i < 1000; i++) {
      clock.pass(10);
      if (chip.pending !== undefined) {
        chip.acknowledge();
        write(EOI, 0);
        interrupts++;
      }
    }
    expect(interrupts).toBe(40);
    clock.pass(100);
    expect(read(CURRENT)).toBe(150);
    write(INITIAL, 0);
    expect([read(CURRENT), clock.next]).toEqual([0, undefined]);
  });

  test('a masked timer counts and does not interrupt', () => {
    const { clock, chip, read, write } = lapic();
    write(DIVIDE, 0xb);
    write(INITIAL, 100); // LVT masked since the reset
    clock.pass(40);
    expect(read(CURRENT)).toBe(60);
    clock.pass(100);
    expect([read(CURRENT), chip.pending, clock.next]).toEqual([0, undefined, undefined]);
    write(LVT_TIMER, 0xec);
    clock.fireDue();
    expect(chip.pending).toBeUndefined(); // what expired under the mask is gone
  });

  test('TSC-deadline: by MSR, once, and the count registers are dead', () => {
    const { clock, chip, port, read, write } = lapic();
    write(LVT_TIMER, 0x4_00ec);
    write(INITIAL, 1000);
    expect(read(INITIAL)).toBe(0);
    port.setDeadline(5000);
    clock.pass(4999);
    expect([port.deadline, chip.pending]).toEqual([5000, undefined]);
    clock.pass(1);
    expect([port.deadline, chip.pending]).toEqual([null, 0xec]);
  });

  test('TSC-deadline: one already past fires at once, 0 disarms, a change of mode too', () => {
    const { clock, chip, port, write } = lapic();
    write(LVT_TIMER, 0x4_00ec);
    clock.pass(100);
    port.setDeadline(50);
    clock.fireDue();
    expect(chip.pending).toBe(0xec);
    port.setDeadline(500);
    port.setDeadline(null);
    expect(clock.next).toBeUndefined();
    port.setDeadline(500);
    write(LVT_TIMER, 0x0_00ec);
    expect(clock.next).toBeUndefined();
    port.setDeadline(600); // ignored outside the mode
    expect([port.deadline, clock.next]).toEqual([null, undefined]);
  });
});

describe('LINT0 and LINT1', () => {
  test('LINT0 as ExtINT passes the PIC’s INTR, unless masked', () => {
    const { chip, port, write } = lapic();
    write(LVT_LINT0, 0x700);
    port.lint(0).set(true);
    expect(chip.extInt).toBe(true);
    write(LVT_LINT0, 0x1_0700);
    expect(chip.extInt).toBe(false);
  });

  test('LINT1 as NMI', () => {
    const { log, port, write } = lapic();
    port.lint(1).set(true);
    expect(log.nmis).toBe(0); // masked
    port.lint(1).set(false);
    write(LVT_LINT1, 0x400);
    port.lint(1).set(true);
    port.lint(1).set(true);
    expect(log.nmis).toBe(1);
  });

  test('virtual wire mode, as firmware leaves it', () => {
    const { chip, port, read } = lapic();
    port.leaveVirtualWire();
    expect([read(SVR), read(LVT_LINT0), read(LVT_LINT1)]).toEqual([0x1ff, 0x8700, 0x400]);
    port.lint(0).set(true);
    expect(chip.extInt).toBe(true);
  });
});

describe('IA32_APIC_BASE', () => {
  test('shows base, BSP and EN; reserved bits and x2APIC are refused', () => {
    const { port } = lapic();
    expect(port.apicBase).toBe(0xfee0_0900n);
    expect(port.setApicBase(0xfee0_0d00n)).toBe(false); // EXTD
    expect(port.setApicBase(0xfee0_0901n)).toBe(false);
    expect(port.setApicBase(1n << 60n)).toBe(false);
    expect(port.apicBase).toBe(0xfee0_0900n);
  });

  test('disabled it is gone: no MMIO, and the CPU has its INTR and NMI pins back', () => {
    const { chip, fixed, log, mmio, port, read, write } = lapic();
    write(TPR, 0x50);
    port.setApicBase(0xfee0_0100n);
    expect(mmio.read(gpa(BASE + SVR), 4)).toBe(0xffff_ffffn);
    fixed(0x61);
    expect(chip.pending).toBeUndefined();
    port.lint(0).set(true);
    port.lint(1).set(true);
    expect([chip.extInt, log.nmis]).toEqual([true, 1]);
    port.setApicBase(0xfee0_0900n);
    expect([read(TPR), read(SVR)]).toEqual([0, 0xff]); // as after a reset
  });

  test('moves', () => {
    const { mmio, port } = lapic();
    expect(port.setApicBase(0xd000_0900n)).toBe(true);
    expect(mmio.read(gpa(0xd000_0030), 4)).toBe(0x0005_0014n);
    expect(mmio.read(gpa(BASE + 0x30), 4)).toBe(0xffff_ffffn);
  });
});

test('keeps its state, its alarm and its place', () => {
  const { clock, fixed, port, write } = lapic();
  write(LVT_TIMER, 0x2_00ec);
  write(INITIAL, 77);
  write(TPR, 0x20);
  clock.pass(100);
  fixed(0x41, true);
  port.lint(0).set(true);
  port.setApicBase(0xd000_0900n);
  const other = lapic();
  other.clock.pass(100);
  keepsItsState(port, other.port);
  expect(other.clock.next).toBe(clock.next);
  expect(other.mmio.ownerOf(gpa(0xd000_0000))).toBe('LAPIC');
});
