/**
 * The local APIC of the one CPU, in xAPIC mode (SDM Vol. 3A chapter 11).
 *
 * Not modelled: x2APIC mode (CPUID does not offer it), INIT and start-up IPIs (there is no other CPU
 * to receive them and one to itself is not allowed), SMI, thermal and performance sources (their
 * LVT entries are registers without a source).
 */

import { TICKS_PER_SECOND, type Ticks } from '../units.ts';
import { type Bits, bits, has } from './bits.ts';
import * as timer from './lapic-timer.ts';
import {
  copy,
  flag,
  list,
  optional,
  record,
  type Shape,
  time,
  u8,
  u32,
  validate,
} from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

/** The order of `LapicState.lvt`. */
export const LVT_NAMES = ['timer', 'thermal', 'pmc', 'lint0', 'lint1', 'error'] as const;
export type LvtName = (typeof LVT_NAMES)[number];

export interface LapicState extends DeviceState {
  readonly kind: 'lapic';
  readonly version: 1;
  /** IA32_APIC_BASE.EN: when clear the APIC is as good as not there. */
  enabled: boolean;
  id: number;
  tpr: number;
  ldr: number;
  dfr: number;
  svr: number;
  /** ISR, TMR and IRR: eight words of 32 vectors each. */
  isr: number[];
  tmr: number[];
  irr: number[];
  /** Errors since the last write to ESR, and ESR as that write left it. */
  errors: number;
  esr: number;
  icrLow: number;
  icrHigh: number;
  lvt: number[];
  timer: timer.TimerState;
  /** Levels of LINT0 (the PIC's INTR) and LINT1 (NMI). */
  lint: boolean[];
}

const IDENTITY = { kind: 'lapic', version: 1 } as const;
const vectors = list({ exactly: 8 }, u32);
const SHAPE: Shape<LapicState> = {
  enabled: flag,
  id: u8,
  tpr: u8,
  ldr: u32,
  dfr: u32,
  svr: u32,
  isr: vectors,
  tmr: vectors,
  irr: vectors,
  errors: u8,
  esr: u8,
  icrLow: u32,
  icrHigh: u32,
  lvt: list({ exactly: 6 }, u32),
  timer: record<timer.TimerState>({
    initialCount: u32,
    divide: u8,
    startedAt: time,
    running: flag,
    deadline: optional(time),
  }),
  lint: list({ exactly: 2 }, flag),
};

export const Lvt = bits('LVT', {
  MODE: 0x700,
  REMOTE_IRR: 0x4000,
  LEVEL: 0x8000,
  MASKED: 0x1_0000,
});
export const Svr = bits('SVR', { VECTOR: 0xff, ENABLED: 0x100, FOCUS_OFF: 0x200 });
export const Esr = bits('ESR', { SEND_VECTOR: 0x20, RECEIVE_VECTOR: 0x40, REGISTER: 0x80 });

export const Delivery = {
  FIXED: 0,
  LOWEST: 1,
  SMI: 2,
  NMI: 4,
  INIT: 5,
  STARTUP: 6,
  EXTINT: 7,
} as const;

/** The bits of each LVT entry that can be written (SDM Vol. 3A figure 11-8). */
const LVT_WRITABLE: Readonly<Record<LvtName, number>> = {
  timer: 0x7_00ff,
  thermal: 0x1_07ff,
  pmc: 0x1_07ff,
  lint0: 0x1_a7ff,
  lint1: 0x1_a7ff,
  error: 0x1_00ff,
};
/** Version 14H with six LVT entries; no EOI-broadcast suppression. */
const VERSION = 0x0005_0014;

/** What the APIC says to the rest of the machine. */
export interface LapicOutputs {
  /** An EOI for a level-triggered vector, broadcast to the I/O APICs. */
  eoi(vector: number): void;
  nmi(): void;
}

export class Lapic {
  readonly #outputs: LapicOutputs;
  #s: LapicState;

  constructor(outputs: LapicOutputs) {
    this.#outputs = outputs;
    this.#s = {
      ...IDENTITY,
      enabled: true,
      id: 0,
      tpr: 0,
      ldr: 0,
      dfr: 0xffff_ffff,
      svr: 0xff,
      isr: new Array<number>(8).fill(0),
      tmr: new Array<number>(8).fill(0),
      irr: new Array<number>(8).fill(0),
      errors: 0,
      esr: 0,
      icrLow: 0,
      icrHigh: 0,
      lvt: new Array<number>(6).fill(Lvt.MASKED),
      timer: { initialCount: 0, divide: 0, startedAt: 0, running: false, deadline: null },
      lint: [false, false],
    };
  }

  /** IA32_APIC_BASE.EN. Clearing it leaves the registers as after a reset (SDM §11.4.3). */
  get enabled(): boolean {
    return this.#s.enabled;
  }

  setEnabled(enabled: boolean): void {
    if (enabled === this.#s.enabled) return;
    const { lint } = this.#s;
    this.#s = { ...new Lapic(this.#outputs).save(), lint, enabled };
  }

  /** The vector that would be delivered now, if it beats the processor priority. */
  get pending(): number | undefined {
    if (!this.#s.enabled) return undefined;
    const vector = highest(this.#s.irr);
    return vector !== undefined && vector >> 4 > this.ppr >> 4 ? vector : undefined;
  }

  /** Is the PIC's INTR, on LINT0, to be passed to the CPU now? */
  get extInt(): boolean {
    const s = this.#s;
    if (!s.lint[0]) return false;
    // A disabled APIC leaves the CPU with its two pins, INTR and NMI (SDM §11.4.3).
    if (!s.enabled) return true;
    const lvt = s.lvt[LVT_NAMES.indexOf('lint0')]! as Bits<'LVT'>;
    return !has(lvt, Lvt.MASKED) && delivery(lvt) === Delivery.EXTINT;
  }

  /** INTA: moves the pending vector to in-service and returns it. */
  acknowledge(): number {
    const s = this.#s;
    const vector = this.pending;
    // The request went away or was outranked by a TPR write: the spurious vector, no ISR bit.
    if (vector === undefined) return s.svr & Svr.VECTOR;
    setBit(s.irr, vector, false);
    setBit(s.isr, vector, true);
    return vector;
  }

  /** Processor Priority Register (SDM §11.8.3.1). */
  get ppr(): number {
    const s = this.#s;
    const inService = (highest(s.isr) ?? 0) & 0xf0;
    return Math.max(s.tpr, inService);
  }

  /** CR8 is the task priority class. */
  get cr8(): number {
    return this.#s.tpr >> 4;
  }

  set cr8(value: number) {
    this.#s.tpr = (value & 15) << 4;
  }

  /** Is a message with this destination for us? (SDM §11.6.2) */
  isDestination(destination: number, mode: 'physical' | 'logical'): boolean {
    const s = this.#s;
    if (destination === 0xff) return true;
    if (mode === 'physical') return destination === s.id;
    const logicalId = s.ldr >>> 24;
    const isFlat = s.dfr >>> 28 === 0xf;
    if (isFlat) return (destination & logicalId) !== 0;
    // Cluster model: same cluster, and our bit in it.
    return destination >> 4 === logicalId >> 4 && (destination & logicalId & 15) !== 0;
  }

  /** A message from an I/O APIC or from ourselves. */
  deliver(mode: number, vector: number, isLevel: boolean): void {
    switch (mode) {
      case Delivery.FIXED:
      case Delivery.LOWEST:
        this.#accept(vector, isLevel);
        return;
      case Delivery.NMI:
        this.#outputs.nmi();
        return;
      default: // SMI, INIT, STARTUP: nobody to take them. EXTINT comes through LINT0 only.
    }
  }

  /** Drives LINT0 or LINT1. */
  setLint(n: 0 | 1, level: boolean): void {
    const s = this.#s;
    const rose = level && !s.lint[n];
    s.lint[n] = level;
    if (!rose) return;
    if (!s.enabled) {
      if (n === 1) this.#outputs.nmi();
      return;
    }
    const lvt = s.lvt[LVT_NAMES.indexOf(n === 0 ? 'lint0' : 'lint1')]! as Bits<'LVT'>;
    if (has(lvt, Lvt.MASKED) || delivery(lvt) === Delivery.EXTINT) return;
    this.deliver(
      delivery(lvt),
      lvt & 0xff,
      delivery(lvt) === Delivery.FIXED && has(lvt, Lvt.LEVEL),
    );
  }

  /** When the timer will interrupt next; a masked one counts, but nobody needs to be told. */
  nextExpiry(): Ticks | undefined {
    const { enabled, lvt } = this.#s;
    if (!enabled || has(lvt[0] as Bits<'LVT'>, Lvt.MASKED)) return undefined;
    return timer.nextExpiry(this.#s.timer, this.#timerMode);
  }

  /** Lets the timer have arrived at `now`. */
  catchUp(now: Ticks): void {
    if (timer.expire(this.#s.timer, this.#timerMode, now)) this.#local('timer');
  }

  /** IA32_TSC_DEADLINE as a tick, or null for the 0 that disarms. Ignored in the other modes. */
  setDeadline(deadline: number | null): void {
    if (this.#timerMode === 'tsc-deadline') this.#s.timer.deadline = deadline;
  }

  get deadline(): number | null {
    return this.#timerMode === 'tsc-deadline' ? this.#s.timer.deadline : null;
  }

  /** A 32-bit register; `offset` is a multiple of 16 below 1000H (SDM table 11-1). */
  read(offset: number, now: Ticks): number {
    this.catchUp(now);
    const s = this.#s;
    switch (offset) {
      case 0x020:
        return (s.id << 24) >>> 0;
      case 0x030:
        return VERSION;
      case 0x080:
        return s.tpr;
      case 0x090: // Arbitration priority: not on the processors that have no APIC bus.
        return 0;
      case 0x0a0:
        return this.ppr;
      case 0x0b0: // EOI is write-only.
        return 0;
      case 0x0d0:
        return s.ldr;
      case 0x0e0:
        return s.dfr;
      case 0x0f0:
        return s.svr;
      case 0x280:
        return s.esr;
      case 0x300:
        return s.icrLow;
      case 0x310:
        return s.icrHigh;
      case 0x380:
        return s.timer.initialCount;
      case 0x390:
        return timer.currentCount(s.timer, this.#timerMode, now);
      case 0x3e0:
        return s.timer.divide;
      default: {
        if (offset >= 0x100 && offset < 0x280) {
          const group = offset < 0x180 ? s.isr : offset < 0x200 ? s.tmr : s.irr;
          return group[(offset >> 4) & 7]!;
        }
        const lvt = lvtIndex(offset);
        if (lvt !== undefined) return s.lvt[lvt]!;
        this.#error(Esr.REGISTER);
        return 0;
      }
    }
  }

  write(offset: number, value: number, now: Ticks): void {
    this.catchUp(now);
    const s = this.#s;
    switch (offset) {
      case 0x020:
        s.id = value >>> 24;
        return;
      case 0x080:
        s.tpr = value & 0xff;
        return;
      case 0x0b0:
        this.#endOfInterrupt();
        return;
      case 0x0d0:
        s.ldr = (value & 0xff00_0000) >>> 0;
        return;
      case 0x0e0:
        // Bits 0 to 27 are reserved and read as ones.
        s.dfr = (value | 0x0fff_ffff) >>> 0;
        return;
      case 0x0f0:
        this.#writeSvr(value);
        return;
      case 0x280:
        s.esr = s.errors;
        s.errors = 0;
        return;
      case 0x300:
        s.icrLow = value & 0x000c_cfff;
        this.#sendIpi();
        return;
      case 0x310:
        s.icrHigh = (value & 0xff00_0000) >>> 0;
        return;
      case 0x380:
        timer.start(s.timer, this.#timerMode, value, now);
        return;
      case 0x3e0:
        timer.setDivide(s.timer, this.#timerMode, value, now);
        return;
      default: {
        const lvt = lvtIndex(offset);
        if (lvt !== undefined) {
          this.#writeLvt(lvt, value);
          return;
        }
        if (!isReadOnly(offset)) this.#error(Esr.REGISTER);
      }
    }
  }

  save(): LapicState {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<LapicState>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  get #timerMode(): timer.TimerMode {
    return timer.timerMode(this.#s.lvt[0]!);
  }

  get #softwareEnabled(): boolean {
    return has(this.#s.svr as Bits<'SVR'>, Svr.ENABLED);
  }

  /** A local source fires: its LVT entry says what becomes of it. */
  #local(name: LvtName): void {
    const lvt = this.#s.lvt[LVT_NAMES.indexOf(name)]! as Bits<'LVT'>;
    if (!has(lvt, Lvt.MASKED)) this.#accept(lvt & 0xff, false);
  }

  #accept(vector: number, isLevel: boolean): void {
    const s = this.#s;
    if (!s.enabled || !this.#softwareEnabled) return;
    if (vector < 16) {
      this.#error(Esr.RECEIVE_VECTOR);
      return;
    }
    setBit(s.irr, vector, true);
    setBit(s.tmr, vector, isLevel);
  }

  #error(bit: number): void {
    const s = this.#s;
    if ((s.errors & bit) !== 0) return;
    s.errors |= bit;
    const lvt = s.lvt[LVT_NAMES.indexOf('error')]! as Bits<'LVT'>;
    // An illegal vector in the error entry itself must not raise an error for ever.
    if (!has(lvt, Lvt.MASKED) && (lvt & 0xff) >= 16) this.#accept(lvt & 0xff, false);
  }

  #endOfInterrupt(): void {
    const s = this.#s;
    const vector = highest(s.isr);
    if (vector === undefined) return;
    setBit(s.isr, vector, false);
    if (getBit(s.tmr, vector)) this.#outputs.eoi(vector);
  }

  #writeSvr(value: number): void {
    const s = this.#s;
    s.svr = value & (Svr.VECTOR | Svr.ENABLED | Svr.FOCUS_OFF);
    // "The mask bits for all the LVT entries are set" and stay so (SDM §11.4.7.2).
    if (!this.#softwareEnabled) s.lvt = s.lvt.map((entry) => entry | Lvt.MASKED);
  }

  #writeLvt(index: number, value: number): void {
    const s = this.#s;
    const before = this.#timerMode;
    const name = LVT_NAMES[index]!;
    s.lvt[index] = (value & LVT_WRITABLE[name]) | (this.#softwareEnabled ? 0 : Lvt.MASKED);
    if (name === 'timer') timer.modeChanged(s.timer, before, this.#timerMode);
  }

  /** Interrupt Command Register (SDM §11.6.1). Only one CPU can be meant: this one. */
  #sendIpi(): void {
    const { icrLow, icrHigh } = this.#s;
    const shorthand = (icrLow >> 18) & 3;
    const isLogical = (icrLow & 0x800) !== 0;
    const forUs =
      shorthand === 1 ||
      shorthand === 2 ||
      (shorthand === 0 && this.isDestination(icrHigh >>> 24, isLogical ? 'logical' : 'physical'));
    const mode = (icrLow >> 8) & 7;
    const vector = icrLow & 0xff;
    if (vector < 16 && (mode === Delivery.FIXED || mode === Delivery.LOWEST)) {
      this.#error(Esr.SEND_VECTOR);
      return;
    }
    if (forUs) this.deliver(mode, vector, false);
  }
}

/** The core crystal clock, CPUID leaf 15H: one count a tick. */
export const LAPIC_TIMER_HZ = TICKS_PER_SECOND;

function delivery(lvt: number): number {
  return (lvt >> 8) & 7;
}

function lvtIndex(offset: number): number | undefined {
  return offset >= 0x320 && offset <= 0x370 && (offset & 15) === 0
    ? (offset - 0x320) >> 4
    : undefined;
}

/** Registers that exist and ignore writes; anything else reports an illegal register address. */
function isReadOnly(offset: number): boolean {
  return (
    offset === 0x030 ||
    offset === 0x090 ||
    offset === 0x0a0 ||
    offset === 0x390 ||
    (offset >= 0x100 && offset < 0x280)
  );
}

function highest(words: readonly number[]): number | undefined {
  for (let i = 7; i >= 0; i--) {
    const word = words[i]!;
    if (word !== 0) return i * 32 + 31 - Math.clz32(word);
  }
  return undefined;
}

function getBit(words: readonly number[], vector: number): boolean {
  return ((words[vector >> 5]! >>> (vector & 31)) & 1) !== 0;
}

function setBit(words: number[], vector: number, on: boolean): void {
  const i = vector >> 5;
  const mask = 1 << (vector & 31);
  words[i] = (on ? words[i]! | mask : words[i]! & ~mask) >>> 0;
}
