/**
 * How far to run before the next look at whether to give up: as far as takes some milliseconds, which
 * is a matter of what runs and what is watched. What is computed does not depend on it.
 */

/** A look is due after so long; a slice takes about as long. */
const LOOK_MS = 20;
/** Slices begin small: nobody knows yet how fast it goes. */
const SLICE_FIRST = 100_000;
/** Not even what is watched most closely takes long for so few. */
const SLICE_LEAST = 1_000;

export class Pace {
  readonly #most: number;
  #slice: number;
  #lookedMs: number;
  #beganMs = 0;

  constructor(most: number) {
    this.#most = most;
    this.#slice = Math.min(most, SLICE_FIRST);
    this.#lookedMs = performance.now();
  }

  /** Instructions. */
  get slice(): number {
    return this.#slice;
  }

  begin(): void {
    this.#beganMs = performance.now();
  }

  /** So many instructions have been run. */
  end(instructions: number): void {
    const tookMs = performance.now() - this.#beganMs;
    if (tookMs > LOOK_MS) {
      const half = Math.floor(Math.min(this.#slice, instructions) / 2);
      this.#slice = Math.max(Math.min(this.#most, SLICE_LEAST), half);
    } else if (tookMs < LOOK_MS / 4 && instructions >= this.#slice) {
      this.#slice = Math.min(this.#most, this.#slice * 2);
    }
  }

  /** Is it time to look? True once, then not before the time has passed again. */
  get due(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < LOOK_MS) return false;
    this.#lookedMs = nowMs;
    return true;
  }
}
