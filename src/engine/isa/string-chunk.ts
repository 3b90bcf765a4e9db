/**
 * How far a repeated string instruction may go at once: to the end of the page, of the segment, of
 * the offset's width, of the count and of what may run now, whichever comes first.
 */

import { FL_DF } from '../microcode/cpu.ts';
import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';

/** An index register, its offset now, and what one element adds to it: i64s, all `let`. */
export interface Cursor {
  readonly register: number;
  readonly bytes: number;
  readonly offset: Val;
  readonly step: Val;
}

export function cursor(e: Emitter, register: number, bytes: number): Cursor {
  const offset = e.let(e.extu(e.read(register, e.variant.addressSize)));
  const df = e.and(e.load('i32', 4, e.i32(0), L.EFLAGS), FL_DF);
  const step = e.let(e.select(df, e.i64(-bytes), e.i64(bytes)));
  return { register, bytes, offset, step };
}

/** Moves the register behind n (an i32) elements. */
export function moveBy(e: Emitter, at: Cursor, n: Val): void {
  const { addressSize } = e.variant;
  const sum = e.add(at.offset, e.mul(at.step, e.extu(n)));
  e.write(at.register, addressSize, addressSize === 8 ? sum : e.wrap(sum));
}

/** The pointer to a linear address if the fast TLB holds its page, else 0. */
export function pointerOf(e: Emitter, va: Val, kind: number): Val {
  const low = e.let(e.wrap(va));
  const slot = e.and(e.shru(low, 8), (L.TLB_ENTRIES - 1) * 16);
  const entry = e.let(e.add(slot, e.tlbBase()));
  const hit = e.eq(e.load('i64', 8, entry, kind), e.and(va, -4096));
  return e.let(e.select(hit, e.add(low, e.load('i32', 4, entry, kind + 8)), e.i32(0)));
}

/** One side of a chunk. */
export interface Side {
  readonly cursor: Cursor;
  readonly linear: Val;
  readonly pointer: Val;
  /** Number of the segment, as an i32. */
  readonly segment: Val;
}

/**
 * How many iterations can run as one chunk, as an i32: at least the first element of each side has
 * been checked. 0: the next one must go the careful way, alone.
 */
export function chunk(e: Emitter, count: Val, sides: readonly Side[]): Val {
  const budget = e.let(e.extu(e.repBudget()));
  const n = e.var('i64', e.select(e.ltu(count, budget), count, budget));
  const atMost = (room: Val): void => {
    const limit = e.let(room);
    e.if(e.lts(limit, e.get(n)), () => e.set(n, limit));
  };
  for (const side of sides) {
    e.if(
      side.pointer,
      () => {
        atMost(pageRoom(e, side));
        if (e.variant.addressSize !== 8) atMost(segmentRoom(e, side));
      },
      () => e.set(n, e.i64(0)),
    );
  }
  return e.let(e.select(e.gts(e.get(n), 0), e.wrap(e.get(n)), e.i32(0)));
}

const log2 = (bytes: number): number => 31 - Math.clz32(bytes);

/** Whole elements between the linear address and the end of its page that DF points to. */
function pageRoom(e: Emitter, { cursor: at, linear }: Side): Val {
  const { bytes, step } = at;
  const offset = e.let(e.and(linear, 4095));
  const up = e.shru(e.sub(e.i64(4096), offset), log2(bytes));
  const fits = e.leu(offset, 4096 - bytes);
  const down = e.select(fits, e.add(e.shru(offset, log2(bytes)), 1), e.i64(0));
  return e.select(e.gts(step, 0), up, down);
}

/**
 * Whole elements before the segment ends or the offset wraps. An expand-down segment is left to the
 * careful way; so is 64-bit code with a 32-bit address size wherever the unused limit is small.
 */
function segmentRoom(e: Emitter, { cursor: at, segment }: Side): Val {
  const { bytes, step, offset } = at;
  const hidden = e.let(e.mul(e.and(segment, 15), L.SEG_STRIDE));
  const limit = e.let(e.load('i64', 4, hidden, L.SEGMENTS + L.SEG_LIMIT));
  const widest = e.i64(e.variant.addressSize === 2 ? 0xffff : 0xffffffff);
  const top = e.select(e.ltu(limit, widest), limit, widest);
  const up = e.shrs(e.sub(e.add(top, 1), offset), log2(bytes));
  const down = e.add(e.shru(offset, log2(bytes)), 1);
  const rights = e.load('i32', 4, hidden, L.SEGMENTS + L.SEG_RIGHTS);
  const expandDown = e.eq(e.and(rights, 0x0c), 0x04);
  return e.select(expandDown, e.i64(0), e.select(e.gts(step, 0), up, down));
}

/** The iterations that ran: the chunk, or the one that went alone. */
export function atLeastOne(e: Emitter, n: Val): Val {
  return e.let(e.select(n, n, e.i32(1)));
}
