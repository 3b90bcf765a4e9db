/**
 * f32 and f64 encodings: unpack with DAZ, pack, NaN rules (SDM Vol. 1 §4.2.2, §4.8.3, §10.2.3.4).
 * Everything here is on bigints; f32's public functions convert at their edge.
 */

import { IE } from '../flags.ts';
import { F32, F64, type Rounded, round, type Target } from '../round.ts';
import {
  DENORMAL,
  INFINITE,
  type Kind,
  NORMAL,
  QNAN,
  SNAN,
  type Value,
  ZERO,
  zero,
} from '../value.ts';
import { deliveryOf, MXCSR_DAZ, type SseEnv } from './env.ts';

export interface Format {
  readonly target: Target;
  /** Stored fraction bits: the precision less the hidden bit. */
  readonly fraction: number;
  readonly fractionBits: bigint;
  readonly fractionMask: bigint;
  readonly hidden: bigint;
  /** The exponent field of infinities and NaNs. */
  readonly special: number;
  /** Width of the exponent field, so that the sign goes above it. */
  readonly exponentBits: number;
  readonly quiet: bigint;
  readonly defaultNan: bigint;
  /** Exponent of the fraction's lowest bit in a denormal. */
  readonly least: number;
}

function format(target: Target, exponentBits: number): Format {
  const fraction = target.precision - 1;
  const hidden = 1n << BigInt(fraction);
  const special = 2 ** exponentBits - 1;
  const quiet = hidden >> 1n;
  return {
    target,
    fraction,
    fractionBits: BigInt(fraction),
    fractionMask: hidden - 1n,
    hidden,
    special,
    exponentBits,
    quiet,
    // Intel's "QNaN floating-point indefinite" is negative (§4.8.3.7).
    defaultNan: (BigInt(special + 2 ** exponentBits) << BigInt(fraction)) | quiet,
    least: target.emin - fraction,
  };
}

export const SINGLE: Format = format(F32, 8);
export const DOUBLE: Format = format(F64, 11);

/** Unpacks; under DAZ a denormal is a zero of its sign and raises nothing. */
export function unpack(f: Format, bits: bigint, mxcsr: number): Value {
  const high = Number(bits >> f.fractionBits);
  const field = high & f.special;
  const sign = (high >>> f.exponentBits) as 0 | 1;
  const fraction = bits & f.fractionMask;
  if (field === 0) {
    if (fraction === 0n) return { kind: ZERO, sign, sig: 0n, exp: 0 };
    if (mxcsr & MXCSR_DAZ) return zero(sign);
    return { kind: DENORMAL, sign, sig: fraction, exp: f.least };
  }
  if (field === f.special) {
    let kind: Kind = INFINITE;
    if (fraction !== 0n) kind = fraction & f.quiet ? QNAN : SNAN;
    return { kind, sign, sig: fraction, exp: 0 };
  }
  return { kind: NORMAL, sign, sig: fraction | f.hidden, exp: f.least + field - 1 };
}

export const zeroBits = (f: Format, sign: 0 | 1): bigint =>
  sign ? 1n << BigInt(f.fraction + f.exponentBits) : 0n;

export const infinityBits = (f: Format, sign: 0 | 1): bigint =>
  BigInt((sign << f.exponentBits) | f.special) << f.fractionBits;

function packRounded(f: Format, sign: 0 | 1, r: Rounded): bigint {
  if (r.infinite) return infinityBits(f, sign);
  // A significand without its hidden bit is a denormal or zero: field 0.
  const field = r.sig & f.hidden ? r.exp - f.least + 1 : 0;
  return (
    (BigInt((sign << f.exponentBits) | (field & f.special)) << f.fractionBits) |
    (r.sig & f.fractionMask)
  );
}

/** Rounds a result (not a NaN) and packs it. Where #O or #U is unmasked the bits mean nothing. */
export function deliver(f: Format, v: Value, env: SseEnv): bigint {
  switch (v.kind) {
    case ZERO:
      return zeroBits(f, v.sign);
    case INFINITE:
      return infinityBits(f, v.sign);
    default: {
      const r = round(f.target, deliveryOf(env), v.sign, v.sig, v.exp);
      env.flags |= r.flags;
      return packRounded(f, v.sign, r);
    }
  }
}

/** #IA: raise it and give the default NaN. */
export function invalid(f: Format, env: SseEnv): bigint {
  env.flags |= IE;
  return f.defaultNan;
}

/**
 * The result when an operand is a NaN: the first source if that is one, else the second, made quiet
 * (SDM Vol. 1 Table 4-7, SSE column). An SNaN anywhere is #IA.
 */
export function propagate(
  f: Format,
  a: bigint,
  x: Value,
  b: bigint,
  y: Value,
  env: SseEnv,
): bigint {
  if (x.kind === SNAN || y.kind === SNAN) env.flags |= IE;
  return (x.kind >= QNAN ? a : b) | f.quiet;
}
