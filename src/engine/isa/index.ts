/** Every instruction there is. */

import { arith } from './arith.ts';
import { withFeatures } from './belongs.ts';
import { bit } from './bit.ts';
import { adx, bmi } from './bmi.ts';
import { branch } from './branch.ts';
import { convert } from './convert.ts';
import { decimal } from './decimal.ts';
import { exchange } from './exchange.ts';
import { flagops } from './flagops.ts';
import { logic } from './logic.ts';
import { move } from './move.ts';
import { muldiv } from './muldiv.ts';
import { nop } from './nop.ts';
import { rotates } from './rotate.ts';
import type { Row } from './row.ts';
import { shifts } from './shift.ts';
import { stack } from './stack.ts';
import { string } from './string.ts';
import { system } from './system.ts';
import { VECTOR } from './vector-rows.ts';

/** The integer instructions. */
export const INTEGER: readonly Row[] = withFeatures([
  ...arith,
  ...logic,
  ...shifts,
  ...rotates,
  ...muldiv,
  ...bit,
  ...bmi,
  ...adx,
  ...move,
  ...exchange,
  ...convert,
  ...decimal,
  ...stack,
  ...branch,
  ...string,
  ...flagops,
  ...nop,
]);

export const ROWS: readonly Row[] = [...INTEGER, ...withFeatures(system), ...VECTOR];
