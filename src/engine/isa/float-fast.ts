/**
 * Where the host's floating point is exactly the guest's. WebAssembly computes with IEEE round to
 * nearest and shows no flags, so generated code may use it only where that loses nothing:
 *
 *   - MXCSR says round to nearest, no FTZ, no DAZ, and everything is masked;
 *   - no flag is raised that is not set already. #D: no operand is denormal. #I, #Z: the result is
 *     neither NaN nor, from finite operands, infinite; that excludes NaN operands, whose payload
 *     WebAssembly does not define. #O: the result is finite. #U: it is larger than the least
 *     normal number, or exact. #P: PE is sticky and set already, or the result is exact.
 *
 * Everything else falls back to microcode/sse-float.ts, whose results these rules keep equal.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import {
  apply,
  compare,
  either,
  every,
  F64,
  INFINITY,
  type Lanes,
  literal,
  MIN_NORMAL,
  toBits,
} from './float-lanes.ts';

/** MXCSR without its flags, in the state that the shortcut is for; and the PE flag. */
const CONTROL_MASK = 0xffc0;
const CONTROL_DEFAULT = 0x1f80;
const PE = 0x20;

const abs = (e: Emitter, f: Lanes, x: Val): Val => apply(e, f, 'abs', x);
const zero = (e: Emitter, f: Lanes): Val => literal(e, f, 0n);

/** Mask: zero, normal or infinite; not a denormal, not a NaN. */
export const plain = (e: Emitter, f: Lanes, x: Val): Val =>
  either(
    e,
    f,
    compare(e, f, 'ge', abs(e, f, x), literal(e, f, MIN_NORMAL[f.element])),
    compare(e, f, 'eq', x, zero(e, f)),
  );

/** Mask: not infinite and not a NaN. */
export const finite = (e: Emitter, f: Lanes, x: Val): Val =>
  compare(e, f, 'lt', abs(e, f, x), literal(e, f, INFINITY[f.element]));

/** Mask: certainly not the rounding of a tiny value. */
export const notTiny = (e: Emitter, f: Lanes, x: Val): Val =>
  compare(e, f, 'gt', abs(e, f, x), literal(e, f, MIN_NORMAL[f.element]));

export const isZero = (e: Emitter, f: Lanes, x: Val): Val => compare(e, f, 'eq', x, zero(e, f));

/** Goes to the exact form unless a mask holds for every element. */
export function require(e: Emitter, f: Lanes, mask: Val): void {
  e.if(e.eqz(every(e, f, mask)), () => e.fallback());
}

/** Goes to the exact form unless MXCSR has the default control bits, and PE set or nothing to set it. */
export function requireRounding(e: Emitter, exact?: Val): void {
  const mxcsr = e.let(e.load('i32', 4, e.i32(0), L.MXCSR));
  const quick = e.ne(e.and(mxcsr, CONTROL_MASK | PE), CONTROL_DEFAULT | PE);
  e.if(quick, () => {
    if (!exact) {
      e.fallback();
      return;
    }
    const control = e.ne(e.and(mxcsr, CONTROL_MASK), CONTROL_DEFAULT);
    e.if(e.or(control, e.eqz(exact)), () => e.fallback());
  });
}

// --- exactness of scalar results ----------------------------------------------------------------------

/** Is r = a + b (or a - b) exact? Knuth's TwoSum: the rounding error itself is computed exactly. */
export function exactSum(e: Emitter, f: Lanes, sign: 1 | -1, a: Val, b: Val, r: Val): Val {
  const t = e.let(apply(e, f, 'sub', r, a));
  const errorA = apply(e, f, 'sub', a, apply(e, f, 'sub', r, t));
  const errorB = sign === 1 ? apply(e, f, 'sub', b, t) : apply(e, f, 'add', b, t);
  const error = apply(e, f, sign === 1 ? 'add' : 'sub', errorA, errorB);
  return isZero(e, f, error);
}

const F64_PROMOTE_F32 = 0xbb;
const IMPLICIT_BIT = 1n << 52n;
const promote = (e: Emitter, x: Val): Val => e.op('f64', F64_PROMOTE_F32, x);

/**
 * Is r = x * y exact? A product of two f32 fits an f64. One of two f64 is exact if the significands
 * without their trailing zeros have no more than 53 bits together; that may miss some that have.
 */
export function exactProduct(e: Emitter, f: Lanes, x: Val, y: Val, r: Val): Val {
  if (f.type === 'f32') {
    const product = apply(e, F64, 'mul', promote(e, x), promote(e, y));
    return compare(e, F64, 'eq', product, promote(e, r));
  }
  return e.and(shortProduct(e, x, y), compare(e, F64, 'eq', apply(e, F64, 'mul', x, y), r));
}

function shortProduct(e: Emitter, x: Val, y: Val): Val {
  const trailing = (v: Val): Val => e.wrap(e.ctz(e.or(toBits(e, F64, v), e.i64(IMPLICIT_BIT))));
  return e.geu(e.add(trailing(x), trailing(y)), 53);
}
