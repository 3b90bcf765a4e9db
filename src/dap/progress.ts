/** Progress as the protocol has it: shown by the client, which may cancel it. */

import type { Outlet } from './session.ts';

export class Progress {
  readonly #out: Outlet;
  readonly #wanted: () => boolean;
  #next = 1;
  #current: string | undefined;
  /** What a client's `cancel` of a move does. */
  onCancel: (() => void) | undefined;

  constructor(out: Outlet, wanted: () => boolean) {
    this.#out = out;
    this.#wanted = wanted;
  }

  /** How far a move is, 0 to 1; the first call starts, `done` ends it. */
  move(title: string, share: number, done: boolean): void {
    if (done) {
      const id = this.#current;
      this.#current = undefined;
      if (id !== undefined) this.#out.event('progressEnd', { progressId: id });
      return;
    }
    if (!this.#wanted()) return;
    const percentage = Math.round(share * 100);
    if (this.#current === undefined) {
      this.#current = `move-${this.#next++}`;
      const progressId = this.#current;
      this.#out.event('progressStart', { progressId, title, cancellable: true, percentage });
    } else this.#out.event('progressUpdate', { progressId: this.#current, percentage });
  }

  /** Is this the move's, so that it is given up? */
  cancel(progressId: string): boolean {
    if (progressId !== this.#current) return false;
    this.onCancel?.();
    return true;
  }
}
