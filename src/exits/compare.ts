/** Two recordings beside each other: how often and how long by subject, and where they first part. */

import type { Frame } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import type { Filter } from './filter.ts';
import { rows } from './rows.ts';
import type { Statistics, Tally } from './statistics.ts';
import type { TracedFrame } from './subject.ts';
import { frameLine } from './text.ts';

export interface ComparedTally {
  readonly reason: string;
  readonly subject: string;
  readonly name: string;
  readonly counts: readonly [number, number];
  readonly times: readonly [number, number];
}

/** Largest difference of counts first, then of times. */
export function compareTallies(a: Statistics, b: Statistics): ComparedTally[] {
  const id = ({ reason, subject }: Tally): string => `${reason} ${subject}`;
  const other = new Map(b.tallies.map((tally) => [id(tally), tally]));
  const found: ComparedTally[] = [];
  const add = (one: Tally | undefined, two: Tally | undefined): void => {
    const { reason, subject, name } = (one ?? two)!;
    const counts = [one?.cost.count ?? 0, two?.cost.count ?? 0] as const;
    const times = [one?.cost.sum ?? 0, two?.cost.sum ?? 0] as const;
    found.push({ reason, subject, name, counts, times });
  };
  for (const tally of a.tallies) {
    add(tally, other.get(id(tally)));
    other.delete(id(tally));
  }
  for (const tally of other.values()) add(undefined, tally);
  const apart = ([x, y]: readonly [number, number]): number => Math.abs(x - y);
  return found.sort((x, y) => apart(y.counts) - apart(x.counts) || apart(y.times) - apart(x.times));
}

export interface Parting {
  /** How many frames agree. */
  readonly same: number;
  /** What came then; undefined where a recording had ended. */
  readonly lines: readonly [string | undefined, string | undefined];
  readonly icounts: readonly [number | undefined, number | undefined];
}

/** The first frame in which two recordings differ; undefined if they do not. */
export function firstDifference(a: Recording, b: Recording, filter: Filter): Parting | undefined {
  const [left, right] = [rows(a, filter), rows(b, filter)];
  for (let same = 0; ; same++) {
    const one = next(left);
    const two = next(right);
    if (!one && !two) return undefined;
    const lines = [one && frameLine(one.frame), two && frameLine(two.frame)] as const;
    if (one && two && lines[0] === lines[1] && sameBytes(one.frame, two.frame)) continue;
    return { same, lines, icounts: [one?.frame.icount, two?.frame.icount] };
  }
}

/** A frame's line does not show all of a DMA. */
function sameBytes(a: Frame, b: Frame): boolean {
  if (a.kind !== 'dma' || b.kind !== 'dma') return true;
  return Buffer.from(a.bytes).equals(b.bytes);
}

function next(generator: Generator<TracedFrame>): TracedFrame | undefined {
  const { done, value } = generator.next();
  return done ? undefined : value;
}
