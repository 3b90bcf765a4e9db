/**
 * Rearranging lanes of MMX and XMM registers: shuffles, unpacks, packs, inserts and extracts. SDM
 * Vol. 2B, PSHUFD, PUNPCKLBW, PACKSSWB, SHUFPS and their like.
 */

import type { Code, Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { aligned, assignMmx, both, checkX87, mmxRow, sseRow, touchX87 } from './vector.ts';

/**
 * A vector of which four lanes, from lane `first` on, are picked among those four by an immediate
 * byte. Where the immediate is not known yet, it is made into a vector of indices.
 */
function shuffleFour(c: Code, lane: 2 | 4, first: 0 | 4, v: Val, imm: Val): Val {
  const at = first * lane;
  const moves = (i: number): boolean => i >= at && i < at + 4 * lane;
  const field = (i: number): number => Math.floor((i - at) / lane);
  if (imm.isConst) {
    const pick = (i: number): number => ((imm.imm >> (2 * field(i))) & 3) * lane;
    return c.shuffle(
      v,
      v,
      simd.IOTA.map((i) => (moves(i) ? at + pick(i) + (i % lane) : i)),
    );
  }
  const OUT_OF_RANGE = 0x80;
  const fields = simd.IOTA.map((i) => (moves(i) ? field(i) : OUT_OF_RANGE));
  const within = simd.IOTA.map((i) => (moves(i) ? at + (i % lane) : i));
  const offsets = simd.splat(c, 4, c.mul(fourFields(c, imm), lane));
  const picked = simd.swizzle(c, offsets, simd.constant(fields));
  return simd.swizzle(c, v, c.op('v128', simd.ADD[1], picked, simd.constant(within)));
}

/** The four two-bit fields of a byte, each in a byte of its own. */
function fourFields(c: Code, imm: Val): Val {
  const field = (n: number): Val => c.and(c.shl(imm, 6 * n), 3 << (8 * n));
  return c.or(c.or(field(0), field(1)), c.or(field(2), field(3)));
}

/** Operands `Vdq,Wdq,Ib`, the destination not being a source. */
function shuffleRow(enc: string, name: string, lane: 2 | 4, first: 0 | 4): Row {
  return {
    enc,
    name,
    ops: 'Vdq,Wdq,Ib',
    unit: 'sse',
    emit: (e) => e.assign(0, shuffleFour(e, lane, first, aligned(e, 1), e.value(2))),
    cite: `SDM 2B ${name}`,
  };
}

const pshufw: Row = {
  enc: 'NP 0F 70 /r ib',
  name: 'PSHUFW',
  ops: 'Pq,Qq,Ib',
  unit: 'mmx',
  emit: (e) => {
    checkX87(e);
    const v = e.let(simd.splat(e, 8, e.value(1)));
    const r = e.let(simd.extract(e, 8, 0, shuffleFour(e, 2, 0, v, e.value(2))));
    touchX87(e);
    assignMmx(e, 0, r);
  },
  cite: 'SDM 2B PSHUFW',
};

const shufps: Row = {
  enc: 'NP 0F C6 /r ib',
  name: 'SHUFPS',
  ops: 'Vdq,Wdq,Ib',
  unit: 'sse',
  emit: (e) => {
    const b = aligned(e, 1);
    const a = e.let(e.value(0));
    const imm = e.value(2);
    const low = shuffleFour(e, 4, 0, a, imm);
    const high = shuffleFour(e, 4, 0, b, imm);
    e.assign(0, e.shuffle(low, high, simd.lanes(4, [0, 1, 6, 7])));
  },
  cite: 'SDM 2B SHUFPS',
};

const shufpd: Row = {
  enc: '66 0F C6 /r ib',
  name: 'SHUFPD',
  ops: 'Vdq,Wdq,Ib',
  unit: 'sse',
  emit: (e) => {
    const b = aligned(e, 1);
    const a = e.let(e.value(0));
    const imm = e.value(2);
    const half = (v: Val, bit: number): Val =>
      e.select(e.and(imm, bit), simd.extract(e, 8, 1, v), simd.extract(e, 8, 0, v));
    e.assign(0, simd.replace(e, 8, 1, simd.splat(e, 8, half(a, 1)), half(b, 2)));
  },
  cite: 'SDM 2B SHUFPD',
};

/** Interleaves lanes of two vectors, eight bytes of each from byte `first` on. */
function interleave(lane: 1 | 2 | 4 | 8, first: number): simd.Binary {
  const picks = Array.from({ length: 8 / lane }, (_, i) => first / lane + i);
  const both = simd.lanes(
    lane,
    picks.flatMap((i) => [i, 16 / lane + i]),
  );
  return (c, a, b) => c.shuffle(a, b, both);
}

/** PUNPCKL, PUNPCKH: of a quadword, or of the whole register. */
function unpackRows(low: string, high: string, name: string, lane: 1 | 2 | 4): Row[] {
  const [L, H] = [`PUNPCKL${name}`, `PUNPCKH${name}`];
  return [
    // The low form reads only the four bytes that it needs.
    mmxRow(`NP ${low} /r`, L, interleave(lane, 0), { cite: `SDM 2B ${L}`, ops: 'Pq,Qd' }),
    sseRow(`66 ${low} /r`, L, interleave(lane, 0), { cite: `SDM 2B ${L}` }),
    mmxRow(`NP ${high} /r`, H, interleave(lane, 4), { cite: `SDM 2B ${H}` }),
    sseRow(`66 ${high} /r`, H, interleave(lane, 8), { cite: `SDM 2B ${H}` }),
  ];
}

const whole = (enc: string, name: string, lane: 4 | 8, first: number): Row =>
  sseRow(enc, name, interleave(lane, first), { cite: `SDM 2 ${name}` });

/** Lane `imm` of a vector. */
export function extractLane(c: Code, lane: simd.Lane, v: Val, imm: Val): Val {
  const index = c.and(imm, 16 / lane - 1);
  if (index.isConst) return simd.extract(c, lane, index.imm, v);
  return simd.extract(c, lane, 0, simd.bytesDown(c, v, c.mul(index, lane)));
}

/** `v` with lane `imm`, counted modulo `count`, replaced. */
export function insertLane(c: Code, lane: simd.Lane, v: Val, imm: Val, value: Val): Val {
  const index = c.and(imm, 16 / lane - 1);
  if (index.isConst) return simd.replace(c, lane, index.imm, v, value);
  const numbers = simd.constant(simd.IOTA.map((i) => (i % lane === 0 ? i / lane : 0)));
  const wanted = simd.splat(c, lane, lane === 8 ? c.extu(index) : index);
  return simd.bitselect(
    c,
    c.op('v128', simd.EQ[lane], numbers, wanted),
    simd.splat(c, lane, value),
    v,
  );
}

const extractWord = (enc: string, ops: string, unit: 'mmx' | 'sse'): Row => ({
  enc,
  name: 'PEXTRW',
  ops,
  unit,
  emit: (e) => {
    if (unit === 'mmx') checkX87(e);
    const v = unit === 'mmx' ? simd.splat(e, 8, e.value(1)) : e.value(1);
    const imm = unit === 'mmx' ? e.and(e.value(2), 3) : e.value(2);
    const word = e.let(extractLane(e, 2, v, imm));
    if (unit === 'mmx') touchX87(e);
    e.assign(0, word);
  },
  cite: 'SDM 2B PEXTRW',
});

function insertWordMmx(e: Emitter): void {
  checkX87(e);
  const value = e.value(1);
  const v = simd.splat(e, 8, e.value(0));
  const inserted = insertLane(e, 2, v, e.and(e.value(2), 3), value);
  const r = e.let(simd.extract(e, 8, 0, inserted));
  touchX87(e);
  assignMmx(e, 0, r);
}

const insertWord: Row[] = [
  { enc: 'NP 0F C4 /r ib', ops: 'Pq,Ew,Ib', unit: 'mmx', emit: insertWordMmx },
  {
    enc: '66 0F C4 /r ib',
    ops: 'Vdq,Ew,Ib',
    unit: 'sse',
    emit: (e: Emitter) => {
      const value = e.value(1);
      e.assign(0, insertLane(e, 2, e.value(0), e.value(2), value));
    },
  },
].map((row) => ({ ...row, name: 'PINSRW', cite: 'SDM 2B PINSRW' }) as Row);

const packs = (opcode: string, name: string, code: number): Row[] =>
  both(opcode, name, simd.binary(code), 'joined');

export const sseShuffle: readonly Row[] = [
  pshufw,
  shuffleRow('66 0F 70 /r ib', 'PSHUFD', 4, 0),
  shuffleRow('F2 0F 70 /r ib', 'PSHUFLW', 2, 0),
  shuffleRow('F3 0F 70 /r ib', 'PSHUFHW', 2, 4),
  shufps,
  shufpd,
  ...unpackRows('0F 60', '0F 68', 'BW', 1),
  ...unpackRows('0F 61', '0F 69', 'WD', 2),
  ...unpackRows('0F 62', '0F 6A', 'DQ', 4),
  whole('66 0F 6C /r', 'PUNPCKLQDQ', 8, 0),
  whole('66 0F 6D /r', 'PUNPCKHQDQ', 8, 8),
  whole('NP 0F 14 /r', 'UNPCKLPS', 4, 0),
  whole('NP 0F 15 /r', 'UNPCKHPS', 4, 8),
  whole('66 0F 14 /r', 'UNPCKLPD', 8, 0),
  whole('66 0F 15 /r', 'UNPCKHPD', 8, 8),
  ...packs('0F 63', 'PACKSSWB', simd.NARROW_S[1]),
  ...packs('0F 67', 'PACKUSWB', simd.NARROW_U[1]),
  ...packs('0F 6B', 'PACKSSDW', simd.NARROW_S[2]),
  extractWord('NP 0F C5 /r ib', 'Gd,Nq,Ib', 'mmx'),
  extractWord('66 0F C5 /r ib', 'Gd,Udq,Ib', 'sse'),
  ...insertWord,
];
