/**
 * Which marks exist: the places of a recording where the guest stands between two instructions.
 * All of it follows from the frames; no instruction is run to know it.
 *
 * An exit is answered in the middle of its instruction, which retires afterwards: no place to stand
 * (the exception is a shutdown, after which nothing retires). DMA and NMIs that an exit's handling
 * caused come in that same middle. An interrupt is always taken at a
 * boundary, even if the last thing recorded before it is an exit of the same icount: then that
 * exit's instruction faulted, and the interrupt came in front of the handler.
 */

import { icount } from '../engine/units.ts';
import { isExitKind, KIND, type Kind, movesGuest } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import { compareMarks, earlier, type Mark, mark, START } from './mark.ts';

/** The frames that share an icount. */
interface Group {
  /** Ordinals of the frames that count as steps, in order. */
  readonly ordinals: readonly number[];
  /** By step, one more than there are frames: can the guest be looked at there? */
  readonly rests: readonly boolean[];
  /** By step: is it where single-stepping stops? Not after DMA or NMI: no instruction ran. */
  readonly stops: readonly boolean[];
}

const EMPTY: Group = { ordinals: [], rests: [true], stops: [true] };
const GROUPS_KEPT = 64;

export class Positions {
  readonly recording: Recording;
  readonly start = START;
  readonly end: Mark;
  readonly #groups = new Map<number, Group>();

  constructor(recording: Recording) {
    this.recording = recording;
    const last = recording.lastIcount;
    this.end = mark(last, this.#group(last).ordinals.length);
  }

  /** The first place to stand at or after a mark; a landing stays one. */
  restFrom(from: Mark): Mark {
    if (compareMarks(from, this.end) >= 0) return this.end;
    if (from.landing) return from;
    const step = this.#group(from.icount).rests.indexOf(true, from.step);
    if (step === from.step) return from;
    if (step >= 0) return this.#within(from.icount, step);
    return this.restFrom(mark(from.icount + 1));
  }

  /** The last place to stand at or before a mark; landings aside. */
  restUpTo(to: Mark): Mark {
    if (compareMarks(to, this.end) >= 0) return this.end;
    return mark(to.icount, this.#group(to.icount).rests.lastIndexOf(true, to.step));
  }

  /** The last place to stand before a frame happens. */
  before(ordinal: number): Mark {
    const { at, step } = this.#stepOf(ordinal);
    return this.restUpTo(mark(at, step));
  }

  /** The first place to stand after a frame has happened. */
  after(ordinal: number): Mark {
    const { at, step } = this.#stepOf(ordinal);
    return this.restFrom(mark(at, step + 1));
  }

  /** The ordinal of the first frame that has not happened at a mark (hashes and inputs aside). */
  ordinalAt({ icount: at, step }: Mark): number {
    return this.#group(at).ordinals[step] ?? this.recording.firstAt(at + 1);
  }

  /** The kind of the frame that happens next at a mark, if one does at that very icount. */
  nextKind({ icount: at, step }: Mark): Kind | undefined {
    const ordinal = this.#group(at).ordinals[step];
    return ordinal === undefined ? undefined : this.#kind(ordinal);
  }

  /** Where a single step from a mark ends; undefined at the end. */
  next(from: Mark): Mark | undefined {
    if (compareMarks(from, this.end) >= 0) return undefined;
    const step = this.#group(from.icount).stops.indexOf(true, from.step + 1);
    if (step >= 0) return this.#within(from.icount, step);
    return this.#within(from.icount + 1, 0);
  }

  /** Where a single step that ends at a mark began; undefined at the start. */
  previous(from: Mark): Mark | undefined {
    const latest = from.landing ? from.step : from.step - 1;
    const step = latest < 0 ? -1 : this.#group(from.icount).stops.lastIndexOf(true, latest);
    if (step >= 0) return mark(from.icount, step);
    if (from.icount === 0) return undefined;
    return mark(from.icount - 1, this.#group(from.icount - 1).stops.lastIndexOf(true));
  }

  /** `count` single steps onward, or as many as there are. */
  forward(from: Mark, count: number): Mark {
    let at = from;
    for (let left = count; left > 0; ) {
      // Stretches without frames need no steps to be counted through.
      const free = Math.min(left, this.#freeAfter(at) - 1);
      if (free > 0) {
        at = mark(at.icount + free);
        left -= free;
        continue;
      }
      const next = this.next(at);
      if (!next) return at;
      at = next;
      left--;
    }
    return at;
  }

  /** `count` single steps back, or as many as there are. */
  backward(from: Mark, count: number): Mark {
    let at = from;
    for (let left = count; left > 0; ) {
      const free = Math.min(left, this.#freeBefore(at));
      if (free > 0) {
        at = mark(at.icount - free);
        left -= free;
        continue;
      }
      const previous = this.previous(at);
      if (!previous) return at;
      at = previous;
      left--;
    }
    return at;
  }

  /** Instructions from a mark up to the next icount that has frames or is the end. */
  #freeAfter({ icount: at, step }: Mark): number {
    if (step < this.#group(at).ordinals.length) return 0;
    const next = this.recording.firstAt(at + 1);
    const limit = next < this.recording.frames ? this.recording.icountOf(next) : this.end.icount;
    return limit - at;
  }

  /** Instructions back to the first icount after the last one that has frames. */
  #freeBefore({ icount: at, step, landing }: Mark): number {
    if (step > 0 || landing) return 0;
    const next = this.recording.firstAt(at);
    const last = next === 0 ? 0 : this.recording.icountOf(next - 1) + 1;
    return at - last;
  }

  #within(at: number, step: number): Mark {
    return earlier(mark(at, step), this.end);
  }

  #stepOf(ordinal: number): { at: number; step: number } {
    const at = this.recording.icountOf(ordinal);
    const { ordinals } = this.#group(at);
    const step = ordinals.findIndex((other) => other >= ordinal);
    return { at, step: step < 0 ? ordinals.length : step };
  }

  #kind(ordinal: number): Kind {
    const { block, first } = this.recording.blockOf(ordinal);
    return block.kind(ordinal - first);
  }

  #group(at: number): Group {
    const kept = this.#groups.get(at);
    if (kept) return kept;
    const group = this.#collect(at);
    if (this.#groups.size >= GROUPS_KEPT) this.#groups.clear();
    this.#groups.set(at, group);
    return group;
  }

  #collect(at: number): Group {
    const { recording } = this;
    const ordinals: number[] = [];
    const kinds: Kind[] = [];
    for (let o = recording.firstAt(icount(at)); o < recording.frames; o++) {
      const { block, first } = recording.blockOf(o);
      if (block.icounts[o - first] !== at) break;
      const kind = block.kind(o - first);
      if (!movesGuest(kind)) continue;
      ordinals.push(o);
      kinds.push(kind);
    }
    if (ordinals.length === 0) return EMPTY;
    const rests = [true];
    const stops = [true];
    let midway = false;
    for (const [i, kind] of kinds.entries()) {
      const passive = kind === KIND.DMA || kind === KIND.NMI;
      if (!passive) midway = isExitKind(kind) && kind !== KIND.SHUTDOWN;
      const rest = !midway || kinds[i + 1] === KIND.INTERRUPT;
      rests.push(rest);
      stops.push(rest && !passive);
    }
    return { ordinals, rests, stops };
  }
}
