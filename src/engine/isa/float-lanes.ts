/**
 * The four shapes floating-point operands come in, as WebAssembly computes them: one f32 or f64, or
 * a vector of them. A mask is what a comparison gives: an i32 of 0 or 1, or a vector of lanes of
 * zeros or ones.
 */

import type { Code, Type, Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import * as simd from './simd.ts';
import { aligned } from './vector.ts';

export type Operation = 'add' | 'sub' | 'mul' | 'div' | 'sqrt' | 'abs' | 'neg';
export type Rounding = 'nearest' | 'floor' | 'ceil' | 'trunc';
export type Comparison = 'eq' | 'lt' | 'le' | 'gt' | 'ge';

export interface Lanes {
  readonly type: Type;
  /** Width of an element in bytes, and of the whole operand. */
  readonly element: 4 | 8;
  readonly bytes: 4 | 8 | 16;
  readonly codes: Readonly<Record<Operation | Rounding | Comparison, number>>;
  readonly mask: Type;
  readonly and: number;
  readonly or: number;
}

const I32_AND = 0x71;
const I32_OR = 0x72;

type Codes = Lanes['codes'];

/** WebAssembly numbers comparisons, and then unary and binary operations, in the same order everywhere. */
function scalarCodes(comparisons: number, operations: number): Codes {
  return {
    eq: comparisons,
    lt: comparisons + 2,
    gt: comparisons + 3,
    le: comparisons + 4,
    ge: comparisons + 5,
    abs: operations,
    neg: operations + 1,
    ceil: operations + 2,
    floor: operations + 3,
    trunc: operations + 4,
    nearest: operations + 5,
    sqrt: operations + 6,
    add: operations + 7,
    sub: operations + 8,
    mul: operations + 9,
    div: operations + 10,
  };
}

const SCALAR = { mask: 'i32', and: I32_AND, or: I32_OR } as const;
const VECTOR = { type: 'v128', bytes: 16, mask: 'v128', and: simd.AND, or: simd.OR } as const;

export const F32: Lanes = {
  type: 'f32',
  element: 4,
  bytes: 4,
  codes: scalarCodes(0x5b, 0x8b),
  ...SCALAR,
};

export const F64: Lanes = {
  type: 'f64',
  element: 8,
  bytes: 8,
  codes: scalarCodes(0x61, 0x99),
  ...SCALAR,
};

export const F32X4: Lanes = {
  element: 4,
  codes: {
    eq: 0xfd41,
    lt: 0xfd43,
    gt: 0xfd44,
    le: 0xfd45,
    ge: 0xfd46,
    abs: 0xfde0,
    neg: 0xfde1,
    sqrt: 0xfde3,
    add: 0xfde4,
    sub: 0xfde5,
    mul: 0xfde6,
    div: 0xfde7,
    ceil: 0xfd67,
    floor: 0xfd68,
    trunc: 0xfd69,
    nearest: 0xfd6a,
  },
  ...VECTOR,
};

export const F64X2: Lanes = {
  element: 8,
  codes: {
    eq: 0xfd47,
    lt: 0xfd49,
    gt: 0xfd4a,
    le: 0xfd4b,
    ge: 0xfd4c,
    abs: 0xfdec,
    neg: 0xfded,
    sqrt: 0xfdef,
    add: 0xfdf0,
    sub: 0xfdf1,
    mul: 0xfdf2,
    div: 0xfdf3,
    ceil: 0xfd74,
    floor: 0xfd75,
    trunc: 0xfd7a,
    nearest: 0xfd94,
  },
  ...VECTOR,
};

export const apply = (c: Code, f: Lanes, op: Operation | Rounding, ...args: Val[]): Val =>
  c.op(f.type, f.codes[op], ...args);

export const compare = (c: Code, f: Lanes, op: Comparison, a: Val, b: Val): Val =>
  c.op(f.mask, f.codes[op], a, b);

export const both = (c: Code, f: Lanes, a: Val, b: Val): Val => c.op(f.mask, f.and, a, b);
export const either = (c: Code, f: Lanes, a: Val, b: Val): Val => c.op(f.mask, f.or, a, b);

/** Does a mask hold for every element? An i32. */
export function every(c: Code, f: Lanes, mask: Val): Val {
  return f.mask === 'i32' ? mask : c.op('i32', simd.ALL_TRUE[f.element], mask);
}

const REINTERPRET = { f32: 0xbe, f64: 0xbf } as const;
const BITS = { f32: 0xbc, f64: 0xbd } as const;

/** The bits of a scalar, i32 or i64, as a number; a vector as it is. */
export function fromBits(c: Code, f: Lanes, bits: Val): Val {
  if (f.type !== 'f32' && f.type !== 'f64') return bits;
  return c.op(f.type, REINTERPRET[f.type], bits);
}

export function toBits(c: Code, f: Lanes, value: Val): Val {
  if (f.type === 'f32') return c.op('i32', BITS.f32, value);
  return f.type === 'f64' ? c.op('i64', BITS.f64, value) : value;
}

/** A number, or a vector of equal ones, from the bits of an element. */
export function literal(c: Code, f: Lanes, bits: bigint): Val {
  if (f.type === 'v128') return simd.repeat(f.element, bits);
  return fromBits(c, f, f.element === 4 ? c.i32(Number(bits)) : c.i64(bits));
}

/** The least positive normal number of the element's format, and infinity. */
export const MIN_NORMAL = { 4: 0x0080_0000n, 8: 0x0010_0000_0000_0000n } as const;
export const INFINITY = { 4: 0x7f80_0000n, 8: 0x7ff0_0000_0000_0000n } as const;

/** Operand i as numbers; 16 bytes of memory must be aligned. */
export function operand(e: Emitter, f: Lanes, i: number): Val {
  if (f.bytes === 16) return aligned(e, i);
  return e.let(fromBits(e, f, e.value(i)));
}
