/** Where the host's outcome of an integer instruction is no measure of ours, and why. */

import { A_BYTES, type Outcome, WINDOW_A } from './case.ts';
import type { Generated } from './generate.ts';

/** Single-stepping shows in the image that PUSHF pushes. */
function hideTrapFlag(g: Generated, theirs: Outcome): void {
  if (g.encoding.row.name !== 'PUSHF') return;
  const at = Number(theirs.gpr[4]! - BigInt(WINDOW_A)) + 1;
  if (at < A_BYTES) theirs.a[at]! &= ~1;
}

/** SHLD and SHRD of 16 bits by more than 16: undefined, and vendors differ. */
export function isUndefined({ encoding, case: c }: Generated): boolean {
  const { row, size, bytes } = encoding;
  if ((row.name !== 'SHLD' && row.name !== 'SHRD') || size !== 2) return false;
  const count = row.ops.endsWith('CL') ? Number(c.gpr[1]! & 31n) : bytes[bytes.length - 1]! & 31;
  return count > 16;
}

export function settle(g: Generated, ours: Outcome, theirs: Outcome): Outcome {
  hideTrapFlag(g, theirs);
  // Segments that end a byte early: what is a page fault at the top of memory comes sooner.
  const limit = ours.vector === 12 || ours.vector === 13;
  if (g.case.compatibility && limit && theirs.cr2 >= 0xfffffff0n) return ours;
  return theirs;
}
