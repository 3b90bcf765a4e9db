/**
 * Instructions that do nothing to an in-order processor without caches: NOP in all its forms, PAUSE,
 * prefetches and other hints, fences, cache-line flushes (which may fault). SDM Vol. 2A/2B, by name.
 */

import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';

const nothing = (): void => {};

/** A flush is checked as a load of one byte; there is no cache to flush. */
function touch(e: Emitter): void {
  e.pointerTo(e.linear(1, false), 1);
}

const HINT = { name: 'NOP', ops: 'Ev', emit: nothing, cite: 'SDM 2B NOP; 2D A.3' } as const;
const FENCE = { ops: 'Rd', emit: nothing } as const;

export const nop: readonly Row[] = [
  { enc: '90', name: 'NOP', ops: '', emit: nothing, cite: 'SDM 2B NOP' },
  { enc: 'F3 90', name: 'PAUSE', ops: '', emit: nothing, cite: 'SDM 2B PAUSE' },
  // The hint space: PREFETCHh, CLDEMOTE and ENDBR are hints in it, the rest is reserved for more.
  ...['18', '19', '1A', '1B', '1C', '1D', '1E', '1F'].map(
    (opcode): Row => ({ enc: `0F ${opcode} /r`, ...HINT }),
  ),
  { enc: '0F 0D /r', name: 'PREFETCHW', ops: 'Mb', emit: nothing, cite: 'SDM 2B PREFETCHW' },
  { enc: 'NP 0F AE /5', name: 'LFENCE', ...FENCE, cite: 'SDM 2A LFENCE' },
  { enc: 'NP 0F AE /6', name: 'MFENCE', ...FENCE, cite: 'SDM 2B MFENCE' },
  { enc: 'NP 0F AE /7', name: 'SFENCE', ...FENCE, cite: 'SDM 2B SFENCE' },
  {
    enc: 'NP 0F AE /7',
    name: 'CLFLUSH',
    ops: 'Mb',
    emit: touch,
    feature: 'CLFSH',
    cite: 'SDM 2A CLFLUSH',
  },
  {
    enc: '66 0F AE /7',
    name: 'CLFLUSHOPT',
    ops: 'Mb',
    emit: touch,
    feature: 'CLFLUSHOPT',
    cite: 'SDM 2A CLFLUSHOPT',
  },
];
