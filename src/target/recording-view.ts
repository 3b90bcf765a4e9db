/**
 * A recording as a whole, for front ends that draw it: its frames by ordinal, how dense they are over
 * time, the checkpoints, and what the guest printed. None of it runs an instruction. Density of a wide
 * range comes from sketches of the chunks, which are made when first needed or by `warmUp` while
 * nothing else is going on; until then a chunk's totals stand for it.
 */

import type { Mark } from '../replay/mark.ts';
import type { Timeline } from '../replay/timeline.ts';
import type { FrameBlock } from '../trace/block.ts';
import { KIND, type Kind, type Shape } from '../trace/frame.ts';
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

/** Counts by `DENSITY_KINDS`, one array for each column. */
export type Density = readonly Float64Array[];

export class RecordingView {
  readonly #timeline: Timeline;
  readonly #sketches = new Map<number, Float64Array>();

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

  /** Makes the sketches one by one; yields after each. */
  *warmUp(): Generator<void> {
    for (const c of this.#recording.chunks.keys()) {
      this.#sketch(c);
      yield;
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
