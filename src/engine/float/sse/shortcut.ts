/**
 * Short cuts through the host's own IEEE arithmetic, which JavaScript fixes to round to nearest
 * even. They apply where RC says so too, operands and result are ordinary normal numbers, and
 * nothing but #P can happen; whether it does follows from the exact rounding error (Dekker's and
 * Knuth's error-free transformations). In every other case they decline by returning undefined and
 * the integer kernel does the work. Same bits, same flags, a tenth of the time.
 */

import { PE } from '../flags.ts';
import type { SseEnv } from './env.ts';

const RC = 0x6000;
const f64 = new Float64Array(1);
const u64 = new BigUint64Array(f64.buffer);
const f32 = new Float32Array(1);
const u32 = new Uint32Array(f32.buffer);

export function numberOfF64(bits: bigint): number {
  u64[0] = bits;
  return f64[0] as number;
}
export function bitsOfF64(x: number): bigint {
  f64[0] = x;
  return u64[0] as bigint;
}
export function numberOfF32(bits: number): number {
  u32[0] = bits;
  return f32[0] as number;
}
/** `x` must be a value of f32, as Math.fround makes them. */
export function bitsOfF32(x: number): number {
  f32[0] = x;
  return u32[0] as number;
}

export const isNearest = (env: SseEnv): boolean => (env.mxcsr & RC) === 0;

/** Far enough from both ends that neither results nor the error terms leave the normal range. */
const F64_LEAST = 2 ** -450;
const F64_GREATEST = 2 ** 450;
const F32_LEAST = 2 ** -125;
const F32_GREATEST = 2 ** 127;

/** Zero, NaN and infinity are not ordinary either. */
function ordinary64(x: number): boolean {
  const magnitude = Math.abs(x);
  return magnitude > F64_LEAST && magnitude < F64_GREATEST;
}
function ordinary32(x: number): boolean {
  const magnitude = Math.abs(x);
  return magnitude > F32_LEAST && magnitude < F32_GREATEST;
}

/** x * y - p, where p is the rounded product: Dekker's, exact for ordinary operands. */
function productError(x: number, y: number, p: number): number {
  const xc = x * 134217729;
  const xh = xc - (xc - x);
  const xl = x - xh;
  const yc = y * 134217729;
  const yh = yc - (yc - y);
  const yl = y - yh;
  return xh * yh - p + xh * yl + xl * yh + xl * yl;
}

/** x + y - s, where s is the rounded sum: Knuth's. */
function sumError(x: number, y: number, s: number): number {
  const y1 = s - x;
  return x - (s - y1) + (y - y1);
}

function finish64(result: number, inexact: boolean, env: SseEnv): bigint {
  if (inexact) env.flags |= PE;
  return bitsOfF64(result);
}

function finish32(result: number, inexact: boolean, env: SseEnv): number {
  if (inexact) env.flags |= PE;
  return bitsOfF32(result);
}

export function addF64Fast(a: bigint, b: bigint, sign: 1 | -1, env: SseEnv): bigint | undefined {
  const x = numberOfF64(a);
  const y = sign * numberOfF64(b);
  const s = x + y;
  if (!ordinary64(x) || !ordinary64(y) || !ordinary64(s)) return undefined;
  return finish64(s, sumError(x, y, s) !== 0, env);
}

export function mulF64Fast(a: bigint, b: bigint, env: SseEnv): bigint | undefined {
  const x = numberOfF64(a);
  const y = numberOfF64(b);
  const p = x * y;
  if (!ordinary64(x) || !ordinary64(y) || !ordinary64(p)) return undefined;
  return finish64(p, productError(x, y, p) !== 0, env);
}

export function divF64Fast(a: bigint, b: bigint, env: SseEnv): bigint | undefined {
  const x = numberOfF64(a);
  const y = numberOfF64(b);
  const q = x / y;
  if (!ordinary64(x) || !ordinary64(y) || !ordinary64(q)) return undefined;
  const p = q * y;
  return finish64(q, p !== x || productError(q, y, p) !== 0, env);
}

export function sqrtF64Fast(a: bigint, env: SseEnv): bigint | undefined {
  const x = numberOfF64(a);
  if (!ordinary64(x) || x < 0) return undefined;
  const r = Math.sqrt(x);
  const p = r * r;
  return finish64(r, p !== x || productError(r, r, p) !== 0, env);
}

// f32 operations are done in f64 and rounded again. That is the same as rounding once, since f64
// has more than twice f32's precision and two bits (Figueroa 1995).

export function addF32Fast(a: number, b: number, sign: 1 | -1, env: SseEnv): number | undefined {
  const x = numberOfF32(a);
  const y = sign * numberOfF32(b);
  const s = x + y;
  if (!ordinary32(x) || !ordinary32(y) || !ordinary32(s)) return undefined;
  const r = Math.fround(s);
  return finish32(r, r !== s || sumError(x, y, s) !== 0, env);
}

export function mulF32Fast(a: number, b: number, env: SseEnv): number | undefined {
  const x = numberOfF32(a);
  const y = numberOfF32(b);
  const p = x * y;
  if (!ordinary32(x) || !ordinary32(y) || !ordinary32(p)) return undefined;
  const r = Math.fround(p);
  return finish32(r, r !== p, env);
}

export function divF32Fast(a: number, b: number, env: SseEnv): number | undefined {
  const x = numberOfF32(a);
  const y = numberOfF32(b);
  const q = x / y;
  if (!ordinary32(x) || !ordinary32(y) || !ordinary32(q)) return undefined;
  const r = Math.fround(q);
  return finish32(r, r * y !== x, env);
}

export function sqrtF32Fast(a: number, env: SseEnv): number | undefined {
  const x = numberOfF32(a);
  if (!ordinary32(x) || x < 0) return undefined;
  const r = Math.fround(Math.sqrt(x));
  return finish32(r, r * r !== x, env);
}

export function cvtF64ToF32Fast(a: bigint, env: SseEnv): number | undefined {
  const x = numberOfF64(a);
  if (!ordinary32(x)) return undefined;
  const r = Math.fround(x);
  return finish32(r, r !== x, env);
}

/** Exact in any rounding mode. */
export function cvtF32ToF64Fast(a: number): bigint | undefined {
  const x = numberOfF32(a);
  return ordinary32(x) ? bitsOfF64(x) : undefined;
}

/** -1, 0 or 1 if both are zeros or normal numbers well inside the range. */
export function compareFast(x: number, y: number): number | undefined {
  if (!(ordinary32(x) || x === 0) || !(ordinary32(y) || y === 0)) return undefined;
  return x < y ? -1 : x > y ? 1 : 0;
}

/** 1.5 * 2^52: adding it to less than 2^51 rounds to an integer, to nearest even. */
const ROUNDER = 6755399441055744;

/** To a 32-bit integer, as its unsigned pattern; `truncate`, or to nearest. */
export function toI32Fast(x: number, truncate: boolean, env: SseEnv): number | undefined {
  if (!(Math.abs(x) < 2 ** 30) || !(ordinary32(x) || x === 0)) return undefined;
  const n = truncate ? Math.trunc(x) : x + ROUNDER - ROUNDER;
  if (n !== x) env.flags |= PE;
  return n >>> 0;
}
