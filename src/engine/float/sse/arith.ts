/**
 * ADD, SUB, MUL, DIV, SQRT, MIN and MAX for one element (SDM Vol. 2, ADDSD and its like). The first
 * operand is the instruction's destination, the second its source: that order picks the NaN.
 * f32 elements are unsigned 32-bit numbers, f64 elements bigints.
 */

import { add, divide, multiply, negate, squareRootOf } from '../arith.ts';
import { DE, IE, ZE } from '../flags.ts';
import { DENORMAL, INFINITE, INVALID, QNAN, type Value, ZERO } from '../value.ts';
import { roundingOf, type SseEnv } from './env.ts';
import {
  DOUBLE,
  deliver,
  type Format,
  invalid,
  propagate,
  SINGLE,
  unpack,
  zeroBits,
} from './format.ts';

import {
  addF32Fast,
  addF64Fast,
  divF32Fast,
  divF64Fast,
  isNearest,
  mulF32Fast,
  mulF64Fast,
  sqrtF32Fast,
  sqrtF64Fast,
} from './shortcut.ts';

type Operation = (x: Value, y: Value, env: SseEnv) => Value;

function binary(f: Format, op: Operation, a: bigint, b: bigint, env: SseEnv): bigint {
  const x = unpack(f, a, env.mxcsr);
  const y = unpack(f, b, env.mxcsr);
  if (x.kind >= QNAN || y.kind >= QNAN) return propagate(f, a, x, b, y, env);
  const result = op(x, y, env);
  if (result === INVALID) return invalid(f, env);
  // Only a division makes an infinity of a finite number and zero; #Z then hides #D.
  if (result.kind === INFINITE && x.kind !== INFINITE && y.kind === ZERO) env.flags |= ZE;
  else if (x.kind === DENORMAL || y.kind === DENORMAL) env.flags |= DE;
  return deliver(f, result, env);
}

const plus: Operation = (x, y, env) => add(x, y, roundingOf(env));
const minus: Operation = (x, y, env) => add(x, negate(y), roundingOf(env));
const times: Operation = (x, y) => multiply(x, y);
const over: Operation = (x, y) => divide(x, y);

export function addF64(a: bigint, b: bigint, env: SseEnv): bigint {
  const fast = isNearest(env) ? addF64Fast(a, b, 1, env) : undefined;
  return fast ?? binary(DOUBLE, plus, a, b, env);
}
export function subF64(a: bigint, b: bigint, env: SseEnv): bigint {
  const fast = isNearest(env) ? addF64Fast(a, b, -1, env) : undefined;
  return fast ?? binary(DOUBLE, minus, a, b, env);
}
export function mulF64(a: bigint, b: bigint, env: SseEnv): bigint {
  const fast = isNearest(env) ? mulF64Fast(a, b, env) : undefined;
  return fast ?? binary(DOUBLE, times, a, b, env);
}
export function divF64(a: bigint, b: bigint, env: SseEnv): bigint {
  const fast = isNearest(env) ? divF64Fast(a, b, env) : undefined;
  return fast ?? binary(DOUBLE, over, a, b, env);
}

function single(op: Operation, a: number, b: number, env: SseEnv): number {
  return Number(binary(SINGLE, op, BigInt(a), BigInt(b), env));
}

export function addF32(a: number, b: number, env: SseEnv): number {
  const fast = isNearest(env) ? addF32Fast(a, b, 1, env) : undefined;
  return fast ?? single(plus, a, b, env);
}
export function subF32(a: number, b: number, env: SseEnv): number {
  const fast = isNearest(env) ? addF32Fast(a, b, -1, env) : undefined;
  return fast ?? single(minus, a, b, env);
}
export function mulF32(a: number, b: number, env: SseEnv): number {
  const fast = isNearest(env) ? mulF32Fast(a, b, env) : undefined;
  return fast ?? single(times, a, b, env);
}
export function divF32(a: number, b: number, env: SseEnv): number {
  const fast = isNearest(env) ? divF32Fast(a, b, env) : undefined;
  return fast ?? single(over, a, b, env);
}

function squareRootBits(f: Format, a: bigint, env: SseEnv): bigint {
  const x = unpack(f, a, env.mxcsr);
  if (x.kind >= QNAN) return propagate(f, a, x, a, x, env);
  const result = squareRootOf(x);
  if (result === INVALID) return invalid(f, env);
  if (x.kind === DENORMAL) env.flags |= DE;
  return deliver(f, result, env);
}

export function sqrtF64(a: bigint, env: SseEnv): bigint {
  const fast = isNearest(env) ? sqrtF64Fast(a, env) : undefined;
  return fast ?? squareRootBits(DOUBLE, a, env);
}
export function sqrtF32(a: number, env: SseEnv): number {
  const fast = isNearest(env) ? sqrtF32Fast(a, env) : undefined;
  return fast ?? Number(squareRootBits(SINGLE, BigInt(a), env));
}

/**
 * MIN and MAX are `a < b ? a : b` and `a > b ? a : b`: any NaN, even a quiet one, is #IA and gives
 * the second operand as it is; so do two zeros, whatever their signs.
 */
function select(f: Format, wanted: -1 | 1, a: bigint, b: bigint, env: SseEnv): bigint {
  const x = unpack(f, a, env.mxcsr);
  const y = unpack(f, b, env.mxcsr);
  let first = false;
  if (x.kind >= QNAN || y.kind >= QNAN) {
    env.flags |= IE;
  } else {
    if (x.kind === DENORMAL || y.kind === DENORMAL) env.flags |= DE;
    first = compareBits(a, x, b, y) === wanted;
  }
  const chosen = first ? x : y;
  // DAZ may have made the chosen one a zero.
  if (chosen.kind === ZERO) return zeroBits(f, chosen.sign);
  return first ? a : b;
}

/** -1, 0 or 1: a against b, neither of them a NaN. Magnitudes of one format order as integers. */
export function compareBits(a: bigint, x: Value, b: bigint, y: Value): number {
  if (x.kind === ZERO && y.kind === ZERO) return 0;
  if (x.kind === ZERO) return y.sign ? 1 : -1;
  if (y.kind === ZERO) return x.sign ? -1 : 1;
  if (x.sign !== y.sign) return x.sign ? -1 : 1;
  if (a === b) return 0;
  return a < b === (x.sign === 0) ? -1 : 1;
}

export const minF64 = (a: bigint, b: bigint, env: SseEnv): bigint => select(DOUBLE, -1, a, b, env);
export const maxF64 = (a: bigint, b: bigint, env: SseEnv): bigint => select(DOUBLE, 1, a, b, env);
export const minF32 = (a: number, b: number, env: SseEnv): number =>
  Number(select(SINGLE, -1, BigInt(a), BigInt(b), env));
export const maxF32 = (a: number, b: number, env: SseEnv): number =>
  Number(select(SINGLE, 1, BigInt(a), BigInt(b), env));
