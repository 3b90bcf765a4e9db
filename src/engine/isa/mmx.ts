/**
 * What only MMX registers have: moves, EMMS, PMOVMSKB to a general register and the masked store.
 * SDM Vol. 2A EMMS, Vol. 2B MOVD, MOVQ, MOVNTQ, MASKMOVQ, PMOVMSKB. The arithmetic is with its SSE2
 * forms in sse-int-*.ts, sse-shift.ts and sse-shuffle.ts.
 */

import { maskedStore } from '../microcode/masked-store.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { assignMmx, checkX87, touchX87 } from './vector.ts';

type Emit = (e: Emitter) => void;

const row = (enc: string, name: string, ops: string, emit: Emit): Row => ({
  enc,
  name,
  ops,
  unit: 'mmx',
  emit,
  cite: `SDM 2B ${name}`,
});

const toRegister: Emit = (e) => {
  checkX87(e);
  const value = e.let(e.extu(e.value(1)));
  touchX87(e);
  assignMmx(e, 0, value);
};

/** To a general register or memory: what may fault comes before the x87 state changes. */
const fromRegister: Emit = (e) => {
  checkX87(e);
  e.assign(0, e.value(1));
  touchX87(e);
};

const storeQuadword: Emit = (e) => (e.isMemory(0) ? fromRegister(e) : toRegister(e));

const signs: Emit = (e) => {
  checkX87(e);
  const mask = e.let(e.op('i32', simd.BITMASK[1], simd.zeroExtend(e, e.value(1))));
  touchX87(e);
  e.assign(0, mask);
};

const ALL_EMPTY = 0xffff;

const emms: Emit = (e) => {
  checkX87(e);
  touchX87(e, ALL_EMPTY);
};

export const mmx: readonly Row[] = [
  row('NP 0F 6E /r', 'MOVD', 'Pq,Ey', toRegister),
  row('NP 0F 7E /r', 'MOVD', 'Ey,Py', fromRegister),
  row('NP 0F 6F /r', 'MOVQ', 'Pq,Qq', toRegister),
  row('NP 0F 7F /r', 'MOVQ', 'Qq,Pq', storeQuadword),
  row('NP 0F E7 /r', 'MOVNTQ', 'Mq,Pq', fromRegister),
  row('NP 0F D7 /r', 'PMOVMSKB', 'Gd,Nq', signs),
  row('NP 0F 77', 'EMMS', '', emms),
  {
    enc: 'NP 0F F7 /r',
    name: 'MASKMOVQ',
    ops: 'Pq,Nq',
    unit: 'mmx',
    microcode: maskedStore(8),
    ends: false,
    cite: 'SDM 2A MASKMOVQ',
  },
  {
    enc: '66 0F F7 /r',
    name: 'MASKMOVDQU',
    ops: 'Vdq,Udq',
    unit: 'sse',
    microcode: maskedStore(16),
    ends: false,
    cite: 'SDM 2A MASKMOVDQU',
  },
];
