/**
 * Bitwise logic on whole MMX and XMM registers, under its integer and its floating-point names.
 * SDM Vol. 2, PAND, ANDPS and their like.
 */

import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { both, sseRow } from './vector.ts';

const and = simd.binary(simd.AND);
const or = simd.binary(simd.OR);
const xor = simd.binary(simd.XOR);
/** ~a & b. */
const andNot: simd.Binary = (c, a, b) => c.op('v128', simd.ANDNOT, b, a);

/** The PS and the PD form, which do the same. */
const floatNames = (opcode: string, name: string, compute: simd.Binary): Row[] => [
  sseRow(`NP ${opcode} /r`, `${name}PS`, compute, { cite: `SDM 2 ${name}PS` }),
  sseRow(`66 ${opcode} /r`, `${name}PD`, compute, { cite: `SDM 2 ${name}PD` }),
];

export const sseIntLogic: readonly Row[] = [
  ...both('0F DB', 'PAND', and),
  ...both('0F DF', 'PANDN', andNot),
  ...both('0F EB', 'POR', or),
  ...both('0F EF', 'PXOR', xor),
  ...floatNames('0F 54', 'AND', and),
  ...floatNames('0F 55', 'ANDN', andNot),
  ...floatNames('0F 56', 'OR', or),
  ...floatNames('0F 57', 'XOR', xor),
];
