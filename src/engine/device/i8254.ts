/**
 * Intel 8254 Programmable Interval Timer: three counters, six modes, latch and read-back.
 *
 * Data sheet: Intel 231164, "82C54". The chip is told the time (in CLK pulses) with each access and
 * computes its counters from it; it can say when an OUT pin will change next.
 */

import { unreachable } from '../exit.ts';
import {
  type Counting,
  catchUp,
  changeCount,
  modulus,
  nextChange,
  out,
  type PitMode,
  value,
} from './i8254-counter.ts';
import {
  copy,
  flag,
  list,
  oneOf,
  optional,
  record,
  type Shape,
  time,
  u8,
  upTo,
  validate,
} from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

/** RW field of the control word. */
type Access = 'lsb' | 'msb' | 'word';

export interface CounterState {
  counting: Counting;
  access: Access;
  /** A count has been written and not yet loaded, or none has been written (status bit NULL). */
  isNull: boolean;
  gate: boolean;
  /** The low byte of a two-byte write, waiting for the high one. */
  writeLow: number | null;
  /** The next read of an unlatched word is its high byte. */
  readHigh: boolean;
  /** A latched count, in the bytes still to be read. */
  latch: number[];
  latchedStatus: number | null;
}

export interface I8254State extends DeviceState {
  readonly kind: 'i8254';
  readonly version: 1;
  readonly counters: CounterState[];
}

const IDENTITY = { kind: 'i8254', version: 1 } as const;
const SHAPE: Shape<I8254State> = {
  counters: list(
    { exactly: 3 },
    record<CounterState>({
      counting: record<Counting>({
        mode: upTo(5),
        bcd: flag,
        count: upTo(0x1_0000),
        loadedAt: time,
        stoppedAt: optional(time),
        nextCount: optional(upTo(0x1_0000)),
        nextAt: time,
        triggered: flag,
        wasLow: flag,
      }),
      access: oneOf('lsb', 'msb', 'word'),
      isNull: flag,
      gate: flag,
      writeLow: optional(u8),
      readHigh: flag,
      latch: list({ atMost: 2 }, u8),
      latchedStatus: optional(u8),
    }),
  ),
};

/** Offset of the control word register; 0, 1 and 2 are the counters. */
const CONTROL = 3;
const READ_BACK = 3;

export type CounterNumber = 0 | 1 | 2;

export class I8254 {
  #s: I8254State;

  constructor() {
    // "The Mode, count value, and output of all Counters are undefined" after power-up. Ours are
    // idle in mode 0 with OUT low: no interrupt before the guest asks for one.
    this.#s = { ...IDENTITY, counters: [idle(true), idle(true), idle(false)] };
  }

  out(n: CounterNumber, clock: number): boolean {
    const c = this.#counter(n, clock);
    // After a control word OUT is low in mode 0 and high in the others, until a count is loaded.
    return isLoaded(c) ? out(c.counting, clock) : c.counting.mode !== 0;
  }

  /** When OUT changes next if nobody touches the chip. */
  nextChange(n: CounterNumber, clock: number): number | undefined {
    const c = this.#counter(n, clock);
    return isLoaded(c) ? nextChange(c.counting, clock) : undefined;
  }

  gate(n: CounterNumber): boolean {
    return this.#s.counters[n]!.gate;
  }

  setGate(n: CounterNumber, level: boolean, clock: number): void {
    const c = this.#counter(n, clock);
    if (c.gate === level) return;
    c.gate = level;
    const counting = c.counting;
    switch (counting.mode) {
      case 0:
      case 4:
        if (!level) counting.stoppedAt = clock;
        else resume(counting, clock);
        return;
      case 1:
      case 5:
        if (level && isLoaded(c)) trigger(c, clock);
        return;
      case 2:
      case 3:
        if (!level) counting.stoppedAt = clock;
        else {
          // A rising gate reloads and starts anew on the next CLK pulse.
          counting.stoppedAt = null;
          if (counting.nextCount !== null) counting.count = counting.nextCount;
          counting.nextCount = null;
          counting.loadedAt = clock + 1;
        }
        return;
      default:
        unreachable(counting.mode);
    }
  }

  read(offset: number, clock: number): number {
    if (offset === CONTROL) return 0xff; // "No-Operation (3-State)"
    const c = this.#counter(offset as CounterNumber, clock);
    if (c.latchedStatus !== null) {
      const status = c.latchedStatus;
      c.latchedStatus = null;
      return status;
    }
    const latched = c.latch.shift();
    if (latched !== undefined) return latched;
    const word = current(c, clock);
    if (c.access === 'lsb') return word & 0xff;
    if (c.access === 'msb') return word >> 8;
    c.readHigh = !c.readHigh;
    return c.readHigh ? word & 0xff : word >> 8;
  }

  write(offset: number, byte: number, clock: number): void {
    if (offset === CONTROL) {
      this.#control(byte, clock);
      return;
    }
    const c = this.#counter(offset as CounterNumber, clock);
    switch (c.access) {
      case 'lsb':
        this.#load(c, byte, clock);
        return;
      case 'msb':
        this.#load(c, byte << 8, clock);
        return;
      case 'word':
        if (c.writeLow === null) {
          c.writeLow = byte;
          // Mode 0: "the first byte written disables counting"; OUT goes low at once.
          if (c.counting.mode === 0) c.isNull = true;
        } else {
          const low = c.writeLow;
          c.writeLow = null;
          this.#load(c, low | (byte << 8), clock);
        }
        return;
      default:
        unreachable(c.access);
    }
  }

  save(): I8254State {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<I8254State>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  #counter(n: CounterNumber, clock: number): CounterState {
    const c = this.#s.counters[n]!;
    catchUp(c.counting, clock);
    return c;
  }

  /** SC RW M BCD (data sheet, figure 7), or one of the two latching commands. */
  #control(byte: number, clock: number): void {
    const select = byte >> 6;
    if (select === READ_BACK) {
      for (const n of [0, 1, 2] as const) {
        if ((byte & (2 << n)) === 0) continue;
        const c = this.#counter(n, clock);
        // COUNT and STATUS are active low; a value latched and unread stays.
        if ((byte & 0x20) === 0) latchCount(c, clock);
        if ((byte & 0x10) === 0) c.latchedStatus ??= this.#status(n, clock);
      }
      return;
    }
    const c = this.#counter(select as CounterNumber, clock);
    const rw = (byte >> 4) & 3;
    if (rw === 0) {
      latchCount(c, clock);
      return;
    }
    c.access = rw === 1 ? 'lsb' : rw === 2 ? 'msb' : 'word';
    c.isNull = true;
    c.writeLow = null;
    c.readHigh = false;
    c.latch = [];
    c.latchedStatus = null;
    const field = (byte >> 1) & 7;
    c.counting = {
      ...c.counting,
      // Modes 2 and 3 have a don't-care bit above them: 6 and 7 are they too.
      mode: (field > 5 ? field - 4 : field) as PitMode,
      bcd: (byte & 1) !== 0,
      stoppedAt: null,
      nextCount: null,
      triggered: false,
      count: 0,
    };
  }

  #load(c: CounterState, written: number, clock: number): void {
    const counting = c.counting;
    const initial = initialCount(written, counting);
    switch (counting.mode) {
      case 0:
      case 4:
        counting.count = initial;
        // The count moves into the counting element on the next CLK pulse.
        counting.loadedAt = clock + 1;
        counting.stoppedAt = c.gate ? null : clock + 1;
        counting.triggered = true;
        break;
      case 1:
      case 5:
        // A new count waits for the next trigger; one that runs is not disturbed.
        if (counting.triggered) counting.nextCount = initial;
        else counting.count = initial;
        counting.nextAt = Number.MAX_SAFE_INTEGER;
        break;
      case 2:
      case 3:
        if (c.isNull) {
          counting.count = initial;
          counting.loadedAt = clock + 1;
          counting.stoppedAt = c.gate ? null : clock + 1;
          counting.triggered = true;
        } else {
          changeCount(counting, clock, initial);
        }
        break;
      default:
        unreachable(counting.mode);
    }
    c.isNull = false;
  }

  /** OUT, NULL COUNT and the control word's low six bits (data sheet, figure 11). */
  #status(n: CounterNumber, clock: number): number {
    const c = this.#s.counters[n]!;
    const rw = c.access === 'lsb' ? 1 : c.access === 'msb' ? 2 : 3;
    const { mode, bcd, nextCount, loadedAt } = c.counting;
    const isNull = c.isNull || nextCount !== null || clock < loadedAt;
    return (
      (this.out(n, clock) ? 0x80 : 0) |
      (isNull ? 0x40 : 0) |
      (rw << 4) |
      (mode << 1) |
      (bcd ? 1 : 0)
    );
  }
}

function idle(gate: boolean): CounterState {
  return {
    counting: {
      mode: 0,
      bcd: false,
      count: 0,
      loadedAt: 0,
      stoppedAt: null,
      nextCount: null,
      nextAt: 0,
      triggered: false,
      wasLow: false,
    },
    access: 'word',
    isNull: true,
    gate,
    writeLow: null,
    readHigh: false,
    latch: [],
    latchedStatus: null,
  };
}

function isLoaded(c: CounterState): boolean {
  return !c.isNull;
}

function resume(counting: Counting, clock: number): void {
  if (counting.stoppedAt === null) return;
  counting.loadedAt += clock - counting.stoppedAt;
  counting.stoppedAt = null;
}

function trigger(c: CounterState, clock: number): void {
  const counting = c.counting;
  counting.wasLow = !out(counting, clock);
  if (counting.nextCount !== null) counting.count = counting.nextCount;
  counting.nextCount = null;
  counting.loadedAt = clock + 1;
  counting.triggered = true;
}

/** 0 stands for the largest count. 1 is illegal in modes 2 and 3, where we make it 2. */
function initialCount(written: number, { mode, bcd }: Counting): number {
  const n = bcd ? fromBcd(written) : written;
  const initial = n === 0 ? modulus(bcd) : n;
  return initial === 1 && (mode === 2 || mode === 3) ? 2 : initial;
}

function current(c: CounterState, clock: number): number {
  const n = isLoaded(c) ? value(c.counting, clock) : 0;
  return c.counting.bcd ? toBcd(n) : n;
}

function latchCount(c: CounterState, clock: number): void {
  if (c.latch.length > 0) return;
  const word = current(c, clock);
  const low = word & 0xff;
  const high = word >> 8;
  c.latch = c.access === 'lsb' ? [low] : c.access === 'msb' ? [high] : [low, high];
}

function fromBcd(word: number): number {
  let n = 0;
  for (let shift = 12; shift >= 0; shift -= 4) n = n * 10 + ((word >> shift) & 15);
  return n % 10_000;
}

function toBcd(n: number): number {
  let word = 0;
  for (let rest = n, shift = 0; shift < 16; shift += 4, rest = Math.floor(rest / 10)) {
    word |= (rest % 10) << shift;
  }
  return word;
}
