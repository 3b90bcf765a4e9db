/**
 * FPREM and FPREM1 (SDM Vol. 2). Where the exponents differ by 64 or more one execution reduces the
 * dividend only partly and sets C2; how far is up to the implementation.
 */

import { bitLength } from '../bits.ts';
import { F80 } from '../round.ts';
import { finite, INFINITE, type Value, ZERO, zero } from '../value.ts';
import { complete } from './arith.ts';
import { DEFAULT_NAN, deliver, INVALID_RESULT, unpack, withDenormal } from './format.ts';
import { isNan, propagate } from './nan.ts';
import {
  C0,
  C1,
  C2,
  C3,
  isEmpty,
  setCondition,
  setSt,
  st,
  stackUnderflow,
  type X87State,
} from './state.ts';

interface Remainder {
  readonly value: Value;
  /** Low bits of the quotient, or undefined if the reduction is not complete. */
  readonly quotient: number | undefined;
}

/** x - y * q for finite non-zero operands. `nearest`: q is rounded to nearest even, not truncated. */
function reduce(x: Value, y: Value, nearest: boolean): Remainder {
  const distance = x.exp + bitLength(x.sig) - (y.exp + bitLength(y.sig));
  if (distance >= 64) {
    // 32..63 binades at once, so that what is left to do is a multiple of 32.
    const step = distance - (32 + (distance % 32));
    const [r, exp] = remainder(x, y, step);
    return { value: r === 0n ? zero(x.sign) : finite(x.sign, r, exp), quotient: undefined };
  }
  if (distance < -1) return { value: x, quotient: 0 };
  let [r, exp, q] = remainder(x, y, 0);
  let sign = x.sign;
  if (nearest) {
    const divisor = y.sig << BigInt(y.exp - exp);
    const twice = 2n * r;
    if (twice > divisor || (twice === divisor && (q & 1n) === 1n)) {
      q += 1n;
      r = divisor - r;
      sign = sign ? 0 : 1;
    }
  }
  const value = r === 0n ? zero(x.sign) : finite(sign, r, exp);
  return { value, quotient: Number(q & 7n) };
}

/** |x| mod |y| * 2^step as an integer, its exponent, and the quotient. */
function remainder(x: Value, y: Value, step: number): [bigint, number, bigint] {
  const exp = Math.min(x.exp, y.exp + step);
  const dividend = x.sig << BigInt(x.exp - exp);
  const divisor = y.sig << BigInt(y.exp + step - exp);
  const q = dividend / divisor;
  return [dividend - q * divisor, exp, q];
}

export function fprem(s: X87State, nearest: boolean): void {
  setCondition(s, C2, 0);
  if (isEmpty(s, 0) || isEmpty(s, 1)) {
    if (stackUnderflow(s)) setSt(s, 0, DEFAULT_NAN);
    return;
  }
  const x = unpack(st(s, 0));
  const y = unpack(st(s, 1));
  if (isNan(x) || isNan(y)) {
    complete(s, 0, propagate(x, y));
    return;
  }
  if (x.kind === INFINITE || y.kind === ZERO) {
    complete(s, 0, INVALID_RESULT);
    return;
  }
  const simple = x.kind === ZERO || y.kind === INFINITE;
  const { value, quotient } = simple ? { value: x, quotient: 0 } : reduce(x, y, nearest);
  const result = withDenormal(deliver(value, F80, s.fcw), x, y);
  if (complete(s, 0, result)) setQuotient(s, quotient);
}

/** C0, C3, C1 take bits 2, 1, 0 of the quotient; C2 says that there is more to do. */
function setQuotient(s: X87State, quotient: number | undefined): void {
  if (quotient === undefined) {
    setCondition(s, C0 | C1 | C2 | C3, C2);
    return;
  }
  const bits = (quotient & 4 ? C0 : 0) | (quotient & 2 ? C3 : 0) | (quotient & 1 ? C1 : 0);
  setCondition(s, C0 | C1 | C2 | C3, bits);
}
