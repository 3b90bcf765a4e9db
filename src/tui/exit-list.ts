/**
 * The exits pane's content: the frames around a place that a filter lets through. Nothing is counted
 * in advance, so that a recording of any length scrolls alike; the search for matches looks at a
 * bounded number of frames.
 */

import type { Filter } from '../exits/filter.ts';
import type { PlacedFrame, RecordingView } from '../target/index.ts';

const LOOKED_AT_MAX = 200_000;
const KNOWN_MAX = 8;

export class ExitList {
  readonly #recording: RecordingView;
  filter: Filter;
  readonly #known = new Map<string, readonly PlacedFrame[]>();
  #knownFor: Filter | undefined;

  constructor(recording: RecordingView, filter: Filter) {
    this.#recording = recording;
    this.filter = filter;
  }

  /** Up to `before` frames in front of `ordinal` and `after` from it on. */
  around(ordinal: number, before: number, after: number): readonly PlacedFrame[] {
    const { filter } = this;
    const key = `${ordinal} ${before} ${after}`;
    const known = this.#known.get(key);
    if (known && this.#knownFor === filter) return known;
    const found = [
      ...this.#collect(ordinal - 1, -1, before).reverse(),
      ...this.#collect(ordinal, 1, after),
    ];
    // A search for what is rare is not done again for every picture.
    if (this.#knownFor !== filter || this.#known.size >= KNOWN_MAX) this.#known.clear();
    this.#knownFor = filter;
    this.#known.set(key, found);
    return found;
  }

  /** The first match from `ordinal` on, or the last before it. */
  next(ordinal: number, direction: 1 | -1): PlacedFrame | undefined {
    return this.#collect(ordinal, direction, 1)[0];
  }

  #collect(from: number, direction: 1 | -1, count: number): PlacedFrame[] {
    const { frames } = this.#recording;
    const found: PlacedFrame[] = [];
    let looked = 0;
    for (let o = from; o >= 0 && o < frames && found.length < count; o += direction) {
      if (looked++ > LOOKED_AT_MAX) break;
      const placed = this.#recording.frame(o);
      const { frame } = placed;
      if (frame.kind === 'hash') continue;
      if (this.filter.matches({ ordinal: o, frame, ticks: frame.icount })) found.push(placed);
    }
    return found;
  }
}
