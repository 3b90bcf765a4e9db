/**
 * 16550A UART: registers, FIFOs, loopback and the interrupt priorities.
 *
 * Data sheet: National Semiconductor PC16550D (June 1995). Not modelled: line errors (parity,
 * framing, break received), which a console never has; the transmitter is always empty again at
 * once. That last is a choice: no wire is attached, so bytes need no time to leave, and a guest
 * that busy-waits for THRE (every kernel's early console) would otherwise spend 87,000 instructions
 * a character at 115,200 baud.
 */

import { unreachable } from '../exit.ts';
import { type Bits, bits, has } from './bits.ts';
import { copy, flag, list, optional, type Shape, time, u8, validate } from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

export interface UartState extends DeviceState {
  readonly kind: 'uart16550';
  readonly version: 1;
  ier: number;
  fcr: number;
  lcr: number;
  mcr: number;
  /** OE only; the other bits of LSR are derived. */
  lsrErrors: number;
  /** The modem inputs CTS, DSR, RI, DCD in bits 4..7, as the far end drives them. */
  modem: number;
  /** The delta bits of MSR. */
  msrDelta: number;
  scr: number;
  dll: number;
  dlm: number;
  /** Received and unread, oldest first. */
  rx: number[];
  /** The transmitter-empty interrupt is waiting. */
  threPending: boolean;
  /** Four character times passed with unread bytes below the trigger level. */
  timedOut: boolean;
  /** The tick at which they will have passed, if nothing touches the FIFO before. */
  timeoutAt: number | null;
}

const IDENTITY = { kind: 'uart16550', version: 1 } as const;
const SHAPE: Shape<UartState> = {
  ier: u8,
  fcr: u8,
  lcr: u8,
  mcr: u8,
  lsrErrors: u8,
  modem: u8,
  msrDelta: u8,
  scr: u8,
  dll: u8,
  dlm: u8,
  rx: list({ atMost: 16 }, u8),
  threPending: flag,
  timedOut: flag,
  timeoutAt: optional(time),
};

/** Input clock of the chip in a PC; the baud rate is this / 16 / divisor. */
export const UART_HZ = 1_843_200;
export const FIFO_SIZE = 16;

export const Ier = bits('IER', { ERBFI: 0x01, ETBEI: 0x02, ELSI: 0x04, EDSSI: 0x08 });
export const Fcr = bits('FCR', { ENABLE: 0x01, CLEAR_RX: 0x02, CLEAR_TX: 0x04, TRIGGER: 0xc0 });
export const Lcr = bits('LCR', { WLS: 0x03, STB: 0x04, PEN: 0x08, BREAK: 0x40, DLAB: 0x80 });
export const Mcr = bits('MCR', { DTR: 0x01, RTS: 0x02, OUT1: 0x04, OUT2: 0x08, LOOP: 0x10 });
export const Lsr = bits('LSR', { DR: 0x01, OE: 0x02, THRE: 0x20, TEMT: 0x40 });
export const Msr = bits('MSR', {
  DCTS: 0x01,
  DDSR: 0x02,
  TERI: 0x04,
  DDCD: 0x08,
  CTS: 0x10,
  DSR: 0x20,
  RI: 0x40,
  DCD: 0x80,
});

/** Interrupt identification, in order of priority (data sheet, table IV). */
const Iir = {
  NONE: 0x01,
  LINE_STATUS: 0x06,
  RECEIVED: 0x04,
  TIMEOUT: 0x0c,
  THRE: 0x02,
  MODEM: 0x00,
  FIFOS_ENABLED: 0xc0,
} as const;

const TRIGGER_LEVELS = [1, 4, 8, 14] as const;

export type UartReg =
  | 'RBR'
  | 'THR'
  | 'IER'
  | 'IIR'
  | 'FCR'
  | 'LCR'
  | 'MCR'
  | 'LSR'
  | 'MSR'
  | 'SCR'
  | 'DLL'
  | 'DLM';

/** Offset decode (data sheet, table I, "Register Addresses"). */
export function uartReg(offset: number, dir: 'read' | 'write', dlab: boolean): UartReg {
  switch (offset & 7) {
    case 0:
      return dlab ? 'DLL' : dir === 'read' ? 'RBR' : 'THR';
    case 1:
      return dlab ? 'DLM' : 'IER';
    case 2:
      return dir === 'read' ? 'IIR' : 'FCR';
    case 3:
      return 'LCR';
    case 4:
      return 'MCR';
    case 5:
      return 'LSR';
    case 6:
      return 'MSR';
    default:
      return 'SCR';
  }
}

export class Uart16550 {
  readonly #transmitted: (byte: number) => void;
  #s: UartState;

  /**
   * `transmitted` is called with each byte that leaves, while the holding register still counts as
   * full: whoever samples `intr` there sees the THRE interrupt down, as an edge-triggered interrupt
   * controller must.
   */
  constructor(transmitted: (byte: number) => void) {
    this.#transmitted = transmitted;
    this.#s = {
      ...IDENTITY,
      ier: 0,
      fcr: 0,
      lcr: 0,
      mcr: 0,
      lsrErrors: 0,
      // A terminal is attached and ready: CTS, DSR and DCD are asserted.
      modem: Msr.CTS | Msr.DSR | Msr.DCD,
      msrDelta: 0,
      scr: 0,
      dll: 0,
      dlm: 0,
      rx: [],
      threPending: false,
      timedOut: false,
      timeoutAt: null,
    };
  }

  /** The INTR pin, as gated by OUT2 on a PC's serial card. */
  get intr(): boolean {
    return has(this.#mcr, Mcr.OUT2) && !has(this.#mcr, Mcr.LOOP) && this.#iir() !== Iir.NONE;
  }

  /** How many bytes `receive` takes before it overruns. */
  get room(): number {
    return this.#capacity - this.#s.rx.length;
  }

  /** Input: a byte arrives on the line. A full FIFO loses it and says OE. */
  receive(byte: number): void {
    // In loopback the receiver is cut off from the line.
    if (!has(this.#mcr, Mcr.LOOP)) this.#shiftIn(byte & 0xff);
  }

  /** Whether bytes wait that only the passing of four character times would report. */
  get awaitsTimeout(): boolean {
    const s = this.#s;
    return this.#hasFifo && s.rx.length > 0 && s.rx.length < this.#trigger && !s.timedOut;
  }

  /** When that time will be over, as `armTimeout` said. */
  get timeoutAt(): number | null {
    return this.#s.timeoutAt;
  }

  armTimeout(at: number | null): void {
    this.#s.timeoutAt = at;
  }

  /** Four character times have passed without the FIFO being touched. */
  timeOut(): void {
    this.#s.timeoutAt = null;
    if (this.awaitsTimeout) this.#s.timedOut = true;
  }

  /** Length of a character on the line in periods of the chip's input clock. */
  get characterClocks(): number {
    const lcr = this.#lcr;
    const stopBits = has(lcr, Lcr.STB) ? 2 : 1;
    const parityBits = has(lcr, Lcr.PEN) ? 1 : 0;
    const frame = 1 + 5 + (lcr & Lcr.WLS) + parityBits + stopBits;
    // A divisor of 0 is not defined; the counter then runs its full length.
    const divisor = this.#s.dll | (this.#s.dlm << 8) || 0x1_0000;
    return frame * 16 * divisor;
  }

  read(offset: number): number {
    const s = this.#s;
    const reg = uartReg(offset, 'read', has(this.#lcr, Lcr.DLAB));
    switch (reg) {
      case 'RBR':
        s.timedOut = false;
        return s.rx.shift() ?? 0;
      case 'IER':
        return s.ier;
      case 'IIR': {
        const iir = this.#iir();
        // Reading IIR clears THRE only when THRE is what it reported.
        if (iir === Iir.THRE) s.threPending = false;
        return iir | (this.#hasFifo ? Iir.FIFOS_ENABLED : 0);
      }
      case 'LCR':
        return s.lcr;
      case 'MCR':
        return s.mcr;
      case 'LSR': {
        const lsr = s.lsrErrors | Lsr.THRE | Lsr.TEMT | (s.rx.length > 0 ? Lsr.DR : 0);
        s.lsrErrors = 0;
        return lsr;
      }
      case 'MSR': {
        const msr = this.#modemInputs | s.msrDelta;
        s.msrDelta = 0;
        return msr;
      }
      case 'SCR':
        return s.scr;
      case 'DLL':
        return s.dll;
      case 'DLM':
        return s.dlm;
      case 'THR':
      case 'FCR':
        throw new Error(`uart16550: ${reg} decoded for a read`);
      default:
        return unreachable(reg);
    }
  }

  write(offset: number, value: number): void {
    const s = this.#s;
    const reg = uartReg(offset, 'write', has(this.#lcr, Lcr.DLAB));
    switch (reg) {
      case 'THR':
        this.#transmit(value & 0xff);
        return;
      case 'IER':
        // Enabling ETBEI with the holding register empty interrupts at once. Data sheet §8.4 says
        // so only for the transition, and drivers rely on that (Linux tests for it).
        if ((value & ~s.ier & Ier.ETBEI) !== 0) s.threPending = true;
        s.ier = value & 0x0f;
        return;
      case 'FCR':
        this.#writeFcr(value as Bits<'FCR'>);
        return;
      case 'LCR':
        s.lcr = value & 0xff;
        return;
      case 'MCR': {
        const before = this.#modemInputs;
        s.mcr = value & 0x1f;
        this.#modemChanged(before);
        return;
      }
      case 'SCR':
        s.scr = value & 0xff;
        return;
      case 'DLL':
        s.dll = value & 0xff;
        return;
      case 'DLM':
        s.dlm = value & 0xff;
        return;
      case 'LSR': // Factory test only.
      case 'MSR':
        return;
      case 'RBR':
      case 'IIR':
        throw new Error(`uart16550: ${reg} decoded for a write`);
      default:
        unreachable(reg);
        return;
    }
  }

  save(): UartState {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<UartState>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  get #lcr(): Bits<'LCR'> {
    return this.#s.lcr as Bits<'LCR'>;
  }

  get #mcr(): Bits<'MCR'> {
    return this.#s.mcr as Bits<'MCR'>;
  }

  get #hasFifo(): boolean {
    return has(this.#s.fcr as Bits<'FCR'>, Fcr.ENABLE);
  }

  get #capacity(): number {
    return this.#hasFifo ? FIFO_SIZE : 1;
  }

  get #trigger(): number {
    return this.#hasFifo ? TRIGGER_LEVELS[(this.#s.fcr >> 6) as 0 | 1 | 2 | 3] : 1;
  }

  /** The four modem inputs; in loopback the chip's own outputs (data sheet §8.6, bit 4). */
  get #modemInputs(): number {
    const mcr = this.#mcr;
    if (!has(mcr, Mcr.LOOP)) return this.#s.modem;
    return (
      (has(mcr, Mcr.RTS) ? Msr.CTS : 0) |
      (has(mcr, Mcr.DTR) ? Msr.DSR : 0) |
      (has(mcr, Mcr.OUT1) ? Msr.RI : 0) |
      (has(mcr, Mcr.OUT2) ? Msr.DCD : 0)
    );
  }

  #iir(): number {
    const s = this.#s;
    const ier = s.ier as Bits<'IER'>;
    if (has(ier, Ier.ELSI) && s.lsrErrors !== 0) return Iir.LINE_STATUS;
    if (has(ier, Ier.ERBFI)) {
      if (s.rx.length >= this.#trigger) return Iir.RECEIVED;
      if (s.timedOut) return Iir.TIMEOUT;
    }
    if (has(ier, Ier.ETBEI) && s.threPending) return Iir.THRE;
    if (has(ier, Ier.EDSSI) && s.msrDelta !== 0) return Iir.MODEM;
    return Iir.NONE;
  }

  #transmit(byte: number): void {
    this.#s.threPending = false;
    if (has(this.#mcr, Mcr.LOOP)) this.#shiftIn(byte);
    else this.#transmitted(byte);
    this.#s.threPending = true;
  }

  #shiftIn(byte: number): void {
    const s = this.#s;
    s.timedOut = false;
    if (s.rx.length < this.#capacity) {
      s.rx.push(byte);
      return;
    }
    s.lsrErrors |= Lsr.OE;
    // Without FIFOs the new character overwrites the old one; with them it is the one that is lost.
    if (!this.#hasFifo) s.rx[0] = byte;
  }

  #writeFcr(fcr: Bits<'FCR'>): void {
    const s = this.#s;
    const toggled = has(fcr, Fcr.ENABLE) !== this.#hasFifo;
    // The other bits are programmed only while FCR0 is written as 1 (data sheet §8.5).
    if (toggled || (has(fcr, Fcr.ENABLE) && has(fcr, Fcr.CLEAR_RX))) {
      s.rx = [];
      s.timedOut = false;
    }
    s.fcr = has(fcr, Fcr.ENABLE) ? fcr & (Fcr.ENABLE | Fcr.TRIGGER) : 0;
  }

  #modemChanged(before: number): void {
    const now = this.#modemInputs;
    const changed = before ^ now;
    let delta = (changed & (Msr.CTS | Msr.DSR | Msr.DCD)) >> 4;
    // TERI: the ring indicator's trailing edge, asserted to not asserted.
    if ((changed & ~now & Msr.RI) !== 0) delta |= Msr.TERI;
    this.#s.msrDelta |= delta;
  }
}
