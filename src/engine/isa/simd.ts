/**
 * WebAssembly's SIMD instructions by name (core specification, appendix "Index of Instructions",
 * the 0xFD page), and the few vector idioms that the MMX and SSE rows are made of.
 */

import { type Code, Val } from '../wasm/code.ts';

export const SWIZZLE = 0xfd0e;
export const SPLAT = { 1: 0xfd0f, 2: 0xfd10, 4: 0xfd11, 8: 0xfd12 } as const;
export const EXTRACT = { 1: 0xfd16, 2: 0xfd19, 4: 0xfd1b, 8: 0xfd1d } as const;
export const REPLACE = { 1: 0xfd17, 2: 0xfd1a, 4: 0xfd1c, 8: 0xfd1e } as const;

export const NOT = 0xfd4d;
export const AND = 0xfd4e;
/** a & ~b: PANDN has it the other way round. */
export const ANDNOT = 0xfd4f;
export const OR = 0xfd50;
export const XOR = 0xfd51;
/** (a & mask) | (b & ~mask), the mask being the third operand. */
export const BITSELECT = 0xfd52;
export const ANY_TRUE = 0xfd53;

/** Integer lanes by their width in bytes. */
export const ADD = { 1: 0xfd6e, 2: 0xfd8e, 4: 0xfdae, 8: 0xfdce } as const;
export const SUB = { 1: 0xfd71, 2: 0xfd91, 4: 0xfdb1, 8: 0xfdd1 } as const;
export const ADD_SAT_S = { 1: 0xfd6f, 2: 0xfd8f } as const;
export const ADD_SAT_U = { 1: 0xfd70, 2: 0xfd90 } as const;
export const SUB_SAT_S = { 1: 0xfd72, 2: 0xfd92 } as const;
export const SUB_SAT_U = { 1: 0xfd73, 2: 0xfd93 } as const;
export const MUL = { 2: 0xfd95, 4: 0xfdb5 } as const;
export const MIN_S = { 1: 0xfd76, 2: 0xfd96, 4: 0xfdb6 } as const;
export const MIN_U = { 1: 0xfd77, 2: 0xfd97, 4: 0xfdb7 } as const;
export const MAX_S = { 1: 0xfd78, 2: 0xfd98, 4: 0xfdb8 } as const;
export const MAX_U = { 1: 0xfd79, 2: 0xfd99, 4: 0xfdb9 } as const;
export const AVGR_U = { 1: 0xfd7b, 2: 0xfd9b } as const;
export const ABS = { 1: 0xfd60, 2: 0xfd80, 4: 0xfda0 } as const;
export const EQ = { 1: 0xfd23, 2: 0xfd2d, 4: 0xfd37, 8: 0xfdd6 } as const;
export const GT_S = { 1: 0xfd27, 2: 0xfd31, 4: 0xfd3b, 8: 0xfdd9 } as const;
export const LT_S = { 1: 0xfd25, 2: 0xfd2f, 4: 0xfd39 } as const;
export const SHL = { 2: 0xfd8b, 4: 0xfdab, 8: 0xfdcb } as const;
export const SHR_S = { 2: 0xfd8c, 4: 0xfdac } as const;
export const SHR_U = { 2: 0xfd8d, 4: 0xfdad, 8: 0xfdcd } as const;
export const BITMASK = { 1: 0xfd64, 4: 0xfda4, 8: 0xfdc4 } as const;
export const ALL_TRUE = { 4: 0xfda3, 8: 0xfdc3 } as const;
/** Signed lanes of twice the width to signed or unsigned lanes of this width. */
export const NARROW_S = { 1: 0xfd65, 2: 0xfd85 } as const;
export const NARROW_U = { 1: 0xfd66, 2: 0xfd86 } as const;
/** The low lanes of this width to lanes of twice the width. */
export const EXTEND_LOW_S = { 1: 0xfd87, 2: 0xfda7, 4: 0xfdc7 } as const;
export const EXTEND_LOW_U = { 1: 0xfd89, 2: 0xfda9, 4: 0xfdc9 } as const;
/** Products of the low (high) lanes of this width, twice as wide. */
export const EXTMUL_LOW_S = { 2: 0xfdbc, 4: 0xfddc } as const;
export const EXTMUL_HIGH_S = { 2: 0xfdbd } as const;
export const EXTMUL_LOW_U = { 2: 0xfdbe, 4: 0xfdde } as const;
export const EXTMUL_HIGH_U = { 2: 0xfdbf } as const;
/** Sums of neighbouring unsigned lanes of this width, twice as wide. */
export const EXTADD_PAIRWISE_U = { 1: 0xfd7d, 2: 0xfd7f } as const;
export const Q15MULR_SAT_S = 0xfd82;
export const DOT_I16X8_S = 0xfdba;

/** Widths of vector lanes in bytes. */
export type Lane = 1 | 2 | 4 | 8;

/** An operation on vectors; its operands may be used any number of times. */
export type Unary = (c: Code, a: Val) => Val;
export type Binary = (c: Code, a: Val, b: Val) => Val;

export const binary =
  (code: number): Binary =>
  (c, a, b) =>
    c.op('v128', code, a, b);

export const unary =
  (code: number): Unary =>
  (c, a) =>
    c.op('v128', code, a);

/** A constant, from 16 bytes in the order of memory. */
export function constant(bytes: readonly number[]): Val {
  let big = 0n;
  for (let i = 15; i >= 0; i--) big = (big << 8n) | BigInt(bytes[i]! & 0xff);
  return new Val('v128', 'shuffle', 0xfd0c, [], 0, big);
}

/** A constant of equal lanes. */
export function repeat(lane: Lane, value: bigint): Val {
  const bytes = Array.from({ length: 16 }, (_, i) =>
    Number(BigInt.asUintN(8, value >> BigInt((i % lane) * 8))),
  );
  return constant(bytes);
}

export const nothing = (): Val => repeat(8, 0n);
/** 0, 1, 2 … 15: the indices that leave a vector as it is. */
export const IOTA = Array.from({ length: 16 }, (_, i) => i);
export const iota = (): Val => constant(IOTA);

export const splat = (c: Code, lane: Lane, value: Val): Val => c.op('v128', SPLAT[lane], value);

/** Lane `index`, zero-extended to i32, or i64 for lanes of 8 bytes. */
export const extract = (c: Code, lane: Lane, index: number, v: Val): Val =>
  c.lane(lane === 8 ? 'i64' : 'i32', EXTRACT[lane], index, v);

export const replace = (c: Code, lane: Lane, index: number, v: Val, value: Val): Val =>
  c.lane('v128', REPLACE[lane], index, v, value);

export const swizzle = (c: Code, v: Val, indices: Val): Val => c.op('v128', SWIZZLE, v, indices);

export const bitselect = (c: Code, mask: Val, ifOne: Val, ifZero: Val): Val =>
  c.op('v128', BITSELECT, ifOne, ifZero, mask);

/** An i32 or i64 in the lowest lane, zeros above. */
export const zeroExtend = (c: Code, value: Val): Val =>
  replace(c, value.t === 'i64' ? 8 : 4, 0, nothing(), value);

/** The low half of `low` below the low half of `high`. */
export const joinLow = (c: Code, low: Val, high: Val): Val =>
  c.shuffle(low, high, [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23]);

/** Shuffle indices that pick whole lanes out of the concatenation of two vectors. */
export const lanes = (lane: Lane, picks: readonly number[]): number[] =>
  picks.flatMap((pick) => IOTA.slice(0, lane).map((i) => pick * lane + i));

/** Bytes of `v` moved down by an i32 from 0 to 16 (and on to 112), zeros coming in. */
export const bytesDown = (c: Code, v: Val, count: Val): Val =>
  swizzle(c, v, c.op('v128', ADD[1], iota(), splat(c, 1, count)));

/** Bytes of `v` moved up by an i32 from 0 to 16 (and on to 128), zeros coming in. */
export const bytesUp = (c: Code, v: Val, count: Val): Val =>
  swizzle(c, v, c.op('v128', SUB[1], iota(), splat(c, 1, count)));
