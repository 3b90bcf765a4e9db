/**
 * Loads, stores to registers, exchanges and conditional moves (SDM Vol. 2, FLD, FST, FXCH, FCMOVcc,
 * FFREE, FINCSTP). Stores to memory are in store.ts.
 */

import { DE, IE } from '../flags.ts';
import { DENORMAL, fromInteger, SNAN, type Value } from '../value.ts';
import { DEFAULT_NAN, encodeExact, quieted, type Register } from './format.ts';
import {
  C1,
  isEmpty,
  markEmpty,
  pop,
  push,
  pushUnchecked,
  raise,
  setCondition,
  setSt,
  setTop,
  st,
  stackOverflow,
  stackUnderflow,
  topOf,
  type X87State,
} from './state.ts';

/** FLD m32 and m64 are conversions: they raise #D and #IA and quiet an SNaN. */
export function fldMemory(s: X87State, v: Value): void {
  if (!isEmpty(s, 7)) {
    if (stackOverflow(s)) pushUnchecked(s, DEFAULT_NAN);
    return;
  }
  setCondition(s, C1, 0);
  const flags = v.kind === SNAN ? IE : v.kind === DENORMAL ? DE : 0;
  // An unmasked #D does not keep the operand from being loaded.
  if (raise(s, flags) & IE) return;
  const register = encodeExact(v);
  pushUnchecked(s, v.kind === SNAN ? quieted(register) : register);
}

/** FLD m80 takes any encoding as it is. */
export const fldRegister = (s: X87State, value: Register): void => push(s, value);

export const fild = (s: X87State, n: bigint): void => push(s, encodeExact(fromInteger(n)));

/** FLD ST(i): an empty source is underflow, found before overflow. */
export function fldSt(s: X87State, i: number): void {
  if (!isEmpty(s, i)) push(s, st(s, i));
  else if (stackUnderflow(s)) pushUnchecked(s, DEFAULT_NAN);
}

/** FST ST(i) and FSTP ST(i). */
export function fstSt(s: X87State, i: number, pops: boolean): void {
  if (isEmpty(s, 0)) {
    if (!stackUnderflow(s)) return;
    setSt(s, i, DEFAULT_NAN);
  } else {
    setCondition(s, C1, 0);
    setSt(s, i, st(s, 0));
  }
  if (pops) pop(s);
}

export function fxch(s: X87State, i: number): void {
  if (isEmpty(s, 0) || isEmpty(s, i)) {
    if (!stackUnderflow(s)) return;
    if (isEmpty(s, 0)) setSt(s, 0, DEFAULT_NAN);
    if (isEmpty(s, i)) setSt(s, i, DEFAULT_NAN);
  } else {
    setCondition(s, C1, 0);
  }
  const top = st(s, 0);
  setSt(s, 0, st(s, i));
  setSt(s, i, top);
}

/** FCMOVcc: an empty register is underflow, with its result, even if the condition is false. */
export function fcmov(s: X87State, i: number, moves: boolean): void {
  if (isEmpty(s, 0) || isEmpty(s, i)) {
    if (stackUnderflow(s)) setSt(s, 0, DEFAULT_NAN);
    return;
  }
  if (moves) setSt(s, 0, st(s, i));
}

/** D9 D8+i, "FSTPNCE": an FSTP that takes an empty ST(0) for no error and then only pops. */
export function fstpNoCheck(s: X87State, i: number): void {
  setCondition(s, C1, 0);
  if (!isEmpty(s, 0)) setSt(s, i, st(s, 0));
  pop(s);
}

export function ffree(s: X87State, i: number): void {
  markEmpty(s, i);
  setCondition(s, C1, 0);
}

/** FINCSTP and FDECSTP turn the stack and touch no tag. */
export function rotate(s: X87State, by: 1 | -1): void {
  setTop(s, topOf(s) + by);
  setCondition(s, C1, 0);
}
