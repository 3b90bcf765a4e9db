/** A recording as a sequence of traced frames: each with its guest time, those that a filter lets through. */

import type { FrameBlock } from '../trace/block.ts';
import { KIND } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import type { Filter } from './filter.ts';
import type { Place, TracedFrame } from './subject.ts';

export interface RowRange {
  /** Icounts; `to` is not in it. */
  readonly from?: number;
  readonly to?: number;
}

/** Where the guest's code stood at a frame; asked in ascending order. */
export type PlaceOf = (ordinal: number) => Place;

/** Guest time passes as icount, and jumps where a HLT slept. */
export class GuestTime {
  #skipped = 0;

  /** The ticks at frame `i`; frames in order. */
  at(block: FrameBlock, i: number): number {
    const ticks = block.icounts[i]! + this.#skipped;
    if (block.kind(i) === KIND.HLT) {
      const reply = block.reply(i);
      if (reply.kind === 'skip') this.#skipped += reply.ticks;
    }
    return ticks;
  }

  /** The ticks at an icount after all frames so far. */
  after(icount: number): number {
    return icount + this.#skipped;
  }
}

/** State hashes are the recorder's own and are left out. */
export function* rows(
  recording: Recording,
  filter: Filter,
  { from = 0, to = Number.POSITIVE_INFINITY }: RowRange = {},
  placeOf?: PlaceOf,
): Generator<TracedFrame> {
  const time = new GuestTime();
  for (const [c, chunk] of recording.chunks.entries()) {
    if (chunk.firstIcount >= to) return;
    const block = recording.block(c);
    for (let i = 0; i < block.count; i++) {
      const at = block.icounts[i]!;
      const ticks = time.at(block, i);
      if (at < from || at >= to || block.kind(i) === KIND.HASH) continue;
      const ordinal = chunk.firstFrame + i;
      const frame = block.frame(i);
      if (!filter.needsPlace && !filter.matches({ ordinal, frame, ticks })) continue;
      const row = { ordinal, frame, ticks, place: placeOf?.(ordinal) };
      if (!filter.needsPlace || filter.matches(row)) yield row;
    }
  }
}
