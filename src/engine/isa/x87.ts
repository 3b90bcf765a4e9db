/**
 * The x87 instructions. All of D8..DF goes to one microcode routine, which dispatches on opcode and
 * ModRM as SDM Vol. 2D Tables do.
 */

import { fwait, x87 as microcode } from '../microcode/x87.ts';
import type { Row } from './row.ts';

const OPCODES = ['D8', 'D9', 'DA', 'DB', 'DC', 'DD', 'DE', 'DF'];

export const x87: readonly Row[] = [
  ...OPCODES.map(
    (opcode): Row => ({
      enc: `${opcode} /r`,
      name: 'x87',
      ops: 'E',
      unit: 'x87',
      microcode,
      ends: false,
      cite: 'SDM 2D A.5; Vol. 1 chapter 8',
    }),
  ),
  // Not of the unit: CR0.TS alone does not stop it, and CR0.EM never.
  { enc: '9B', name: 'FWAIT', ops: '', microcode: fwait, ends: false, cite: 'SDM 2D WAIT' },
];
