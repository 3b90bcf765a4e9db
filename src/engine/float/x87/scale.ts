/** FSCALE, FXTRACT and FRNDINT (SDM Vol. 2). Precision control does not apply to them. */

import { bitLength } from '../bits.ts';
import { PRE_COMPUTATION, ZE } from '../flags.ts';
import { F80, roundToMultiple } from '../round.ts';
import {
  finite,
  fromInteger,
  INFINITE,
  INVALID,
  infinity,
  type Value,
  ZERO,
  zero,
} from '../value.ts';
import { complete, replaceTop } from './arith.ts';
import {
  DEFAULT_NAN,
  deliver,
  encodeInfinity,
  exactly,
  INVALID_RESULT,
  type Result,
  unpack,
  withDenormal,
} from './format.ts';
import { isNan, propagate } from './nan.ts';
import {
  C1,
  isEmpty,
  pushUnchecked,
  raise,
  roundingOf,
  setCondition,
  setSt,
  st,
  stackOverflow,
  stackUnderflow,
  type X87State,
} from './state.ts';

/** Beyond twice the exponent range (and the wrap of unmasked exceptions) nothing changes any more. */
const SCALE_LIMIT = 0x10000;

function scaled(x: Value, by: Value): Value {
  if (by.kind === INFINITE) {
    if (by.sign === 0) return x.kind === ZERO ? INVALID : infinity(x.sign);
    return x.kind === INFINITE ? INVALID : zero(x.sign);
  }
  if (x.kind === ZERO || x.kind === INFINITE || by.kind === ZERO) return x;
  // The scale is truncated to an integer, and huge ones are all alike.
  let n = SCALE_LIMIT;
  if (by.exp + bitLength(by.sig) <= 17) n = Number(by.sig >> BigInt(-by.exp));
  return finite(x.sign, x.sig, x.exp + (by.sign ? -n : n));
}

/** ST(0) * 2^trunc(ST(1)). */
export function fscale(s: X87State): void {
  if (isEmpty(s, 0) || isEmpty(s, 1)) {
    if (stackUnderflow(s)) setSt(s, 0, DEFAULT_NAN);
    return;
  }
  const x = unpack(st(s, 0));
  const by = unpack(st(s, 1));
  if (isNan(x) || isNan(by)) {
    complete(s, 0, propagate(x, by));
    return;
  }
  const value = scaled(x, by);
  if (value === INVALID) {
    complete(s, 0, INVALID_RESULT);
    return;
  }
  complete(s, 0, withDenormal(deliver(value, F80, s.fcw), x, by));
}

/** Rounds ST(0) to an integer as FCW.RC says. */
export function frndint(s: X87State): void {
  replaceTop(s, (x) => {
    if (x.kind === ZERO || x.kind === INFINITE || x.exp >= 0) return deliver(x, F80, s.fcw);
    const r = roundToMultiple(x.sign, x.sig, x.exp, 0, roundingOf(s));
    const value = r.sig === 0n ? zero(x.sign) : finite(x.sign, r.sig, 0);
    const result = deliver(value, F80, s.fcw);
    return withDenormal({ value: result.value, flags: r.flags, up: r.up }, x);
  });
}

/** Splits ST(0): the exponent takes its place and the significand is pushed. */
export function fxtract(s: X87State): void {
  const underflow = isEmpty(s, 0);
  if (underflow || !isEmpty(s, 7)) {
    if (underflow ? stackUnderflow(s) : stackOverflow(s)) {
      setSt(s, 0, DEFAULT_NAN);
      pushUnchecked(s, DEFAULT_NAN);
    }
    return;
  }
  setCondition(s, C1, 0);
  const x = unpack(st(s, 0));
  const { exponent, significand } = extract(x);
  if (raise(s, exponent.flags) & PRE_COMPUTATION) return;
  setSt(s, 0, exponent.value);
  pushUnchecked(s, significand.value);
}

function extract(x: Value): { exponent: Result; significand: Result } {
  const masked = 0x37f;
  if (isNan(x)) {
    const nan = propagate(x, x);
    return { exponent: nan, significand: nan };
  }
  if (x.kind === INFINITE) {
    return { exponent: exactly(encodeInfinity(0)), significand: deliver(x, F80, masked) };
  }
  if (x.kind === ZERO) {
    return { exponent: exactly(encodeInfinity(1), ZE), significand: deliver(x, F80, masked) };
  }
  const length = bitLength(x.sig);
  const exponent = deliver(fromInteger(BigInt(x.exp + length - 1)), F80, masked);
  const significand = deliver(finite(x.sign, x.sig, 1 - length), F80, masked);
  return { exponent: withDenormal(exponent, x), significand };
}
