/**
 * The guest on the move: one move at a time, in slices between which the client is heard. A move is a
 * plan of several runs and steps (a source-level step); each heeds the client's breakpoints, ends
 * when it is paused or cancelled, and starts over when breakpoints are changed meanwhile.
 */

import {
  compareMarks,
  type Divergence,
  type Mark,
  type StopCondition,
  type TargetStop,
  type WorkControl,
} from '../target/index.ts';
import { ERROR, RequestError } from './errors.ts';
import type { DapTarget } from './host.ts';
import { collecting, type Judge, LogBuffer, type Point, type Points } from './points.ts';

export type Way = 'forward' | 'back';

/** How one part of a move ended. */
export type Arrival =
  /** At conditions that the plan asked for, by their number in its list. */
  | { readonly kind: 'arrived'; readonly at: readonly number[] }
  /** At something that the client has set. */
  | { readonly kind: 'points'; readonly points: readonly Point[] }
  | { readonly kind: 'start' | 'end' | 'cancelled' }
  | { readonly kind: 'divergence'; readonly divergence: Divergence };

export const ARRIVED: Arrival = { kind: 'arrived', at: [] };

/** What a plan can do. */
export interface Travel {
  readonly target: DapTarget;
  /** To the next, or back to the last, place where one of these or one of the client's holds. */
  run(way: Way, conditions?: readonly StopCondition[]): Promise<Arrival>;
  /** The same without heeding what the client has set: to find out where to go. */
  search(way: Way, conditions: readonly StopCondition[]): Promise<Arrival>;
  /** Has the client set anything that a move could stop at? */
  readonly heeds: boolean;
  /** One instruction or interrupt. Data breakpoints are heeded, places are not. */
  step(way: Way): Promise<Arrival>;
  seek(mark: Mark): Promise<Arrival>;
  endDiversion(): Promise<Arrival>;
}

export type Plan = (travel: Travel) => Promise<Arrival>;

export interface MoveEvents {
  /** Called when a move has gone on for a while, and now and then from then on. 0 to 1. */
  progress(title: string, share: number, done: boolean): void;
  note(text: string): void;
}

type Interruption = 'none' | 'give up' | 'changed';

export class Mover {
  readonly #target: DapTarget;
  readonly #points: Points;
  readonly #judge: (logs: LogBuffer) => Judge;
  readonly #events: MoveEvents;
  #interruption: Interruption = 'none';
  #moving = false;
  #done: Promise<void> = Promise.resolve();

  constructor(
    target: DapTarget,
    points: Points,
    judge: (logs: LogBuffer) => Judge,
    events: MoveEvents,
  ) {
    this.#target = target;
    this.#points = points;
    this.#judge = judge;
    this.#events = events;
  }

  get moving(): boolean {
    return this.#moving;
  }

  /** Resolves when nothing moves. */
  get idle(): Promise<void> {
    return this.#done;
  }

  /** Where it stands when it has stopped is where it was, if it was going back. */
  interrupt(): void {
    if (this.#moving) this.#interruption = 'give up';
  }

  /** Breakpoints are not what they were. */
  changed(): void {
    if (this.#moving && this.#interruption === 'none') this.#interruption = 'changed';
  }

  /** Resolves with how the move ended; rejects if it could not be done. */
  move(title: string, plan: Plan): Promise<Arrival> {
    if (this.#moving) {
      throw new RequestError(ERROR.moving, 'the guest is moving already: pause it first', true);
    }
    this.#moving = true;
    this.#interruption = 'none';
    const result = this.#perform(title, plan);
    this.#done = result.then(
      () => {},
      () => {},
    );
    return result;
  }

  async #perform(title: string, plan: Plan): Promise<Arrival> {
    let reported = false;
    const began = performance.now();
    let heard = began;
    const control: WorkControl = {
      cancelled: () => this.#interruption !== 'none',
      onProgress: ({ done, total }) => {
        const now = performance.now();
        if (now - began < PROGRESS_AFTER_MS || now - heard < PROGRESS_EVERY_MS) return;
        heard = now;
        reported = true;
        this.#events.progress(title, total > 0 ? Math.min(1, done / total) : 0, false);
      },
    };
    try {
      return await plan(this.#travel(control));
    } finally {
      this.#moving = false;
      if (reported) this.#events.progress(title, 1, true);
    }
  }

  #travel(control: WorkControl): Travel {
    const target = this.#target;
    return {
      target,
      run: (way, conditions = []) => this.#run(way, conditions, control),
      search: (way, conditions) => this.#search(way, conditions, control),
      heeds: this.#points.all.length > 0,
      step: (way) => this.#step(way, control),
      seek: async (mark) => arrival(await target.seekTo(mark, control), [], []),
      endDiversion: async () => arrival(await target.endDiversion(control), [], []),
    };
  }

  async #run(way: Way, extras: readonly StopCondition[], control: WorkControl): Promise<Arrival> {
    for (;;) {
      const ready = await this.#prepare(control);
      if (!ready) return { kind: 'cancelled' };
      const logs = new LogBuffer(way === 'back');
      const target = this.#target;
      const { conditions, points } = this.#points.conditions(this.#judge(logs), target);
      const all = [...extras, ...conditions];
      const stop =
        way === 'forward'
          ? await target.run(all, control)
          : await target.reverseContinue(all, control, 'in-front');
      logs.flush(stop.mark);
      if (logs.full) this.#events.note('there are more log messages than these; they are left out');
      if (way === 'forward') for (const { index, hit } of points) if (hit) index.reached(stop.mark);
      if (stop.reason === 'cancelled' && this.#interruption === 'changed') {
        this.#interruption = 'none';
        continue;
      }
      return arrival(stop, extras, points);
    }
  }

  async #search(
    way: Way,
    conditions: readonly StopCondition[],
    control: WorkControl,
  ): Promise<Arrival> {
    const stop =
      way === 'forward'
        ? await this.#target.run(conditions, control)
        : await this.#target.reverseContinue(conditions, control, 'in-front');
    return arrival(stop, conditions, []);
  }

  async #step(way: Way, control: WorkControl): Promise<Arrival> {
    const { conditions, points } = this.#points.conditions(
      this.#judge(new LogBuffer(false)),
      this.#target,
    );
    const accesses = conditions.flatMap((condition, i) =>
      condition.kind === 'memory' && condition.on !== 'execute' ? [i] : [],
    );
    const watched = accesses.map((i) => conditions[i]!);
    const stop =
      way === 'forward'
        ? await this.#target.step(1, control, watched)
        : await this.#target.reverseStep(1, control, watched);
    return arrival(
      stop,
      [],
      accesses.map((i) => points[i]!),
    );
  }

  /**
   * Sees to what points have to know before the guest sets out: the number of each hit up to here,
   * how things are at the end. False if it was given up.
   */
  async #prepare(control: WorkControl): Promise<boolean> {
    const target = this.#target;
    if (target.diversion) return true;
    const here = target.mark;
    const scouts = this.#points.all.flatMap(({ scout }) => (scout?.wantsScout ? [scout] : []));
    if (scouts.length > 0) {
      const { reason } = await target.seekTo(target.end, control);
      if (reason === 'reached') for (const scout of scouts) scout.scouted();
      await target.seekTo(here);
      if (reason !== 'reached') return false;
    }
    for (const point of this.#points.uncounted(here)) {
      const { conditions, found } = collecting(point, this.#judge(new LogBuffer(true)), target);
      const stop = await target.reverseContinue(conditions, control);
      const whole = stop.reason === 'start';
      await target.seekTo(here);
      if (!whole) return false;
      point.index.fill(
        found.filter((mark) => compareMarks(mark, here) <= 0),
        here,
      );
    }
    return true;
  }
}

const PROGRESS_AFTER_MS = 500;
const PROGRESS_EVERY_MS = 250;

function arrival(
  stop: TargetStop,
  extras: readonly StopCondition[],
  points: readonly Point[],
): Arrival {
  switch (stop.reason) {
    case 'reached':
      return ARRIVED;
    case 'hit': {
      const hit = stop.conditions.flatMap((i) => points[i - extras.length] ?? []);
      if (hit.length > 0) return { kind: 'points', points: [...new Set(hit)] };
      return { kind: 'arrived', at: stop.conditions.filter((i) => i < extras.length) };
    }
    case 'start':
    case 'end':
    case 'cancelled':
      return { kind: stop.reason };
    case 'divergence':
      return { kind: 'divergence', divergence: stop.divergence };
  }
}
