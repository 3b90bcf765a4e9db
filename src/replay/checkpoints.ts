/**
 * The checkpoints of a timeline, in the order of their marks. How far apart they may be is a matter
 * of what it costs to get from one to a place before the next: near the cursor little, so that
 * stepping back is instant, elsewhere at most `spacing`. Those that keep too much memory go first
 * where the distance to the cursor is greatest.
 *
 * Cost is counted in instructions; an exit costs as much as a few hundred of them. No clock is asked,
 * so where checkpoints are is as reproducible as all else.
 */

import { compareMarks, type Mark } from './mark.ts';
import type { ReplaySession, SessionCheckpoint } from './session.ts';

export interface CheckpointPolicy {
  /** Cost between two checkpoints far from the cursor. */
  readonly spacing: number;
  /** Cost between two checkpoints that are next to the cursor. */
  readonly nearest: number;
  /** Bytes that all checkpoints together may keep alive. */
  readonly budgetBytes: number;
}

export const DEFAULT_POLICY: CheckpointPolicy = {
  spacing: 50_000_000,
  nearest: 20_000,
  budgetBytes: 768 * 1024 * 1024,
};

/** Where key states are: what is far from the cursor comes from them. */
export const KEYED_POLICY: CheckpointPolicy = {
  ...DEFAULT_POLICY,
  budgetBytes: 192 * 1024 * 1024,
};

/** In a thread that only searches, and goes one way. */
export const SEARCH_POLICY: CheckpointPolicy = {
  ...DEFAULT_POLICY,
  budgetBytes: 64 * 1024 * 1024,
};

/** Instructions that answering and checking an exit is worth. */
const FRAME_COST = 300;
/** Next to a cursor at distance d, gaps of d / this are dense enough. */
const GAPS_PER_DISTANCE = 4;

const costOf = (checkpoint: SessionCheckpoint): number =>
  checkpoint.mark.icount + FRAME_COST * checkpoint.next;

export class Checkpoints {
  readonly #session: ReplaySession;
  readonly #policy: CheckpointPolicy;
  #all: SessionCheckpoint[] = [];

  /**
   * Either the session is at the start, or there are `kept` ones: in order, the start among them. The
   * start's checkpoint is never dropped.
   */
  constructor(
    session: ReplaySession,
    policy: CheckpointPolicy,
    kept: readonly SessionCheckpoint[] = [],
  ) {
    this.#session = session;
    this.#policy = policy;
    this.#all.push(...kept);
    if (kept.length === 0) this.#all.push(session.checkpoint());
  }

  get all(): readonly SessionCheckpoint[] {
    return this.#all;
  }

  /** Takes in a checkpoint that somebody else has made, unless there is one at its mark. */
  add(checkpoint: SessionCheckpoint): void {
    const i = this.#countUpTo(checkpoint.mark);
    const same = this.#all[i - 1];
    if (same && compareMarks(same.mark, checkpoint.mark) === 0) {
      this.#session.vcpu.release(checkpoint.vcpu);
    } else this.#all.splice(i, 0, checkpoint);
  }

  get count(): number {
    return this.#all.length;
  }

  get marks(): readonly Mark[] {
    return this.#all.map(({ mark }) => mark);
  }

  get bytes(): number {
    return this.#all.reduce((sum, { vcpu }) => sum + vcpu.bytes, 0);
  }

  /** The last checkpoint at or before a mark. There is always one: the start. */
  floor(mark: Mark): SessionCheckpoint {
    return this.#all[Math.max(0, this.#countUpTo(mark) - 1)]!;
  }

  /** The first checkpoint behind a mark. */
  after(mark: Mark): SessionCheckpoint | undefined {
    return this.#all[this.#countUpTo(mark)];
  }

  /** The last checkpoint before a mark; undefined in front of the start. */
  before(mark: Mark): SessionCheckpoint | undefined {
    const i = this.#countUpTo(mark);
    const at = this.#all[i - 1];
    return at && compareMarks(at.mark, mark) === 0 ? this.#all[i - 2] : at;
  }

  /** Takes a checkpoint where the session stands if the last one is `gap` or more away. */
  consider(gap: number): void {
    const { mark } = this.#session;
    const last = this.floor(mark);
    if (compareMarks(last.mark, mark) === 0) return;
    if (mark.icount - last.mark.icount < gap && !this.#costs(last, gap)) return;
    this.take();
  }

  /** Takes a checkpoint where the session stands, unless there is one. */
  take(): SessionCheckpoint {
    const { mark } = this.#session;
    const i = this.#countUpTo(mark);
    const same = this.#all[i - 1];
    if (same && compareMarks(same.mark, mark) === 0) return same;
    const checkpoint = this.#session.checkpoint();
    this.#all.splice(i, 0, checkpoint);
    return checkpoint;
  }

  /** Drops what is denser than it need be for a cursor at `cursor`, and what is over budget. */
  thin(cursor: Mark): void {
    const here = this.#costAt(cursor);
    for (let i = this.#all.length - 2; i > 0; i--) {
      const gap = costOf(this.#all[i + 1]!) - costOf(this.#all[i - 1]!);
      const distance = Math.abs(costOf(this.#all[i]!) - here);
      const allowed = Math.max(
        this.#policy.nearest,
        Math.min(this.#policy.spacing, distance / GAPS_PER_DISTANCE),
      );
      if (gap <= allowed) this.#drop(i);
    }
    while (this.#all.length > 1 && this.bytes > this.#policy.budgetBytes) {
      this.#drop(this.#leastUseful(here));
    }
  }

  /** The checkpoint whose loss makes getting back cost the least, for its distance. */
  #leastUseful(here: number): number {
    let best = 1;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 1; i < this.#all.length; i++) {
      const own = costOf(this.#all[i]!);
      const next = this.#all[i + 1];
      const gap = (next ? costOf(next) : Math.max(own, here)) - costOf(this.#all[i - 1]!);
      const harm = gap / (Math.abs(own - here) + this.#policy.nearest);
      if (harm < least) {
        least = harm;
        best = i;
      }
    }
    return best;
  }

  #drop(i: number): void {
    const [dropped] = this.#all.splice(i, 1);
    this.#session.vcpu.release(dropped!.vcpu);
  }

  #costs(from: SessionCheckpoint, gap: number): boolean {
    return this.#session.next - from.next >= gap / FRAME_COST;
  }

  /** An estimate for a mark without a checkpoint: the frames since the last one are not counted. */
  #costAt(mark: Mark): number {
    const floor = this.floor(mark);
    return costOf(floor) + (mark.icount - floor.mark.icount);
  }

  #countUpTo(mark: Mark): number {
    let low = 0;
    let high = this.#all.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareMarks(this.#all[middle]!.mark, mark) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
