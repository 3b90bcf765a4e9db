/**
 * Add, multiply, divide and square root on unpacked operands, shared by SSE and x87. The result is
 * not rounded: where it does not end, its lowest bit is sticky and lies well below any rounding
 * position. NaNs and unsupported encodings must have been dealt with before.
 */

import { bitLength, squareRoot } from './bits.ts';
import { DOWN, type Rounding } from './flags.ts';
import { finite, INFINITE, INVALID, infinity, type Value, ZERO, zero } from './value.ts';

/** Enough bits below any significand for a guard, a round and a sticky bit. */
const GUARD = 4;
/** Where leading bits are this far apart, the smaller operand can only make a result inexact. */
const FAR = 64 + GUARD;

export function add(x: Value, y: Value, rounding: Rounding): Value {
  if (x.kind === INFINITE) return y.kind === INFINITE && x.sign !== y.sign ? INVALID : x;
  if (y.kind === INFINITE) return y;
  if (x.kind === ZERO || y.kind === ZERO) {
    if (x.kind !== ZERO) return x;
    if (y.kind !== ZERO) return y;
    return x.sign === y.sign ? x : zero(rounding === DOWN ? 1 : 0);
  }
  const [big, small] = x.exp >= y.exp ? [x, y] : [y, x];
  let distance = big.exp - small.exp;
  let smallSig = small.sig;
  let exp = small.exp;
  if (distance > FAR && distance + bitLength(big.sig) - bitLength(small.sig) > FAR) {
    // Only the small one's existence matters: the sticky bit is below the guard bits of `big`, even
    // after it loses a bit to subtraction.
    distance = FAR;
    smallSig = 1n;
    exp = big.exp - distance;
  }
  const bigSig = big.sig << BigInt(distance);
  if (big.sign === small.sign) return finite(big.sign, bigSig + smallSig, exp);
  const difference = bigSig - smallSig;
  if (difference === 0n) return zero(rounding === DOWN ? 1 : 0);
  return difference > 0n ? finite(big.sign, difference, exp) : finite(small.sign, -difference, exp);
}

export function negate(x: Value): Value {
  return { ...x, sign: x.sign ? 0 : 1 };
}

export function multiply(x: Value, y: Value): Value {
  const sign = x.sign === y.sign ? 0 : 1;
  if (x.kind === INFINITE || y.kind === INFINITE) {
    return x.kind === ZERO || y.kind === ZERO ? INVALID : infinity(sign);
  }
  if (x.kind === ZERO || y.kind === ZERO) return zero(sign);
  return finite(sign, x.sig * y.sig, x.exp + y.exp);
}

/** A finite number over zero gives infinity; that this is #Z is for the caller to see. */
export function divide(x: Value, y: Value): Value {
  const sign = x.sign === y.sign ? 0 : 1;
  if (x.kind === INFINITE) return y.kind === INFINITE ? INVALID : infinity(sign);
  if (y.kind === INFINITE) return zero(sign);
  if (y.kind === ZERO) return x.kind === ZERO ? INVALID : infinity(sign);
  if (x.kind === ZERO) return zero(sign);
  const scale = Math.max(0, 64 + GUARD + bitLength(y.sig) - bitLength(x.sig));
  const dividend = x.sig << BigInt(scale);
  const quotient = dividend / y.sig;
  const inexact = quotient * y.sig !== dividend;
  return finite(sign, (quotient << 1n) | (inexact ? 1n : 0n), x.exp - y.exp - scale - 1);
}

export function squareRootOf(x: Value): Value {
  if (x.kind === ZERO) return x;
  if (x.sign === 1) return INVALID;
  if (x.kind === INFINITE) return x;
  let scale = Math.max(0, 2 * (64 + GUARD) - bitLength(x.sig));
  if ((x.exp - scale) % 2 !== 0) scale += 1;
  const radicand = x.sig << BigInt(scale);
  const root = squareRoot(radicand);
  const inexact = root * root !== radicand;
  return finite(0, (root << 1n) | (inexact ? 1n : 0n), (x.exp - scale) / 2 - 1);
}
