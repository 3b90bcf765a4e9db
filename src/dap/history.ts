/** Where the session has been, so that a jump can be undone. */

import { compareMarks, type Mark } from '../target/index.ts';

const KEPT = 200;

export class History {
  #before: Mark[] = [];
  #after: Mark[] = [];
  /** Where the move that comes next leads, if it is one through this history. */
  #travelling: Mark | undefined;

  get canUndo(): boolean {
    return this.#before.length > 0;
  }
  get canRedo(): boolean {
    return this.#after.length > 0;
  }

  /** A move has led from one place to another. Where a diversion has been is not to be had again. */
  moved(from: Mark, to: Mark, diverted: boolean): void {
    const own = this.#travelling;
    this.#travelling = undefined;
    if (own || diverted || compareMarks(from, to) === 0) return;
    this.#before.push(from);
    if (this.#before.length > KEPT) this.#before.shift();
    this.#after = [];
  }

  /** Where to go; the next move is the way there. There must be something to undo. */
  undo(here: Mark): Mark {
    return this.#travel(this.#before, this.#after, here);
  }

  redo(here: Mark): Mark {
    return this.#travel(this.#after, this.#before, here);
  }

  #travel(from: Mark[], to: Mark[], here: Mark): Mark {
    const mark = from.pop();
    if (!mark) throw new Error('nothing to undo');
    to.push(here);
    this.#travelling = mark;
    return mark;
  }
}
