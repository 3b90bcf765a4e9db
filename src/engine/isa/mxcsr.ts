/**
 * The state of SSE as a whole: LDMXCSR, STMXCSR, FXSAVE, FXRSTOR. SDM Vol. 2A and 2B, by name.
 */

import { MXCSR_MASK } from '../float/sse/env.ts';
import { fxrstor, fxsave } from '../microcode/fxsave.ts';
import * as L from '../vcpu/layout.ts';
import { type Emitter, GP } from './emitter.ts';
import type { Row } from './row.ts';

function ldmxcsr(e: Emitter): void {
  const value = e.value(0);
  e.raiseIf(e.and(value, ~MXCSR_MASK), GP);
  e.store(4, e.i32(0), value, L.MXCSR);
}

const stmxcsr = (e: Emitter): void => e.assign(0, e.load('i32', 4, e.i32(0), L.MXCSR));

export const mxcsr: readonly Row[] = [
  {
    enc: 'NP 0F AE /2',
    name: 'LDMXCSR',
    ops: 'Md',
    unit: 'sse',
    emit: ldmxcsr,
    cite: 'SDM 2A LDMXCSR',
  },
  {
    enc: 'NP 0F AE /3',
    name: 'STMXCSR',
    ops: 'Md',
    unit: 'sse',
    emit: stmxcsr,
    cite: 'SDM 2B STMXCSR',
  },
  {
    enc: 'NP 0F AE /0',
    name: 'FXSAVE',
    ops: 'M',
    unit: 'x87',
    microcode: fxsave,
    ends: false,
    cite: 'SDM 2A FXSAVE',
  },
  {
    enc: 'NP 0F AE /1',
    name: 'FXRSTOR',
    ops: 'M',
    unit: 'x87',
    microcode: fxrstor,
    ends: false,
    cite: 'SDM 2A FXRSTOR',
  },
];
