/**
 * The x87 register file: data registers, tags, control and status word, and the pointers to the
 * last instruction (SDM Vol. 1 §8.1). Everything that knows where TOP is lives here.
 */

import { EXCEPTIONS, IE, PRE_COMPUTATION, type Rounding } from '../flags.ts';
import { F80, F80_PC24, F80_PC53, type Target } from '../round.ts';
import { DEFAULT_NAN, type Register } from './format.ts';

/** Status word bits besides the six exception flags. */
export const SF = 0x0040;
export const ES = 0x0080;
export const C0 = 0x0100;
export const C1 = 0x0200;
export const C2 = 0x0400;
export const C3 = 0x4000;
export const BUSY = 0x8000;
const TOP_SHIFT = 11;
const TOP_MASK = 7 << TOP_SHIFT;

export interface X87State {
  fcw: number;
  fsw: number;
  /** Bit i set: physical register Ri is not empty. FXSAVE's abridged tag word; `tagWord` has the full one. */
  valid: number;
  /** Physical registers R0..R7; replaced, never changed in place. */
  readonly registers: Register[];
  /** Last instruction and last memory operand. Kept by the dispatcher, except by control instructions. */
  fip: bigint;
  fcs: number;
  fdp: bigint;
  fds: number;
  fop: number;
}

/** FCW after FNINIT: everything masked, extended precision, to nearest. */
export const FCW_INIT = 0x037f;

/** Power-on contents, which are FNINIT's but for zeroed registers (SDM Vol. 3A Table 9-1, FINIT). */
export function createX87State(): X87State {
  return {
    fcw: FCW_INIT,
    fsw: 0,
    valid: 0,
    registers: Array.from({ length: 8 }, () => ({ significand: 0n, signExponent: 0 })),
    fip: 0n,
    fcs: 0,
    fdp: 0n,
    fds: 0,
    fop: 0,
  };
}

/** Is an unmasked exception waiting for the next waiting instruction, which then raises #MF? */
export const hasPendingException = (s: X87State): boolean => (s.fsw & ES) !== 0;

export const topOf = (s: X87State): number => (s.fsw & TOP_MASK) >> TOP_SHIFT;
export const setTop = (s: X87State, top: number): void => {
  s.fsw = (s.fsw & ~TOP_MASK) | ((top & 7) << TOP_SHIFT);
};
const physical = (s: X87State, i: number): number => (topOf(s) + i) & 7;

export const isEmpty = (s: X87State, i: number): boolean => (s.valid & (1 << physical(s, i))) === 0;

/** ST(i), whatever its tag says. */
export const st = (s: X87State, i: number): Register => s.registers[physical(s, i)] as Register;

/** Writes ST(i), which is no longer empty. */
export function setSt(s: X87State, i: number, value: Register): void {
  const at = physical(s, i);
  s.registers[at] = value;
  s.valid |= 1 << at;
}

export function markEmpty(s: X87State, i: number): void {
  s.valid &= ~(1 << physical(s, i));
}

export function pop(s: X87State): void {
  markEmpty(s, 0);
  setTop(s, topOf(s) + 1);
}

/** Pushes without asking whether ST(7) is free: `push` does. */
export function pushUnchecked(s: X87State, value: Register): void {
  setTop(s, topOf(s) - 1);
  setSt(s, 0, value);
}

export const roundingOf = (s: X87State): Rounding => ((s.fcw >> 10) & 3) as Rounding;

/** FCW.PC. 01 is reserved; silicon takes it for extended precision. */
export function precisionOf(s: X87State): Target {
  switch ((s.fcw >> 8) & 3) {
    case 0:
      return F80_PC24;
    case 2:
      return F80_PC53;
    default:
      return F80;
  }
}

export function setCondition(s: X87State, mask: number, bits: number): void {
  s.fsw = (s.fsw & ~mask) | bits;
}

/** ES and B say whether a flag is set whose mask is clear (§8.1.3.4). */
export function updateSummary(s: X87State): void {
  if (s.fsw & ~s.fcw & EXCEPTIONS) s.fsw |= ES | BUSY;
  else s.fsw &= ~(ES | BUSY);
}

/**
 * Sets exception flags (with SF, if it is among them) and returns those that are unmasked. If one
 * found before computing is unmasked, the others do not happen.
 */
export function raise(s: X87State, flags: number): number {
  const stop = flags & ~s.fcw & PRE_COMPUTATION;
  const raised = stop ? flags & (PRE_COMPUTATION | SF) : flags;
  s.fsw |= raised;
  updateSummary(s);
  return raised & ~s.fcw & EXCEPTIONS;
}

/** Stack underflow: #IS with C1 = 0. True if masked, so that the default NaN is to be delivered. */
export function stackUnderflow(s: X87State): boolean {
  setCondition(s, C1, 0);
  return raise(s, IE | SF) === 0;
}

/**
 * Pushes a result, unless ST(7) is in use: that is stack overflow, #IS with C1 = 1, and if masked
 * pushes the default NaN.
 */
export function push(s: X87State, value: Register): void {
  if (isEmpty(s, 7)) {
    setCondition(s, C1, 0);
    pushUnchecked(s, value);
  } else if (stackOverflow(s)) {
    pushUnchecked(s, DEFAULT_NAN);
  }
}

/** As `stackUnderflow`, for a push onto a register in use. */
export function stackOverflow(s: X87State): boolean {
  setCondition(s, C1, C1);
  return raise(s, IE | SF) === 0;
}
