/**
 * The place of a timeline, and the two ways to move it: forward from where it is, and to a mark by
 * way of a checkpoint. Forward runs leave checkpoints behind.
 */

import { KIND } from '../trace/frame.ts';
import type { CheckpointPolicy, Checkpoints } from './checkpoints.ts';
import { codeAddress } from './code-address.ts';
import type { Hit } from './conditions.ts';
import type { Divergence } from './divergence.ts';
import type { KeyState, KeyStates } from './key-states.ts';
import {
  compareMarks,
  earlier,
  formatMark,
  type Landing,
  type Mark,
  MarkError,
  mark,
} from './mark.ts';
import { Pace } from './pace.ts';
import type { Positions } from './positions.ts';
import type { Advance, ReplaySession, SessionCheckpoint } from './session.ts';
import { disarm, type VcpuStops } from './vcpu-stops.ts';
import type { Work } from './work.ts';

/** Why a move ended. */
export type Moved =
  | { readonly kind: 'reached' }
  | { readonly kind: 'end' }
  | { readonly kind: 'hit'; readonly hit: Hit<Mark> }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'divergence'; readonly divergence: Divergence };

export interface ForwardOptions {
  /** What to stop at on the way. */
  readonly stops?: VcpuStops;
  /** Does a stop where the cursor stands already count? Not for whoever goes on from it. */
  readonly includeHere?: boolean;
  /** Icounts at which to leave a checkpoint, ascending, apart from the regular ones. */
  readonly checkpointsAt?: readonly number[];
  /** Keep all checkpoints: somebody holds on to them. */
  readonly keepAll?: boolean;
}

const DEFAULT_SLICE = 10_000_000;
/** An exit takes a microsecond or more. */
const SLICE_FRAMES = 8_192;
/** Stops that nobody wants, between two looks at whether to give up. */
const PASSED_MAX = 500;

export interface CursorOptions {
  /** Instructions between two looks at whether to give up, at the most. */
  readonly slice?: number | undefined;
  readonly keys?: KeyStates | undefined;
}

export class Cursor {
  readonly session: ReplaySession;
  readonly positions: Positions;
  readonly checkpoints: Checkpoints;
  readonly policy: CheckpointPolicy;
  readonly keys: KeyStates | undefined;
  readonly #slice: number;
  #landing: Landing | undefined;

  constructor(
    session: ReplaySession,
    positions: Positions,
    checkpoints: Checkpoints,
    policy: CheckpointPolicy,
    { slice = DEFAULT_SLICE, keys }: CursorOptions = {},
  ) {
    this.session = session;
    this.positions = positions;
    this.checkpoints = checkpoints;
    this.policy = policy;
    this.keys = keys;
    this.#slice = Math.min(slice, policy.spacing);
  }

  get mark(): Mark {
    const { icount, step } = this.session.mark;
    return this.#landing ? { icount, step, landing: this.#landing } : { icount, step };
  }

  restore(checkpoint: SessionCheckpoint): void {
    this.session.restore(checkpoint);
    this.#landing = undefined;
  }

  /** To a place to stand, from the nearest checkpoint or from here, whichever is nearer. */
  *seek(target: Mark): Work<Moved> {
    const from = this.mark;
    if (compareMarks(from, target) === 0) return { kind: 'reached' };
    const backward = compareMarks(target, from) < 0 || this.session.divergence !== undefined;
    const held = this.checkpoints.floor(target);
    const stay = !backward && compareMarks(held.mark, from) <= 0;
    const base = yield* this.#near(target, stay ? undefined : held);
    if (base === 'cancelled') return { kind: 'cancelled' };
    const checkpointsAt = this.#approach(base, target);
    const moved = yield* this.#goTo(target, { checkpointsAt });
    if (moved.kind === 'reached') this.checkpoints.thin(this.mark);
    return moved;
  }

  /**
   * Puts the session to where going on to `target` is cheapest: a key state, if there is one so much
   * nearer; `held`; or, without that, where it is. Returns where that is.
   */
  *#near(target: Mark, held: SessionCheckpoint | undefined): Work<Mark | 'cancelled'> {
    const key = this.keys?.worthLoading(this.keys.floor(target), held?.mark ?? this.mark);
    if (!key) {
      if (held) this.restore(held);
      return this.mark;
    }
    const loaded = yield* this.#load(key);
    return loaded === 'cancelled' ? loaded : this.mark;
  }

  /** To a key state, or where that fails to the checkpoint before it. */
  *#load(key: KeyState): Work<SessionCheckpoint | 'cancelled'> {
    const { checkpoints, session } = this;
    const before = checkpoints.floor(key.mark);
    if (compareMarks(before.mark, key.mark) === 0) {
      this.restore(before);
      return before;
    }
    const after = checkpoints.after(key.mark);
    const keys = this.keys!;
    // Over the one that differs least; either way checkpoints stay in the order of time.
    let goneBack =
      after !== undefined &&
      keys.pagesBetween(key.mark, after.mark) < keys.pagesBetween(before.mark, key.mark);
    this.restore(goneBack ? after! : before);
    const loaded = yield* keys.load(session, key, () => {
      goneBack = false;
      this.restore(checkpoints.all[0]!);
    });
    if (loaded !== 'loaded') {
      this.restore(before);
      return loaded === 'cancelled' ? loaded : before;
    }
    const checkpoint = session.checkpoint(goneBack);
    checkpoints.add(checkpoint);
    return checkpoint;
  }

  /** The nearest place before `to` that one can go back to: a checkpoint, or a key state. */
  *baseBefore(to: Mark): Work<SessionCheckpoint | 'cancelled' | undefined> {
    const held = this.checkpoints.before(to);
    const key = held && this.keys?.worthLoading(this.keys.before(to), held.mark);
    return key ? yield* this.#load(key) : held;
  }

  /** The same, whatever the consumer of the work says: for getting back to where one was. */
  *insist(target: Mark): Work<void> {
    const work = this.seek(target);
    for (let step = work.next(false); !step.done; step = work.next(false)) yield step.value;
  }

  *#goTo(target: Mark, options: ForwardOptions): Work<Moved> {
    const { landing } = target;
    if (!landing) return yield* this.forward(target, options);
    // A landing follows from the last place to stand before it: nothing but a fault is in between.
    const base = this.positions.restUpTo({ icount: target.icount, step: target.step });
    if (compareMarks(this.mark, base) < 0) {
      const moved = yield* this.forward(base, options);
      if (moved.kind !== 'reached') return moved;
    }
    return this.#land(target, landing);
  }

  /** From in front of a faulting instruction to the handler's entry. */
  #land(target: Mark, landing: Landing): Moved {
    const { session } = this;
    if (this.positions.nextKind(target) === KIND.INTERRUPT) {
      // The interrupt is taken there, before any breakpoint could be seen.
      const stop = session.toInterrupt();
      if (stop.kind === 'divergence') return stop;
      this.#landing = this.#landingHere();
      if (compareMarks(this.mark, target) === 0) return { kind: 'reached' };
      throw noLanding(target);
    }
    session.vcpu.setBreakpoints([{ id: 0, gva: landing.rip }]);
    try {
      const beyond = mark(target.icount + 1);
      for (let tries = 0; tries <= landing.count; tries++) {
        const stop = session.advance(beyond);
        if (stop.kind === 'divergence') return stop;
        if (stop.kind !== 'debug') break;
        this.#landing = this.#landingHere();
        if (compareMarks(this.mark, target) === 0) return { kind: 'reached' };
      }
    } finally {
      session.vcpu.setBreakpoints([]);
    }
    throw noLanding(target);
  }

  /** Where the vCPU stands after a debug exit, if it is not `session.mark` itself. */
  #landingHere(): Landing | undefined {
    const count = this.session.landings;
    return count > 0 ? { count, rip: codeAddress(this.session.vcpu) } : undefined;
  }

  /** Onward to a place to stand, stopping at what `stops` wants. */
  *forward(target: Mark, options: ForwardOptions = {}): Work<Moved> {
    const { stops } = options;
    stops?.arm();
    try {
      return yield* this.#forward(target, options);
    } finally {
      disarm(this.session);
    }
  }

  *#forward(target: Mark, options: ForwardOptions): Work<Moved> {
    const { session } = this;
    const { stops, checkpointsAt = [] } = options;
    const first = session.mark.icount;
    const total = target.icount - first;
    let leave = !options.includeHere;
    const pace = new Pace(this.#slice);
    let drops = 0;
    let passed = 0;
    for (;;) {
      const here = this.mark;
      if (compareMarks(here, target) >= 0) return { kind: 'reached' };
      while (drops < checkpointsAt.length && checkpointsAt[drops]! <= here.icount) drops++;
      const ahead = Math.min(here.icount + pace.slice, this.#framesAhead(here.icount));
      const slice = mark(Math.min(ahead, checkpointsAt[drops] ?? Infinity));
      pace.begin();
      const stop = this.#advance(earlier(target, slice), leave ? stops : undefined);
      pace.end(session.mark.icount - here.icount);
      leave = false;
      switch (stop.kind) {
        case 'reached':
          this.#landing = undefined;
          this.#leaveCheckpoint(checkpointsAt[drops], options.keepAll ?? false);
          if (compareMarks(session.mark, target) >= 0) continue;
          if (yield { done: session.mark.icount - first, total }) return { kind: 'cancelled' };
          continue;
        case 'end':
          this.#landing = undefined;
          return { kind: 'end' };
        case 'divergence':
          this.#landing = undefined;
          return stop;
        case 'debug':
        case 'dma': {
          const conditions = this.#conditionsOf(stop, stops!);
          if (conditions.length > 0) return { kind: 'hit', hit: { mark: this.mark, conditions } };
          // In front of an interrupt the instruction is not next: not hit, and not again.
          leave = true;
          // Nor is it where a condition is false; many of those are a slice of work as well.
          if (++passed % PASSED_MAX !== 0 && !pace.due) continue;
          if (yield { done: session.mark.icount - first, total }) return { kind: 'cancelled' };
        }
      }
    }
  }

  /** Where so many frames lie behind that they are a slice of work, whatever the guest does else. */
  #framesAhead(here: number): number {
    const { recording, next } = this.session;
    const ordinal = next + SLICE_FRAMES;
    if (ordinal >= recording.frames) return Infinity;
    return Math.max(here + 1, recording.icountOf(ordinal));
  }

  /** `session.advance`; with `leave`, past the breakpoints that the cursor stands at. */
  #advance(target: Mark, leave: VcpuStops | undefined): Advance {
    const { session } = this;
    if (!leave?.hasBreakpoints) return session.advance(target);
    const rip = codeAddress(session.vcpu);
    if (leave.at(rip).length === 0) return session.advance(target);
    const { icount, step } = session.mark;
    const next = this.#somethingComesFirst() ? mark(icount, step + 1) : mark(icount + 1);
    leave.armExcept(rip);
    try {
      return session.advance(earlier(target, next));
    } finally {
      leave.arm();
    }
  }

  /** Who wanted this stop. Leaves the middle of an instruction: nobody can stand there. */
  #conditionsOf(
    first: Extract<Advance, { kind: 'debug' | 'dma' }>,
    stops: VcpuStops,
  ): readonly number[] {
    const found = new Set<number>();
    for (let stop: Advance = first; ; stop = this.session.advance(this.session.mark)) {
      if (stop.kind === 'dma') for (const id of stops.dma(stop.gpa, stop.length)) found.add(id);
      if (stop.kind === 'debug') {
        for (const { kind, id } of stop.stops) if (kind === 'watch') found.add(id);
      }
      this.#landing = stop.kind === 'debug' ? this.#landingHere() : undefined;
      if (this.session.atBoundary || stop.kind === 'divergence' || stop.kind === 'end') break;
    }
    for (const id of this.brokenAt(stops)) found.add(id);
    return stops.holding([...found].sort((a, b) => a - b));
  }

  /** The breakpoints at RIP, if its instruction is what happens next. */
  brokenAt(stops: VcpuStops): readonly number[] {
    if (!stops.hasBreakpoints || this.#somethingComesFirst()) return [];
    return stops.at(codeAddress(this.session.vcpu));
  }

  /** Will something be let in at this very boundary before an instruction runs, if one does? */
  #somethingComesFirst(): boolean {
    const here = this.session.mark;
    if (compareMarks(here, this.positions.end) >= 0) return true;
    const kind = this.positions.nextKind(here);
    return kind === KIND.INTERRUPT || kind === KIND.NMI || kind === KIND.DMA;
  }

  #leaveCheckpoint(wanted: number | undefined, keepAll: boolean): void {
    const { session, checkpoints } = this;
    if (!session.atBoundary) return;
    const { count } = checkpoints;
    if (wanted !== undefined && session.mark.icount >= wanted) checkpoints.take();
    else checkpoints.consider(this.policy.spacing);
    if (!keepAll && checkpoints.count > count) checkpoints.thin(session.mark);
  }

  /**
   * Where to leave checkpoints on the way to a target: at half the way, half of the rest, and so on.
   * The next step back then starts close by.
   */
  #approach(from: Mark, target: Mark): number[] {
    const places: number[] = [];
    for (let gap = target.icount - from.icount; gap > this.policy.nearest; gap /= 2) {
      places.push(Math.floor(target.icount - gap / 2));
    }
    return places;
  }
}

const noLanding = (target: Mark): MarkError =>
  new MarkError(`mark ${formatMark(target)}: no exception was delivered there`);
