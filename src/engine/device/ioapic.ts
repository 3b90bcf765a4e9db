/**
 * Intel 82093AA I/O APIC: 24 inputs, each with a redirection entry.
 *
 * Data sheet: Intel 290566, "82093AA I/O Advanced Programmable Interrupt Controller". Inputs carry
 * "asserted", not a voltage, so that the polarity bit is kept and has no effect. ExtINT and SMI
 * deliveries are dropped: the board wires the PIC to LINT0 only.
 */

import { copy, list, record, type Shape, u8, u32, validate } from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

export const IOAPIC_PINS = 24;

export interface RedirectionEntry {
  /** Bits 0..31 but delivery status (12) and remote IRR (14), which are kept apart or zero. */
  low: number;
  /** Bits 32..63: the destination in the top byte. */
  high: number;
}

export interface IoapicState extends DeviceState {
  readonly kind: 'ioapic';
  readonly version: 1;
  id: number;
  select: number;
  entries: RedirectionEntry[];
  /** Levels of the inputs. */
  lines: number;
  /** Inputs whose level interrupt was accepted and not yet ended. */
  remoteIrr: number;
}

const IDENTITY = { kind: 'ioapic', version: 1 } as const;
const SHAPE: Shape<IoapicState> = {
  id: u8,
  select: u8,
  entries: list({ exactly: IOAPIC_PINS }, record<RedirectionEntry>({ low: u32, high: u32 })),
  lines: u32,
  remoteIrr: u32,
};

const Entry = { LOGICAL: 0x800, REMOTE_IRR: 0x4000, LEVEL: 0x8000, MASKED: 0x1_0000 } as const;
const LOW_WRITABLE = 0x1_afff;
const HIGH_WRITABLE = 0xff00_0000;
/** 24 entries in bits 16..23, version 11H. */
const VERSION = ((IOAPIC_PINS - 1) << 16) | 0x11;

/** A message on the way to a local APIC. */
export interface InterruptMessage {
  readonly vector: number;
  readonly deliveryMode: number;
  readonly destination: number;
  readonly destinationMode: 'physical' | 'logical';
  readonly isLevel: boolean;
}

export class Ioapic {
  /** Returns whether a local APIC took the message. */
  readonly #send: (message: InterruptMessage) => boolean;
  #s: IoapicState;

  constructor(send: (message: InterruptMessage) => boolean) {
    this.#send = send;
    this.#s = {
      ...IDENTITY,
      id: 0,
      select: 0,
      entries: Array.from({ length: IOAPIC_PINS }, () => ({ low: Entry.MASKED, high: 0 })),
      lines: 0,
      remoteIrr: 0,
    };
  }

  /** Drives input `n`. */
  setLine(n: number, level: boolean): void {
    const s = this.#s;
    const mask = 1 << n;
    const rose = level && (s.lines & mask) === 0;
    s.lines = (level ? s.lines | mask : s.lines & ~mask) >>> 0;
    const { low } = s.entries[n]!;
    if ((low & Entry.LEVEL) !== 0) this.#evaluate(n);
    // "Edge-sensitive interrupts signaled on a masked interrupt pin are ignored" (§3.2.4).
    else if (rose && (low & Entry.MASKED) === 0) this.#dispatch(n);
  }

  /** A local APIC's EOI: every entry with that vector may interrupt again, and does if its line is up. */
  endOfInterrupt(vector: number): void {
    for (let n = 0; n < IOAPIC_PINS; n++) {
      if ((this.#s.entries[n]!.low & 0xff) !== vector) continue;
      this.#s.remoteIrr = (this.#s.remoteIrr & ~(1 << n)) >>> 0;
      this.#evaluate(n);
    }
  }

  /** IOREGSEL at offset 0, IOWIN at 10H. */
  read(offset: number): number {
    if (offset === 0x00) return this.#s.select;
    return offset === 0x10 ? this.#readRegister(this.#s.select) : 0;
  }

  write(offset: number, value: number): void {
    if (offset === 0x00) this.#s.select = value & 0xff;
    else if (offset === 0x10) this.#writeRegister(this.#s.select, value);
  }

  save(): IoapicState {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<IoapicState>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  #readRegister(index: number): number {
    const s = this.#s;
    if (index === 0 || index === 2) return (s.id << 24) >>> 0; // IOAPICID, IOAPICARB
    if (index === 1) return VERSION;
    const n = (index - 0x10) >> 1;
    const entry = s.entries[n];
    if (index < 0x10 || entry === undefined) return 0;
    if ((index & 1) !== 0) return entry.high;
    return entry.low | ((s.remoteIrr >>> n) & 1 ? Entry.REMOTE_IRR : 0);
  }

  #writeRegister(index: number, value: number): void {
    const s = this.#s;
    if (index === 0) {
      s.id = (value >>> 24) & 0x0f;
      return;
    }
    const n = (index - 0x10) >> 1;
    const entry = s.entries[n];
    if (index < 0x10 || entry === undefined) return;
    if ((index & 1) !== 0) {
      entry.high = (value & HIGH_WRITABLE) >>> 0;
      return;
    }
    entry.low = value & LOW_WRITABLE;
    // Remote IRR means something in level mode only; made an edge, the entry forgets it.
    if ((entry.low & Entry.LEVEL) === 0) s.remoteIrr = (s.remoteIrr & ~(1 << n)) >>> 0;
    this.#evaluate(n);
  }

  /** A level input interrupts while its line is up, it is not masked and no EOI is owed. */
  #evaluate(n: number): void {
    const s = this.#s;
    const mask = 1 << n;
    const { low } = s.entries[n]!;
    if ((low & Entry.LEVEL) === 0 || (low & Entry.MASKED) !== 0) return;
    if ((s.lines & mask) === 0 || (s.remoteIrr & mask) !== 0) return;
    // Set before the message goes out: its reception may come back as an EOI for another pin.
    s.remoteIrr = (s.remoteIrr | mask) >>> 0;
    if (!this.#dispatch(n)) s.remoteIrr = (s.remoteIrr & ~mask) >>> 0;
  }

  #dispatch(n: number): boolean {
    const { low, high } = this.#s.entries[n]!;
    return this.#send({
      vector: low & 0xff,
      deliveryMode: (low >> 8) & 7,
      destination: high >>> 24,
      destinationMode: (low & Entry.LOGICAL) !== 0 ? 'logical' : 'physical',
      isLevel: (low & Entry.LEVEL) !== 0,
    });
  }
}
