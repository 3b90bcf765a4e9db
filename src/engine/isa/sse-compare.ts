/**
 * SSE comparisons: CMPcc to masks, COMIS and UCOMIS to RFLAGS. SDM Vol. 2A CMPPS, COMISS; Vol. 2D
 * UCOMISS. On plain numbers none of them raises anything, whatever MXCSR says.
 */

import * as exact from '../float/sse/compare.ts';
import type { Microcode } from '../microcode/microcode.ts';
import { compareF32, compareF64 } from '../microcode/sse-float.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import { CF, ZF } from './flags.ts';
import { plain, require } from './float-fast.ts';
import { both, compare, F32, F64, type Lanes, operand } from './float-lanes.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { fourForms } from './sse-float.ts';

/**
 * imm8[2:0]: EQ, LT, LE, UNORD and their negations. Among plain numbers UNORD is never and ORD
 * always true.
 */
function cmp(e: Emitter, f: Lanes): void {
  const b = operand(e, f, 1);
  const a = operand(e, f, 0);
  require(e, f, both(e, f, plain(e, f, a), plain(e, f, b)));
  const imm = e.value(2);
  const base = e.let(e.and(imm, 3));
  const negate = e.let(e.and(e.shru(imm, 2), 1));
  const never = f.mask === 'i32' ? e.i32(0) : simd.nothing();
  const lessOrEqual = compare(e, f, 'le', a, b);
  const last = e.select(e.eq(base, 2), lessOrEqual, never);
  const later = e.select(e.eq(base, 1), compare(e, f, 'lt', a, b), last);
  const holds = e.select(e.eq(base, 0), compare(e, f, 'eq', a, b), later);
  e.assign(0, f.mask === 'i32' ? ones(e, f, holds, negate) : flip(e, holds, negate));
}

/** 0 or all ones in the width of the element. */
function ones(e: Emitter, f: Lanes, holds: Val, negate: Val): Val {
  const mask = e.sub(e.i32(0), e.xor(holds, negate));
  return f.element === 8 ? e.exts(mask) : mask;
}

const flip = (e: Emitter, mask: Val, negate: Val): Val =>
  e.op('v128', simd.XOR, mask, simd.splat(e, 4, e.sub(e.i32(0), negate)));

/** CF: less; ZF: equal; PF, OF, SF, AF clear. */
function comi(e: Emitter, f: Lanes): void {
  const b = operand(e, f, 1);
  const a = operand(e, f, 0);
  require(e, f, both(e, f, plain(e, f, a), plain(e, f, b)));
  const less = e.mul(compare(e, f, 'lt', a, b), CF);
  const equal = e.mul(compare(e, f, 'eq', a, b), ZF);
  e.setFlags(e.or(less, equal));
}

const comiRow = (enc: string, name: string, f: Lanes, slow: Microcode): Row => ({
  enc,
  name,
  ops: f === F32 ? 'Vd,Wd' : 'Vq,Wq',
  unit: 'sse',
  emit: (e) => comi(e, f),
  slow,
  cite: `SDM 2 ${name}`,
});

export const sseCompare: readonly Row[] = [
  ...fourForms(
    '0F C2',
    'CMP',
    cmp,
    (a, b, env, imm) => exact.cmpF32(imm & 7, a, b, env),
    (a, b, env, imm) => exact.cmpF64(imm & 7, a, b, env),
    ',Ib',
  ),
  comiRow('NP 0F 2E /r', 'UCOMISS', F32, compareF32(exact.ucomiF32)),
  comiRow('66 0F 2E /r', 'UCOMISD', F64, compareF64(exact.ucomiF64)),
  comiRow('NP 0F 2F /r', 'COMISS', F32, compareF32(exact.comiF32)),
  comiRow('66 0F 2F /r', 'COMISD', F64, compareF64(exact.comiF64)),
];
