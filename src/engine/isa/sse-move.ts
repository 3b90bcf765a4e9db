/**
 * Moves to, from and between XMM registers: whole registers, halves, scalars, general registers,
 * non-temporal stores and masks. SDM Vol. 2B, MOVAPS and its like. The hints of non-temporal moves
 * have no meaning here.
 */

import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { aligned, assignAligned, assignMmx, checkX87, touchX87, widened } from './vector.ts';

type Emit = (e: Emitter) => void;

const row = (
  enc: string,
  name: string,
  ops: string,
  emit: Emit,
  feature?: Row['feature'],
): Row => ({
  enc,
  name,
  ops,
  unit: 'sse',
  emit,
  ...(feature ? { feature } : {}),
  cite: `SDM 2B ${name}`,
});

const unaligned: Emit = (e) => e.assign(0, e.value(1));
const loadAligned: Emit = (e) => e.assign(0, aligned(e, 1));
const storeAligned: Emit = (e) => assignAligned(e, 0, e.let(e.value(1)));

/** A load whose source may be narrower than the register: zeros above. */
const loadZero: Emit = (e) => e.writeXmm(0, widened(e, 1));

/** MOVSS, MOVSD: a register source leaves the rest of the destination, memory clears it. */
const loadScalar: Emit = (e) => (e.isMemory(1) ? loadZero(e) : unaligned(e));

/** MOVQ to an XMM register or memory. */
const storeZero: Emit = (e) => (e.isMemory(0) ? unaligned(e) : loadZero(e));

/** Replaces one half of the destination by a quadword. */
const setHalf =
  (half: 0 | 1, quadword: (e: Emitter) => Val): Emit =>
  (e) => {
    const value = e.let(quadword(e));
    e.writeXmm(0, simd.replace(e, 8, half, e.readXmm(0), value));
  };

const memoryQuadword = (e: Emitter): Val => e.value(1);
const highQuadword = (i: number) => (e: Emitter) => simd.extract(e, 8, 1, e.readXmm(i));
const lowQuadword = (e: Emitter): Val => simd.extract(e, 8, 0, e.readXmm(1));

const storeHigh: Emit = (e) => e.assign(0, e.let(highQuadword(1)(e)));

/** The PS form and the PD form of a move that does not look at its elements. */
const pair = (opcode: string, name: string, ops: string, emit: Emit): Row[] => [
  row(`NP ${opcode} /r`, `${name}PS`, ops, emit),
  row(`66 ${opcode} /r`, `${name}PD`, ops, emit),
];

/** SSE3 MOVxDUP: repeats lanes within the register. */
const duplicate =
  (picks: readonly number[]): Emit =>
  (e) => {
    const v = aligned(e, 1);
    e.assign(0, e.shuffle(v, v, simd.lanes(4, picks)));
  };

const duplicateLow: Emit = (e) => e.writeXmm(0, simd.splat(e, 8, e.value(1)));

/** MOVMSK: sign bits of lanes to a general register. */
const signs =
  (lane: 1 | 4 | 8): Emit =>
  (e) =>
    e.assign(0, e.op('i32', simd.BITMASK[lane], e.value(1)));

const wholeMoves: Row[] = [
  ...pair('0F 10', 'MOVU', 'Vdq,Wdq', unaligned),
  ...pair('0F 11', 'MOVU', 'Wdq,Vdq', unaligned),
  ...pair('0F 28', 'MOVA', 'Vdq,Wdq', loadAligned),
  ...pair('0F 29', 'MOVA', 'Wdq,Vdq', storeAligned),
  ...pair('0F 2B', 'MOVNT', 'Mdq,Vdq', storeAligned),
  row('66 0F 6F /r', 'MOVDQA', 'Vdq,Wdq', loadAligned),
  row('66 0F 7F /r', 'MOVDQA', 'Wdq,Vdq', storeAligned),
  row('F3 0F 6F /r', 'MOVDQU', 'Vdq,Wdq', unaligned),
  row('F3 0F 7F /r', 'MOVDQU', 'Wdq,Vdq', unaligned),
  row('66 0F E7 /r', 'MOVNTDQ', 'Mdq,Vdq', storeAligned),
  row('F2 0F F0 /r', 'LDDQU', 'Vdq,Mdq', unaligned, 'SSE3'),
  row('66 0F 38 2A /r', 'MOVNTDQA', 'Vdq,Mdq', loadAligned, 'SSE4.1'),
];

const scalarMoves: Row[] = [
  row('F3 0F 10 /r', 'MOVSS', 'Vd,Wd', loadScalar),
  row('F3 0F 11 /r', 'MOVSS', 'Wd,Vd', unaligned),
  row('F2 0F 10 /r', 'MOVSD', 'Vq,Wq', loadScalar),
  row('F2 0F 11 /r', 'MOVSD', 'Wq,Vq', unaligned),
  row('66 0F 6E /r', 'MOVD', 'Vdq,Ey', loadZero),
  row('66 0F 7E /r', 'MOVD', 'Ey,Vy', unaligned),
  row('F3 0F 7E /r', 'MOVQ', 'Vq,Wq', loadZero),
  row('66 0F D6 /r', 'MOVQ', 'Wq,Vq', storeZero),
];

const halfMoves: Row[] = [
  ...pair('0F 12', 'MOVL', 'Vq,Mq', unaligned),
  ...pair('0F 13', 'MOVL', 'Mq,Vq', unaligned),
  ...pair('0F 16', 'MOVH', 'Vdq,Mq', setHalf(1, memoryQuadword)),
  ...pair('0F 17', 'MOVH', 'Mq,Vdq', storeHigh),
  row('NP 0F 12 /r', 'MOVHLPS', 'Vdq,Udq', setHalf(0, highQuadword(1))),
  row('NP 0F 16 /r', 'MOVLHPS', 'Vdq,Udq', setHalf(1, lowQuadword)),
  row('F3 0F 12 /r', 'MOVSLDUP', 'Vdq,Wdq', duplicate([0, 0, 2, 2]), 'SSE3'),
  row('F3 0F 16 /r', 'MOVSHDUP', 'Vdq,Wdq', duplicate([1, 1, 3, 3]), 'SSE3'),
  row('F2 0F 12 /r', 'MOVDDUP', 'Vq,Wq', duplicateLow, 'SSE3'),
];

const toGeneral: Row[] = [
  row('NP 0F 50 /r', 'MOVMSKPS', 'Gd,Udq', signs(4)),
  row('66 0F 50 /r', 'MOVMSKPD', 'Gd,Udq', signs(8)),
  row('66 0F D7 /r', 'PMOVMSKB', 'Gd,Udq', signs(1)),
];

/** Between MMX and XMM registers. */
const acrossFiles: Row[] = [
  {
    enc: 'F2 0F D6 /r',
    name: 'MOVDQ2Q',
    ops: 'Pq,Udq',
    unit: 'sse',
    emit: (e) => {
      checkX87(e);
      const value = e.let(lowQuadword(e));
      touchX87(e);
      assignMmx(e, 0, value);
    },
    cite: 'SDM 2B MOVDQ2Q',
  },
  {
    enc: 'F3 0F D6 /r',
    name: 'MOVQ2DQ',
    ops: 'Vdq,Nq',
    unit: 'sse',
    emit: (e) => {
      checkX87(e);
      const value = e.let(e.value(1));
      touchX87(e);
      e.assign(0, simd.zeroExtend(e, value));
    },
    cite: 'SDM 2B MOVQ2DQ',
  },
];

/** MOVNTI is an integer store: neither CR0.TS nor CR4.OSFXSR stands in its way. */
const integerStore: Row = {
  enc: 'NP 0F C3 /r',
  name: 'MOVNTI',
  ops: 'My,Gy',
  emit: unaligned,
  cite: 'SDM 2B MOVNTI',
};

export const sseMove: readonly Row[] = [
  ...wholeMoves,
  ...scalarMoves,
  ...halfMoves,
  ...toGeneral,
  ...acrossFiles,
  integerStore,
];
