/**
 * FSIN, FCOS, FSINCOS, FPTAN and FPATAN (SDM Vol. 2).
 *
 * Arguments are reduced by the 66-bit pi that the manual gives (Vol. 1 §8.3.8), not by pi: near its
 * multiples results differ from the mathematical ones on purpose, as they do on silicon.
 *
 * QUIRK: otherwise results are correctly rounded as FCW.RC says (short of a value that lies within
 * 2^-60 of a rounding boundary); silicon promises one ulp.
 */

import { divide } from '../arith.ts';
import { F80 } from '../round.ts';
import { finite, INFINITE, type Value, ZERO } from '../value.ts';
import { complete, replaceTop } from './arith.ts';
import { arctan, cosine, pi, sine } from './fixed.ts';
import {
  DEFAULT_NAN,
  deliver,
  INVALID_RESULT,
  type Register,
  type Result,
  unpack,
  withDenormal,
} from './format.ts';
import { BITS, fromFixed, magnitude, TINY, toFixed } from './logarithm.ts';
import { isNan, propagate } from './nan.ts';
import {
  C1,
  C2,
  isEmpty,
  pop,
  pushUnchecked,
  setCondition,
  setSt,
  st,
  stackOverflow,
  stackUnderflow,
  type X87State,
} from './state.ts';

const ONE: Register = { significand: 1n << 63n, signExponent: 0x3fff };
/** Half of the processor's pi, 0.C90FDAA2_2168C234_C * 2^2: 68 bits with two zeros below. */
const HALF_PI = 0xc90fdaa22168c234cn << BigInt(BITS - 67);

/** x = quadrant * HALF_PI + rest, the rest at most half of HALF_PI in magnitude. */
interface Reduced {
  readonly quadrant: number;
  readonly rest: bigint;
}

function reduce(x: Value): Reduced {
  const n = toFixed(x);
  // Division truncates; adding half first would round wrongly for negative numbers only at ties,
  // and a 64-bit number is never a tie.
  const half = HALF_PI >> 1n;
  const quotient = (n < 0n ? n - half : n + half) / HALF_PI;
  return { quadrant: Number(BigInt.asUintN(2, quotient)), rest: n - quotient * HALF_PI };
}

/** x minus a third-order term: just below x in magnitude. Also the sine of an x that is tiny. */
const justBelow = (x: Value): Value => finite(x.sign, (x.sig << 64n) - 1n, x.exp - 64);
const justAbove = (x: Value): Value => finite(x.sign, (x.sig << 64n) + 1n, x.exp - 64);
const justBelowOne = finite(0, (1n << 200n) - 1n, -200);

function sineOf(x: Value): Value {
  if (x.kind === ZERO) return x;
  if (magnitude(x) < -TINY) return justBelow(x);
  const { quadrant, rest } = reduce(x);
  const f = quadrant & 1 ? cosine(rest, BITS) : sine(rest, BITS);
  return fromFixed(quadrant & 2 ? -f : f);
}

function cosineOf(x: Value): Value {
  if (x.kind === ZERO) return finite(0, 1n, 0);
  if (magnitude(x) < -TINY) return justBelowOne;
  const { quadrant, rest } = reduce(x);
  const f = quadrant & 1 ? sine(rest, BITS) : cosine(rest, BITS);
  return fromFixed((quadrant + 1) & 2 ? -f : f);
}

function tangentOf(x: Value): Value {
  if (x.kind === ZERO) return x;
  if (magnitude(x) < -TINY) return justAbove(x);
  return divide(sineOf(x), cosineOf(x));
}

/** Operands of 2^63 and more are refused with C2 and left alone. */
const outOfRange = (x: Value): boolean =>
  !isNan(x) && x.kind !== INFINITE && x.kind !== ZERO && magnitude(x) >= 63;

function evaluate(s: X87State, x: Value, f: (x: Value) => Value): Result {
  if (isNan(x)) return propagate(x, x);
  if (x.kind === INFINITE) return INVALID_RESULT;
  return withDenormal(deliver(f(x), F80, s.fcw), x);
}

function unary(s: X87State, f: (x: Value) => Value): void {
  setCondition(s, C2, 0);
  if (!isEmpty(s, 0) && outOfRange(unpack(st(s, 0)))) {
    setCondition(s, C1 | C2, C2);
    return;
  }
  replaceTop(s, (x) => evaluate(s, x, f));
}

export const fsin = (s: X87State): void => unary(s, sineOf);
export const fcos = (s: X87State): void => unary(s, cosineOf);

/** Replaces ST(0) by the first result and pushes the second. */
function pushing(
  s: X87State,
  f: (x: Value) => { readonly first: Result; readonly second: Register },
): void {
  setCondition(s, C2, 0);
  const underflow = isEmpty(s, 0);
  if (underflow || !isEmpty(s, 7)) {
    if (underflow ? stackUnderflow(s) : stackOverflow(s)) {
      setSt(s, 0, DEFAULT_NAN);
      pushUnchecked(s, DEFAULT_NAN);
    }
    return;
  }
  const x = unpack(st(s, 0));
  if (outOfRange(x)) {
    setCondition(s, C1 | C2, C2);
    return;
  }
  const { first, second } = f(x);
  if (complete(s, 0, first)) pushUnchecked(s, second);
}

/** Sine to ST(0), then cosine pushed. */
export function fsincos(s: X87State): void {
  pushing(s, (x) => {
    const first = evaluate(s, x, sineOf);
    const second = evaluate(s, x, cosineOf);
    return { first: { ...first, flags: first.flags | second.flags }, second: second.value };
  });
}

/** Tangent to ST(0), then 1.0 pushed; a NaN is pushed as well. */
export function fptan(s: X87State): void {
  pushing(s, (x) => {
    const first = evaluate(s, x, tangentOf);
    return { first, second: isNan(x) || x.kind === INFINITE ? first.value : ONE };
  });
}

/** arctan(ST(1) / ST(0)) with the quadrant of the point (ST(0), ST(1)), popping. */
export function fpatan(s: X87State): void {
  if (isEmpty(s, 0) || isEmpty(s, 1)) {
    if (!stackUnderflow(s)) return;
    setSt(s, 1, DEFAULT_NAN);
  } else {
    const x = unpack(st(s, 0));
    const y = unpack(st(s, 1));
    const result = isNan(x) || isNan(y) ? propagate(x, y) : angle(s, x, y);
    if (!complete(s, 1, result)) return;
  }
  pop(s);
}

/** FPATAN, Table 3-30. */
function angle(s: X87State, x: Value, y: Value): Result {
  const magnitudeOf = angleMagnitude(x, y);
  const value: Value = { ...magnitudeOf, sign: y.sign };
  return withDenormal(deliver(value, F80, s.fcw), x, y);
}

function angleMagnitude(x: Value, y: Value): Value {
  const whole = pi(BITS);
  if (y.kind === ZERO || (x.kind === INFINITE && y.kind !== INFINITE)) {
    return x.sign ? fromFixed(whole) : { ...y, kind: ZERO };
  }
  if (y.kind === INFINITE && x.kind === INFINITE) {
    return fromFixed(x.sign ? (3n * whole) >> 2n : whole >> 2n);
  }
  if (y.kind === INFINITE || x.kind === ZERO) return fromFixed(whole >> 1n);
  const distance = magnitude(y) - magnitude(x);
  if (distance < -TINY && x.sign === 0) {
    const ratio = divide({ ...y, sign: 0 }, x);
    return justBelow(ratio);
  }
  return fromFixed(wideAngle(x, y, distance));
}

/** In fixed point, in (0, pi), for ratios that are not tiny or lie near pi/2 or pi. */
function wideAngle(x: Value, y: Value, distance: number): bigint {
  const steep = distance >= 0;
  const [small, large] = steep ? [x, y] : [y, x];
  const scale = BITS + small.exp - large.exp;
  const ratio =
    scale >= 0
      ? (small.sig << BigInt(scale)) / large.sig
      : (small.sig >> BigInt(-scale)) / large.sig;
  // At equal magnitudes the ratio may be just above 1, where the series still converges.
  const base = arctan(ratio, BITS);
  const first = steep ? (pi(BITS) >> 1n) - base : base;
  return x.sign ? pi(BITS) - first : first;
}
