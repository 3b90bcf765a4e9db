/** SSE4.1 floating point: ROUND, DPPS, DPPD. SDM Vol. 2A DPPS, Vol. 2B ROUNDPS. */

import { roundF32, roundF64 } from '../float/sse/convert.ts';
import type { Microcode } from '../microcode/microcode.ts';
import { scalarF32, scalarF64, vectorF32, vectorF64 } from '../microcode/sse-float.ts';
import { dppd, dpps } from '../microcode/sse4.ts';
import * as L from '../vcpu/layout.ts';
import type { Emitter } from './emitter.ts';
import { plain, require, requireRounding } from './float-fast.ts';
import {
  apply,
  compare,
  every,
  F32,
  F32X4,
  F64,
  F64X2,
  type Lanes,
  operand,
  type Rounding,
  toBits,
} from './float-lanes.ts';
import type { Row } from './row.ts';

const MXCSR_RC = 0x6000;
const NO_PRECISION = 3;

/** By imm8[1:0]. */
const MODES: readonly Rounding[] = ['nearest', 'floor', 'ceil', 'trunc'];

/** imm8[2]: rounding mode from MXCSR, which to nearest is the usual one. imm8[3]: no #P. */
function round(e: Emitter, f: Lanes): void {
  const x = operand(e, f, 1);
  const imm = e.value(2);
  require(e, f, plain(e, f, x));
  const mode = e.let(e.select(e.and(imm, 4), e.i32(0), e.and(imm, 3)));
  const elsewhere = e.and(e.load('i32', 4, e.i32(0), L.MXCSR), MXCSR_RC);
  e.if(e.and(e.shru(imm, 2), e.ne(elsewhere, 0)), () => e.fallback());
  const r = e.var(f.type);
  e.switch(
    mode,
    MODES.map((m) => () => e.set(r, apply(e, f, m, x))),
  );
  const whole = every(e, f, compare(e, f, 'eq', e.get(r), x));
  requireRounding(e, e.or(whole, e.and(e.shru(imm, NO_PRECISION), 1)));
  e.assign(0, toBits(e, f, e.get(r)));
}

const roundRow = (opcode: string, suffix: string, ops: string, f: Lanes, slow: Microcode): Row => ({
  enc: `66 0F 3A ${opcode} /r ib`,
  name: `ROUND${suffix}`,
  ops,
  unit: 'sse',
  emit: (e) => round(e, f),
  slow,
  feature: 'SSE4.1',
  cite: `SDM 2B ROUND${suffix}`,
});

const single = (_: number, b: number, env: Parameters<typeof roundF32>[2], imm: number): number =>
  roundF32(b, imm, env);
const double = (_: bigint, b: bigint, env: Parameters<typeof roundF64>[2], imm: number): bigint =>
  roundF64(b, imm, env);

const dotProduct = (opcode: string, name: string, microcode: Microcode): Row => ({
  enc: `66 0F 3A ${opcode} /r ib`,
  name,
  ops: 'Vdq,Wdq,Ib',
  unit: 'sse',
  microcode,
  ends: false,
  feature: 'SSE4.1',
  cite: `SDM 2A ${name}`,
});

export const sse4Float: readonly Row[] = [
  roundRow('08', 'PS', 'Vdq,Wdq,Ib', F32X4, vectorF32(single)),
  roundRow('09', 'PD', 'Vdq,Wdq,Ib', F64X2, vectorF64(double)),
  roundRow('0A', 'SS', 'Vd,Wd,Ib', F32, scalarF32(single)),
  roundRow('0B', 'SD', 'Vq,Wq,Ib', F64, scalarF64(double)),
  dotProduct('40', 'DPPS', dpps),
  dotProduct('41', 'DPPD', dppd),
];
