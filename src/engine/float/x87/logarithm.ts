/**
 * F2XM1, FYL2X and FYL2XP1 (SDM Vol. 2; accuracy: Vol. 1 §8.3.10).
 *
 * QUIRK: results are correctly rounded as FCW.RC says (short of a value that lies within 2^-60 of
 * a rounding boundary); silicon promises one ulp. Operands outside the documented range are
 * undefined: like silicon, F2XM1 then returns its operand, and so does FYL2XP1 at and below -1.
 */

import { multiply } from '../arith.ts';
import { bitLength } from '../bits.ts';
import { PE, UE, ZE } from '../flags.ts';
import { F80 } from '../round.ts';
import {
  finite,
  fromInteger,
  INFINITE,
  INVALID,
  infinity,
  NORMAL,
  type Value,
  ZERO,
  zero,
} from '../value.ts';
import { complete, replaceTop } from './arith.ts';
import { expMinus1, ln2, lnPlus1 } from './fixed.ts';
import {
  DEFAULT_NAN,
  deliver,
  INVALID_RESULT,
  type Result,
  unpack,
  withDenormal,
} from './format.ts';
import { isNan, propagate } from './nan.ts';
import { isEmpty, pop, setSt, st, stackUnderflow, type X87State } from './state.ts';

/** Below 2^-TINY a function's second-order term is below any bit that counts. */
export const TINY = 140;
/** Fraction bits for arguments of at least 2^-TINY, with more than 128 significant ones left. */
export const BITS = 320;

/** Exponent of a finite value's leading bit. */
export const magnitude = (x: Value): number => x.exp + bitLength(x.sig) - 1;

/** A finite value in fixed point, truncated; exact if its lowest bit is above 2^-BITS. */
export function toFixed(x: Value): bigint {
  const shift = x.exp + BITS;
  const n = shift >= 0 ? x.sig << BigInt(shift) : x.sig >> BigInt(-shift);
  return x.sign ? -n : n;
}

/** A fixed-point approximation of an irrational number: the bit added below is sticky. */
export function fromFixed(n: bigint): Value {
  const sign = n < 0n ? 1 : 0;
  return finite(sign, ((sign ? -n : n) << 1n) | 1n, -BITS - 1);
}

/** QUIRK: silicon calls every computed result inexact, even those that are not. */
function inexact(result: Result): Result {
  const tiny = (result.value.signExponent & 0x7fff) === 0;
  return { ...result, flags: result.flags | (tiny ? UE | PE : PE) };
}

/** x * c for tiny x, with a sticky bit that nudges the product towards the second-order term. */
function timesFixed(x: Value, c: bigint, nudge: 1n | -1n): Value {
  return finite(x.sign, ((x.sig * c) << 1n) + nudge, x.exp - BITS - 1);
}

export function f2xm1(s: X87State): void {
  replaceTop(s, (x) => {
    if (x.kind === ZERO) return deliver(x, F80, s.fcw);
    if (x.kind === INFINITE) return deliver(x.sign ? fromInteger(-1n) : x, F80, s.fcw);
    const top = magnitude(x);
    let value: Value;
    if (top >= 0) {
      const minusOne = x.sign && top === 0 && x.sig === 1n << BigInt(-x.exp);
      return inexact(deliver(minusOne ? finite(1, 1n, -1) : x, F80, s.fcw));
    }
    if (top < -TINY) {
      // 2^x - 1 = x ln 2 + (x ln 2)^2 / 2 + ...: the second term is positive.
      value = timesFixed(x, ln2(BITS), x.sign ? -1n : 1n);
    } else {
      value = fromFixed(expMinus1((toFixed(x) * ln2(BITS)) >> BigInt(BITS), BITS));
    }
    return withDenormal(deliver(value, F80, s.fcw), x);
  });
}

/** log2(x) for finite x > 0. Exact for powers of two. */
function log2(x: Value): Value {
  const length = bitLength(x.sig);
  const exponent = x.exp + length - 1;
  if (x.sig === 1n << BigInt(length - 1)) return fromInteger(BigInt(exponent));
  const one = 1n << BigInt(BITS);
  let fraction = (x.sig << BigInt(BITS - length + 1)) - one;
  let whole = BigInt(exponent);
  // Keep the significand within [3/4, 3/2), so that near 1 nothing cancels.
  if (fraction >= one >> 1n) {
    fraction = (fraction - one) >> 1n;
    whole += 1n;
  }
  const log = (lnPlus1(fraction, BITS) << BigInt(BITS)) / ln2(BITS);
  return fromFixed((whole << BigInt(BITS)) + log);
}

/** log2(1 + x) for finite x > -1. */
function log2Plus1(x: Value): Value {
  if (x.kind === ZERO) return x;
  if (magnitude(x) < -TINY) {
    // log2(1 + x) = (x - x^2 / 2 + ...) / ln 2: the second term is negative.
    const inverse = (1n << BigInt(2 * BITS)) / ln2(BITS);
    return timesFixed(x, inverse, x.sign ? 1n : -1n);
  }
  if (magnitude(x) > BITS) {
    // Adding 1 changes nothing but that a power of two is none any more.
    const log = log2(x);
    return log.exp === 0 ? fromFixed(log.sig << BigInt(BITS)) : log;
  }
  const exp = Math.min(x.exp, 0);
  const sum = (1n << BigInt(-exp)) + (x.sign ? -x.sig : x.sig << BigInt(x.exp - exp));
  return log2(finite(0, sum, exp));
}

/** y times a logarithm, with FYL2X's special cases, which are those of the multiplication. */
function timesLog(s: X87State, x: Value, y: Value, log: Value): Result {
  const product = multiply(y, log);
  if (product === INVALID) return INVALID_RESULT;
  const result = withDenormal(deliver(product, F80, s.fcw), x, y);
  return product.kind === NORMAL ? inexact(result) : result;
}

function binary(s: X87State, f: (x: Value, y: Value) => Result): void {
  if (isEmpty(s, 0) || isEmpty(s, 1)) {
    if (!stackUnderflow(s)) return;
    setSt(s, 1, DEFAULT_NAN);
  } else {
    const x = unpack(st(s, 0));
    const y = unpack(st(s, 1));
    if (!complete(s, 1, isNan(x) || isNan(y) ? propagate(x, y) : f(x, y))) return;
  }
  pop(s);
}

/** ST(1) * log2(ST(0)), popping. */
export function fyl2x(s: X87State): void {
  binary(s, (x, y) => {
    if (x.kind === ZERO) {
      const result = timesLog(s, x, y, infinity(1));
      return y.kind === ZERO || y.kind === INFINITE ? result : { ...result, flags: ZE };
    }
    if (x.sign) return INVALID_RESULT;
    return timesLog(s, x, y, x.kind === INFINITE ? x : log2(x));
  });
}

/** ST(1) * log2(ST(0) + 1), popping. */
export function fyl2xp1(s: X87State): void {
  binary(s, (x, y) => {
    if (x.kind === INFINITE) return x.sign ? INVALID_RESULT : timesLog(s, x, y, x);
    if (x.sign && x.kind !== ZERO && magnitude(x) >= 0) {
      return y.kind === ZERO || y.kind === INFINITE
        ? timesLog(s, x, y, fromInteger(-1n))
        : inexact(withDenormal(deliver(x, F80, s.fcw), x, y));
    }
    return timesLog(s, x, y, x.kind === ZERO ? zero(x.sign) : log2Plus1(x));
  });
}
