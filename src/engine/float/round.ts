/**
 * Rounding of an exact value into a format, with the flags x86 raises (SDM Vol. 1 §4.8.4, §4.9.1).
 * Tininess is detected after rounding to unbounded exponent range.
 */

import { bitLength } from './bits.ts';
import { DOWN, NEAREST, OE, PE, type Rounding, UE, UP } from './flags.ts';

/** A format, or an x87 precision control setting: what a result is rounded to. */
export interface Target {
  /** Bits in the significand, the integer bit included. */
  readonly precision: number;
  /** Exponents of the smallest and the largest normal number, leading bit taken as 1. */
  readonly emin: number;
  readonly emax: number;
}

export const F32: Target = { precision: 24, emin: -126, emax: 127 };
export const F64: Target = { precision: 53, emin: -1022, emax: 1023 };
export const F80: Target = { precision: 64, emin: -16382, emax: 16383 };
/** Precision control shortens the significand and leaves the exponent's range alone. */
export const F80_PC53: Target = { precision: 53, emin: -16382, emax: 16383 };
export const F80_PC24: Target = { precision: 24, emin: -16382, emax: 16383 };

export interface Rounded {
  /** Integer significand: `precision` bits, fewer when denormal, 0n for zero. */
  readonly sig: bigint;
  /** Value of the significand's lowest bit: the magnitude is sig * 2^exp. */
  readonly exp: number;
  readonly infinite: boolean;
  readonly flags: number;
  /** Rounded away from zero: x87's C1. */
  readonly up: boolean;
}

/** How the value delivered for overflow and underflow depends on the masks. */
export interface Delivery {
  readonly rounding: Rounding;
  /** OE and UE, set for those that are unmasked: the result is then as if exponents had no bounds. */
  readonly unmasked: number;
  /** MXCSR.FTZ: tiny results become zero. Ignored while underflow is unmasked (§10.2.3.3). */
  readonly flush: boolean;
}

/** Does a remainder of `rest` below a quotient `q` make it go up? `half` is half a unit of q. */
function goesUp(sign: 0 | 1, q: bigint, rest: bigint, shift: bigint, rounding: Rounding): boolean {
  if (rounding === NEAREST) {
    const half = 1n << (shift - 1n);
    return rest > half || (rest === half && (q & 1n) === 1n);
  }
  return rounding === UP ? sign === 0 : rounding === DOWN ? sign === 1 : false;
}

/** sig * 2^exp (sig > 0) as a multiple of 2^quantum. `flags` is PE or nothing. */
export function roundToMultiple(
  sign: 0 | 1,
  sig: bigint,
  exp: number,
  quantum: number,
  rounding: Rounding,
): Rounded {
  if (quantum <= exp) {
    const exact = quantum === exp ? sig : sig << BigInt(exp - quantum);
    return { sig: exact, exp: quantum, infinite: false, flags: 0, up: false };
  }
  const shift = BigInt(quantum - exp);
  const q = sig >> shift;
  const rest = sig - (q << shift);
  if (rest === 0n) return { sig: q, exp: quantum, infinite: false, flags: 0, up: false };
  const up = goesUp(sign, q, rest, shift, rounding);
  return { sig: up ? q + 1n : q, exp: quantum, infinite: false, flags: PE, up };
}

/** Rounds (-1)^sign * sig * 2^exp, sig > 0, and delivers overflow and underflow. */
export function round(
  target: Target,
  delivery: Delivery,
  sign: 0 | 1,
  sig: bigint,
  exp: number,
): Rounded {
  const { precision, emin, emax } = target;
  const length = bitLength(sig);
  const first = roundToMultiple(sign, sig, exp, exp + length - precision, delivery.rounding);
  let top = exp + length - 1;
  let unbounded = first;
  if (first.up && first.sig >> BigInt(precision) !== 0n) {
    // 1.11..1 went up to 10.00..0.
    top += 1;
    unbounded = { ...first, sig: first.sig >> 1n, exp: first.exp + 1 };
  }
  if (top < emin) return underflow(target, delivery, sign, sig, exp, unbounded);
  if (top > emax) return overflow(target, delivery, sign, unbounded);
  return unbounded;
}

function underflow(
  { precision, emin }: Target,
  { rounding, unmasked, flush }: Delivery,
  sign: 0 | 1,
  sig: bigint,
  exp: number,
  unbounded: Rounded,
): Rounded {
  // Unmasked, tiny is enough; masked, it must be inexact as well (§4.9.1.5).
  if (unmasked & UE) return { ...unbounded, flags: unbounded.flags | UE };
  if (flush) return { sig: 0n, exp: 0, infinite: false, flags: UE | PE, up: false };
  const denormal = roundToMultiple(sign, sig, exp, emin - precision + 1, rounding);
  return denormal.flags === 0 ? denormal : { ...denormal, flags: UE | PE };
}

function overflow(
  { precision, emax }: Target,
  { rounding, unmasked }: Delivery,
  sign: 0 | 1,
  unbounded: Rounded,
): Rounded {
  if (unmasked & OE) return { ...unbounded, flags: unbounded.flags | OE };
  const away = rounding === NEAREST || rounding === (sign ? DOWN : UP);
  return {
    sig: away ? 0n : (1n << BigInt(precision)) - 1n,
    exp: emax - precision + 1,
    infinite: away,
    flags: OE | PE,
    up: away,
  };
}
