/**
 * Packed shifts by a register, memory or immediate count, and whole-register byte shifts. A count
 * beyond the lane's width gives zeros or, arithmetically, copies of the sign. SDM Vol. 2B, PSLLW,
 * PSRAW, PSRLW and their like; PSLLDQ, PSRLDQ.
 */

import type { Code, Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { aligned, assignMmx, checkX87, touchX87 } from './vector.ts';

/** Shifts every lane of `v` by an i64 that may be anything. */
type Shift = (c: Code, v: Val, count: Val) => Val;

/** WebAssembly takes counts modulo the lane's width, so larger ones are dealt with here. */
function logical(code: number, bits: number): Shift {
  return (c, v, count) => {
    const keep = c.let(c.sub(c.i32(0), c.ltu(count, bits)));
    const shifted = c.op('v128', code, v, c.wrap(count));
    return c.op('v128', simd.AND, shifted, simd.splat(c, 4, keep));
  };
}

function arithmetic(code: number, bits: number): Shift {
  return (c, v, count) => {
    const fits = c.ltu(count, bits);
    return c.op('v128', code, v, c.select(fits, c.wrap(count), c.i32(bits - 1)));
  };
}

/** The four forms by a count in a register or memory, or in an immediate byte. */
function shiftRows(name: string, shift: Shift, opcode: string, immediate: string): Row[] {
  const cite = `SDM 2B ${name}`;
  const mmx = (e: Emitter, count: Val): void => {
    const v = simd.splat(e, 8, e.value(0));
    const r = e.let(simd.extract(e, 8, 0, shift(e, v, count)));
    touchX87(e);
    assignMmx(e, 0, r);
  };
  const sse = (e: Emitter, count: Val): void => e.assign(0, shift(e, e.value(0), count));
  const imm = (e: Emitter): Val => e.let(e.extu(e.value(1)));
  return [
    {
      enc: `NP ${opcode} /r`,
      name,
      ops: 'Pq,Qq',
      unit: 'mmx',
      emit: (e) => {
        checkX87(e);
        mmx(e, e.let(e.value(1)));
      },
      cite,
    },
    {
      enc: `66 ${opcode} /r`,
      name,
      ops: 'Vdq,Wdq',
      unit: 'sse',
      emit: (e) => sse(e, e.let(simd.extract(e, 8, 0, aligned(e, 1)))),
      cite,
    },
    {
      enc: `NP ${immediate} ib`,
      name,
      ops: 'Nq,Ib',
      unit: 'mmx',
      emit: (e) => {
        checkX87(e);
        mmx(e, imm(e));
      },
      cite,
    },
    {
      enc: `66 ${immediate} ib`,
      name,
      ops: 'Udq,Ib',
      unit: 'sse',
      emit: (e) => sse(e, imm(e)),
      cite,
    },
  ];
}

function byteShift(name: string, enc: string, move: (c: Code, v: Val, n: Val) => Val): Row {
  return {
    enc,
    name,
    ops: 'Udq,Ib',
    unit: 'sse',
    emit: (e) => {
      const count = e.let(e.value(1));
      const n = e.select(e.gtu(count, 15), e.i32(16), count);
      e.assign(0, move(e, e.value(0), n));
    },
    cite: `SDM 2B ${name}`,
  };
}

export const sseShift: readonly Row[] = [
  ...shiftRows('PSRLW', logical(simd.SHR_U[2], 16), '0F D1', '0F 71 /2'),
  ...shiftRows('PSRLD', logical(simd.SHR_U[4], 32), '0F D2', '0F 72 /2'),
  ...shiftRows('PSRLQ', logical(simd.SHR_U[8], 64), '0F D3', '0F 73 /2'),
  ...shiftRows('PSRAW', arithmetic(simd.SHR_S[2], 16), '0F E1', '0F 71 /4'),
  ...shiftRows('PSRAD', arithmetic(simd.SHR_S[4], 32), '0F E2', '0F 72 /4'),
  ...shiftRows('PSLLW', logical(simd.SHL[2], 16), '0F F1', '0F 71 /6'),
  ...shiftRows('PSLLD', logical(simd.SHL[4], 32), '0F F2', '0F 72 /6'),
  ...shiftRows('PSLLQ', logical(simd.SHL[8], 64), '0F F3', '0F 73 /6'),
  byteShift('PSRLDQ', '66 0F 73 /3 ib', simd.bytesDown),
  byteShift('PSLLDQ', '66 0F 73 /7 ib', simd.bytesUp),
];
