/** x87, MMX, SSE up to SSE4.2, AES and SHA. */

import { aes } from './aes.ts';
import { withFeatures } from './belongs.ts';
import { mmx } from './mmx.ts';
import { mxcsr } from './mxcsr.ts';
import type { Row } from './row.ts';
import { sha } from './sha.ts';
import { sseCompare } from './sse-compare.ts';
import { sseConvert } from './sse-convert.ts';
import { sseFloat } from './sse-float.ts';
import { sseIntArith } from './sse-int-arith.ts';
import { sseIntLogic } from './sse-int-logic.ts';
import { sseMove } from './sse-move.ts';
import { sseShift } from './sse-shift.ts';
import { sseShuffle } from './sse-shuffle.ts';
import { sse3 } from './sse3.ts';
import { sse4Float } from './sse4-float.ts';
import { sse4Int } from './sse4-int.ts';
import { sse4String } from './sse4-string.ts';
import { ssse3 } from './ssse3.ts';
import { x87 } from './x87.ts';
import { x87Fast } from './x87-fast.ts';

export const VECTOR: readonly Row[] = withFeatures([
  ...x87,
  ...x87Fast,
  ...mmx,
  ...mxcsr,
  ...sseMove,
  ...sseIntArith,
  ...sseIntLogic,
  ...sseShift,
  ...sseShuffle,
  ...sseFloat,
  ...sseCompare,
  ...sseConvert,
  ...sse3,
  ...ssse3,
  ...sse4Int,
  ...sse4Float,
  ...sse4String,
  ...aes,
  ...sha,
]);
