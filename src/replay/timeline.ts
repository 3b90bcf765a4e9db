/**
 * Time travel over a recording: a cursor that goes to any mark, steps, and runs forwards and
 * backwards to what one looks for. Going back is restoring a checkpoint and replaying up to the
 * place; what it costs is governed by checkpoints.ts.
 *
 * Every operation is a `Work`: it may take long, reports progress and can be cancelled.
 */

import { ConsoleLog } from '../trace/console.ts';
import { type CheckpointPolicy, Checkpoints, DEFAULT_POLICY, KEYED_POLICY } from './checkpoints.ts';
import type { Hit, StopCondition } from './conditions.ts';
import { Cursor, type Moved } from './cursor.ts';
import type { Divergence } from './divergence.ts';
import { combine, FrameSearch } from './frame-search.ts';
import { handlerEntries } from './handler-entries.ts';
import { KeyStates, type KeyStatesOptions } from './key-states.ts';
import { lastHit } from './last-hit.ts';
import { compareMarks, type Mark, mark } from './mark.ts';
import { resolveMark } from './mark-text.ts';
import { Positions } from './positions.ts';
import { lastHitIn, type Piece, type Seen } from './reverse.ts';
import { SearchPool, type SearchSetup } from './search-pool.ts';
import type { ReplaySession, SessionCheckpoint } from './session.ts';
import { VcpuStops } from './vcpu-stops.ts';
import type { Work } from './work.ts';

/** Where an operation ended, and why. */
export type TimelineStop =
  /** At the mark that was asked for, or after the steps. */
  | { readonly reason: 'reached'; readonly mark: Mark }
  /** At a place where conditions hold, by their index. */
  | { readonly reason: 'hit'; readonly mark: Mark; readonly conditions: readonly number[] }
  /** There is nothing before, or nothing after. */
  | { readonly reason: 'start' | 'end'; readonly mark: Mark }
  /** Given up as asked. Where the cursor was, if it was going back. */
  | { readonly reason: 'cancelled'; readonly mark: Mark }
  | { readonly reason: 'divergence'; readonly mark: Mark; readonly divergence: Divergence };

export interface TimelineOptions extends Partial<CheckpointPolicy> {
  /** Instructions between two looks at whether to give up. */
  readonly slice?: number;
  readonly bookmarks?: ReadonlyMap<string, Mark>;
  /** Of a session that is not at its start: the checkpoints there are, the start's among them. */
  readonly checkpoints?: readonly SessionCheckpoint[];
  /** Of a session that is at its start: where key states are kept. */
  readonly keys?: KeyStatesOptions | undefined;
  /** How other threads that look backwards open the recording. They need key states. */
  readonly search?: Omit<SearchSetup, 'keys'> | undefined;
}

export class Timeline {
  readonly session: ReplaySession;
  readonly positions: Positions;
  readonly checkpoints: Checkpoints;
  readonly bookmarks: Map<string, Mark>;
  readonly #cursor: Cursor;
  readonly #pool: SearchPool | undefined;
  #console: ConsoleLog | undefined;

  /** The session is at its start, or comes with checkpoints; it belongs to the timeline now. */
  constructor(session: ReplaySession, options: TimelineOptions = {}) {
    const policy = { ...(options.keys ? KEYED_POLICY : DEFAULT_POLICY), ...options };
    this.session = session;
    this.positions = new Positions(session.recording);
    const keys = options.keys && KeyStates.of(session, options.keys);
    this.checkpoints = new Checkpoints(session, policy, options.checkpoints);
    this.bookmarks = new Map(options.bookmarks);
    this.#cursor = new Cursor(session, this.positions, this.checkpoints, policy, {
      slice: options.slice,
      keys,
    });
    if (!options.search || !options.keys) return;
    const { note: _, ...own } = options.keys;
    this.#pool = SearchPool.of({ ...options.search, keys: own }, session.vcpu.ram.size);
  }

  get mark(): Mark {
    return this.#cursor.mark;
  }

  /** All that the guest ever prints, with the places. Reads as much of the recording as is asked about. */
  get console(): ConsoleLog {
    this.#console ??= new ConsoleLog(this.session.recording);
    return this.#console;
  }

  /** What the guest had printed up to a mark. */
  consoleAt(mark: Mark): Buffer {
    return this.console.before(this.positions.ordinalAt(mark));
  }

  /** The mark that a person means by a text; see mark-text.ts. Throws `MarkError`. */
  resolve(text: string): Mark {
    const { positions, bookmarks } = this;
    return resolveMark(text, { positions, bookmarks, console: () => this.console });
  }

  *seekTo(target: Mark): Work<TimelineStop> {
    const wanted = this.positions.restFrom(target);
    const moved = yield* this.#cursor.seek(wanted);
    return this.#report(moved, wanted);
  }

  /** One instruction, or one interrupt, after the other. */
  *step(count = 1): Work<TimelineStop> {
    const target = this.positions.forward(this.mark, count);
    if (compareMarks(target, this.mark) === 0) return this.#stoppedAt('end');
    return yield* this.seekTo(target);
  }

  *reverseStep(count = 1): Work<TimelineStop> {
    const target = this.positions.backward(this.mark, count);
    if (compareMarks(target, this.mark) === 0) return this.#stoppedAt('start');
    return yield* this.seekTo(target);
  }

  /**
   * One step as a debugger wants it: an instruction that faults ends in front of its handler, which
   * is a landing and not counted by `step`.
   */
  *stepInto(): Work<TimelineStop> {
    const from = this.mark;
    const delivered = this.#deliveries;
    const stop = yield* this.step();
    const { lastDelivery } = this.session.vcpu;
    const faulted = lastDelivery?.at === from.icount && lastDelivery.count > delivered;
    if (stop.reason !== 'reached' || stop.mark.icount === from.icount || !faulted) return stop;
    yield* this.#cursor.insist(from);
    return yield* this.#toDelivery(delivered + 1, stop.mark);
  }

  /** The way back: from behind a handler's first instruction to in front of it, and to the fault. */
  *reverseStepInto(): Work<TimelineStop> {
    const from = this.mark;
    const { lastDelivery } = this.session.vcpu;
    const before = from.step === 0 && lastDelivery?.at === from.icount - 1;
    const last = from.landing ? this.#deliveries - 1 : before ? lastDelivery.count : 0;
    const stop = yield* this.reverseStep();
    if (stop.reason !== 'reached' || last <= this.#deliveries) return stop;
    return yield* this.#toDelivery(last, from);
  }

  /** Exceptions and interrupts delivered at this icount. */
  get #deliveries(): number {
    return this.session.vcpu.deliveries ?? 0;
  }

  /** Onward to where the n-th delivery of this icount leads. */
  *#toDelivery(n: number, limit: Mark): Work<TimelineStop> {
    const entries = handlerEntries(this.session.vcpu);
    const conditions = entries.map((gva): StopCondition => ({ kind: 'address', gva }));
    for (;;) {
      const stop = yield* this.run(conditions, limit);
      if (stop.reason !== 'hit') return stop;
      if (stop.mark.landing && this.#deliveries === n)
        return { reason: 'reached', mark: stop.mark };
    }
  }

  /** Forward to the next place where a condition holds, or to `limit`, or to the end. */
  *run(conditions: readonly StopCondition[], limit?: Mark): Work<TimelineStop> {
    if (!limit?.landing) return yield* this.#run(conditions, limit);
    // No run can be told to end at a landing: one instruction further, and back from there.
    const stop = yield* this.#run(conditions, mark(limit.icount + 1));
    if (stop.reason !== 'reached' && compareMarks(stop.mark, limit) <= 0) return stop;
    return yield* this.seekTo(limit);
  }

  *#run(conditions: readonly StopCondition[], limit?: Mark): Work<TimelineStop> {
    const search = new FrameSearch(this.positions, () => this.console, conditions);
    const found = yield* search.next(this.mark);
    if (found === 'cancelled') return { reason: 'cancelled', mark: this.mark };
    const end = limit ? this.positions.restFrom(limit) : this.positions.end;
    const target = found && compareMarks(found.mark, end) <= 0 ? found.mark : end;
    const stops = new VcpuStops(this.session, conditions);
    const moved = yield* this.#cursor.forward(target, { stops });
    if (moved.kind === 'hit') {
      // Both at one place are one stop.
      const hit = combine(moved.hit, found, -1)!;
      return { reason: 'hit', ...hit, mark: this.mark };
    }
    if (moved.kind === 'reached' && found && compareMarks(found.mark, this.mark) === 0) {
      const conditions = stops.holding(this.#cursor.brokenAt(stops));
      return { reason: 'hit', ...combine(found, { mark: this.mark, conditions }, -1)! };
    }
    return this.#report(moved, limit ? end : undefined);
  }

  /**
   * Back to the last place where a condition holds, or to the start. `accesses` says on which side
   * of an access to stop; in front, one that ends where the cursor stands counts. With a `limit`, no
   * further back than that.
   */
  *reverseContinue(
    conditions: readonly StopCondition[],
    accesses: 'behind' | 'in-front' = 'behind',
    limit: Mark = this.positions.start,
  ): Work<TimelineStop> {
    const origin = this.mark;
    const inFront = accesses === 'in-front';
    const search = new FrameSearch(this.positions, () => this.console, conditions);
    const known = yield* search.previous(origin);
    if (known === 'cancelled') return { reason: 'cancelled', mark: this.mark };
    const enough = known && compareMarks(known.mark, limit) > 0 ? known.mark : limit;
    const stops = new VcpuStops(this.session, conditions);
    const atOrigin = inFront ? 'accesses' : 'none';
    const pool = conditions.some((condition) => 'when' in condition && condition.when)
      ? undefined
      : this.#pool;
    const wanted = { stops, conditions, origin, enough, atOrigin, pool } as const;
    const seen = stops.any ? yield* lastHit(this.#cursor, wanted) : undefined;
    if (seen?.kind === 'stopped') {
      if (seen.moved.kind !== 'cancelled') return this.#report(seen.moved, undefined);
      yield* this.#cursor.insist(origin);
      return { reason: 'cancelled', mark: this.mark };
    }
    const last = combine(seen?.kind === 'hit' ? seen.hit : undefined, known, 1);
    const found = last && inFront ? this.#inFront(last, stops) : last;
    const hit = found && compareMarks(found.mark, limit) >= 0 ? found : undefined;
    const moved = yield* this.#cursor.seek(hit?.mark ?? limit);
    if (moved.kind === 'cancelled') {
      yield* this.#cursor.insist(origin);
      return { reason: 'cancelled', mark: this.mark };
    }
    if (moved.kind !== 'reached' && moved.kind !== 'end') return this.#report(moved, undefined);
    if (hit) return { reason: 'hit', ...hit };
    const atStart = compareMarks(this.mark, this.positions.start) === 0;
    return this.#stoppedAt(atStart ? 'start' : 'reached');
  }

  /** Looks through one piece, for another thread. */
  lastHitIn(conditions: readonly StopCondition[], piece: Piece): Work<Seen | undefined> {
    return lastHitIn(this.#cursor, new VcpuStops(this.session, conditions), piece);
  }

  /** After somebody else has moved the vCPU: puts it back to where the cursor was. */
  *recover(mark: Mark): Work<void> {
    this.#cursor.restore(this.checkpoints.floor(mark));
    yield* this.#cursor.insist(mark);
  }

  /** Goes there whatever the consumer of the work says. */
  insist(mark: Mark): Work<void> {
    return this.#cursor.insist(mark);
  }

  /** Whoever comes from behind meets a place before the access that led to it. */
  #inFront({ mark, conditions }: Hit<Mark>, stops: VcpuStops): Hit<Mark> {
    const places = conditions.filter((id) => !stops.isAccess(id));
    if (places.length > 0) return { mark, conditions: places };
    return { mark: this.positions.previous(mark) ?? mark, conditions };
  }

  #stoppedAt(reason: 'start' | 'end' | 'reached'): TimelineStop {
    return { reason, mark: this.mark };
  }

  /** What a move means to whoever asked for `wanted`. */
  #report(moved: Moved, wanted: Mark | undefined): TimelineStop {
    const { mark } = this;
    switch (moved.kind) {
      case 'hit':
        return { reason: 'hit', mark, conditions: moved.hit.conditions };
      case 'divergence':
        return { reason: 'divergence', mark, divergence: moved.divergence };
      case 'cancelled':
        return { reason: 'cancelled', mark };
      case 'reached':
      case 'end':
        return { reason: wanted ? 'reached' : 'end', mark };
    }
  }
}
