/**
 * x87 double extended-precision encodings, and how the memory formats get in and out of them (SDM
 * Vol. 1 §4.2.2, §8.2, Tables 4-3 and 8-3).
 */

import { bitLength } from '../bits.ts';
import { DE, IE, OE, PE, type Rounding, UE } from '../flags.ts';
import { F80, type Rounded, round, type Target } from '../round.ts';
import { DENORMAL, INFINITE, NORMAL, QNAN, SNAN, UNSUPPORTED, type Value, ZERO } from '../value.ts';

/** A register as `Registers.x87` has it: the integer bit is explicit. */
export interface Register {
  readonly significand: bigint;
  /** Sign in bit 15, exponent below. */
  readonly signExponent: number;
}

const INTEGER_BIT = 1n << 63n;
const QUIET_BIT = 1n << 62n;
const SPECIAL = 0x7fff;
const BIAS = 16383;
/** Exponent of the significand's lowest bit where the exponent field is 0 or 1. */
const LEAST = 1 - BIAS - 63;
/** Unmasked overflow and underflow put this many binades between the result and the truth. */
const WRAP = 24576;

/** "Real indefinite". */
export const DEFAULT_NAN: Register = { significand: INTEGER_BIT | QUIET_BIT, signExponent: 0xffff };

export const encodeZero = (sign: 0 | 1): Register => ({
  significand: 0n,
  signExponent: sign << 15,
});
export const encodeInfinity = (sign: 0 | 1): Register => ({
  significand: INTEGER_BIT,
  signExponent: (sign << 15) | SPECIAL,
});

export function unpack({ significand: sig, signExponent }: Register): Value {
  const sign = (signExponent >> 15) as 0 | 1;
  const field = signExponent & SPECIAL;
  if (field === 0) {
    // With the integer bit set it is a pseudo-denormal, worth what field 1 would make it.
    return { kind: sig === 0n ? ZERO : DENORMAL, sign, sig, exp: LEAST };
  }
  if ((sig & INTEGER_BIT) === 0n) return { kind: UNSUPPORTED, sign, sig, exp: 0 };
  if (field < SPECIAL) return { kind: NORMAL, sign, sig, exp: LEAST + field - 1 };
  if (sig === INTEGER_BIT) return { kind: INFINITE, sign, sig: 0n, exp: 0 };
  return { kind: sig & QUIET_BIT ? QNAN : SNAN, sign, sig, exp: 0 };
}

/** What an operation delivers to a register. */
export interface Result {
  readonly value: Register;
  readonly flags: number;
  /** Rounded up in magnitude: C1. */
  readonly up: boolean;
}

export const exactly = (value: Register, flags = 0): Result => ({ value, flags, up: false });
export const INVALID_RESULT: Result = exactly(DEFAULT_NAN, IE);

/** Adds #D to a result if an operand is denormal. */
export function withDenormal(result: Result, x: Value, y: Value = x): Result {
  return x.kind === DENORMAL || y.kind === DENORMAL
    ? { ...result, flags: result.flags | DE }
    : result;
}

/** Rounds a value (not a NaN) to a register, under the RC, O and U bits of `fcw`. */
export function deliver(v: Value, target: Target, fcw: number): Result {
  if (v.kind === ZERO) return exactly(encodeZero(v.sign));
  if (v.kind === INFINITE) return exactly(encodeInfinity(v.sign));
  const delivery = {
    rounding: ((fcw >> 10) & 3) as Rounding,
    unmasked: ~fcw & (OE | UE),
    flush: false,
  };
  const r = round(target, delivery, v.sign, v.sig, v.exp);
  if (r.infinite) return { value: encodeInfinity(v.sign), flags: r.flags, up: r.up };
  let wrap = 0;
  if (r.flags & delivery.unmasked & OE) wrap = -WRAP;
  if (r.flags & delivery.unmasked & UE) wrap = WRAP;
  const spare = F80.precision - target.precision;
  const significand = r.sig << BigInt(spare);
  const exp = r.exp - spare + wrap;
  const field = significand & INTEGER_BIT ? exp - LEAST + 1 : 0;
  if (wrap !== 0 && (field <= 0 || field >= SPECIAL)) return massive(v.sign, r);
  const value = { significand, signExponent: (v.sign << 15) | field };
  return { value, flags: r.flags, up: r.up };
}

/** FSCALE can leave the range even with the wrapped exponent (SDM Vol. 1 §8.5.4, §8.5.5). */
function massive(sign: 0 | 1, r: Rounded): Result {
  const flags = r.flags | PE;
  return r.flags & OE
    ? { value: encodeInfinity(sign), flags, up: true }
    : { value: encodeZero(sign), flags, up: false };
}

/**
 * A value that fits without rounding, as loads have it. Keeps a signalling NaN signalling: raising
 * #IA and quieting is for the instruction.
 */
export function encodeExact(v: Value): Register {
  if (v.kind >= QNAN) {
    return { significand: v.sig, signExponent: (v.sign << 15) | SPECIAL };
  }
  if (v.kind === ZERO) return encodeZero(v.sign);
  if (v.kind === INFINITE) return encodeInfinity(v.sign);
  // At most 64 bits, and an exponent well inside the range: only to be normalised.
  const shift = 64 - bitLength(v.sig);
  const field = v.exp - shift - LEAST + 1;
  return { significand: v.sig << BigInt(shift), signExponent: (v.sign << 15) | field };
}

export const quieted = (r: Register): Register => ({
  significand: r.significand | QUIET_BIT,
  signExponent: r.signExponent,
});

function unpackMemory(bits: bigint, fraction: number, exponentBits: number): Value {
  const width = BigInt(fraction);
  const high = Number(bits >> width);
  const special = 2 ** exponentBits - 1;
  const field = high & special;
  const sign = (high >> exponentBits) as 0 | 1;
  const sig = BigInt.asUintN(fraction, bits);
  const least = 1 - (special >> 1) - fraction;
  if (field === 0) return { kind: sig === 0n ? ZERO : DENORMAL, sign, sig, exp: least };
  if (field < special) {
    return { kind: NORMAL, sign, sig: sig | (1n << width), exp: least + field - 1 };
  }
  if (sig === 0n) return { kind: INFINITE, sign, sig, exp: 0 };
  const wide = INTEGER_BIT | (sig << BigInt(63 - fraction));
  return { kind: wide & QUIET_BIT ? QNAN : SNAN, sign, sig: wide, exp: 0 };
}

export const unpackM32 = (bits: bigint): Value => unpackMemory(bits, 23, 8);
export const unpackM64 = (bits: bigint): Value => unpackMemory(bits, 52, 11);

/** The 80-bit memory image of a register and back. */
export const toBits = (r: Register): bigint => (BigInt(r.signExponent) << 64n) | r.significand;
export const fromBits = (bits: bigint): Register => ({
  significand: BigInt.asUintN(64, bits),
  signExponent: Number(BigInt.asUintN(16, bits >> 64n)),
});
