import { expect, test } from 'vitest';
import type { AccessSize } from '../../src/engine/exit.ts';
import { Board } from '../../src/engine/pc/board.ts';
import { gpa } from '../../src/engine/units.ts';
import { HandClock } from './bench.ts';

/**
 * A guest that writes anything anywhere: no access may throw, whatever came before; every state that
 * it brings the board into must be one that `load` accepts; and a board loaded from it must go on
 * exactly as the one that was saved.
 */

/** Marsaglia's xorshift32. */
function random(seed: number) {
  let x = seed;
  return (below: number) => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % below;
  };
}
type Random = ReturnType<typeof random>;

function board() {
  const clock = new HandClock();
  const log: string[] = [];
  const b = new Board({
    clock,
    memoryBytes: 64 << 20,
    rtcStart: 1_000_000_000,
    transmitted: (port, byte) => void log.push(`sent ${port} ${byte}`),
    powerOff: () => void log.push('off'),
    reset: (by) => void log.push(`reset ${by}`),
    nmi: () => void log.push('nmi'),
    interruptsChanged: () => {},
  });
  return { b, clock, log };
}
type Bench = ReturnType<typeof board>;

const PORTS = [
  0x20, 0x21, 0x40, 0x41, 0x42, 0x43, 0x60, 0x61, 0x64, 0x70, 0x71, 0x80, 0x92, 0xa0, 0xa1, 0xb2,
  0x2f8, 0x2fa, 0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0x3fe, 0x4d0, 0x600, 0x602, 0x604, 0x608,
  0xcf8, 0xcf9, 0xcfc, 0xcfd,
];
const VALUES = [0, 1, 2, 0x10, 0x11, 0x20, 0x34, 0x36, 0x7f, 0x80, 0xb0, 0xff];
const APIC = 0xfee0_0000;
const UNMASK = [
  [0x20, 0x11],
  [0x21, 0x20],
  [0x21, 0x04],
  [0x21, 0x01],
  [0x21, 0x00],
  [0x3fc, 0x08],
  [0x3f9, 0x0f],
] as const;
/** A guest may ask for a timer interrupt every tick; one step does not wait for a million of them. */
const ALARMS_MAX = 500;

/** One step of such a guest, on as many boards as are given; all must show the same. */
function step(next: Random, ...boards: Bench[]): void {
  const what = next(13);
  const port = next(20) === 0 ? next(0x1_0000) : PORTS[next(PORTS.length)]!;
  const size = ([1, 1, 1, 2, 4] as const)[next(5)]!;
  const value = next(2) === 0 ? VALUES[next(VALUES.length)]! : next(0x100);
  const wide = next(3) === 0 ? next(0xffff_ffff) : value | (next(8) << 16);
  const register = APIC + 16 * next(0x40);
  const wideSize = ([4, 4, 4, 1, 2, 8] as const)[next(6)]! as AccessSize;
  const time = [1, 100, 10_000, 1_000_000, 300_000_000][next(5)]!;
  const seen = boards.map(({ b, clock, log }) => {
    switch (what) {
      case 0:
      case 1:
      case 2:
        return b.pio.write(port, size, size === 1 ? value : wide);
      case 3:
      case 4:
        return b.pio.read(port, size);
      case 5:
        return b.mmio.write(gpa(register), 4, BigInt(wide));
      case 6:
        return b.mmio.read(gpa(register), wideSize);
      case 7: {
        b.mmio.write(gpa(0xfec0_0000), 4, BigInt(value & 0x3f));
        b.mmio.write(gpa(0xfec0_0010), 4, BigInt(wide));
        return b.mmio.read(gpa(0xfec0_0010), 4);
      }
      case 8:
        return clock.pass(time, ALARMS_MAX);
      case 9:
        return b.intr ? b.acknowledge() : undefined;
      case 10:
        b.serial[value & 1]!.receive(value);
        b.keyboard.scancode(value);
        return b.power.pressPowerButton();
      case 11:
        // What an operating system would do: unmask everything.
        for (const [at, byte] of UNMASK) b.pio.write(at, 1, byte);
        b.lapic.setApicBase(BigInt(APIC | 0x900));
        b.mmio.write(gpa(APIC + 0xf0), 4, 0x1ffn);
        b.mmio.write(gpa(APIC + 0x350), 4, 0x700n);
        b.lapic.cr8 = 0;
        return undefined;
      default:
        b.lapic.cr8 = value & 15;
        b.lapic.setDeadline(value === 0 ? null : clock.now() + time);
        return [b.lapic.deadline, b.lapic.setApicBase(BigInt(APIC | (value & 0x900))), log.length];
    }
  });
  for (const other of seen.slice(1)) expect(other).toEqual(seen[0]);
}

test.each([1, 2, 3, 4, 5, 6])('seed %i', (seed) => {
  const next = random(seed);
  const original = board();
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 400; i++) step(next, original);
    // A tick that nobody can schedule twice in: let the alarms that are due fire first.
    original.clock.pass(1, ALARMS_MAX);
    const saved = original.b.save();
    const copy = board();
    copy.clock.pass(original.clock.now());
    const loaded = copy.b.load(JSON.parse(JSON.stringify(saved)));
    expect(loaded).toEqual({ ok: true, value: undefined });
    expect(copy.b.save()).toEqual(saved);
    expect(copy.b.intr).toBe(original.b.intr);
    expect(copy.clock.next).toBe(original.clock.next);
    copy.log.push(...original.log);
    for (let i = 0; i < 300; i++) step(next, original, copy);
    expect(copy.b.save()).toEqual(original.b.save());
    expect(copy.log).toEqual(original.log);
  }
});

test('the guest above reaches what it is meant to reach', () => {
  const next = random(99);
  const { b, clock, log } = board();
  let interrupts = 0;
  for (let i = 0; i < 20_000; i++) {
    step(next, { b, clock, log });
    if (b.intr) interrupts++;
  }
  const kinds = new Set(log.map((line) => line.split(' ')[0]));
  expect([...kinds].sort()).toEqual(expect.arrayContaining(['reset', 'sent']));
  expect(interrupts).toBeGreaterThan(100);
  expect(clock.now()).toBeGreaterThan(1_000_000_000);
});
