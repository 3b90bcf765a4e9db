import { describe, expect, test } from 'vitest';
import { ticksAt } from '../../src/engine/device/frequency.ts';
import { I8254 } from '../../src/engine/device/i8254.ts';
import { PIT_HZ, PitPort } from '../../src/engine/device/i8254-port.ts';
import { bench, keepsItsState, MS, Probe } from './bench.ts';

/** Counter 2 (its gate is ours) in a mode, low and high byte of the count written at clock 0. */
function counter(mode: number, count: number, { gate = true, bcd = false } = {}): I8254 {
  const pit = new I8254();
  pit.setGate(2, gate, 0);
  pit.write(3, 0xb0 | (mode << 1) | (bcd ? 1 : 0), 0);
  pit.write(2, count & 0xff, 0);
  pit.write(2, count >> 8, 0);
  return pit;
}

/** OUT over clocks [from, to), as a string of 1 and 0: the figures of the data sheet. */
function wave(pit: I8254, from: number, to: number): string {
  let levels = '';
  for (let clock = from; clock < to; clock++) levels += pit.out(2, clock) ? '1' : '0';
  return levels;
}

function count(pit: I8254, clock: number): number {
  pit.write(3, 0x80, clock); // latch counter 2
  return pit.read(2, clock) | (pit.read(2, clock) << 8);
}

describe('the modes of the 8254 (a count of 4, loaded at clock 1)', () => {
  test('0, interrupt on terminal count: low until 4 clocks after the load', () => {
    expect(wave(counter(0, 4), 0, 9)).toBe('000001111');
  });

  test('0: the count runs on through zero', () => {
    const pit = counter(0, 4);
    expect([1, 2, 3, 4, 5, 6].map((clock) => count(pit, clock))).toEqual([4, 3, 2, 1, 0, 0xffff]);
  });

  test('0: GATE low stops the count, high lets it go on', () => {
    const pit = counter(0, 4);
    pit.setGate(2, false, 3);
    expect(count(pit, 100)).toBe(2);
    pit.setGate(2, true, 100);
    expect(wave(pit, 100, 104)).toBe('0011');
  });

  test('0: the first byte of a new count takes OUT low', () => {
    const pit = counter(0, 4);
    expect(pit.out(2, 10)).toBe(true);
    pit.write(2, 8, 10);
    expect(pit.out(2, 10)).toBe(false);
    pit.write(2, 0, 12);
    expect(wave(pit, 18, 23)).toBe('00011');
  });

  test('1, one-shot: waits for the gate’s edge, low for 4, and a new edge retriggers', () => {
    const pit = counter(1, 4, { gate: false });
    expect(wave(pit, 0, 6)).toBe('111111');
    pit.setGate(2, true, 10);
    expect(wave(pit, 10, 17)).toBe('1000011');
    pit.setGate(2, false, 20);
    pit.setGate(2, true, 20);
    pit.setGate(2, false, 22);
    pit.setGate(2, true, 23);
    expect(wave(pit, 23, 30)).toBe('0000011');
  });

  test('2, rate generator: low for the last of every 4 clocks', () => {
    expect(wave(counter(2, 4), 1, 13)).toBe('111011101110');
  });

  test('2: a new count takes over at the end of the period', () => {
    const pit = counter(2, 4);
    pit.write(2, 6, 2);
    pit.write(2, 0, 2);
    expect(wave(pit, 1, 17)).toBe('1110' + '111110' + '111110');
  });

  test('2: GATE low takes OUT high, and its edge starts the period anew', () => {
    const pit = counter(2, 4);
    pit.setGate(2, false, 3);
    expect(wave(pit, 3, 8)).toBe('11111');
    pit.setGate(2, true, 8);
    expect(wave(pit, 9, 17)).toBe('11101110');
  });

  test('3, square wave: even counts half and half, odd ones a clock longer high', () => {
    expect(wave(counter(3, 4), 1, 13)).toBe('110011001100');
    expect(wave(counter(3, 5), 1, 11)).toBe('1110011100');
  });

  test('3: counts by two', () => {
    const pit = counter(3, 6);
    expect([1, 2, 3, 4, 5, 6].map((clock) => count(pit, clock))).toEqual([6, 4, 2, 6, 4, 2]);
  });

  test('3: a new count takes over at the end of the half period', () => {
    const pit = counter(3, 8);
    pit.write(2, 4, 2);
    pit.write(2, 0, 2);
    expect(wave(pit, 1, 15)).toBe('1111' + '00' + '11' + '00' + '11' + '00');
  });

  test('4, software triggered strobe: one low clock, once', () => {
    expect(wave(counter(4, 4), 0, 9)).toBe('111110111');
  });

  test('5, hardware triggered strobe: the same after a gate’s edge', () => {
    const pit = counter(5, 4, { gate: false });
    pit.setGate(2, true, 10);
    expect(wave(pit, 10, 19)).toBe('111110111');
  });

  test('modes 6 and 7 are 2 and 3', () => {
    expect(wave(counter(6, 4), 1, 9)).toBe('11101110');
    expect(wave(counter(7, 4), 1, 9)).toBe('11001100');
  });

  test('nextChange agrees with the wave in every mode', () => {
    for (let mode = 0; mode < 6; mode++) {
      for (const n of [2, 3, 4, 7]) {
        const pit = counter(mode, n);
        if (mode === 1 || mode === 5) {
          pit.setGate(2, false, 0);
          pit.setGate(2, true, 0);
        }
        const levels = wave(pit, 0, 40);
        for (let clock = 0; clock < 30; clock++) {
          const rest = [...levels.slice(clock)];
          const change = rest.findIndex((level) => level !== rest[0]);
          const expected = change < 0 ? undefined : clock + change;
          expect([mode, n, clock, pit.nextChange(2, clock)]).toEqual([mode, n, clock, expected]);
        }
      }
    }
  });
});

describe('reading and writing', () => {
  test('a count of 0 is 65,536, and 10,000 in BCD', () => {
    expect(count(counter(2, 0), 2)).toBe(0xffff);
    expect(count(counter(2, 0, { bcd: true }), 2)).toBe(0x9999);
    expect(count(counter(0, 0x0100, { bcd: true }), 2)).toBe(0x0099);
  });

  test('a latched count stays until it is read, whatever the counter does', () => {
    const pit = counter(2, 1000);
    pit.write(3, 0x80, 11);
    pit.write(3, 0x80, 500); // a second latch command is ignored
    expect(pit.read(2, 600)).toBe(990 & 0xff);
    expect(pit.read(2, 700)).toBe(990 >> 8);
    expect(count(pit, 701)).toBe(300);
  });

  test('without a latch the two bytes are read one after the other', () => {
    const pit = counter(2, 0x1234);
    expect(pit.read(2, 1)).toBe(0x34);
    expect(pit.read(2, 1)).toBe(0x12);
    expect(pit.read(2, 1)).toBe(0x34);
  });

  test('LSB-only and MSB-only access', () => {
    const pit = new I8254();
    pit.write(3, 0x14, 0); // counter 0, LSB, mode 2
    pit.write(0, 18, 0);
    expect(pit.read(0, 2)).toBe(17);
    pit.write(3, 0x24, 10); // counter 0, MSB, mode 2
    pit.write(0, 2, 10);
    expect(pit.read(0, 11)).toBe(2);
    expect(pit.nextChange(0, 11)).toBe(10 + 512);
  });

  test('read-back latches status before count; NULL COUNT until the count is loaded', () => {
    const pit = new I8254();
    pit.write(3, 0x36, 0); // counter 0, mode 3
    pit.write(3, 0xe2, 0); // status of counter 0
    expect(pit.read(0, 0)).toBe(0x80 | 0x40 | 0x36);
    pit.write(0, 100, 0);
    pit.write(0, 0, 0);
    pit.write(3, 0xc2, 5); // count and status
    expect(pit.read(0, 9)).toBe(0x80 | 0x36);
    expect(pit.read(0, 9)).toBe(100 - 2 * 4);
    expect(pit.read(0, 9)).toBe(0);
  });

  test('keeps its state, while counting, latched and half written', () => {
    const pit = counter(2, 1000);
    pit.write(3, 0xc8, 50);
    pit.write(2, 7, 60);
    pit.write(3, 0x34, 60);
    pit.write(0, 9, 61);
    keepsItsState(pit, new I8254());
  });
});

describe('in the PC', () => {
  function board() {
    const { pio, clock } = bench();
    const irq0 = new Probe();
    return { pio, clock, irq0, pit: new PitPort(pio, clock, irq0) };
  }

  test('counter 0 at 100 Hz raises IRQ0 a hundred times a second, to the tick', () => {
    const { pio, clock, irq0 } = board();
    const divisor = Math.floor(PIT_HZ / 100);
    pio.write(0x43, 1, 0x34);
    pio.write(0x40, 1, divisor & 0xff);
    pio.write(0x40, 1, divisor >> 8);
    const rises = irq0.rises;
    clock.pass(1000 * MS + ticksAt(2, PIT_HZ));
    expect(irq0.rises - rises).toBe(100);
    expect(clock.next).toBe(ticksAt(1 + 101 * divisor - 1, PIT_HZ));
  });

  test('a one-shot raises it once and leaves no alarm', () => {
    const { pio, clock, irq0 } = board();
    pio.write(0x43, 1, 0x30);
    pio.write(0x40, 1, 0xa9);
    pio.write(0x40, 1, 0x04); // 1193 clocks, a millisecond
    clock.pass(0.9 * MS);
    expect(irq0.level).toBe(false);
    clock.pass(0.2 * MS);
    expect(irq0.level).toBe(true);
    expect(clock.next).toBeUndefined();
  });

  test('port 61: gate and out of counter 2 measure time, as kernels calibrate by it', () => {
    const { pio, clock } = board();
    pio.write(0x61, 1, 0x01); // gate up, speaker off
    pio.write(0x43, 1, 0xb0);
    pio.write(0x42, 1, 0x9b);
    pio.write(0x42, 1, 0x2e); // 11,931 clocks: 10 ms
    expect(pio.read(0x61, 1) & 0x20).toBe(0);
    clock.pass(9.9 * MS);
    expect(pio.read(0x61, 1) & 0x20).toBe(0);
    clock.pass(0.2 * MS);
    expect(pio.read(0x61, 1) & 0x20).toBe(0x20);
  });

  test('port 61: the refresh bit toggles about every 15 us, the written bits read back', () => {
    const { pio, clock } = board();
    pio.write(0x61, 1, 0x0f);
    const seen: number[] = [];
    for (let i = 0; i < 6; i++) {
      seen.push(pio.read(0x61, 1) & 0x10);
      clock.pass(15_086);
    }
    expect(seen).toEqual([0, 0x10, 0, 0x10, 0, 0x10]);
    expect(pio.read(0x61, 1) & 0x0f).toBe(0x0f);
  });

  test('keeps its state, and its alarm with it', () => {
    const { pio, clock, pit } = board();
    pio.write(0x43, 1, 0x36);
    pio.write(0x40, 2, 0);
    pio.write(0x40, 1, 0);
    pio.write(0x61, 1, 0x03);
    clock.pass(3 * MS);
    const other = board();
    other.clock.pass(3 * MS);
    keepsItsState(pit, other.pit);
    expect(other.clock.next).toBe(clock.next);
  });
});
