/**
 * FADD, FSUB(R), FMUL, FDIV(R) in all their forms, FSQRT, FCHS and FABS (SDM Vol. 2, FADD and its
 * like). These are the instructions that precision control applies to.
 */

import { add, divide, multiply, negate, squareRootOf } from '../arith.ts';
import { PRE_COMPUTATION, type Rounding, ZE } from '../flags.ts';
import { INFINITE, INVALID, type Value } from '../value.ts';
import {
  DEFAULT_NAN,
  deliver,
  INVALID_RESULT,
  type Result,
  unpack,
  withDenormal,
} from './format.ts';
import { isNan, propagate } from './nan.ts';
import {
  C1,
  isEmpty,
  pop,
  precisionOf,
  raise,
  roundingOf,
  setCondition,
  setSt,
  st,
  stackUnderflow,
  type X87State,
} from './state.ts';

/** ModR/M.reg of the arithmetic opcodes. */
const FADD = 0;
const FMUL = 1;
const FSUB = 4;
const FSUBR = 5;
const FDIV = 6;
const FDIVR = 7;

function operate(operation: number, x: Value, y: Value, rounding: Rounding): Value {
  switch (operation) {
    case FADD:
      return add(x, y, rounding);
    case FMUL:
      return multiply(x, y);
    case FSUB:
      return add(x, negate(y), rounding);
    case FSUBR:
      return add(y, negate(x), rounding);
    case FDIV:
      return divide(x, y);
    case FDIVR:
      return divide(y, x);
    default:
      throw new Error(`x87 arithmetic: expected ModR/M.reg 0, 1 or 4..7, got ${operation}`);
  }
}

function compute(s: X87State, operation: number, x: Value, y: Value): Result {
  if (isNan(x) || isNan(y)) return propagate(x, y);
  const exact = operate(operation, x, y, roundingOf(s));
  if (exact === INVALID) return INVALID_RESULT;
  const divides = operation === FDIV || operation === FDIVR;
  const zeroDivide =
    divides && exact.kind === INFINITE && x.kind !== INFINITE && y.kind !== INFINITE;
  const result = deliver(exact, precisionOf(s), s.fcw);
  // #Z hides #D; dividing by zero is exact otherwise.
  return zeroDivide ? { ...result, flags: ZE } : withDenormal(result, x, y);
}

/**
 * Raises a result's exceptions, sets C1, and writes it to ST(i) unless an unmasked exception stops
 * that. True if it was written, so that the caller pops.
 */
export function complete(s: X87State, i: number, result: Result): boolean {
  setCondition(s, C1, 0);
  // Unmasked overflow, underflow and precision still deliver to a register (§8.5.4..§8.5.6).
  if (raise(s, result.flags) & PRE_COMPUTATION) return false;
  if (result.up) setCondition(s, C1, C1);
  setSt(s, i, result.value);
  return true;
}

/** ST(0) op memory operand, to ST(0). */
export function arithmeticMemory(s: X87State, operation: number, operand: Value): void {
  if (isEmpty(s, 0)) {
    if (stackUnderflow(s)) setSt(s, 0, DEFAULT_NAN);
    return;
  }
  complete(s, 0, compute(s, operation, unpack(st(s, 0)), operand));
}

/**
 * ST(0) op ST(i) to ST(0), or with `toStack` to ST(i). Opcodes DC and DE swap the meaning of FSUB
 * and FSUBR, which comes to this: reg 4 is always ST(0) - ST(i), wherever the result goes.
 */
export function arithmeticRegister(
  s: X87State,
  operation: number,
  i: number,
  toStack: boolean,
  pops: boolean,
): void {
  const destination = toStack ? i : 0;
  if (isEmpty(s, 0) || isEmpty(s, i)) {
    if (!stackUnderflow(s)) return;
    setSt(s, destination, DEFAULT_NAN);
  } else {
    const result = compute(s, operation, unpack(st(s, 0)), unpack(st(s, i)));
    if (!complete(s, destination, result)) return;
  }
  if (pops) pop(s);
}

/** An instruction that replaces ST(0) by a function of it. */
export function replaceTop(s: X87State, f: (x: Value) => Result): void {
  if (isEmpty(s, 0)) {
    if (stackUnderflow(s)) setSt(s, 0, DEFAULT_NAN);
    return;
  }
  const x = unpack(st(s, 0));
  complete(s, 0, isNan(x) ? propagate(x, x) : f(x));
}

export function fsqrt(s: X87State): void {
  replaceTop(s, (x) => {
    const root = squareRootOf(x);
    if (root === INVALID) return INVALID_RESULT;
    return withDenormal(deliver(root, precisionOf(s), s.fcw), x);
  });
}

function changeSign(s: X87State, change: (signExponent: number) => number): void {
  if (isEmpty(s, 0)) {
    if (stackUnderflow(s)) setSt(s, 0, DEFAULT_NAN);
    return;
  }
  setCondition(s, C1, 0);
  const { significand, signExponent } = st(s, 0);
  setSt(s, 0, { significand, signExponent: change(signExponent) });
}

/** FCHS and FABS look at nothing but the sign: no encoding is invalid for them. */
export const fchs = (s: X87State): void => changeSign(s, (e) => e ^ 0x8000);
export const fabs = (s: X87State): void => changeSign(s, (e) => e & 0x7fff);
