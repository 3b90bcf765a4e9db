/**
 * Finds the stops that the recording itself knows: exits, ports, MMIO, interrupts, console text. No
 * instruction is run for it, but a long recording is read for what is rare: chunk by chunk, and whoever
 * waits may give up in between.
 */

import type { FrameBlock } from '../trace/block.ts';
import type { ConsoleLog } from '../trace/console.ts';
import { isExitKind, KIND, type Kind, type Shape } from '../trace/frame.ts';
import type { Hit, StopCondition } from './conditions.ts';
import { compareMarks, type Mark } from './mark.ts';
import type { Positions } from './positions.ts';
import type { Progress, Work } from './work.ts';

export class FrameSearch {
  readonly #positions: Positions;
  readonly #console: () => ConsoleLog;
  readonly #conditions: readonly StopCondition[];
  readonly #texts: readonly { readonly index: number; readonly text: string }[];
  readonly #onFrames: boolean;
  /** Matching conditions by chunk and shape; a chunk has few shapes. */
  readonly #matches = new Map<number, readonly (readonly number[])[]>();

  constructor(
    positions: Positions,
    console: () => ConsoleLog,
    conditions: readonly StopCondition[],
  ) {
    this.#positions = positions;
    this.#console = console;
    this.#conditions = conditions;
    this.#texts = conditions.flatMap((condition, index) =>
      condition.kind === 'console' ? [{ index, text: condition.text }] : [],
    );
    this.#onFrames = conditions.some(
      ({ kind }) => kind === 'exit' || kind === 'port' || kind === 'mmio' || kind === 'interrupt',
    );
  }

  /** The first hit after a mark. */
  *next(after: Mark): Work<Found> {
    let best: Hit<Mark> | undefined;
    if (this.#onFrames) {
      const found = yield* this.#nextFrame(after);
      if (found === 'cancelled') return found;
      best = found;
    }
    for (const { index, text } of this.#texts) {
      const found = yield* this.#nextText(text, after);
      if (found === 'cancelled') return found;
      if (found) best = combine(best, { mark: found, conditions: [index] }, -1);
    }
    return best;
  }

  /** The last hit before a mark. */
  *previous(before: Mark): Work<Found> {
    let best: Hit<Mark> | undefined;
    if (this.#onFrames) {
      const found = yield* this.#previousFrame(before);
      if (found === 'cancelled') return found;
      best = found;
    }
    for (const { index, text } of this.#texts) {
      const found = this.#previousText(text, before);
      if (found) best = combine(best, { mark: found, conditions: [index] }, 1);
    }
    return best;
  }

  *#nextFrame(after: Mark): Work<Found> {
    const { recording } = this.#positions;
    const start = this.#positions.ordinalAt(after);
    for (let o = start; o < recording.frames; ) {
      const { block, first } = recording.blockOf(o);
      const matches = this.#matchesOf(block, first);
      const end = first + block.count;
      for (; o < end && matches.some(isAny); o++) {
        const conditions = matches[block.shapeOf[o - first]!]!;
        if (conditions.length === 0) continue;
        const mark = this.#positions.before(o);
        if (compareMarks(mark, after) > 0) return { mark, conditions };
      }
      o = end;
      if (yield progress(recording.frames - start, o - start)) return 'cancelled';
    }
    return undefined;
  }

  *#previousFrame(before: Mark): Work<Found> {
    const { recording } = this.#positions;
    const start = this.#lastBefore(before);
    for (let o = start; o >= 0; ) {
      const { block, first } = recording.blockOf(o);
      const matches = this.#matchesOf(block, first);
      for (; o >= first && matches.some(isAny); o--) {
        const conditions = matches[block.shapeOf[o - first]!]!;
        if (conditions.length === 0) continue;
        const mark = this.#positions.before(o);
        if (compareMarks(mark, before) < 0) return { mark, conditions };
      }
      o = first - 1;
      if (yield progress(start + 1, start - o)) return 'cancelled';
    }
    return undefined;
  }

  /** The last frame that could be found before a mark. */
  #lastBefore(before: Mark): number {
    const { recording } = this.#positions;
    let o = this.#positions.ordinalAt(before);
    if (before.landing) {
      // What a fault's handler exits for is sought in front of the fault: before the landing.
      const precedes = () => compareMarks(this.#positions.before(o), before) < 0;
      while (o < recording.frames && precedes()) o++;
    }
    return o - 1;
  }

  /** By shape: the conditions that its frames fulfil. */
  #matchesOf({ shapes }: FrameBlock, first: number): readonly (readonly number[])[] {
    let matches = this.#matches.get(first);
    if (!matches) {
      matches = shapes.map((shape) =>
        this.#conditions.flatMap((condition, i) => (matchesShape(condition, shape) ? [i] : [])),
      );
      this.#matches.set(first, matches);
    }
    return matches;
  }

  *#nextText(text: string, after: Mark): Work<Mark | 'cancelled' | undefined> {
    const log = this.#console();
    let from = log.countBefore(this.#positions.ordinalAt(after));
    for (;;) {
      const last = log.nextRead(text, from);
      if (last !== undefined) {
        const mark = this.#positions.after(log.ordinalOf(last));
        if (compareMarks(mark, after) > 0) return mark;
        from = last + 1;
      } else if (!log.readOn()) return undefined;
      else if (yield progress(1, log.share)) return 'cancelled';
    }
  }

  #previousText(text: string, before: Mark): Mark | undefined {
    const log = this.#console();
    let limit = log.countBefore(this.#positions.ordinalAt(before));
    for (;;) {
      const last = log.previous(text, limit);
      if (last === undefined) return undefined;
      const mark = this.#positions.after(log.ordinalOf(last));
      if (compareMarks(mark, before) < 0) return mark;
      limit = last;
    }
  }
}

export type Found = Hit<Mark> | 'cancelled' | undefined;

const isAny = (conditions: readonly number[]): boolean => conditions.length > 0;
const progress = (total: number, done: number): Progress => ({ done, total });

/** The better of two hits, `sign` saying whether later (1) or earlier (-1) is; or both in one. */
export function combine(
  a: Hit<Mark> | undefined,
  b: Hit<Mark> | undefined,
  sign: 1 | -1,
): Hit<Mark> | undefined {
  if (!a || !b) return a ?? b;
  const order = compareMarks(a.mark, b.mark) * sign;
  if (order !== 0) return order > 0 ? a : b;
  return { mark: a.mark, conditions: [...new Set([...a.conditions, ...b.conditions])].sort() };
}

const EXIT_KINDS: Readonly<Partial<Record<Kind, string>>> = {
  [KIND.PIO_IN]: 'pio',
  [KIND.PIO_OUT]: 'pio',
  [KIND.MMIO_READ]: 'mmio',
  [KIND.MMIO_WRITE]: 'mmio',
  [KIND.HLT]: 'hlt',
  [KIND.CPUID]: 'cpuid',
  [KIND.RDMSR]: 'rdmsr',
  [KIND.WRMSR]: 'wrmsr',
  [KIND.CR8_READ]: 'cr8',
  [KIND.CR8_WRITE]: 'cr8',
  [KIND.RDRAND]: 'random',
  [KIND.RDSEED]: 'random',
  [KIND.SHUTDOWN]: 'shutdown',
};

function matchesShape(condition: StopCondition, { kind, address, size }: Shape): boolean {
  switch (condition.kind) {
    case 'exit':
      return isExitKind(kind) && [undefined, EXIT_KINDS[kind]].includes(condition.exit);
    case 'port': {
      const dirs = { in: kind === KIND.PIO_IN, out: kind === KIND.PIO_OUT };
      return within(condition, address, size) && inDirection(condition.dir, dirs);
    }
    case 'mmio': {
      const dirs = { read: kind === KIND.MMIO_READ, write: kind === KIND.MMIO_WRITE };
      return within(condition, address, size) && inDirection(condition.dir, dirs);
    }
    case 'interrupt':
      return kind === KIND.INTERRUPT && [undefined, address].includes(condition.vector);
    case 'address':
    case 'memory':
    case 'console':
      return false;
  }
}

function inDirection<D extends string>(dir: D | undefined, dirs: Record<D, boolean>): boolean {
  return dir === undefined ? Object.values(dirs).includes(true) : dirs[dir];
}

/** Does an access of `size` bytes touch [first, last]? */
function within(range: { first: number; last: number }, address: number, size: number): boolean {
  return address <= range.last && address + size > range.first;
}
