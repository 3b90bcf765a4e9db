/**
 * Packed forms: an operation on each element, all under one environment. Flags of the elements are
 * OR-ed; `settle` then decides for the whole instruction (SDM Vol. 1 §11.5.3).
 */

import type { SseEnv } from './env.ts';

/** A 128-bit register by halves, as `Registers.xmm` has it. */
export interface Xmm {
  readonly lo: bigint;
  readonly hi: bigint;
}

type BinaryF64 = (a: bigint, b: bigint, env: SseEnv) => bigint;
type BinaryF32 = (a: number, b: number, env: SseEnv) => number;
type UnaryF64 = (a: bigint, env: SseEnv) => bigint;
type UnaryF32 = (a: number, env: SseEnv) => number;

const low = (half: bigint): number => Number(half & 0xffff_ffffn);
const high = (half: bigint): number => Number(half >> 32n);
const join = (lo: number, hi: number): bigint => (BigInt(hi) << 32n) | BigInt(lo);

export function packedF64(op: BinaryF64, a: Xmm, b: Xmm, env: SseEnv): Xmm {
  return { lo: op(a.lo, b.lo, env), hi: op(a.hi, b.hi, env) };
}

export function packedF32(op: BinaryF32, a: Xmm, b: Xmm, env: SseEnv): Xmm {
  return {
    lo: join(op(low(a.lo), low(b.lo), env), op(high(a.lo), high(b.lo), env)),
    hi: join(op(low(a.hi), low(b.hi), env), op(high(a.hi), high(b.hi), env)),
  };
}

/** SQRTPD, ROUNDPD, CVTxx2xx with 64-bit elements on both sides. */
export function eachF64(op: UnaryF64, a: Xmm, env: SseEnv): Xmm {
  return { lo: op(a.lo, env), hi: op(a.hi, env) };
}

/** SQRTPS, RCPPS, CVTDQ2PS, CVTPS2DQ: 32-bit elements on both sides. */
export function eachF32(op: UnaryF32, a: Xmm, env: SseEnv): Xmm {
  return {
    lo: join(op(low(a.lo), env), op(high(a.lo), env)),
    hi: join(op(low(a.hi), env), op(high(a.hi), env)),
  };
}

/** CVTPS2PD, CVTDQ2PD: the two low 32-bit elements become 64 bits wide. */
export function widen(op: (a: number, env: SseEnv) => bigint, half: bigint, env: SseEnv): Xmm {
  return { lo: op(low(half), env), hi: op(high(half), env) };
}

/** CVTPD2PS, CVTPD2DQ: two 64-bit elements become the low half; the high half is zero. */
export function narrow(op: (a: bigint, env: SseEnv) => number, a: Xmm, env: SseEnv): Xmm {
  return { lo: join(op(a.lo, env), op(a.hi, env)), hi: 0n };
}
