/**
 * Statistics of the exits of a recording, as `perf kvm stat` has them. The cost of an exit is the
 * guest time from it to the next exit or interrupt: what the guest did before it came out again, and
 * for a HLT how long it slept. So the costs of all exits and interrupts add up to the recording's time.
 */

import { isExitKind, KIND } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import { Distribution } from './distribution.ts';
import type { Filter } from './filter.ts';
import { GuestTime, type PlaceOf, type RowRange } from './rows.ts';
import { nameOf, reasonOf, type TracedFrame } from './subject.ts';
import { subjectOf } from './text.ts';

export const GROUPINGS = ['reason', 'subject', 'device', 'function', 'stack'] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface Tally {
  readonly reason: string;
  /** Port, page, MSR, vector, function: what it is grouped by, less the reason. */
  readonly subject: string;
  /** The register behind the subject, if it has a name. */
  readonly name: string;
  readonly cost: Distribution;
}

export interface Statistics {
  /** Exits and interrupts that the filter let through. */
  readonly total: number;
  /** Their costs. */
  readonly time: number;
  /** Most frequent first; equal counts by name. */
  readonly tallies: readonly Tally[];
}

export interface StatisticsRequest extends RowRange {
  readonly filter: Filter;
  readonly by: Grouping;
  readonly placeOf?: PlaceOf | undefined;
}

export function statistics(recording: Recording, request: StatisticsRequest): Statistics {
  const { filter, by, placeOf, from = 0, to = Number.POSITIVE_INFINITY } = request;
  const perFrame = !filter.byShape || by === 'function' || by === 'stack';
  const tallies = new Map<string, Tally>();
  const time = new GuestTime();
  let open: { readonly tally: Tally | undefined; readonly ticks: number } | undefined;
  for (const [c, chunk] of recording.chunks.entries()) {
    if (chunk.firstIcount >= to) break;
    const block = recording.block(c);
    // A chunk has few shapes and many frames.
    const byShape: (Tally | null | undefined)[] = [];
    for (let i = 0; i < block.count; i++) {
      const ticks = time.at(block, i);
      const kind = block.kind(i);
      if (!isExitKind(kind) && kind !== KIND.INTERRUPT) continue;
      open?.tally?.cost.add(ticks - open.ticks);
      open = undefined;
      const at = block.icounts[i]!;
      if (at < from || at >= to) continue;
      const shape = block.shapeOf[i]!;
      let tally = perFrame ? undefined : byShape[shape];
      if (tally === undefined) {
        const ordinal = chunk.firstFrame + i;
        tally = tallyOf({ ordinal, frame: block.frame(i), ticks });
        byShape[shape] = tally;
      }
      open = { tally: tally ?? undefined, ticks };
    }
  }
  if (open) open.tally?.cost.add(time.after(recording.lastIcount) - open.ticks);
  const all = [...tallies.values()].sort(mostFirst);
  return {
    total: all.reduce((sum, { cost }) => sum + cost.count, 0),
    time: all.reduce((sum, { cost }) => sum + cost.sum, 0),
    tallies: all,
  };

  /** Null for a frame that the filter keeps out. */
  function tallyOf(bare: TracedFrame): Tally | null {
    if (!filter.needsPlace && !filter.matches(bare)) return null;
    const row = placeOf && perFrame ? { ...bare, place: placeOf(bare.ordinal) } : bare;
    if (filter.needsPlace && !filter.matches(row)) return null;
    const key = keyOf(row, by);
    const id = `${key.reason} ${key.subject}`;
    const known = tallies.get(id);
    if (known) return known;
    const tally = { ...key, cost: new Distribution() };
    tallies.set(id, tally);
    return tally;
  }
}

/** The tallies summed up by reason. */
export function byReason(
  tallies: readonly Tally[],
): { reason: string; count: number; time: number }[] {
  const found = new Map<string, { reason: string; count: number; time: number }>();
  for (const { reason, cost } of tallies) {
    const entry = found.get(reason) ?? { reason, count: 0, time: 0 };
    entry.count += cost.count;
    entry.time += cost.sum;
    found.set(reason, entry);
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.reason < b.reason ? -1 : 1));
}

function keyOf({ frame, place }: TracedFrame, by: Grouping): Omit<Tally, 'cost'> {
  const reason = reasonOf(frame);
  switch (by) {
    case 'reason':
      return { reason, subject: '', name: '' };
    case 'subject':
      return { reason, subject: subjectOfFrame(frame), name: nameOf(frame) };
    case 'device':
      return { reason, subject: nameOf(frame).split(' ')[0] || '-', name: '' };
    case 'function':
      return { reason, subject: place?.function ?? '?', name: '' };
    case 'stack':
      return { reason, subject: place?.stack.join(';') ?? '?', name: '' };
  }
}

function subjectOfFrame(frame: TracedFrame['frame']): string {
  if (frame.kind === 'exit') return subjectOf(frame.exit);
  return frame.kind === 'interrupt' ? `vector 0x${frame.vector.toString(16).padStart(2, '0')}` : '';
}

function mostFirst(a: Tally, b: Tally): number {
  if (a.cost.count !== b.cost.count) return b.cost.count - a.cost.count;
  return `${a.reason} ${a.subject}` < `${b.reason} ${b.subject}` ? -1 : 1;
}
