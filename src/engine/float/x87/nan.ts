/** NaN operands of x87 instructions (SDM Vol. 1 §4.8.3.5, Table 4-7, x87 column). */

import { IE } from '../flags.ts';
import { QNAN, SNAN, UNSUPPORTED, type Value } from '../value.ts';
import { encodeExact, exactly, INVALID_RESULT, quieted, type Result } from './format.ts';

export const isNan = (v: Value): boolean => v.kind >= QNAN;

/** Of two NaNs of one kind the larger significand wins; if they are equal, the positive one. */
function larger(x: Value, y: Value): Value {
  if (x.sig !== y.sig) return x.sig > y.sig ? x : y;
  return x.sign <= y.sign ? x : y;
}

/** The result of an instruction with two operands, at least one of them a NaN or unsupported. */
export function propagate(x: Value, y: Value): Result {
  if (x.kind === UNSUPPORTED || y.kind === UNSUPPORTED) return INVALID_RESULT;
  const flags = x.kind === SNAN || y.kind === SNAN ? IE : 0;
  let chosen: Value;
  if (isNan(x) && isNan(y)) {
    // A quiet NaN is preferred to a signalling one.
    chosen = x.kind === y.kind ? larger(x, y) : x.kind === QNAN ? x : y;
  } else {
    chosen = isNan(x) ? x : y;
  }
  return exactly(quieted(encodeExact(chosen)), flags);
}
