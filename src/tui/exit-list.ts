/**
 * The exits pane's content: the frames around a place that a filter lets through. Nothing is counted
 * in advance, so that a recording of any length scrolls alike. What is rare may be far away: the
 * search for it goes on between the keys, and the pane fills up as it finds.
 */

import { type Filter, parseFilter } from '../exits/filter.ts';
import type { KnownPlaces, PlacedFrame, RecordingView } from '../target/index.ts';

/** Slices of a search done at once, before it is left for later. */
const SLICES_AT_ONCE = 3;

export interface ExitRows {
  /** In front of the place, and from it on. */
  readonly before: readonly PlacedFrame[];
  readonly after: readonly PlacedFrame[];
  readonly searching: boolean;
}

interface Search {
  readonly key: string;
  readonly of: RecordingView;
  readonly before: PlacedFrame[];
  readonly after: PlacedFrame[];
  readonly work: Generator<PlacedFrame | undefined, void>[];
}

export interface ExitListOptions {
  readonly recording: () => RecordingView;
  readonly placeOf: KnownPlaces;
  /** More has been found. */
  readonly onFound: () => void;
}

export class ExitList {
  readonly #options: ExitListOptions;
  #filter = parseFilter('');
  #search: Search | undefined;
  #timer: NodeJS.Immediate | undefined;

  constructor(options: ExitListOptions) {
    this.#options = options;
  }

  get filter(): Filter {
    return this.#filter;
  }
  set filter(filter: Filter) {
    this.#filter = filter;
    this.forget();
  }

  /** The recording is another, or more places are known. */
  forget(): void {
    clearImmediate(this.#timer);
    this.#timer = undefined;
    this.#search = undefined;
  }

  /** What is known by now of up to `count` frames on either side of `ordinal`. */
  around(ordinal: number, count: number): ExitRows {
    const key = `${ordinal} ${count}`;
    if (this.#search?.key !== key || this.#search.of !== this.#options.recording()) {
      this.forget();
      this.#search = this.#start(key, ordinal, count);
      this.#slices(this.#search, SLICES_AT_ONCE);
      if (this.#search.work.length > 0) this.#goOn(this.#search);
    }
    const { before, after, work } = this.#search;
    return { before: [...before].reverse(), after, searching: work.length > 0 };
  }

  /**
   * The `count`-th match from `ordinal` on in a direction, or the last there is; undefined if there is
   * none, or if `cancelled` says so.
   */
  async nth(
    ordinal: number,
    direction: 1 | -1,
    count: number,
    cancelled: () => boolean = () => false,
  ): Promise<PlacedFrame | undefined> {
    let last: PlacedFrame | undefined;
    let slices = 0;
    for (const found of this.#matching(ordinal, direction, count)) {
      last = found ?? last;
      if (found || ++slices < SLICES_AT_ONCE) continue;
      await new Promise((resolve) => setImmediate(resolve));
      if (cancelled()) return undefined;
    }
    return last;
  }

  #matching(from: number, direction: 1 | -1, count: number) {
    const { recording, placeOf } = this.#options;
    return recording().matching(from, { filter: this.#filter, direction, count, placeOf });
  }

  #start(key: string, ordinal: number, count: number): Search {
    const work = [this.#matching(ordinal - 1, -1, count), this.#matching(ordinal, 1, count)];
    return { key, of: this.#options.recording(), before: [], after: [], work };
  }

  /** Up to so many slices of both directions, nearest first. */
  #slices({ before, after, work }: Search, most: number): void {
    for (const one of [...work]) {
      for (let slices = 0; slices < most; ) {
        const { done, value } = one.next();
        if (done) {
          work.splice(work.indexOf(one), 1);
          break;
        }
        if (!value) slices++;
        // Which direction it came from is clear from where it is.
        else if (value.ordinal < Number.parseInt(this.#search!.key, 10)) before.push(value);
        else after.push(value);
      }
    }
  }

  #goOn(search: Search): void {
    this.#timer = setImmediate(() => {
      // A guest that runs gets another recording at every stop.
      if (this.#search !== search || search.of !== this.#options.recording()) return;
      const known = search.before.length + search.after.length;
      this.#slices(search, 1);
      const found = search.before.length + search.after.length > known;
      if (search.work.length > 0) this.#goOn(search);
      if (found || search.work.length === 0) this.#options.onFound();
    });
  }
}
