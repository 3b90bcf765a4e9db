/**
 * Which function of the guest each frame was made in, as far as a replay beside this one has got. A
 * frame does not say; a filter on functions starts the replay, and matches what is known by then.
 */

import type { Place } from '../exits/subject.ts';

/** Frames from `first` on: for each the index of its place, in the order in which places came. */
export interface PlacesBatch {
  readonly first: number;
  readonly indices: Uint32Array;
  readonly places: readonly Place[];
  /** Of all frames, how many are known now. */
  readonly share: number;
}

/** Starts the replay; returns what stops it. `onEnd` has what went wrong, if anything did. */
export type FollowPlaces = (
  onBatch: (batch: PlacesBatch) => void,
  onEnd: (error: string | undefined) => void,
) => () => void;

export class FramePlaces {
  /** 1 when all frames are known. */
  share = 0;
  error: string | undefined;
  readonly #places: Place[] = [];
  readonly #batches: PlacesBatch[] = [];
  readonly #follow: FollowPlaces;
  #stop: (() => void) | undefined;

  constructor(follow: FollowPlaces) {
    this.#follow = follow;
  }

  /** Once; `onMore` is told of every batch. */
  start(onMore: () => void): void {
    this.#stop ??= this.#follow(
      (batch) => {
        this.#batches.push(batch);
        for (const place of batch.places) this.#places.push(place);
        this.share = batch.share;
        onMore();
      },
      (error) => {
        this.error = error;
        this.share = error === undefined ? 1 : this.share;
        onMore();
      },
    );
  }

  stop(): void {
    this.#stop?.();
  }

  readonly of = (ordinal: number): Place | undefined => {
    let low = -1;
    let high = this.#batches.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#batches[middle]!.first <= ordinal) low = middle;
      else high = middle;
    }
    const batch = this.#batches[low];
    const index = batch?.indices[ordinal - batch.first];
    return index === undefined ? undefined : this.#places[index];
  };
}
