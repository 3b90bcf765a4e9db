/** SSE4.1's longer computations: MPSADBW, PHMINPOSUW, DPPS, DPPD. SDM Vol. 2A and 2B, by name. */

import { addF32, addF64, mulF32, mulF64 } from '../float/sse/arith.ts';
import { type SseEnv, unmaskedOf } from '../float/sse/env.ts';
import type { Xmm } from '../float/sse/packed.ts';
import { vector } from './sse-float.ts';

const byte = (x: Xmm, i: number): number =>
  Number(((i < 8 ? x.lo : x.hi) >> BigInt((i & 7) * 8)) & 0xffn);

const word = (x: Xmm, i: number): number => byte(x, 2 * i) | (byte(x, 2 * i + 1) << 8);

function fromWords(words: readonly number[]): Xmm {
  const half = (at: number): bigint =>
    words.slice(at, at + 4).reduceRight((sum, w) => (sum << 16n) | BigInt(w), 0n);
  return { lo: half(0), hi: half(4) };
}

/** Sums of absolute differences of four bytes of the source and eight runs of the destination. */
export const mpsadbw = vector(16, (a, b, _, imm) => {
  const from = (imm & 4) !== 0 ? 4 : 0;
  const against = (imm & 3) * 4;
  const sums = Array.from({ length: 8 }, (_, i) => {
    let sum = 0;
    for (let k = 0; k < 4; k++) sum += Math.abs(byte(a, from + i + k) - byte(b, against + k));
    return sum;
  });
  return fromWords(sums);
});

/** The least word and its index. */
export const phminposuw = vector(16, (_, b) => {
  let index = 0;
  for (let i = 1; i < 8; i++) if (word(b, i) < word(b, index)) index = i;
  return { lo: BigInt(word(b, index)) | (BigInt(index) << 16n), hi: 0n };
});

/**
 * Ends one of several steps: an unmasked exception keeps the next from happening, and what the steps
 * before it raised stays raised. SDM Vol. 2A DPPS.
 */
function stopped(env: SseEnv): boolean {
  if (env.flags & unmaskedOf(env.mxcsr)) return true;
  env.mxcsr |= env.flags;
  env.flags = 0;
  return false;
}

/** imm8: which products are summed, and which lanes of the destination get the sum. */
export const dpps = vector(16, (a, b, env, imm) => {
  const lane = (x: Xmm, i: number): number =>
    Number(((i < 2 ? x.lo : x.hi) >> BigInt((i & 1) * 32)) & 0xffff_ffffn);
  const products = [0, 1, 2, 3].map((i) =>
    imm & (0x10 << i) ? mulF32(lane(a, i), lane(b, i), env) : 0,
  );
  if (stopped(env)) return a;
  const low = addF32(products[0]!, products[1]!, env);
  const high = addF32(products[2]!, products[3]!, env);
  if (stopped(env)) return a;
  const sum = BigInt(addF32(low, high, env));
  const half = (mask: number): bigint => (mask & 1 ? sum : 0n) | (mask & 2 ? sum << 32n : 0n);
  return { lo: half(imm), hi: half(imm >> 2) };
});

export const dppd = vector(16, (a, b, env, imm) => {
  const low = imm & 0x10 ? mulF64(a.lo, b.lo, env) : 0n;
  const high = imm & 0x20 ? mulF64(a.hi, b.hi, env) : 0n;
  if (stopped(env)) return a;
  const sum = addF64(low, high, env);
  return { lo: imm & 1 ? sum : 0n, hi: imm & 2 ? sum : 0n };
});
