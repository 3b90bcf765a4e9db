/**
 * Hit counts that mean the same both ways in time: the n-th hit of a breakpoint is counted from the
 * start of the recording, wherever one comes from. So the places up to the cursor are collected once,
 * by going back over them, and those beyond as the guest gets there.
 */

import { compareMarks, type Mark } from '../target/index.ts';

/** "5", ">5", ">= 5", "<5", "% 5": which hits, by their number from 1. */
export type HitRule = (n: number) => boolean;

export function parseHitRule(text: string): HitRule | undefined {
  const found = /^\s*(>=|<=|==|=|>|<|%)?\s*(\d{1,15})\s*$/.exec(text);
  if (!found) return undefined;
  const [, operator = '=', digits = ''] = found;
  const wanted = Number(digits);
  switch (operator) {
    case '>':
      return (n) => n > wanted;
    case '>=':
      return (n) => n >= wanted;
    case '<':
      return (n) => n < wanted;
    case '<=':
      return (n) => n <= wanted;
    case '%':
      return wanted === 0 ? undefined : (n) => n % wanted === 0;
    default:
      return (n) => n === wanted;
  }
}

/** Places kept for one breakpoint; one hit more often than this is better not counted. */
export const HITS_MAX = 2_000_000;

export class HitIndex {
  /** In order of time; all there are up to `upTo`. */
  #marks: Mark[] = [];
  #upTo: Mark | undefined;

  /** Are all hits up to a mark known? */
  covers(mark: Mark): boolean {
    return this.#upTo !== undefined && compareMarks(mark, this.#upTo) <= 0;
  }

  /** Takes what was found by going back over everything before `upTo`, in any order. */
  fill(found: readonly Mark[], upTo: Mark): void {
    const sorted = [...found].sort(compareMarks);
    this.#marks = sorted.filter((mark, i) => i === 0 || compareMarks(sorted[i - 1]!, mark) !== 0);
    this.#upTo = upTo;
  }

  /** The number of the hit at a mark. One beyond what is known must be the next there is. */
  number(mark: Mark): number {
    const last = this.#marks.at(-1);
    if (last === undefined || compareMarks(mark, last) > 0) {
      if (this.#marks.length < HITS_MAX) this.#marks.push(mark);
      this.reached(mark);
      return this.#marks.length;
    }
    let low = 0;
    let high = this.#marks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareMarks(this.#marks[middle]!, mark) < 0) low = middle + 1;
      else high = middle;
    }
    return low + 1;
  }

  /** The guest has run on to a mark without leaving anything out. */
  reached(mark: Mark): void {
    if (this.#upTo === undefined || compareMarks(mark, this.#upTo) > 0) this.#upTo = mark;
  }
}
