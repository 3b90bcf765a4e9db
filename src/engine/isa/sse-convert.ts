/**
 * SSE conversions between formats and from and to integers. SDM Vol. 2A, CVTDQ2PD and its like.
 */

import * as exact from '../float/sse/convert.ts';
import type { SseEnv } from '../float/sse/env.ts';
import type { Microcode } from '../microcode/microcode.ts';
import {
  fromGeneral,
  narrowing,
  putF32,
  sameWidth,
  toF32,
  toF64,
  toGeneral,
  widening,
} from '../microcode/sse-float.ts';
import { fromMmx, toMmxNarrow, toMmxSame } from '../microcode/sse-mmx.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import { finite, isZero, notTiny, plain, require, requireRounding } from './float-fast.ts';
import {
  apply,
  both,
  compare,
  either,
  F32,
  F32X4,
  F64,
  F64X2,
  type Lanes,
  literal,
  operand,
  toBits,
} from './float-lanes.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { aligned, widened } from './vector.ts';

const PROMOTE = 0xbb;
const DEMOTE = 0xb6;
const PROMOTE_LOW = 0xfd5f;
const DEMOTE_ZERO = 0xfd5e;
const F32X4_CONVERT = 0xfdfa;
const F64X2_CONVERT_LOW = 0xfdfe;
const TRUNC_SAT_F32X4 = 0xfdf8;
const TRUNC_SAT_F64X2_ZERO = 0xfdfc;
/** By the type of the integer. */
const TRUNC_SAT_F64 = { i32: 0xfc02, i64: 0xfc06 } as const;
const F64_CONVERT = { i32: 0xb7, i64: 0xb9 } as const;
const F32_CONVERT = { i32: 0xb2, i64: 0xb4 } as const;

/** 2^31 and 2^63 as f64, 2^31 as f32: what a signed integer does not reach. */
const TWO_31 = 0x41e0_0000_0000_0000n;
const TWO_63 = 0x43e0_0000_0000_0000n;
const TWO_31_F32 = 0x4f00_0000n;

type Emit = (e: Emitter) => void;

const row = (enc: string, name: string, ops: string, emit: Emit, slow: Microcode): Row => ({
  enc,
  name,
  ops,
  unit: 'sse',
  emit,
  slow,
  cite: `SDM 2A ${name}`,
});

const exactRow = (enc: string, name: string, ops: string, microcode: Microcode): Row => ({
  enc,
  name,
  ops,
  unit: 'sse',
  microcode,
  ends: false,
  cite: `SDM 2A ${name}`,
});

// --- between formats --------------------------------------------------------------------------------

/** Widening is exact. */
const ss2sd: Emit = (e) => {
  const b = operand(e, F32, 1);
  require(e, F32, plain(e, F32, b));
  e.assign(0, toBits(e, F64, e.op('f64', PROMOTE, b)));
};

const ps2pd: Emit = (e) => {
  const b = widened(e, 1);
  require(e, F32X4, plain(e, F32X4, b));
  e.assign(0, e.op('v128', PROMOTE_LOW, b));
};

const sd2ss: Emit = (e) => {
  const b = operand(e, F64, 1);
  const r = e.let(e.op('f32', DEMOTE, b));
  const ranged = e.and(finite(e, F32, r), e.or(notTiny(e, F32, r), isZero(e, F64, b)));
  require(e, F64, ranged);
  requireRounding(e, compare(e, F64, 'eq', e.op('f64', PROMOTE, r), b));
  e.assign(0, toBits(e, F32, r));
};

const pd2ps: Emit = (e) => {
  const b = operand(e, F64X2, 1);
  const r = e.let(e.op('v128', DEMOTE_ZERO, b));
  // The upper two elements of r are zeros.
  const high = simd.constant(simd.IOTA.map((i) => (i < 8 ? 0 : 0xff)));
  const zeros = e.shuffle(isZero(e, F64X2, b), simd.nothing(), simd.lanes(4, [0, 2, 4, 4]));
  const tiny = either(e, F32X4, notTiny(e, F32X4, r), either(e, F32X4, zeros, high));
  require(e, F32X4, both(e, F32X4, finite(e, F32X4, r), tiny));
  requireRounding(e);
  e.assign(0, r);
};

// --- from integers ------------------------------------------------------------------------------------

/** Every integer within ±2^bits converts exactly. */
function within(e: Emitter, n: Val, bits: bigint): Val {
  if (n.t === 'i32') return e.leu(e.add(n, 1 << Number(bits)), 2 << Number(bits));
  return e.leu(e.add(n, e.i64(1n << bits)), e.i64(2n << bits));
}

const si2sd: Emit = (e) => {
  const n = e.value(1);
  if (n.t === 'i64') requireRounding(e, within(e, n, 53n));
  e.assign(0, toBits(e, F64, e.op('f64', F64_CONVERT[n.t as 'i32' | 'i64'], n)));
};

const si2ss: Emit = (e) => {
  const n = e.value(1);
  requireRounding(e, within(e, n, 24n));
  e.assign(0, toBits(e, F32, e.op('f32', F32_CONVERT[n.t as 'i32' | 'i64'], n)));
};

const dq2pd: Emit = (e) => e.assign(0, e.op('v128', F64X2_CONVERT_LOW, widened(e, 1)));

const dq2ps: Emit = (e) => {
  const n = aligned(e, 1);
  requireRounding(e);
  e.assign(0, e.op('v128', F32X4_CONVERT, n));
};

// --- to integers --------------------------------------------------------------------------------------

/**
 * A scalar to a general register. Out of range goes to the exact form; in range only #P can be
 * raised, not even #D.
 */
const toInteger =
  (f: Lanes, truncate: boolean): Emit =>
  (e) => {
    const given = operand(e, f, 1);
    const x = f === F32 ? e.let(e.op('f64', PROMOTE, given)) : given;
    const t = e.size === 8 ? 'i64' : 'i32';
    const whole = e.let(apply(e, F64, truncate ? 'trunc' : 'nearest', x));
    const limit = literal(e, F64, t === 'i64' ? TWO_63 : TWO_31);
    require(e, F64, compare(e, F64, 'lt', apply(e, F64, 'abs', whole), limit));
    requireRounding(e, compare(e, F64, 'eq', whole, x));
    e.assign(0, e.op(t, TRUNC_SAT_F64[t], whole));
  };

/** Packed doublewords. A NaN is not less than the limit. */
const toDoublewords =
  (f: Lanes, truncate: boolean): Emit =>
  (e) => {
    const x = operand(e, f, 1);
    const whole = e.let(apply(e, f, truncate ? 'trunc' : 'nearest', x));
    const limit = literal(e, f, f === F32X4 ? TWO_31_F32 : TWO_31);
    require(e, f, compare(e, f, 'lt', apply(e, f, 'abs', whole), limit));
    requireRounding(e);
    e.assign(0, e.op('v128', f === F32X4 ? TRUNC_SAT_F32X4 : TRUNC_SAT_F64X2_ZERO, whole));
  };

type ToInteger = (x: bigint, size: 4 | 8, env: SseEnv) => bigint;

const f64ToInteger =
  (to32: (x: bigint, env: SseEnv) => number, to64: (x: bigint, env: SseEnv) => bigint): ToInteger =>
  (x, size, env) =>
    size === 8 ? to64(x, env) : BigInt(to32(x, env));

const f32ToInteger =
  (to32: (x: number, env: SseEnv) => number, to64: (x: number, env: SseEnv) => bigint): ToInteger =>
  (x, size, env) =>
    size === 8 ? to64(Number(x), env) : BigInt(to32(Number(x), env));

const low32 = (n: bigint): number => Number(n & 0xffff_ffffn);

const integerToF64 = fromGeneral((x, n, size, env) => ({
  lo: size === 8 ? exact.cvtI64ToF64(n, env) : exact.cvtI32ToF64(low32(n), env),
  hi: x.hi,
}));

const integerToF32 = fromGeneral((x, n, size, env) =>
  putF32(x, size === 8 ? exact.cvtI64ToF32(n, env) : exact.cvtI32ToF32(low32(n), env)),
);

const formats: Row[] = [
  row('NP 0F 5A /r', 'CVTPS2PD', 'Vdq,Wq', ps2pd, widening(exact.cvtF32ToF64)),
  row('66 0F 5A /r', 'CVTPD2PS', 'Vdq,Wdq', pd2ps, narrowing(exact.cvtF64ToF32)),
  row('F3 0F 5A /r', 'CVTSS2SD', 'Vq,Wd', ss2sd, toF64(exact.cvtF32ToF64)),
  row('F2 0F 5A /r', 'CVTSD2SS', 'Vd,Wq', sd2ss, toF32(exact.cvtF64ToF32)),
];

const fromIntegers: Row[] = [
  row('F3 0F 2A /r', 'CVTSI2SS', 'Vd,Ey', si2ss, integerToF32),
  row('F2 0F 2A /r', 'CVTSI2SD', 'Vq,Ey', si2sd, integerToF64),
  row('NP 0F 5B /r', 'CVTDQ2PS', 'Vdq,Wdq', dq2ps, sameWidth(exact.cvtI32ToF32)),
  row('F3 0F E6 /r', 'CVTDQ2PD', 'Vdq,Wq', dq2pd, widening(exact.cvtI32ToF64)),
];

const toIntegers: Row[] = [
  row(
    'F3 0F 2C /r',
    'CVTTSS2SI',
    'Gy,Wd',
    toInteger(F32, true),
    toGeneral(4, f32ToInteger(exact.cvttF32ToI32, exact.cvttF32ToI64)),
  ),
  row(
    'F2 0F 2C /r',
    'CVTTSD2SI',
    'Gy,Wq',
    toInteger(F64, true),
    toGeneral(8, f64ToInteger(exact.cvttF64ToI32, exact.cvttF64ToI64)),
  ),
  row(
    'F3 0F 2D /r',
    'CVTSS2SI',
    'Gy,Wd',
    toInteger(F32, false),
    toGeneral(4, f32ToInteger(exact.cvtF32ToI32, exact.cvtF32ToI64)),
  ),
  row(
    'F2 0F 2D /r',
    'CVTSD2SI',
    'Gy,Wq',
    toInteger(F64, false),
    toGeneral(8, f64ToInteger(exact.cvtF64ToI32, exact.cvtF64ToI64)),
  ),
  row(
    '66 0F 5B /r',
    'CVTPS2DQ',
    'Vdq,Wdq',
    toDoublewords(F32X4, false),
    sameWidth(exact.cvtF32ToI32),
  ),
  row(
    'F3 0F 5B /r',
    'CVTTPS2DQ',
    'Vdq,Wdq',
    toDoublewords(F32X4, true),
    sameWidth(exact.cvttF32ToI32),
  ),
  row(
    'F2 0F E6 /r',
    'CVTPD2DQ',
    'Vdq,Wdq',
    toDoublewords(F64X2, false),
    narrowing(exact.cvtF64ToI32),
  ),
  row(
    '66 0F E6 /r',
    'CVTTPD2DQ',
    'Vdq,Wdq',
    toDoublewords(F64X2, true),
    narrowing(exact.cvttF64ToI32),
  ),
];

/** With an MMX register on one side. */
const acrossFiles: Row[] = [
  exactRow('NP 0F 2A /r', 'CVTPI2PS', 'Vdq,Qq', fromMmx('f32')),
  exactRow('66 0F 2A /r', 'CVTPI2PD', 'Vdq,Qq', fromMmx('f64')),
  exactRow('NP 0F 2C /r', 'CVTTPS2PI', 'Pq,Wq', toMmxSame(exact.cvttF32ToI32)),
  exactRow('66 0F 2C /r', 'CVTTPD2PI', 'Pq,Wdq', toMmxNarrow(exact.cvttF64ToI32)),
  exactRow('NP 0F 2D /r', 'CVTPS2PI', 'Pq,Wq', toMmxSame(exact.cvtF32ToI32)),
  exactRow('66 0F 2D /r', 'CVTPD2PI', 'Pq,Wdq', toMmxNarrow(exact.cvtF64ToI32)),
];

export const sseConvert: readonly Row[] = [
  ...formats,
  ...fromIntegers,
  ...toIntegers,
  ...acrossFiles,
];
