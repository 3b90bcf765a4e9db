/** Sign extension of the accumulator: CBW CWDE CDQE, CWD CDQ CQO. SDM Vol. 2A, by name. */

import * as L from '../vcpu/layout.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';

/** Doubles the accumulator's width in place. */
function widenAccumulator(e: Emitter): void {
  const half = e.size / 2;
  const wide = e.signed(e.read(L.RAX, half), half);
  e.write(L.RAX, e.size, e.size === 8 ? wide : e.wrap(wide));
}

/** Fills rDX with the accumulator's sign. */
function signIntoDx(e: Emitter): void {
  const sign = e.shrs(e.signed(e.read(L.RAX, e.size), e.size), 63);
  e.write(L.RDX, e.size, e.size === 8 ? sign : e.wrap(sign));
}

export const convert: readonly Row[] = [
  { enc: '98', name: 'CBW', ops: '', emit: widenAccumulator, cite: 'SDM 2A CBW/CWDE/CDQE' },
  { enc: '99', name: 'CWD', ops: '', emit: signIntoDx, cite: 'SDM 2A CWD/CDQ/CQO' },
];
