/** SSE instructions as the harness names them, composed from the element operations under test. */

import * as arith from '../../src/engine/float/sse/arith.ts';
import * as compare from '../../src/engine/float/sse/compare.ts';
import * as convert from '../../src/engine/float/sse/convert.ts';
import type { SseEnv } from '../../src/engine/float/sse/env.ts';
import {
  eachF32,
  narrow,
  packedF32,
  packedF64,
  widen,
  type Xmm,
} from '../../src/engine/float/sse/packed.ts';

interface Effect {
  readonly xmm?: Xmm;
  readonly gpr?: bigint;
  readonly eflags?: number;
}

export interface Instruction {
  readonly name: string;
  readonly elements: 'f32' | 'f64';
  readonly run: (a: Xmm, b: Xmm, gpr: bigint, env: SseEnv) => Effect;
}

type Run = Instruction['run'];
type BinaryF32 = (a: number, b: number, env: SseEnv) => number;
type BinaryF64 = (a: bigint, b: bigint, env: SseEnv) => bigint;

const low = (x: Xmm): number => Number(x.lo & 0xffff_ffffn);
const withLow = (a: Xmm, value: number): Xmm => ({
  lo: (a.lo & 0xffff_ffff_0000_0000n) | BigInt(value),
  hi: a.hi,
});

export const instructions: Instruction[] = [];
const f32 = (name: string, run: Run) => instructions.push({ name, elements: 'f32', run });
const f64 = (name: string, run: Run) => instructions.push({ name, elements: 'f64', run });

function fourForms(name: string, single: BinaryF32, double: BinaryF64, suffix = ''): void {
  f32(`${name}ss${suffix}`, (a, b, _, env) => ({ xmm: withLow(a, single(low(a), low(b), env)) }));
  f64(`${name}sd${suffix}`, (a, b, _, env) => ({ xmm: { lo: double(a.lo, b.lo, env), hi: a.hi } }));
  f32(`${name}ps${suffix}`, (a, b, _, env) => ({ xmm: packedF32(single, a, b, env) }));
  f64(`${name}pd${suffix}`, (a, b, _, env) => ({ xmm: packedF64(double, a, b, env) }));
}

fourForms('add', arith.addF32, arith.addF64);
fourForms('sub', arith.subF32, arith.subF64);
fourForms('mul', arith.mulF32, arith.mulF64);
fourForms('div', arith.divF32, arith.divF64);
fourForms('min', arith.minF32, arith.minF64);
fourForms('max', arith.maxF32, arith.maxF64);
fourForms(
  'sqrt',
  (_, b, env) => arith.sqrtF32(b, env),
  (_, b, env) => arith.sqrtF64(b, env),
);
for (let p = 0; p < 8; p++) {
  fourForms(
    'cmp',
    (a, b, env) => compare.cmpF32(p, a, b, env),
    (a, b, env) => compare.cmpF64(p, a, b, env),
    `${p}`,
  );
}

f32('comiss', (a, b, _, env) => ({ eflags: compare.comiF32(low(a), low(b), env) }));
f32('ucomiss', (a, b, _, env) => ({ eflags: compare.ucomiF32(low(a), low(b), env) }));
f64('comisd', (a, b, _, env) => ({ eflags: compare.comiF64(a.lo, b.lo, env) }));
f64('ucomisd', (a, b, _, env) => ({ eflags: compare.ucomiF64(a.lo, b.lo, env) }));

for (const imm of [0, 1, 2, 3, 4, 8, 12]) {
  f32(`roundss${imm}`, (a, b, _, env) => ({
    xmm: withLow(a, convert.roundF32(low(b), imm, env)),
  }));
  f64(`roundsd${imm}`, (a, b, _, env) => ({
    xmm: { lo: convert.roundF64(b.lo, imm, env), hi: a.hi },
  }));
}

f32('cvtss2sd', (a, b, _, env) => ({ xmm: { lo: convert.cvtF32ToF64(low(b), env), hi: a.hi } }));
f64('cvtsd2ss', (a, b, _, env) => ({ xmm: withLow(a, convert.cvtF64ToF32(b.lo, env)) }));
f32('cvtps2pd', (_a, b, _, env) => ({ xmm: widen(convert.cvtF32ToF64, b.lo, env) }));
f64('cvtpd2ps', (_a, b, _, env) => ({ xmm: narrow(convert.cvtF64ToF32, b, env) }));
f32('cvtps2dq', (_a, b, _, env) => ({ xmm: eachF32(convert.cvtF32ToI32, b, env) }));
f32('cvttps2dq', (_a, b, _, env) => ({ xmm: eachF32(convert.cvttF32ToI32, b, env) }));
f64('cvtpd2dq', (_a, b, _, env) => ({ xmm: narrow(convert.cvtF64ToI32, b, env) }));
f64('cvttpd2dq', (_a, b, _, env) => ({ xmm: narrow(convert.cvttF64ToI32, b, env) }));
f32('cvtdq2ps', (_a, b, _, env) => ({ xmm: eachF32(convert.cvtI32ToF32, b, env) }));
f32('cvtdq2pd', (_a, b, _, env) => ({ xmm: widen(convert.cvtI32ToF64, b.lo, env) }));

f32('cvtss2si32', (_a, b, _, env) => ({ gpr: BigInt(convert.cvtF32ToI32(low(b), env)) }));
f32('cvtss2si64', (_a, b, _, env) => ({ gpr: convert.cvtF32ToI64(low(b), env) }));
f32('cvttss2si32', (_a, b, _, env) => ({ gpr: BigInt(convert.cvttF32ToI32(low(b), env)) }));
f32('cvttss2si64', (_a, b, _, env) => ({ gpr: convert.cvttF32ToI64(low(b), env) }));
f64('cvtsd2si32', (_a, b, _, env) => ({ gpr: BigInt(convert.cvtF64ToI32(b.lo, env)) }));
f64('cvtsd2si64', (_a, b, _, env) => ({ gpr: convert.cvtF64ToI64(b.lo, env) }));
f64('cvttsd2si32', (_a, b, _, env) => ({ gpr: BigInt(convert.cvttF64ToI32(b.lo, env)) }));
f64('cvttsd2si64', (_a, b, _, env) => ({ gpr: convert.cvttF64ToI64(b.lo, env) }));

const low32 = (n: bigint): number => Number(n & 0xffff_ffffn);
f32('cvtsi2ss32', (a, _b, g, env) => ({ xmm: withLow(a, convert.cvtI32ToF32(low32(g), env)) }));
f32('cvtsi2ss64', (a, _b, g, env) => ({ xmm: withLow(a, convert.cvtI64ToF32(g, env)) }));
f64('cvtsi2sd32', (a, _b, g, env) => ({
  xmm: { lo: convert.cvtI32ToF64(low32(g), env), hi: a.hi },
}));
f64('cvtsi2sd64', (a, _b, g, env) => ({ xmm: { lo: convert.cvtI64ToF64(g, env), hi: a.hi } }));
