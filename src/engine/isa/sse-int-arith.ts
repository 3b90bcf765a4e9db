/**
 * Packed integer arithmetic and comparison on MMX and XMM registers: MMX, SSE and SSE2. SDM Vol. 2B,
 * the instructions starting with P; overview in Vol. 1 §9.4, §11.4.
 */

import type { Code, Val } from '../wasm/code.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { both } from './vector.ts';

const lanewise = (opcode: string, name: string, code: number, features = {}): Row[] =>
  both(opcode, name, simd.binary(code), 'apart', features);

/** Upper halves of the 32-bit products of words. */
function highWords(low: number, high: number): simd.Binary {
  const picks = simd.lanes(2, [1, 3, 5, 7, 9, 11, 13, 15]);
  return (c, a, b) => c.shuffle(c.op('v128', low, a, b), c.op('v128', high, a, b), picks);
}

/** Products of the even doublewords. */
export const evenProducts =
  (code: number): simd.Binary =>
  (c, a, b) => {
    const even = simd.lanes(4, [0, 2, 0, 2]);
    return c.op('v128', code, c.shuffle(a, a, even), c.shuffle(b, b, even));
  };

/** Sums of the absolute differences of bytes, over each half. */
function sad(c: Code, a: Val, b: Val): Val {
  const difference = c.op(
    'v128',
    simd.OR,
    c.op('v128', simd.SUB_SAT_U[1], a, b),
    c.op('v128', simd.SUB_SAT_U[1], b, a),
  );
  const words = c.op('v128', simd.EXTADD_PAIRWISE_U[1], difference);
  const sums = c.let(c.op('v128', simd.EXTADD_PAIRWISE_U[2], words));
  const both = c.op('v128', simd.ADD[8], sums, c.op('v128', simd.SHR_U[8], sums, c.i32(32)));
  return c.op('v128', simd.AND, both, simd.repeat(8, 0xffffn));
}

export const sseIntArith: readonly Row[] = [
  ...lanewise('0F FC', 'PADDB', simd.ADD[1]),
  ...lanewise('0F FD', 'PADDW', simd.ADD[2]),
  ...lanewise('0F FE', 'PADDD', simd.ADD[4]),
  ...lanewise('0F D4', 'PADDQ', simd.ADD[8]),
  ...lanewise('0F EC', 'PADDSB', simd.ADD_SAT_S[1]),
  ...lanewise('0F ED', 'PADDSW', simd.ADD_SAT_S[2]),
  ...lanewise('0F DC', 'PADDUSB', simd.ADD_SAT_U[1]),
  ...lanewise('0F DD', 'PADDUSW', simd.ADD_SAT_U[2]),
  ...lanewise('0F F8', 'PSUBB', simd.SUB[1]),
  ...lanewise('0F F9', 'PSUBW', simd.SUB[2]),
  ...lanewise('0F FA', 'PSUBD', simd.SUB[4]),
  ...lanewise('0F FB', 'PSUBQ', simd.SUB[8]),
  ...lanewise('0F E8', 'PSUBSB', simd.SUB_SAT_S[1]),
  ...lanewise('0F E9', 'PSUBSW', simd.SUB_SAT_S[2]),
  ...lanewise('0F D8', 'PSUBUSB', simd.SUB_SAT_U[1]),
  ...lanewise('0F D9', 'PSUBUSW', simd.SUB_SAT_U[2]),
  ...lanewise('0F D5', 'PMULLW', simd.MUL[2]),
  ...both('0F E5', 'PMULHW', highWords(simd.EXTMUL_LOW_S[2], simd.EXTMUL_HIGH_S[2])),
  ...both('0F E4', 'PMULHUW', highWords(simd.EXTMUL_LOW_U[2], simd.EXTMUL_HIGH_U[2])),
  ...both('0F F4', 'PMULUDQ', evenProducts(simd.EXTMUL_LOW_U[4])),
  ...lanewise('0F F5', 'PMADDWD', simd.DOT_I16X8_S),
  ...both('0F F6', 'PSADBW', sad),
  ...lanewise('0F E0', 'PAVGB', simd.AVGR_U[1]),
  ...lanewise('0F E3', 'PAVGW', simd.AVGR_U[2]),
  ...lanewise('0F DA', 'PMINUB', simd.MIN_U[1]),
  ...lanewise('0F EA', 'PMINSW', simd.MIN_S[2]),
  ...lanewise('0F DE', 'PMAXUB', simd.MAX_U[1]),
  ...lanewise('0F EE', 'PMAXSW', simd.MAX_S[2]),
  ...lanewise('0F 74', 'PCMPEQB', simd.EQ[1]),
  ...lanewise('0F 75', 'PCMPEQW', simd.EQ[2]),
  ...lanewise('0F 76', 'PCMPEQD', simd.EQ[4]),
  ...lanewise('0F 64', 'PCMPGTB', simd.GT_S[1]),
  ...lanewise('0F 65', 'PCMPGTW', simd.GT_S[2]),
  ...lanewise('0F 66', 'PCMPGTD', simd.GT_S[4]),
];
