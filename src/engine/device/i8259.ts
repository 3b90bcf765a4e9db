/**
 * Intel 8259A Programmable Interrupt Controller: one chip of the pair.
 *
 * Data sheet: Intel 231468, "8259A Programmable Interrupt Controller". The ELCR (edge or level per
 * input) is the addition of the PIIX (Intel 290550, §2.5.5). The 8080/85 mode and buffered mode are
 * not modelled: their bits are accepted and have no effect.
 */

import { type Bits, bits, has } from './bits.ts';
import { copy, flag, oneOf, type Shape, u8, upTo, validate } from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

export interface I8259State extends DeviceState {
  readonly kind: 'i8259';
  readonly version: 1;
  /** Levels of the inputs IR0..IR7. */
  lines: number;
  /** Edges seen and not yet acknowledged. */
  edges: number;
  imr: number;
  isr: number;
  /** 1 = level-triggered. */
  elcr: number;
  /** What the next write to the odd address is: an initialisation word, or OCW1. */
  expects: 'OCW1' | 'ICW2' | 'ICW3' | 'ICW4';
  icw1: number;
  /** Vector of IR0 (ICW2). */
  base: number;
  icw3: number;
  icw4: number;
  /** The input with the lowest priority; the one after it has the highest. */
  lowest: number;
  rotateOnAeoi: boolean;
  specialMask: boolean;
  /** OCW3 chose ISR, not IRR, for reads of the even address. */
  readIsr: boolean;
  /** The next read is a poll. */
  poll: boolean;
}

const IDENTITY = { kind: 'i8259', version: 1 } as const;
const SHAPE: Shape<I8259State> = {
  lines: u8,
  edges: u8,
  imr: u8,
  isr: u8,
  elcr: u8,
  expects: oneOf('OCW1', 'ICW2', 'ICW3', 'ICW4'),
  icw1: u8,
  base: u8,
  icw3: u8,
  icw4: u8,
  lowest: upTo(7),
  rotateOnAeoi: flag,
  specialMask: flag,
  readIsr: flag,
  poll: flag,
};

const Icw1 = bits('ICW1', { IC4: 0x01, SNGL: 0x02, LTIM: 0x08, INIT: 0x10 });
const Icw4 = bits('ICW4', { UPM: 0x01, AEOI: 0x02, SFNM: 0x10 });
/** OCW3 is told from OCW2 by D3, both from ICW1 by D4 (data sheet, figures 7 and 8). */
const Ocw3 = bits('OCW3', { RIS: 0x01, RR: 0x02, P: 0x04, SELECT: 0x08, SMM: 0x20, ESMM: 0x40 });

/** Which of the two addresses: A0 = 0 is 0x20 or 0xA0, A0 = 1 is 0x21 or 0xA1. */
export type A0 = 0 | 1;

export class I8259 {
  readonly #isMaster: boolean;
  #s: I8259State;

  constructor(role: 'master' | 'slave') {
    this.#isMaster = role === 'master';
    this.#s = {
      ...IDENTITY,
      lines: 0,
      edges: 0,
      imr: 0,
      isr: 0,
      elcr: 0,
      expects: 'OCW1',
      icw1: 0,
      base: 0,
      icw3: 0,
      icw4: 0,
      lowest: 7,
      rotateOnAeoi: false,
      specialMask: false,
      readIsr: false,
      poll: false,
    };
  }

  /** Interrupt Request Register: an edge waits for its line, so a line that falls takes it back. */
  get irr(): number {
    const { lines, edges } = this.#s;
    return lines & (edges | this.#levelTriggered);
  }

  /** Level of the INT output. */
  get int(): boolean {
    return this.#candidate() !== undefined;
  }

  get elcr(): number {
    return this.#s.elcr;
  }

  setElcr(value: number): void {
    this.#s.elcr = value & 0xff;
  }

  /** Drives input IR`n`. */
  setLine(n: number, level: boolean): void {
    const s = this.#s;
    const mask = 1 << n;
    if (level) {
      if ((s.lines & mask) === 0) s.edges |= mask;
      s.lines |= mask;
    } else {
      s.lines &= ~mask;
      s.edges &= ~mask;
    }
  }

  /**
   * The INTA cycle: freezes the winner and returns its input number and vector. With nothing left
   * to win (the line fell meanwhile) it is IR7, whose ISR bit stays clear: a spurious interrupt.
   */
  acknowledge(): { readonly input: number; readonly vector: number } {
    const s = this.#s;
    const input = this.#candidate();
    if (input === undefined) return { input: 7, vector: s.base | 7 };
    this.#accept(input);
    return { input, vector: s.base | input };
  }

  read(a0: A0): number {
    const s = this.#s;
    if (s.poll) {
      // "The 8259A treats the next RD pulse as an interrupt acknowledge" (poll command).
      s.poll = false;
      const input = this.#candidate();
      if (input === undefined) return 0;
      this.#accept(input);
      return 0x80 | input;
    }
    if (a0 === 1) return s.imr;
    return s.readIsr ? s.isr : this.irr;
  }

  write(a0: A0, value: number): void {
    if (a0 === 1) this.#writeOdd(value & 0xff);
    else if ((value & Icw1.INIT) !== 0) this.#writeIcw1(value as Bits<'ICW1'>);
    else if ((value & Ocw3.SELECT) !== 0) this.#writeOcw3(value as Bits<'OCW3'>);
    else this.#writeOcw2(value);
  }

  save(): I8259State {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<I8259State>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  get #levelTriggered(): number {
    return has(this.#s.icw1 as Bits<'ICW1'>, Icw1.LTIM) ? 0xff : this.#s.elcr;
  }

  /** The input that would win an INTA now. */
  #candidate(): number | undefined {
    const s = this.#s;
    const requests = this.irr & ~s.imr;
    if (requests === 0) return undefined;
    const sfnm = has(s.icw4 as Bits<'ICW4'>, Icw4.SFNM);
    for (let i = 1; i <= 8; i++) {
      const input = (s.lowest + i) & 7;
      const mask = 1 << input;
      const inService = (s.isr & mask) !== 0;
      // Special fully nested mode: a slave in service may interrupt again, for its higher inputs.
      const nests = sfnm && this.#isMaster && (s.icw3 & mask) !== 0;
      if ((requests & mask) !== 0 && (!inService || nests)) return input;
      // Special mask mode looks only at the input's own ISR bit; else a higher one in service bars.
      if (inService && !s.specialMask) return undefined;
    }
    return undefined;
  }

  #accept(input: number): void {
    const s = this.#s;
    s.edges &= ~(1 << input);
    if (has(s.icw4 as Bits<'ICW4'>, Icw4.AEOI)) {
      if (s.rotateOnAeoi) s.lowest = input;
    } else {
      s.isr |= 1 << input;
    }
  }

  #writeIcw1(icw1: Bits<'ICW1'>): void {
    const s = this.#s;
    s.icw1 = icw1;
    // Data sheet, "Initialization": edge sense reset, IMR cleared, IR7 lowest, SMM off, read IRR.
    s.edges = 0;
    s.imr = 0;
    s.isr = 0;
    s.lowest = 7;
    s.specialMask = false;
    s.readIsr = false;
    s.poll = false;
    s.rotateOnAeoi = false;
    if (!has(icw1, Icw1.IC4)) s.icw4 = 0;
    s.expects = 'ICW2';
  }

  #writeOdd(value: number): void {
    const s = this.#s;
    const icw1 = s.icw1 as Bits<'ICW1'>;
    switch (s.expects) {
      case 'OCW1':
        s.imr = value;
        return;
      case 'ICW2':
        s.base = value & 0xf8;
        s.expects = has(icw1, Icw1.SNGL) ? afterIcw3(icw1) : 'ICW3';
        return;
      case 'ICW3':
        s.icw3 = value;
        s.expects = afterIcw3(icw1);
        return;
      case 'ICW4':
        s.icw4 = value;
        s.expects = 'OCW1';
        return;
    }
  }

  /** R, SL, EOI in D7..D5 and a level in D2..D0 (data sheet, "Operation Command Words"). */
  #writeOcw2(value: number): void {
    const s = this.#s;
    const level = value & 7;
    switch (value >> 5) {
      case 0b001: // Non-specific EOI
        this.#endHighest(false);
        return;
      case 0b011: // Specific EOI
        s.isr &= ~(1 << level);
        return;
      case 0b101: // Rotate on non-specific EOI
        this.#endHighest(true);
        return;
      case 0b111: // Rotate on specific EOI
        s.isr &= ~(1 << level);
        s.lowest = level;
        return;
      case 0b100: // Rotate in automatic EOI mode (set)
        s.rotateOnAeoi = true;
        return;
      case 0b000: // Rotate in automatic EOI mode (clear)
        s.rotateOnAeoi = false;
        return;
      case 0b110: // Set priority
        s.lowest = level;
        return;
      default: // 0b010: no operation
    }
  }

  #writeOcw3(ocw3: Bits<'OCW3'>): void {
    const s = this.#s;
    if (has(ocw3, Ocw3.ESMM)) s.specialMask = has(ocw3, Ocw3.SMM);
    if (has(ocw3, Ocw3.P)) s.poll = true;
    else if (has(ocw3, Ocw3.RR)) s.readIsr = has(ocw3, Ocw3.RIS);
  }

  #endHighest(rotate: boolean): void {
    const s = this.#s;
    for (let i = 1; i <= 8; i++) {
      const input = (s.lowest + i) & 7;
      const mask = 1 << input;
      if ((s.isr & mask) === 0) continue;
      // In special mask mode a non-specific EOI does not clear a level that is masked.
      if (s.specialMask && (s.imr & mask) !== 0) continue;
      s.isr &= ~mask;
      if (rotate) s.lowest = input;
      return;
    }
  }
}

function afterIcw3(icw1: Bits<'ICW1'>): 'ICW4' | 'OCW1' {
  return has(icw1, Icw1.IC4) ? 'ICW4' : 'OCW1';
}
