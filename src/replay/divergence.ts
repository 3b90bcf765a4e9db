/**
 * Replay and recording disagree. That is always final and never the guest's doing: a bug in the
 * engine, or a recording that some other engine made.
 */

import type { Icount } from '../engine/units.ts';

export type DivergenceKind = 'exit' | 'interrupt' | 'hash' | 'inward';

export interface Divergence {
  /** Where the replay was. */
  readonly icount: Icount;
  readonly what: DivergenceKind;
  /** What the recording has next, and what the vCPU did instead. */
  readonly expected: string;
  readonly actual: string;
  readonly rip: bigint;
  /** How many exits had agreed. */
  readonly exits: number;
  /** Builds of the engine, if another one recorded: then the recording is not to blame. */
  readonly builds?: { readonly recorded: string; readonly own: string } | undefined;
}

export function describeDivergence(d: Divergence): string {
  const { recorded, own } = d.builds ?? {};
  const builds = recorded ? `; recorded by engine build ${recorded}, this is ${own}` : '';
  return `divergence at icount ${d.icount} (rip 0x${d.rip.toString(16)}, after ${d.exits} exits): expected ${d.expected}, got ${d.actual}${builds}`;
}
