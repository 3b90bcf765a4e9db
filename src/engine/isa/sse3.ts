/**
 * SSE3 arithmetic: ADDSUB, HADD, HSUB. SDM Vol. 2A, by name. Its moves are in sse-move.ts, and FISTTP
 * is an x87 instruction.
 */

import * as exact from '../float/sse/arith.ts';
import type { SseEnv } from '../float/sse/env.ts';
import type { Xmm } from '../float/sse/packed.ts';
import { vector } from '../microcode/sse-float.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import { finite, plain, require, requireRounding } from './float-fast.ts';
import { apply, both, F32X4, F64X2, type Lanes, literal, operand } from './float-lanes.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';

/** x + y in all lanes, where that is exactly right. */
function sum(e: Emitter, f: Lanes, x: Val, y: Val): void {
  const [a, b] = [e.let(x), e.let(y)];
  const r = e.let(apply(e, f, 'add', a, b));
  require(e, f, both(e, f, finite(e, f, r), both(e, f, plain(e, f, a), plain(e, f, b))));
  requireRounding(e);
  e.assign(0, r);
}

const SIGN = { 4: 0x8000_0000n, 8: 0x8000_0000_0000_0000n } as const;

/** Odd lanes add, even lanes subtract: add with the even signs turned. */
function addSub(e: Emitter, f: Lanes): void {
  const b = operand(e, f, 1);
  const even = simd.IOTA.map((i) => (i % (2 * f.element) === f.element - 1 ? 0x80 : 0));
  sum(e, f, operand(e, f, 0), e.op('v128', simd.XOR, b, simd.constant(even)));
}

const EVEN = { 4: [0, 2, 4, 6], 8: [0, 2] } as const;
const ODD = { 4: [1, 3, 5, 7], 8: [1, 3] } as const;

/** Neighbours of the destination, then those of the source. */
const horizontal =
  (subtract: boolean) =>
  (e: Emitter, f: Lanes): void => {
    const b = operand(e, f, 1);
    const a = operand(e, f, 0);
    const even = e.shuffle(a, b, simd.lanes(f.element, EVEN[f.element]));
    const odd = e.shuffle(a, b, simd.lanes(f.element, ODD[f.element]));
    const turned = subtract ? e.op('v128', simd.XOR, odd, literal(e, f, SIGN[f.element])) : odd;
    sum(e, f, even, turned);
  };

const low = (half: bigint): number => Number(half & 0xffff_ffffn);
const high = (half: bigint): number => Number(half >> 32n);
const join = (lo: number, hi: number): bigint => (BigInt(hi) << 32n) | BigInt(lo);

type Exact = (a: Xmm, b: Xmm, env: SseEnv) => Xmm;

const addSubF32: Exact = (a, b, env) => {
  const half = (x: bigint, y: bigint): bigint =>
    join(exact.subF32(low(x), low(y), env), exact.addF32(high(x), high(y), env));
  return { lo: half(a.lo, b.lo), hi: half(a.hi, b.hi) };
};

const addSubF64: Exact = (a, b, env) => ({
  lo: exact.subF64(a.lo, b.lo, env),
  hi: exact.addF64(a.hi, b.hi, env),
});

const horizontalF32 =
  (op: typeof exact.addF32): Exact =>
  (a, b, env) => {
    const within = (half: bigint): number => op(low(half), high(half), env);
    return { lo: join(within(a.lo), within(a.hi)), hi: join(within(b.lo), within(b.hi)) };
  };

const horizontalF64 =
  (op: typeof exact.addF64): Exact =>
  (a, b, env) => ({ lo: op(a.lo, a.hi, env), hi: op(b.lo, b.hi, env) });

function rows(
  opcode: string,
  name: string,
  emit: (e: Emitter, f: Lanes) => void,
  single: Exact,
  double: Exact,
): Row[] {
  const row = (prefix: string, suffix: string, f: Lanes, slow: Exact): Row => ({
    enc: `${prefix} ${opcode} /r`,
    name: `${name}${suffix}`,
    ops: 'Vdq,Wdq',
    unit: 'sse',
    emit: (e) => emit(e, f),
    slow: vector(16, slow),
    feature: 'SSE3',
    cite: `SDM 2A ${name}${suffix}`,
  });
  return [row('F2', 'PS', F32X4, single), row('66', 'PD', F64X2, double)];
}

export const sse3: readonly Row[] = [
  ...rows('0F D0', 'ADDSUB', addSub, addSubF32, addSubF64),
  ...rows(
    '0F 7C',
    'HADD',
    horizontal(false),
    horizontalF32(exact.addF32),
    horizontalF64(exact.addF64),
  ),
  ...rows(
    '0F 7D',
    'HSUB',
    horizontal(true),
    horizontalF32(exact.subF32),
    horizontalF64(exact.subF64),
  ),
];
