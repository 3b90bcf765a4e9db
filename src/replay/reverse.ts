/**
 * Looking backwards through a stretch for something only the vCPU can see: interval by interval from
 * the newest checkpoint to the oldest, each replayed forwards while remembering the last hit.
 *
 * Key states know what was accessed between them: what cannot have been hit is passed over.
 *
 * An interval full of hits would stop at every one of them. After a few, its second half is looked
 * through first; only if that has none does the first half matter.
 */

import type { Hit } from './conditions.ts';
import type { Cursor, Moved } from './cursor.ts';
import type { KeyStates } from './key-states.ts';
import { compareMarks, type Mark, mark } from './mark.ts';
import type { SessionCheckpoint } from './session.ts';
import type { VcpuStops } from './vcpu-stops.ts';
import type { Work } from './work.ts';

export type Seen =
  | { readonly kind: 'hit'; readonly hit: Hit<Mark> }
  /** The search did not get through. */
  | { readonly kind: 'stopped'; readonly moved: Moved };

/** Hits in one interval before it is split, and instructions below which that is not worth it. */
const HITS_MAX = 16;
const SPLIT_MIN = 64;

/** An access is reported behind itself: whoever wants to go in front of it takes one made just now. */
export type AtOrigin = 'none' | 'accesses';

interface Interval {
  readonly from: SessionCheckpoint;
  /** Does a stop at `from` itself count? */
  readonly includeFrom: boolean;
  readonly to: Mark;
  /** Which stops at `to` itself count. Later intervals than the origin's meet at a checkpoint: all. */
  readonly includeTo: AtOrigin | 'all';
}

/** A stretch to look through: from a key state, or the start, to a place that is no later than the next. */
export interface Piece {
  readonly from: Mark;
  readonly to: Mark;
  readonly includeTo: Interval['includeTo'];
}

/**
 * The stretches before `origin` that may hold a hit, newest first, not beyond `enough` (where another
 * hit is known). Those that key states rule out are left out.
 */
export function* piecesBefore(
  keys: KeyStates | undefined,
  stops: VcpuStops,
  origin: Mark,
  enough: Mark,
  atOrigin: AtOrigin,
): Generator<Piece | undefined, void, undefined> {
  let to = origin;
  let includeTo: Interval['includeTo'] = atOrigin;
  // What is held at the origin itself may be a hit even there.
  for (let first = true; first || compareMarks(to, enough) > 0; first = false) {
    const key = keys?.before(to);
    const from = key && compareMarks(key.mark, enough) > 0 ? key.mark : enough;
    const interval = keys?.around(to);
    const accesses = interval && keys?.accessesIn(interval);
    yield accesses && !stops.mayBeHit(accesses) ? undefined : { from, to, includeTo };
    to = from;
    includeTo = 'all';
  }
}

/** The last hit in a piece. */
export function* lastHitIn(cursor: Cursor, stops: VcpuStops, piece: Piece): Work<Seen | undefined> {
  let { to, includeTo } = piece;
  for (;;) {
    const from = yield* cursor.baseBefore(to);
    if (from === 'cancelled') return { kind: 'stopped', moved: { kind: 'cancelled' } };
    if (!from) return undefined;
    const seen = yield* search(cursor, stops, { from, includeFrom: true, to, includeTo });
    if (seen || compareMarks(from.mark, piece.from) <= 0) return seen;
    to = from.mark;
    includeTo = 'all';
    cursor.checkpoints.thin(to);
  }
}

function* search(cursor: Cursor, stops: VcpuStops, interval: Interval): Work<Seen | undefined> {
  let { from, includeFrom, to, includeTo } = interval;
  let last: Hit<Mark> | undefined;
  for (;;) {
    cursor.restore(from);
    let includeHere = includeFrom;
    let split = false;
    for (let hits = 0; ; ) {
      const moved = yield* cursor.forward(beyond(to), { stops, includeHere, keepAll: true });
      if (moved.kind === 'cancelled' || moved.kind === 'divergence') {
        return { kind: 'stopped', moved };
      }
      if (moved.kind !== 'hit') break;
      const order = compareMarks(moved.hit.mark, to);
      if (order > 0) break;
      const hit = order < 0 ? moved.hit : hitAtEnd(moved.hit, includeTo, stops);
      if (!hit) break;
      last = hit;
      includeHere = false;
      if (++hits < HITS_MAX || to.icount - last.mark.icount < SPLIT_MIN || last.mark.landing) {
        continue;
      }
      split = true;
      break;
    }
    if (!split || !last) return last && { kind: 'hit', hit: last };
    const first = cursor.checkpoints.take();
    const middle = mark(Math.floor((last.mark.icount + to.icount) / 2));
    const moved = yield* cursor.forward(cursor.positions.restFrom(middle), { keepAll: true });
    if (moved.kind !== 'reached') return { kind: 'stopped', moved };
    const second = cursor.checkpoints.take();
    const later = yield* search(cursor, stops, { from: second, includeFrom: true, to, includeTo });
    if (later) return later;
    // None after the middle: go on in the first half, behind the last hit.
    from = first;
    includeFrom = false;
    to = second.mark;
    includeTo = 'all';
  }
}

function hitAtEnd(
  hit: Hit<Mark>,
  include: Interval['includeTo'],
  stops: VcpuStops,
): Hit<Mark> | undefined {
  if (include === 'all') return hit;
  const conditions = include === 'none' ? [] : hit.conditions.filter((id) => stops.isAccess(id));
  return conditions.length > 0 ? { mark: hit.mark, conditions } : undefined;
}

/**
 * How far to run to see everything up to and including a mark. A landing is not a place that a run
 * can be told to stop at; what comes behind it is sorted out by comparing marks.
 */
function beyond(to: Mark): Mark {
  return to.landing ? mark(to.icount + 1) : to;
}
