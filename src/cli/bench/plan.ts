/** What a benchmark is asked to do. */

import type { BenchGuest } from './guests.ts';

export const SUBJECTS = ['boots', 'travel', 'loops'] as const;
export type Subject = (typeof SUBJECTS)[number];

export interface BenchPlan {
  readonly guests: readonly BenchGuest[];
  readonly subjects: readonly Subject[];
  /** Undefined: as many as each guest has by itself. */
  readonly rounds: number | undefined;
  readonly quick: boolean;
  readonly peers: boolean;
}
