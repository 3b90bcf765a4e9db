/**
 * CVT*: between f32 and f64, and between either and 32- or 64-bit integers; ROUNDSS/SD (SDM Vol. 2,
 * CVTSD2SI and its like, ROUNDSD). Integers go in and out as unsigned bit patterns.
 */

import { DE, IE, PE, type Rounding, ZERO_WARD } from '../flags.ts';
import { roundToMultiple } from '../round.ts';
import { DENORMAL, fromInteger, INFINITE, NORMAL, QNAN, SNAN, ZERO } from '../value.ts';
import { roundingOf, type SseEnv } from './env.ts';
import { DOUBLE, deliver, type Format, infinityBits, SINGLE, unpack, zeroBits } from './format.ts';
import {
  bitsOfF64,
  cvtF32ToF64Fast,
  cvtF64ToF32Fast,
  isNearest,
  numberOfF32,
  numberOfF64,
  toI32Fast,
} from './shortcut.ts';

/** From one format to the other; a NaN keeps the top of its payload and becomes quiet. */
function convert(from: Format, to: Format, a: bigint, env: SseEnv): bigint {
  const x = unpack(from, a, env.mxcsr);
  if (x.kind >= QNAN) {
    if (x.kind === SNAN) env.flags |= IE;
    const shift = BigInt(to.fraction - from.fraction);
    const payload = shift < 0n ? x.sig >> -shift : x.sig << shift;
    return infinityBits(to, x.sign) | to.quiet | payload;
  }
  if (x.kind === DENORMAL) env.flags |= DE;
  return deliver(to, x, env);
}

export const cvtF32ToF64 = (a: number, env: SseEnv): bigint =>
  cvtF32ToF64Fast(a) ?? convert(SINGLE, DOUBLE, BigInt(a), env);
export function cvtF64ToF32(a: bigint, env: SseEnv): number {
  const fast = isNearest(env) ? cvtF64ToF32Fast(a, env) : undefined;
  return fast ?? Number(convert(DOUBLE, SINGLE, a, env));
}

/** Out of range, infinite or NaN: #IA and the "integer indefinite", only the sign bit set. */
function toInteger(f: Format, a: bigint, width: 32 | 64, rounding: Rounding, env: SseEnv): bigint {
  const x = unpack(f, a, env.mxcsr);
  if (x.kind === ZERO) return 0n;
  const limit = 1n << BigInt(width - 1);
  if (x.kind >= INFINITE || x.exp > 64) {
    env.flags |= IE;
    return limit;
  }
  const r = roundToMultiple(x.sign, x.sig, x.exp, 0, rounding);
  if (x.sign ? r.sig > limit : r.sig >= limit) {
    env.flags |= IE;
    return limit;
  }
  env.flags |= r.flags;
  return BigInt.asUintN(width, x.sign ? -r.sig : r.sig);
}

export function cvtF64ToI32(a: bigint, env: SseEnv): number {
  const fast = isNearest(env) ? toI32Fast(numberOfF64(a), false, env) : undefined;
  return fast ?? Number(toInteger(DOUBLE, a, 32, roundingOf(env), env));
}
export const cvtF64ToI64 = (a: bigint, env: SseEnv): bigint =>
  toInteger(DOUBLE, a, 64, roundingOf(env), env);
export function cvtF32ToI32(a: number, env: SseEnv): number {
  const fast = isNearest(env) ? toI32Fast(numberOfF32(a), false, env) : undefined;
  return fast ?? Number(toInteger(SINGLE, BigInt(a), 32, roundingOf(env), env));
}
export const cvtF32ToI64 = (a: number, env: SseEnv): bigint =>
  toInteger(SINGLE, BigInt(a), 64, roundingOf(env), env);

/** CVTT*: towards zero whatever MXCSR.RC says. */
export const cvttF64ToI32 = (a: bigint, env: SseEnv): number =>
  toI32Fast(numberOfF64(a), true, env) ?? Number(toInteger(DOUBLE, a, 32, ZERO_WARD, env));
export const cvttF64ToI64 = (a: bigint, env: SseEnv): bigint =>
  toInteger(DOUBLE, a, 64, ZERO_WARD, env);
export const cvttF32ToI32 = (a: number, env: SseEnv): number =>
  toI32Fast(numberOfF32(a), true, env) ?? Number(toInteger(SINGLE, BigInt(a), 32, ZERO_WARD, env));
export const cvttF32ToI64 = (a: number, env: SseEnv): bigint =>
  toInteger(SINGLE, BigInt(a), 64, ZERO_WARD, env);

/** Exact, whatever MXCSR says: f64 holds every 32-bit integer. */
export const cvtI32ToF64 = (n: number, _env: SseEnv): bigint => bitsOfF64(n | 0);
export const cvtI64ToF64 = (n: bigint, env: SseEnv): bigint =>
  deliver(DOUBLE, fromInteger(BigInt.asIntN(64, n)), env);
export const cvtI32ToF32 = (n: number, env: SseEnv): number =>
  Number(deliver(SINGLE, fromInteger(BigInt(n | 0)), env));
export const cvtI64ToF32 = (n: bigint, env: SseEnv): number =>
  Number(deliver(SINGLE, fromInteger(BigInt.asIntN(64, n)), env));

const IMM_USE_MXCSR = 0x04;
const IMM_NO_PRECISION = 0x08;

/** ROUNDSS/SD: to an integer in the same format, keeping the sign of zero. No #D. */
function roundBits(f: Format, a: bigint, imm8: number, env: SseEnv): bigint {
  const x = unpack(f, a, env.mxcsr);
  if (x.kind >= QNAN) {
    if (x.kind === SNAN) env.flags |= IE;
    return a | f.quiet;
  }
  if (x.kind === ZERO) return zeroBits(f, x.sign);
  if (x.kind === INFINITE || x.exp >= 0) return a;
  const rounding = imm8 & IMM_USE_MXCSR ? roundingOf(env) : ((imm8 & 3) as Rounding);
  const r = roundToMultiple(x.sign, x.sig, x.exp, 0, rounding);
  if (!(imm8 & IMM_NO_PRECISION)) env.flags |= r.flags & PE;
  if (r.sig === 0n) return zeroBits(f, x.sign);
  // An integer below 2^precision: exact, so this raises nothing.
  return deliver(f, { kind: NORMAL, sign: x.sign, sig: r.sig, exp: 0 }, env);
}

export const roundF64 = (a: bigint, imm8: number, env: SseEnv): bigint =>
  roundBits(DOUBLE, a, imm8, env);
export const roundF32 = (a: number, imm8: number, env: SseEnv): number =>
  Number(roundBits(SINGLE, BigInt(a), imm8, env));
