/**
 * The last hit before a place: piece by piece, newest first, with other threads at work on older ones
 * meanwhile. Whoever finds what when, the answer is the same: a hit counts once every newer piece is
 * known to have none.
 */

import type { StopCondition } from './conditions.ts';
import type { Cursor } from './cursor.ts';
import type { Mark } from './mark.ts';
import { Pace } from './pace.ts';
import { type AtOrigin, lastHitIn, type Piece, piecesBefore, type Seen } from './reverse.ts';
import type { SearchPool } from './search-pool.ts';
import type { VcpuStops } from './vcpu-stops.ts';
import type { Work } from './work.ts';

/** Threads cost a guest's RAM each and time to start: not before so many pieces have been in vain. */
const PIECES_ALONE = 2;

export interface LastHit {
  readonly stops: VcpuStops;
  readonly conditions: readonly StopCondition[];
  readonly origin: Mark;
  /** Not looked for before this. */
  readonly enough: Mark;
  readonly atOrigin: AtOrigin;
  readonly pool: SearchPool | undefined;
}

interface Task extends Piece {
  /** In another thread, by its ticket. */
  ticket?: number | undefined;
  /** Undefined: nobody knows yet. */
  result?: Seen | 'none' | undefined;
}

/** Undefined if there is none. */
export function* lastHit(cursor: Cursor, wanted: LastHit): Work<Seen | undefined> {
  const { stops, origin } = wanted;
  const search = new Search(cursor, wanted);
  const pace = new Pace(1);
  try {
    for (;;) {
      const task = search.next();
      if (task === 'pass') {
        if (!pace.due || !(yield search.progress)) continue;
        return { kind: 'stopped', moved: { kind: 'cancelled' } };
      }
      if (!task) return search.answer;
      search.delegate();
      const work = lastHitIn(cursor, stops, task);
      let step = work.next(false);
      while (!step.done) {
        const cancelled = yield { done: origin.icount - task.to.icount, total: origin.icount };
        search.listen();
        // Somebody else has the answer, or has looked through this very piece.
        if (!cancelled && (search.answer || task.result)) break;
        search.delegate();
        step = work.next(cancelled);
      }
      if (!step.done) work.return(undefined);
      else if (step.value?.kind === 'stopped') return step.value;
      else task.result = step.value ?? 'none';
    }
  } finally {
    search.end();
  }
}

class Search {
  readonly #pieces: Generator<Piece | undefined, void, undefined>;
  readonly #wanted: LastHit;
  /** Not yet settled, newest first. */
  readonly #tasks: Task[] = [];
  #begun = 0;
  #at: Mark;

  constructor({ keys }: Cursor, wanted: LastHit) {
    const { stops, origin, enough, atOrigin } = wanted;
    this.#wanted = wanted;
    this.#at = origin;
    this.#pieces = piecesBefore(keys, stops, origin, enough, atOrigin);
  }

  get progress() {
    const { icount } = this.#wanted.origin;
    return { done: icount - this.#at.icount, total: icount };
  }

  /** The hit, once it is certain that it is the last. */
  get answer(): Seen | undefined {
    const first = this.#tasks.find(({ result }) => result !== 'none');
    return first?.result === 'none' ? undefined : first?.result;
  }

  /** The newest piece that nobody is at; 'pass' if one was ruled out; undefined if all is known. */
  next(): Task | 'pass' | undefined {
    while (this.#tasks[0]?.result === 'none') this.#tasks.shift();
    if (this.answer) return undefined;
    const open = this.#tasks.find((task) => !task.result && task.ticket === undefined);
    if (open) return open;
    const piece = this.#pieces.next();
    // Nothing is left to begin: what another thread is at is done here too, and one of both is first.
    if (piece.done) return this.#tasks.find((task) => !task.result);
    if (!piece.value) return 'pass';
    return this.#take(piece.value);
  }

  /** Gives threads that have nothing to do the next pieces. */
  delegate(): void {
    const { pool, conditions } = this.#wanted;
    if (!pool || this.#begun <= PIECES_ALONE) return;
    while (pool.idle) {
      const piece = this.#pieces.next();
      if (piece.done) return;
      if (piece.value) {
        const task = this.#take(piece.value);
        task.ticket = pool.begin({ piece: piece.value, conditions });
      }
    }
  }

  /** Hears what the other threads have found. */
  listen(): void {
    for (const { ticket, found } of this.#wanted.pool?.replies() ?? []) {
      const task = this.#tasks.find((other) => other.ticket === ticket);
      if (!task) continue;
      // One that failed leaves its piece to us.
      task.ticket = undefined;
      if (found === 'failed') continue;
      task.result ??= found ? { kind: 'hit', hit: found } : 'none';
    }
  }

  end(): void {
    this.#wanted.pool?.forget();
  }

  #take(piece: Piece): Task {
    this.#begun++;
    this.#at = piece.to;
    const task: Task = { ...piece };
    this.#tasks.push(task);
    return task;
  }
}
