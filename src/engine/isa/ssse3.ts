/** SSSE3, on MMX and XMM registers. SDM Vol. 2B, PABSB and its like. */

import type { Code, Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { aligned, assignMmx, both, checkX87, mmxRow, sseRow, touchX87 } from './vector.ts';

const FEATURE = { mmx: 'SSSE3', sse: 'SSSE3' } as const;

const lanewise = (opcode: string, name: string, compute: simd.Binary): Row[] =>
  both(opcode, name, compute, 'apart', FEATURE);

/** Neighbouring lanes of the destination, then of the source. */
function horizontal(lane: 2 | 4, code: number): simd.Binary {
  const count = 16 / lane;
  const even = Array.from({ length: count }, (_, i) => 2 * i);
  const pick = (c: Code, a: Val, b: Val, from: readonly number[]): Val =>
    c.shuffle(a, b, simd.lanes(lane, from));
  return (c, a, b) =>
    c.op(
      'v128',
      code,
      pick(c, a, b, even),
      pick(
        c,
        a,
        b,
        even.map((i) => i + 1),
      ),
    );
}

const paired = (opcode: string, name: string, lane: 2 | 4, code: number): Row[] =>
  both(opcode, name, horizontal(lane, code), 'joined', FEATURE);

/** a, negated where b is negative, zero where b is zero. */
const sign =
  (lane: 1 | 2 | 4): simd.Binary =>
  (c, a, b) => {
    const negative = c.let(c.op('v128', simd.LT_S[lane], b, simd.nothing()));
    const turned = c.op('v128', simd.SUB[lane], c.op('v128', simd.XOR, a, negative), negative);
    return c.op('v128', simd.ANDNOT, turned, c.op('v128', simd.EQ[lane], b, simd.nothing()));
  };

const abs =
  (lane: 1 | 2 | 4): simd.Binary =>
  (c, _, b) =>
    c.op('v128', simd.ABS[lane], b);

/** Unsigned bytes of a times signed bytes of b, neighbours added with saturation. */
const maddubs: simd.Binary = (c, a, b) => {
  const shift = (code: number, v: Val): Val => c.op('v128', code, v, c.i32(8));
  const evenA = c.op('v128', simd.AND, a, simd.repeat(2, 0xffn));
  const oddA = shift(simd.SHR_U[2], a);
  const evenB = shift(simd.SHR_S[2], shift(simd.SHL[2], b));
  const oddB = shift(simd.SHR_S[2], b);
  const product = (x: Val, y: Val): Val => c.op('v128', simd.MUL[2], x, y);
  return c.op('v128', simd.ADD_SAT_S[2], product(evenA, evenB), product(oddA, oddB));
};

/** As Q15MULR_SAT_S but for -1 * -1, which does not saturate. */
const mulhrs: simd.Binary = (c, a, b) => {
  const least = (v: Val): Val => c.op('v128', simd.EQ[2], v, simd.repeat(2, 0x8000n));
  const wraps = c.op('v128', simd.AND, least(a), least(b));
  return c.op('v128', simd.XOR, c.op('v128', simd.Q15MULR_SAT_S, a, b), wraps);
};

/** An index byte with its top bit set gives zero; else its low bits count. */
const shuffleBytes =
  (indexMask: bigint): simd.Binary =>
  (c, a, b) =>
    simd.swizzle(c, a, c.op('v128', simd.AND, b, simd.repeat(1, 0x80n | indexMask)));

/** Bytes of source and destination, joined, moved down; `width` bytes of each. */
function alignRight(e: Emitter, width: 8 | 16, a: Val, b: Val, imm: Val): Val {
  const count = e.let(e.select(e.gtu(imm, 32), e.i32(32), imm));
  if (width === 8) return simd.bytesDown(e, simd.joinLow(e, b, a), count);
  const fromA = simd.bytesDown(e, a, e.sub(count, 16));
  return e.op('v128', simd.OR, simd.bytesDown(e, b, count), fromA);
}

const palignr: Row[] = [
  {
    enc: 'NP 0F 3A 0F /r ib',
    name: 'PALIGNR',
    ops: 'Pq,Qq,Ib',
    unit: 'mmx',
    emit: (e) => {
      checkX87(e);
      const b = simd.splat(e, 8, e.value(1));
      const a = simd.splat(e, 8, e.value(0));
      const r = e.let(simd.extract(e, 8, 0, alignRight(e, 8, a, b, e.value(2))));
      touchX87(e);
      assignMmx(e, 0, r);
    },
    feature: 'SSSE3',
    cite: 'SDM 2B PALIGNR',
  },
  {
    enc: '66 0F 3A 0F /r ib',
    name: 'PALIGNR',
    ops: 'Vdq,Wdq,Ib',
    unit: 'sse',
    emit: (e) => {
      const b = aligned(e, 1);
      e.assign(0, alignRight(e, 16, e.value(0), b, e.value(2)));
    },
    feature: 'SSSE3',
    cite: 'SDM 2B PALIGNR',
  },
];

const PSHUFB = { cite: 'SDM 2B PSHUFB', feature: 'SSSE3' } as const;

export const ssse3: readonly Row[] = [
  mmxRow('NP 0F 38 00 /r', 'PSHUFB', shuffleBytes(0x07n), PSHUFB),
  sseRow('66 0F 38 00 /r', 'PSHUFB', shuffleBytes(0x0fn), PSHUFB),
  ...paired('0F 38 01', 'PHADDW', 2, simd.ADD[2]),
  ...paired('0F 38 02', 'PHADDD', 4, simd.ADD[4]),
  ...paired('0F 38 03', 'PHADDSW', 2, simd.ADD_SAT_S[2]),
  ...lanewise('0F 38 04', 'PMADDUBSW', maddubs),
  ...paired('0F 38 05', 'PHSUBW', 2, simd.SUB[2]),
  ...paired('0F 38 06', 'PHSUBD', 4, simd.SUB[4]),
  ...paired('0F 38 07', 'PHSUBSW', 2, simd.SUB_SAT_S[2]),
  ...lanewise('0F 38 08', 'PSIGNB', sign(1)),
  ...lanewise('0F 38 09', 'PSIGNW', sign(2)),
  ...lanewise('0F 38 0A', 'PSIGND', sign(4)),
  ...lanewise('0F 38 0B', 'PMULHRSW', mulhrs),
  ...lanewise('0F 38 1C', 'PABSB', abs(1)),
  ...lanewise('0F 38 1D', 'PABSW', abs(2)),
  ...lanewise('0F 38 1E', 'PABSD', abs(4)),
  ...palignr,
];
