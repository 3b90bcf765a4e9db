/**
 * A mark: a place in a recording where the guest can be looked at. Marks are totally ordered, and
 * equal marks mean the same guest state.
 *
 * icount alone is not enough, because things happen to a guest between two instructions: an
 * interrupt is delivered, DMA arrives, an instruction faults and so never retires. Hence
 *
 *     icount    retired instructions: the state in front of instruction number `icount` ...
 *     step      ... after this many frames that carry this same icount (exits, interrupts, NMIs,
 *               DMA, in recorded order; hashes and inputs do not count, they change nothing) ...
 *     landing   ... and, seldom, after so many exceptions that were delivered since, without an
 *               instruction retiring in between. `rip` (linear) is where the last one went.
 *
 * So {icount: 7, step: 0} is the boundary as the seventh instruction left it, {7, 1} the same
 * boundary after the interrupt taken there. A step in the middle of an instruction (an exit that is
 * answered while the instruction has not retired) is no place to stand; positions.ts knows which
 * steps are.
 */

import { type Gva, type Icount, icount } from '../engine/units.ts';

export interface Mark {
  readonly icount: Icount;
  readonly step: number;
  readonly landing?: Landing | undefined;
}

export interface Landing {
  /** Exceptions delivered since {icount, step}; at least 1. */
  readonly count: number;
  readonly rip: Gva;
}

export const mark = (at: number, step = 0): Mark => ({ icount: icount(at), step });

export const START: Mark = mark(0);

/** Negative if `a` is before `b`, 0 if they are the same place. */
export function compareMarks(a: Mark, b: Mark): number {
  return (
    a.icount - b.icount || a.step - b.step || (a.landing?.count ?? 0) - (b.landing?.count ?? 0)
  );
}

export const earlier = (a: Mark, b: Mark): Mark => (compareMarks(a, b) <= 0 ? a : b);

/** "1234567", "1234567+2" with a step, "1234567+2!1@ffff8000" with a landing. */
export function formatMark({ icount: at, step, landing }: Mark): string {
  const tail = landing ? `!${landing.count}@${landing.rip.toString(16)}` : '';
  return step === 0 && !landing ? `${at}` : `${at}+${step}${tail}`;
}

/** A mark that cannot be found, or is no mark at all. One line. */
export class MarkError extends Error {
  override readonly name = 'MarkError';
}
