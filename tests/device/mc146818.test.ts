import { describe, expect, test } from 'vitest';
import { civilFromSeconds, dayOfWeek, secondsFromCivil } from '../../src/engine/device/calendar.ts';
import { RtcPort } from '../../src/engine/device/mc146818-port.ts';
import { bench, keepsItsState, MS, Probe, SECOND, US } from './bench.ts';

/** 2024-02-28 23:59:58, a Wednesday. */
const START = Date.UTC(2024, 1, 28, 23, 59, 58) / 1000;

function rtc({ start = START, memoryBytes = 256 << 20 } = {}) {
  const { pio, clock } = bench();
  const irq8 = new Probe();
  const port = new RtcPort(pio, { clock, irq8, start, memoryBytes });
  const read = (index: number) => {
    pio.write(0x70, 1, index);
    return pio.read(0x71, 1);
  };
  const write = (index: number, value: number) => {
    pio.write(0x70, 1, index);
    pio.write(0x71, 1, value);
  };
  /** The clock bytes as their hex digits, as BCD shows them. */
  const now = () =>
    [0x32, 9, 8, 7, 4, 2, 0].map((i) => read(i).toString(16).padStart(2, '0')).join(' ');
  return { pio, clock, irq8, port, read, write, now };
}

test('the calendar agrees with the host’s for four centuries', () => {
  for (let t = -2e9; t < 1.2e10; t += 7_654_321) {
    const date = new Date(t * 1000);
    const civil = civilFromSeconds(t);
    expect([civil.year, civil.month, civil.day, civil.hour, civil.minute, civil.second]).toEqual([
      date.getUTCFullYear(),
      date.getUTCMonth() + 1,
      date.getUTCDate(),
      date.getUTCHours(),
      date.getUTCMinutes(),
      date.getUTCSeconds(),
    ]);
    expect(dayOfWeek(t)).toBe(date.getUTCDay());
    expect(secondsFromCivil(civil)).toBe(t);
  }
});

describe('the clock', () => {
  test('starts at the date it is given and runs by guest time, over a leap day', () => {
    const { clock, now, read } = rtc();
    expect(now()).toBe('20 24 02 28 23 59 58');
    expect(read(6)).toBe(4); // Wednesday, counted from Sunday = 1
    clock.pass(2 * SECOND);
    expect(now()).toBe('20 24 02 29 00 00 00');
    clock.pass(86_400 * SECOND);
    expect(now()).toBe('20 24 03 01 00 00 00');
  });

  test('UIP warns 244 us before each update', () => {
    const { clock, read } = rtc();
    clock.pass(SECOND - 245 * US);
    expect(read(0x0a) & 0x80).toBe(0);
    clock.pass(2 * US);
    expect(read(0x0a) & 0x80).toBe(0x80);
    expect(read(0)).toBe(0x58);
    clock.pass(243 * US);
    expect(read(0x0a) & 0x80).toBe(0);
    expect(read(0)).toBe(0x59);
  });

  test('SET holds it while the guest writes a new date, in binary or BCD', () => {
    const { clock, read, write, now } = rtc();
    clock.pass(300 * MS);
    write(0x0b, 0x82);
    clock.pass(10 * SECOND);
    expect(now()).toBe('20 24 02 28 23 59 58');
    for (const [index, value] of [
      [0, 0x30],
      [2, 0x15],
      [4, 0x06],
      [6, 0x03],
      [7, 0x31],
      [8, 0x12],
      [9, 0x99],
      [0x32, 0x19],
    ] as const) {
      write(index, value);
    }
    write(0x0b, 0x02);
    expect(now()).toBe('19 99 12 31 06 15 30');
    clock.pass(700 * MS);
    expect(now()).toBe('19 99 12 31 06 15 31');
    write(0x0b, 0x06); // DM: binary
    expect([read(9), read(2), read(0x32)]).toEqual([99, 15, 19]);
    // The weekday is what the guest said, although that day was a Friday.
    expect(read(6)).toBe(3);
  });

  test('a byte written without SET takes effect and keeps the second’s phase', () => {
    const { clock, write, now } = rtc();
    clock.pass(900 * MS);
    write(0x02, 0x10);
    expect(now()).toBe('20 24 02 28 23 10 58');
    clock.pass(100 * MS);
    expect(now()).toBe('20 24 02 28 23 10 59');
  });

  test('the divider’s reset stops it, and its first update comes half a second after', () => {
    const { clock, write, now } = rtc();
    write(0x0a, 0x76);
    clock.pass(5 * SECOND);
    expect(now()).toBe('20 24 02 28 23 59 58');
    write(0x0a, 0x26);
    clock.pass(499 * MS);
    expect(now()).toBe('20 24 02 28 23 59 58');
    clock.pass(1 * MS);
    expect(now()).toBe('20 24 02 28 23 59 59');
  });

  test('12-hour mode has noon and midnight as 12, with PM in bit 7', () => {
    for (const [hour, byte] of [
      [0, 0x12],
      [1, 0x01],
      [12, 0x92],
      [23, 0x91],
    ] as const) {
      const { read, write } = rtc({ start: hour * 3600 });
      write(0x0b, 0x00);
      expect(read(4)).toBe(byte);
    }
  });
});

describe('interrupts', () => {
  test('the update-ended interrupt comes with each second; reading C ends it', () => {
    const { clock, irq8, read, write } = rtc();
    write(0x0b, 0x12);
    clock.pass(SECOND - 1);
    expect(irq8.level).toBe(false);
    clock.pass(1);
    expect(irq8.level).toBe(true);
    expect(read(0x0c) & ~0x40).toBe(0x90); // PF runs beside it, not enabled
    expect([irq8.level, read(0x0c)]).toEqual([false, 0]);
    clock.pass(3 * SECOND);
    expect(irq8.rises).toBe(2); // the line stays up until C is read
  });

  test('the alarm matches its three bytes, or any with the two top bits set', () => {
    const { clock, irq8, read, write } = rtc();
    for (const [index, value] of [
      [1, 0x30],
      [3, 0x00],
      [5, 0x00],
    ] as const)
      write(index, value);
    write(0x0b, 0x22);
    clock.pass(32 * SECOND - 1);
    expect(irq8.level).toBe(false);
    clock.pass(1);
    expect(irq8.level).toBe(true);
    expect(read(0x0c) & ~0x40).toBe(0xb0); // IRQF, AF, and UF which is not enabled
    write(3, 0xff);
    write(5, 0xc0);
    clock.pass(60 * SECOND);
    expect(irq8.rises).toBe(2); // every minute now
  });

  test('an alarm that can never match leaves no alarm in the clock', () => {
    const { clock, write } = rtc();
    write(1, 0x61);
    write(0x0b, 0x22);
    expect(clock.next).toBeUndefined();
  });

  test('the periodic interrupt runs at the selected rate', () => {
    for (const [rs, hz] of [
      [0x6, 1024],
      [0x3, 8192],
      [0x1, 256],
      [0x2, 128],
      [0xf, 2],
    ] as const) {
      const { clock, irq8, read, write } = rtc();
      write(0x0a, 0x20 | rs);
      write(0x0b, 0x42);
      for (let i = 0; i < hz; i++) {
        clock.pass(clock.next! - clock.now());
        expect(read(0x0c) & 0xc0).toBe(0xc0);
      }
      expect([rs, irq8.rises, clock.now()]).toEqual([rs, hz, SECOND]);
    }
  });

  test('flags are set whether enabled or not, but raise nothing', () => {
    const { clock, irq8, read } = rtc();
    clock.pass(SECOND);
    expect(read(0x0c)).toBe(0x50); // PF at 1,024 Hz and UF
    expect([irq8.rises, clock.next]).toEqual([0, undefined]);
  });

  test('SET clears UIE', () => {
    const { read, write } = rtc();
    write(0x0b, 0x92);
    expect(read(0x0b)).toBe(0x82);
  });
});

describe('CMOS memory', () => {
  test('says how much RAM there is, as a BIOS would', () => {
    const { read } = rtc({ memoryBytes: 256 << 20 });
    const word = (index: number) => read(index) | (read(index + 1) << 8);
    expect([word(0x15), word(0x17), word(0x34)]).toEqual([640, 0xffff, 240 * 16]);
    const small = rtc({ memoryBytes: 8 << 20 });
    expect(small.read(0x30) | (small.read(0x31) << 8)).toBe(7 * 1024);
    expect(small.read(0x34)).toBe(0);
  });

  test('keeps what is written; index bit 7 is the NMI mask and not part of the index', () => {
    const { read, write } = rtc();
    write(0x8f, 0x0a);
    expect(read(0x0f)).toBe(0x0a);
    expect(read(0x0d)).toBe(0x80);
  });
});

test('keeps its state, and its alarm with it', () => {
  const { clock, port, write } = rtc();
  write(0x0b, 0x72);
  write(0x50, 0x99);
  clock.pass(1_234_567);
  write(0x0b, 0xf2);
  const other = rtc();
  other.clock.pass(1_234_567);
  keepsItsState(port, other.port);
  expect(other.clock.next).toBe(clock.next);
});
