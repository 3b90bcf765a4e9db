/**
 * FLD1, FLDL2T, FLDL2E, FLDPI, FLDLG2, FLDLN2 and FLDZ (SDM Vol. 2). The constants are held with
 * more bits than a register and rounded as FCW.RC says; precision control does not apply and #P is
 * not raised.
 */

import { F80 } from '../round.ts';
import { finite, type Value, zero } from '../value.ts';
import { deliver } from './format.ts';
import { push, type X87State } from './state.ts';

/** 128 significant bits, truncated. `exp` is that of the leading bit. The low bit is sticky. */
const constant = (bits: bigint, exp: number): Value => finite(0, (bits << 1n) | 1n, exp - 128);

const LOG2_10 = constant(0xd49a784b_cd1b8afe_492bf6ff_4dafdb4cn, 1);
const LOG2_E = constant(0xb8aa3b29_5c17f0bb_be87fed0_691d3e88n, 0);
const PI = constant(0xc90fdaa2_2168c234_c4c6628b_80dc1cd1n, 1);
const LOG10_2 = constant(0x9a209a84_fbcff798_8f8959ac_0b7c9178n, -2);
const LN_2 = constant(0xb17217f7_d1cf79ab_c9e3b398_03f2f6afn, -1);

/** In the order of opcodes D9 E8..EE. */
const CONSTANTS: readonly Value[] = [finite(0, 1n, 0), LOG2_10, LOG2_E, PI, LOG10_2, LN_2, zero(0)];

/** `index`: the opcode's low three bits, 0..6. */
export function fldConstant(s: X87State, index: number): void {
  const value = CONSTANTS[index];
  if (value === undefined) throw new Error(`x87 constants: expected 0..6, got ${index}`);
  push(s, deliver(value, F80, s.fcw).value);
}
