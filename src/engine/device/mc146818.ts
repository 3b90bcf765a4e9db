/**
 * Motorola MC146818 real-time clock and its CMOS memory, with the 128 bytes and the century byte
 * (index 0x32) of a PC's south bridge.
 *
 * Data sheet: Motorola ADI-856R2, "MC146818". The start date is an input of the machine; from then
 * on the clock is guest time. Not modelled: daylight saving, the square-wave pin. The update cycle
 * takes no time: UIP warns 244 us ahead, as it must, and falls with the update.
 */

import { TICKS_PER_SECOND, type Ticks, ticks } from '../units.ts';
import { type Bits, bits, has } from './bits.ts';
import {
  type CivilTime,
  civilFromSeconds,
  dayOfWeek,
  SECONDS_PER_DAY,
  secondsFromCivil,
} from './calendar.ts';
import { countAt, ticksAt } from './frequency.ts';
import { copy, list, optional, type Shape, time, u8, upTo, validate } from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

export interface RtcState extends DeviceState {
  readonly kind: 'mc146818';
  readonly version: 1;
  /** The 128 bytes; those that are clock or registers A to D are not used from here. */
  ram: number[];
  registerA: number;
  registerB: number;
  /** PF, AF and UF of register C. */
  flags: number;
  /** The date and time, in seconds since 1970, at the update that happened at `updatedAt`. */
  seconds: number;
  updatedAt: number;
  /** What the guest's day of the week is ahead of the calendar's; the chip does not check it. */
  weekdayBias: number;
  /** The clock bytes as the guest left them while SET or the divider holds the clock. */
  held: number[] | null;
  /** Periods of the periodic interrupt that have been looked at. */
  periods: number;
}

const IDENTITY = { kind: 'mc146818', version: 1 } as const;
const SHAPE: Shape<RtcState> = {
  ram: list({ exactly: 128 }, u8),
  registerA: u8,
  registerB: u8,
  flags: u8,
  seconds: time,
  updatedAt: time,
  weekdayBias: upTo(6),
  held: optional(list({ exactly: 8 }, u8)),
  periods: time,
};

/** Indices of the clock bytes, in the order of `held`. */
const CLOCK = [0x00, 0x02, 0x04, 0x06, 0x07, 0x08, 0x09, 0x32] as const;
const ALARM = { second: 0x01, minute: 0x03, hour: 0x05 } as const;

export const RegA = bits('A', { RS: 0x0f, DV: 0x70, UIP: 0x80 });
export const RegB = bits('B', { H24: 0x02, DM: 0x04, UIE: 0x10, AIE: 0x20, PIE: 0x40, SET: 0x80 });
export const RegC = bits('C', { UF: 0x10, AF: 0x20, PF: 0x40, IRQF: 0x80 });
const REGISTER_D_VRT = 0x80;

/** DV = 010: a 32,768 Hz crystal, and the only divider setting in which the clock runs here. */
const DV_RUN = 0x20;
const UIP_LEAD = 244_000;
/** "The first update cycle begins one-half second" after the divider leaves reset. */
const FIRST_UPDATE = TICKS_PER_SECOND / 2;
/** An alarm byte with its two top bits set matches always. */
const DONT_CARE = 0xc0;
const PM = 0x80;

export class Mc146818 {
  #s: RtcState;

  /** `start` is the date and time at power-on, in seconds since 1970-01-01 00:00:00. */
  constructor(start: number) {
    this.#s = {
      ...IDENTITY,
      ram: new Array<number>(128).fill(0),
      // As firmware leaves it: running, 1,024 Hz selected and not enabled, BCD, 24 hours.
      registerA: DV_RUN | 0x06,
      registerB: RegB.H24,
      flags: 0,
      seconds: start,
      updatedAt: 0,
      weekdayBias: 0,
      held: null,
      periods: 0,
    };
  }

  /** Puts a byte of configuration where firmware would have. */
  poke(index: number, byte: number): void {
    this.#s.ram[index & 0x7f] = byte & 0xff;
  }

  /** Level of the IRQ pin, as IRQF. */
  get irq(): boolean {
    const { flags, registerB } = this.#s;
    return (flags & registerB & (RegC.PF | RegC.AF | RegC.UF)) !== 0;
  }

  /** The tick at which the pin may next rise; undefined if nothing enabled would raise it. */
  nextEvent(): Ticks | undefined {
    if (this.irq) return undefined;
    const s = this.#s;
    const b = this.#b;
    let next = Number.POSITIVE_INFINITY;
    if (this.#isRunning) {
      if (has(b, RegB.UIE)) next = s.updatedAt + TICKS_PER_SECOND;
      if (has(b, RegB.AIE)) {
        const match = this.#nextMatch();
        if (match !== undefined) {
          next = Math.min(next, s.updatedAt + (match - s.seconds) * TICKS_PER_SECOND);
        }
      }
    }
    const hz = this.#periodicHz;
    if (has(b, RegB.PIE) && hz > 0) next = Math.min(next, ticksAt(s.periods + 1, hz));
    return next === Number.POSITIVE_INFINITY ? undefined : ticks(next);
  }

  /** Lets the clock have arrived at `now`: updates, alarms and periods that passed set flags. */
  catchUp(now: Ticks): void {
    const s = this.#s;
    const hz = this.#periodicHz;
    if (hz > 0) {
      const periods = countAt(now, hz);
      if (periods > s.periods) s.flags |= RegC.PF;
      s.periods = periods;
    }
    if (!this.#isRunning) return;
    const updates = Math.floor((now - s.updatedAt) / TICKS_PER_SECOND);
    if (updates < 1) return;
    const match = this.#nextMatch();
    if (match !== undefined && match <= s.seconds + updates) s.flags |= RegC.AF;
    s.flags |= RegC.UF;
    s.seconds += updates;
    s.updatedAt += updates * TICKS_PER_SECOND;
  }

  read(index: number, now: Ticks): number {
    this.catchUp(now);
    const s = this.#s;
    switch (index & 0x7f) {
      case 0x0a: {
        const phase = now - s.updatedAt;
        const updating = this.#isRunning && phase >= TICKS_PER_SECOND - UIP_LEAD;
        return s.registerA | (updating ? RegA.UIP : 0);
      }
      case 0x0b:
        return s.registerB;
      case 0x0c: {
        const c = s.flags | (this.irq ? RegC.IRQF : 0);
        s.flags = 0;
        return c;
      }
      case 0x0d:
        return REGISTER_D_VRT;
      default: {
        const clock = CLOCK.indexOf((index & 0x7f) as (typeof CLOCK)[number]);
        return clock < 0 ? s.ram[index & 0x7f]! : (s.held ?? this.#clockBytes())[clock]!;
      }
    }
  }

  write(index: number, byte: number, now: Ticks): void {
    this.catchUp(now);
    const s = this.#s;
    switch (index & 0x7f) {
      case 0x0a:
        this.#writeA(byte & ~RegA.UIP, now);
        return;
      case 0x0b:
        this.#writeB(byte, now);
        return;
      case 0x0c:
      case 0x0d:
        return; // Read only.
      default: {
        const clock = CLOCK.indexOf((index & 0x7f) as (typeof CLOCK)[number]);
        if (clock < 0) {
          s.ram[index & 0x7f] = byte;
          return;
        }
        const wasHeld = s.held !== null;
        this.#hold();
        s.held![clock] = byte;
        if (!wasHeld) this.#release(now);
      }
    }
  }

  save(): RtcState {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<RtcState>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  get #b(): Bits<'B'> {
    return this.#s.registerB as Bits<'B'>;
  }

  get #isRunning(): boolean {
    return (this.#s.registerA & RegA.DV) === DV_RUN && !has(this.#b, RegB.SET);
  }

  /** Rate of the periodic interrupt (data sheet, table 5, 32,768 Hz column); 0 for none. */
  get #periodicHz(): number {
    const rs = this.#s.registerA & RegA.RS;
    if (rs === 0 || (this.#s.registerA & RegA.DV) !== DV_RUN) return 0;
    return 32_768 >> (rs < 3 ? rs + 6 : rs - 1);
  }

  #writeA(value: number, now: Ticks): void {
    const s = this.#s;
    const ran = this.#isRunning;
    const wasDividing = (s.registerA & RegA.DV) === DV_RUN;
    s.registerA = value;
    const divides = (value & RegA.DV) === DV_RUN;
    if (ran && !divides) this.#hold();
    if (!wasDividing && divides) {
      s.updatedAt = now - FIRST_UPDATE;
      if (!has(this.#b, RegB.SET)) this.#release(now);
    }
    const hz = this.#periodicHz;
    s.periods = hz > 0 ? countAt(now, hz) : 0;
  }

  #writeB(value: number, now: Ticks): void {
    const s = this.#s;
    const set = (value & RegB.SET) !== 0;
    const divides = (s.registerA & RegA.DV) === DV_RUN;
    // SET also clears UIE (data sheet, "Register B").
    const next = set ? value & ~RegB.UIE : value;
    if (set) {
      this.#hold();
      s.registerB = next;
    } else {
      // The new DM and 24/12 apply to the bytes that were written under SET.
      s.registerB = next;
      if (s.held !== null && divides) this.#release(now);
    }
  }

  #hold(): void {
    this.#s.held ??= this.#clockBytes();
  }

  /** The clock runs on from the bytes it was left with, in the phase of the divider. */
  #release(now: Ticks): void {
    const s = this.#s;
    if (s.held === null) return;
    s.updatedAt += Math.floor((now - s.updatedAt) / TICKS_PER_SECOND) * TICKS_PER_SECOND;
    const [second, minute, hour, weekday, day, month, year, century] = s.held as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    s.seconds = secondsFromCivil({
      second: this.#decode(second),
      minute: this.#decode(minute),
      hour: this.#decodeHour(hour),
      // What no calendar has counts as the nearest thing that one has.
      day: Math.max(1, this.#decode(day)),
      month: Math.min(12, Math.max(1, this.#decode(month))),
      year: this.#decode(century) * 100 + this.#decode(year),
    });
    const ahead = this.#decode(weekday) - 1 - dayOfWeek(s.seconds);
    s.weekdayBias = ((ahead % 7) + 7) % 7;
    s.held = null;
  }

  #clockBytes(): number[] {
    const { seconds, weekdayBias } = this.#s;
    const t: CivilTime = civilFromSeconds(seconds);
    const weekday = ((dayOfWeek(seconds) + weekdayBias) % 7) + 1;
    const century = Math.floor(t.year / 100);
    return [
      this.#encode(t.second),
      this.#encode(t.minute),
      this.#encodeHour(t.hour),
      this.#encode(weekday),
      this.#encode(t.day),
      this.#encode(t.month),
      this.#encode(t.year % 100),
      this.#encode(century),
    ];
  }

  #encode(n: number): number {
    return has(this.#b, RegB.DM) ? n : (Math.floor(n / 10) << 4) | (n % 10);
  }

  #decode(byte: number): number {
    return has(this.#b, RegB.DM) ? byte : (byte >> 4) * 10 + (byte & 15);
  }

  #encodeHour(hour: number): number {
    if (has(this.#b, RegB.H24)) return this.#encode(hour);
    return this.#encode(hour % 12 === 0 ? 12 : hour % 12) | (hour >= 12 ? PM : 0);
  }

  #decodeHour(byte: number): number {
    if (has(this.#b, RegB.H24)) return this.#decode(byte);
    return (this.#decode(byte & ~PM) % 12) + ((byte & PM) !== 0 ? 12 : 0);
  }

  /** The first second after the last update that the alarm bytes match; within a day, or never. */
  #nextMatch(): number | undefined {
    const { ram, seconds } = this.#s;
    const matches = (alarm: number, byte: number) => alarm >= DONT_CARE || alarm === byte;
    const last = seconds + SECONDS_PER_DAY;
    for (let t = seconds + 1; t <= last; ) {
      const ofDay = ((t % SECONDS_PER_DAY) + SECONDS_PER_DAY) % SECONDS_PER_DAY;
      if (!matches(ram[ALARM.hour]!, this.#encodeHour(Math.floor(ofDay / 3600)))) {
        t += 3600 - (ofDay % 3600);
      } else if (!matches(ram[ALARM.minute]!, this.#encode(Math.floor(ofDay / 60) % 60))) {
        t += 60 - (ofDay % 60);
      } else if (!matches(ram[ALARM.second]!, this.#encode(ofDay % 60))) {
        t += 1;
      } else {
        return t;
      }
    }
    return undefined;
  }
}
