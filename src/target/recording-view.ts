/**
 * A recording as a whole, for front ends that draw it: its frames by ordinal, how dense they are over
 * time, the checkpoints, and what the guest printed. None of it runs an instruction. Density of a wide
 * range comes from sketches of the chunks, which are made when first needed or by `warmUp` while
 * nothing else is going on; until then a chunk's totals stand for it.
 */

import type { Filter } from '../exits/filter.ts';
import type { Place, TracedFrame } from '../exits/subject.ts';
import type { StopCondition } from '../replay/conditions.ts';
import { type Found, FrameSearch } from '../replay/frame-search.ts';
import type { Mark } from '../replay/mark.ts';
import type { Timeline } from '../replay/timeline.ts';
import type { Work } from '../replay/work.ts';
import type { FrameBlock } from '../trace/block.ts';
import { type Frame, KIND, type Kind, type Shape } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import type { PlacedFrame } from './debug-target.ts';

/** What density tells apart. Bytes to the console are port writes of their own. */
export const DENSITY_KINDS = [
  'pio',
  'mmio',
  'hlt',
  'other',
  'interrupt',
  'dma',
  'input',
  'console',
] as const;
export type DensityKind = (typeof DENSITY_KINDS)[number];
const KINDS = DENSITY_KINDS.length;
const CELLS = 64;
/** A range of so many chunks is counted exactly. */
const EXACT_CHUNKS = 3;
const COM1_DATA = 0x3f8;

/** Where a frame's code stood, if that is known. */
export type KnownPlaces = (ordinal: number) => Place | undefined;

export interface FrameSearching {
  readonly filter: Filter;
  readonly direction: 1 | -1;
  readonly count: number;
  /** For filters that ask for functions; what is not known does not match. */
  readonly placeOf?: KnownPlaces | undefined;
}

/** Between two yields of a search. */
const FRAMES_LOOKED_AT = 8192;

/** Counts by `DENSITY_KINDS`, one array for each column. */
export type Density = readonly Float64Array[];

export class RecordingView {
  readonly #timeline: Timeline;
  readonly #sketches = new Map<number, Float64Array>();
  readonly #filtered = new WeakMap<
    FrameBlock,
    { readonly filter: Filter; readonly shapes: Uint8Array }
  >();

  constructor(timeline: Timeline) {
    this.#timeline = timeline;
  }

  get #recording(): Recording {
    return this.#timeline.session.recording;
  }

  get frames(): number {
    return this.#recording.frames;
  }
  get exits(): number {
    return this.#recording.exits;
  }
  get interrupts(): number {
    return this.#recording.interrupts;
  }
  get complete(): boolean {
    return this.#recording.complete;
  }

  frame(ordinal: number): PlacedFrame {
    const mark = this.#timeline.positions.before(ordinal);
    return { ordinal, mark, frame: this.#recording.frame(ordinal) };
  }

  /** The frame alone, for whoever looks at many. */
  peek(ordinal: number): Frame {
    return this.#recording.frame(ordinal);
  }

  /** The ordinal of the first frame that has not happened at a mark. */
  ordinalAt(mark: Mark): number {
    return this.#timeline.positions.ordinalAt(mark);
  }

  checkpoints(): readonly Mark[] {
    return this.#timeline.checkpoints.marks;
  }

  /** The bytes the guest had sent to its console by a mark. */
  consoleAt(mark: Mark): Uint8Array {
    return this.#timeline.consoleAt(mark);
  }

  /** Where the guest had just sent so many bytes to its console, 1 or more of those there are. */
  consoleMark(count: number): Mark {
    const { console, positions } = this.#timeline;
    return positions.after(console.ordinalOf(count - 1));
  }

  /** What the recording knows without running: the next or last frame, or text on the console. */
  find(condition: StopCondition, from: Mark, forwards: boolean): Work<Found> {
    const { positions, console } = this.#timeline;
    const search = new FrameSearch(positions, () => console, [condition]);
    return forwards ? search.next(from) : search.previous(from);
  }

  /** As much of the console as has been read so far, and the icount at which byte `i` was sent. */
  consoleRead(): { readonly bytes: Uint8Array; readonly icountOf: (i: number) => number } {
    const { console } = this.#timeline;
    return { bytes: console.known, icountOf: (i) => console.icountOf(i) };
  }

  /**
   * The frames that a filter lets through from `from` on in one direction, up to `count` of them, as
   * they are found: a search that looks at a recording of any length without holding anybody up.
   * Yields undefined after each slice of work.
   */
  *matching(from: number, search: FrameSearching): Generator<PlacedFrame | undefined, void> {
    const { filter, direction, count, placeOf } = search;
    let left = count;
    let looked = 0;
    for (let o = from; left > 0 && o >= 0 && o < this.frames; ) {
      const { block, first } = this.#recording.blockOf(o);
      const shapes = this.#shapesOf(filter, block);
      const last = direction > 0 ? first + block.count : first - 1;
      // A chunk has few shapes: many hold nothing that could match.
      if (!shapes.includes(1)) o = last;
      for (; o !== last && left > 0; o += direction) {
        if (++looked % FRAMES_LOOKED_AT === 0) yield undefined;
        if (shapes[block.shapeOf[o - first]!] === 0) continue;
        if (!filter.byShape && !this.#matches(o, block.frame(o - first), filter, placeOf)) continue;
        left--;
        yield this.frame(o);
      }
      yield undefined;
    }
  }

  #matches(ordinal: number, frame: Frame, filter: Filter, placeOf: KnownPlaces | undefined) {
    const row: TracedFrame = { ordinal, frame, ticks: frame.icount };
    const place = filter.needsPlace ? placeOf?.(ordinal) : undefined;
    if (filter.needsPlace && !place) return false;
    return filter.matches(place ? { ...row, place } : row);
  }

  /** By shape: can a frame of it match? Hashes are the recorder's own. */
  #shapesOf(filter: Filter, block: FrameBlock): Uint8Array {
    const known = this.#filtered.get(block);
    if (known?.filter === filter) return known.shapes;
    const shapes = Uint8Array.from(block.shapes, ({ kind }) => (kind === KIND.HASH ? 0 : 1));
    if (filter.byShape) {
      const seen = new Uint8Array(shapes.length);
      for (let i = 0, left = shapes.length; i < block.count && left > 0; i++) {
        const shape = block.shapeOf[i]!;
        if (seen[shape]) continue;
        seen[shape] = 1;
        left--;
        if (shapes[shape] === 0) continue;
        shapes[shape] = this.#matches(i, block.frame(i), filter, undefined) ? 1 : 0;
      }
    }
    this.#filtered.set(block, { filter, shapes });
    return shapes;
  }

  /** Frames in `columns` equal parts of [from, to). */
  density(from: number, to: number, columns: number): Density {
    const found = Array.from({ length: columns }, () => new Float64Array(KINDS));
    const scale = columns / Math.max(1, to - from);
    const chunks = this.#overlapping(from, to);
    for (const c of chunks) {
      if (chunks.length <= EXACT_CHUNKS) this.#countExactly(c, { from, to, scale, found });
      else this.#countRoughly(c, { from, to, scale, found });
    }
    return found;
  }

  /** Makes the sketches and reads the console, chunk by chunk; yields the share that is done. */
  *warmUp(): Generator<number> {
    const { chunks } = this.#recording;
    const { console } = this.#timeline;
    for (const c of chunks.keys()) {
      this.#sketch(c);
      console.readOn();
      yield (c + 1) / chunks.length;
    }
  }

  #overlapping(from: number, to: number): number[] {
    const { chunks } = this.#recording;
    const found: number[] = [];
    for (const [c, { firstIcount, lastIcount }] of chunks.entries()) {
      if (lastIcount >= from && firstIcount < to) found.push(c);
    }
    return found;
  }

  #countExactly(chunk: number, { from, to, scale, found }: Counting): void {
    const block = this.#recording.block(chunk);
    const kinds = kindsOf(block);
    for (let i = 0; i < block.count; i++) {
      const at = block.icounts[i]!;
      const kind = kinds[block.shapeOf[i]!]!;
      if (at < from || at >= to || kind < 0) continue;
      found[Math.min(found.length - 1, Math.floor((at - from) * scale))]![kind]!++;
    }
  }

  #countRoughly(chunk: number, counting: Counting): void {
    const { from, to, scale, found } = counting;
    const info = this.#recording.chunks[chunk]!;
    const sketch = this.#sketches.get(chunk);
    const cells = sketch ? CELLS : 1;
    const width = (info.lastIcount - info.firstIcount + 1) / cells;
    for (let cell = 0; cell < cells; cell++) {
      const at = info.firstIcount + (cell + 0.5) * width;
      if (at < from || at >= to) continue;
      const column = found[Math.min(found.length - 1, Math.floor((at - from) * scale))]!;
      if (!sketch) {
        column[DENSITY_KINDS.indexOf('other')]! += info.exits;
        column[DENSITY_KINDS.indexOf('interrupt')]! += info.interrupts;
      } else for (let k = 0; k < KINDS; k++) column[k]! += sketch[cell * KINDS + k]!;
    }
  }

  #sketch(chunk: number): void {
    if (this.#sketches.has(chunk)) return;
    const { firstIcount, lastIcount } = this.#recording.chunks[chunk]!;
    const block = this.#recording.block(chunk);
    const kinds = kindsOf(block);
    const sketch = new Float64Array(CELLS * KINDS);
    const scale = CELLS / (lastIcount - firstIcount + 1);
    for (let i = 0; i < block.count; i++) {
      const kind = kinds[block.shapeOf[i]!]!;
      if (kind < 0) continue;
      const cell = Math.min(CELLS - 1, Math.floor((block.icounts[i]! - firstIcount) * scale));
      sketch[cell * KINDS + kind]!++;
    }
    this.#sketches.set(chunk, sketch);
  }
}

interface Counting {
  readonly from: number;
  readonly to: number;
  readonly scale: number;
  readonly found: readonly Float64Array[];
}

/** By shape: the index into `DENSITY_KINDS`, or -1 for what is not shown. */
const kindsOf = (block: FrameBlock): number[] =>
  block.shapes.map((shape) => DENSITY_KINDS.indexOf(densityKind(shape)!));

const BY_KIND: Readonly<Partial<Record<Kind, DensityKind>>> = {
  [KIND.PIO_IN]: 'pio',
  [KIND.PIO_OUT]: 'pio',
  [KIND.MMIO_READ]: 'mmio',
  [KIND.MMIO_WRITE]: 'mmio',
  [KIND.HLT]: 'hlt',
  [KIND.INTERRUPT]: 'interrupt',
  [KIND.NMI]: 'interrupt',
  [KIND.DMA]: 'dma',
  [KIND.INPUT]: 'input',
};

function densityKind({ kind, address }: Shape): DensityKind | undefined {
  if (kind === KIND.PIO_OUT && address === COM1_DATA) return 'console';
  return kind === KIND.HASH ? undefined : (BY_KIND[kind] ?? 'other');
}
