/** Places visited, as a browser keeps them: back, forward, and a new one cuts off what was ahead. */

import { compareMarks, type Mark } from '../target/index.ts';

const PLACES_MAX = 500;

export class History {
  #places: Mark[] = [];
  #at = -1;

  visit(mark: Mark): void {
    const current = this.#places[this.#at];
    if (current && compareMarks(current, mark) === 0) return;
    this.#places = [...this.#places.slice(0, this.#at + 1), mark].slice(-PLACES_MAX);
    this.#at = this.#places.length - 1;
  }

  back(): Mark | undefined {
    if (this.#at <= 0) return undefined;
    return this.#places[--this.#at];
  }

  forward(): Mark | undefined {
    if (this.#at >= this.#places.length - 1) return undefined;
    return this.#places[++this.#at];
  }
}
