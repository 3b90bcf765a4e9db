/**
 * Reads a recording, whole or cut off anywhere. Frames have an ordinal, counted from 0 over the
 * file; `frame(n)` gives any of them, decoding a chunk at a time, and `firstAt(icount)` finds where
 * a time begins. Memory stays bounded by a few decoded chunks, whatever the file says.
 *
 * Opening reads the index if the file has one and scans the chunks if not. Everything wrong with
 * the file is a `RecordingError`; a file that merely ends early, or has a damaged chunk after a
 * usable beginning, opens as an incomplete recording up to there.
 */

import { FrameBlock } from './block.ts';
import { CHUNK, checkPreamble, PREAMBLE_BYTES, readChunkHeader } from './chunk.ts';
import { RecordingError } from './error.ts';
import { type Frame, isExitKind, KIND } from './frame.ts';
import {
  type BootState,
  type ChunkSummary,
  decodeBoot,
  decodeHeader,
  type End,
  type GuestConfig,
  type Header,
} from './header.ts';
import { ImageStore } from './images.ts';
import { decodeChunk, type FileLayout, indexed, scanned, summarise } from './layout.ts';
import { type ByteSource, FileSource, MemorySource } from './source.ts';

/** A Frames chunk with the totals of all chunks before it. */
export interface ChunkInfo extends ChunkSummary {
  readonly firstFrame: number;
  readonly firstExit: number;
  readonly firstInterrupt: number;
}

/** A decoded chunk and the ordinal of its first frame. */
export interface PlacedBlock {
  readonly block: FrameBlock;
  readonly first: number;
  readonly chunk: ChunkInfo;
}

/** Decoded chunks kept: the one under the cursor and those around it. */
const BLOCKS_KEPT = 4;

export class Recording {
  readonly header: Header;
  readonly boot: BootState;
  readonly end: End | undefined;
  /** Why the file is read only up to a point, if it is: cut off or damaged. */
  readonly damage: RecordingError | undefined;
  readonly chunks: readonly ChunkInfo[];
  readonly frames: number;
  readonly exits: number;
  readonly interrupts: number;
  readonly dmaBytes: number;
  readonly bytes: number;
  /** Where the boot chunk is, for errors about what it says. */
  readonly bootOffset: number;
  readonly #source: ByteSource;
  readonly #pieces: readonly number[];
  /** What `blockOf` gave last: replay asks for one frame after the other. */
  #recent: PlacedBlock | undefined;
  #images: ImageStore | undefined;
  /** Most recently used last. */
  readonly #blocks = new Map<number, FrameBlock>();

  /** With `layout`, of a recorder that is at work still, the file's chunks need not be gone through. */
  static open(path: string, known?: FileLayout): Recording {
    let source: FileSource;
    try {
      source = new FileSource(path);
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      throw new RecordingError({ expected: 'a file that can be read', found, offset: 0 });
    }
    try {
      return new Recording(source, known);
    } catch (error) {
      source.close();
      throw error;
    }
  }

  static fromBytes(bytes: Uint8Array): Recording {
    return new Recording(new MemorySource(bytes));
  }

  constructor(source: ByteSource, known?: FileLayout) {
    this.#source = source;
    this.bytes = source.size;
    checkPreamble(source);
    const first = readChunkHeader(source, PREAMBLE_BYTES);
    this.header = decodeChunk(source, first, CHUNK.HEADER, decodeHeader);
    const layout = known ?? indexed(source) ?? scanned(source, first.end);
    this.boot = decodeChunk(
      source,
      readChunkHeader(source, layout.bootOffset),
      CHUNK.BOOT,
      decodeBoot,
    );
    this.bootOffset = layout.bootOffset;
    this.end = layout.end;
    this.damage = layout.damage;
    this.#pieces = layout.pieceOffset;
    let [frames, exits, interrupts, dmaBytes] = [0, 0, 0, 0];
    this.chunks = layout.frames.map((chunk): ChunkInfo => {
      const info = {
        ...chunk,
        firstFrame: frames,
        firstExit: exits,
        firstInterrupt: interrupts,
      };
      frames += chunk.frames;
      exits += chunk.exits;
      interrupts += chunk.interrupts;
      dmaBytes += chunk.dmaBytes;
      return info;
    });
    this.frames = frames;
    this.exits = exits;
    this.interrupts = interrupts;
    this.dmaBytes = dmaBytes;
  }

  close(): void {
    this.#source.close();
  }

  get guest(): GuestConfig {
    return this.header.guest;
  }

  /** Did the recorder get to write the end? */
  get complete(): boolean {
    return this.end !== undefined;
  }

  /** Where the recording ends: its end record, or the last frame of what is left of it. */
  get lastIcount(): number {
    return this.end?.icount ?? this.chunks.at(-1)?.lastIcount ?? 0;
  }

  /** The decoded chunk that holds frame `ordinal`. */
  blockOf(ordinal: number): PlacedBlock {
    const recent = this.#recent;
    if (recent && ordinal >= recent.first && ordinal < recent.first + recent.block.count) {
      return recent;
    }
    const chunk = lastIndex(this.chunks.length, (i) => this.chunks[i]!.firstFrame <= ordinal);
    if (chunk < 0 || ordinal >= this.frames) throw new Error(`no frame ${ordinal}`);
    const info = this.chunks[chunk]!;
    this.#recent = { block: this.block(chunk), first: info.firstFrame, chunk: info };
    return this.#recent;
  }

  block(chunk: number): FrameBlock {
    const kept = this.#blocks.get(chunk);
    if (kept) {
      this.#blocks.delete(chunk);
      this.#blocks.set(chunk, kept);
      return kept;
    }
    const info = this.chunks[chunk]!;
    const header = readChunkHeader(this.#source, info.offset);
    const block = decodeChunk(this.#source, header, CHUNK.FRAMES, (m) => new FrameBlock(m));
    const summary = summarise(block, info.offset);
    for (const key of SUMMARY_KEYS) {
      if (summary[key] !== info[key]) {
        throw new RecordingError({
          expected: `${key} ${info[key]} in the frames chunk, as the index says`,
          found: `${summary[key]}`,
          offset: info.offset,
        });
      }
    }
    this.#blocks.set(chunk, block);
    if (this.#blocks.size > BLOCKS_KEPT) {
      const [oldest] = this.#blocks.keys();
      this.#blocks.delete(oldest!);
    }
    return block;
  }

  frame(ordinal: number): Frame {
    const { block, first } = this.blockOf(ordinal);
    return block.frame(ordinal - first);
  }

  icountOf(ordinal: number): number {
    const { block, first } = this.blockOf(ordinal);
    return block.icounts[ordinal - first]!;
  }

  /** The ordinal of the first frame at or after an icount; `frames` if there is none. */
  firstAt(icount: number): number {
    const chunk = 1 + lastIndex(this.chunks.length, (i) => this.chunks[i]!.lastIcount < icount);
    if (chunk === this.chunks.length) return this.frames;
    const { icounts } = this.block(chunk);
    const inside = 1 + lastIndex(icounts.length, (i) => icounts[i]! < icount);
    return this.chunks[chunk]!.firstFrame + inside;
  }

  /** The ordinal of the n-th exit or interrupt of the recording, counted from 1. */
  nth(what: 'exit' | 'interrupt', n: number): number | undefined {
    const key = what === 'exit' ? 'firstExit' : 'firstInterrupt';
    const total = what === 'exit' ? this.exits : this.interrupts;
    if (!Number.isSafeInteger(n) || n < 1 || n > total) return undefined;
    const chunk = lastIndex(this.chunks.length, (i) => this.chunks[i]![key] < n);
    const info = this.chunks[chunk]!;
    const block = this.block(chunk);
    let left = n - info[key];
    for (let i = 0; i < block.count; i++) {
      const kind = block.kind(i);
      if (what === 'exit' ? isExitKind(kind) : kind === KIND.INTERRUPT) left--;
      if (left === 0) return info.firstFrame + i;
    }
    throw new Error(`chunk ${chunk} has fewer ${what}s than its summary`);
  }

  /** Where in the file a frame is, or the end of the last one: its chunk's offset. */
  offsetOf(ordinal: number): number {
    const { chunks } = this;
    const chunk = ordinal < this.frames ? this.blockOf(ordinal).chunk : chunks.at(-1);
    return chunk?.offset ?? this.bootOffset;
  }

  /** How many of the frames before `ordinal` are exits, how many interrupts. */
  countsBefore(ordinal: number): { exits: number; interrupts: number } {
    if (ordinal >= this.frames) return { exits: this.exits, interrupts: this.interrupts };
    const { block, first, chunk } = this.blockOf(ordinal);
    let exits = chunk.firstExit;
    let interrupts = chunk.firstInterrupt;
    for (let i = 0; i < ordinal - first; i++) {
      const kind = block.kind(i);
      if (isExitKind(kind)) exits++;
      else if (kind === KIND.INTERRUPT) interrupts++;
    }
    return { exits, interrupts };
  }

  /** The images that the boot state refers to. */
  get images(): ImageStore {
    return (this.#images ??= new ImageStore(this.#source, this.#pieces));
  }
}

const SUMMARY_KEYS = [
  'firstIcount',
  'lastIcount',
  'frames',
  'exits',
  'interrupts',
  'dmaBytes',
] as const;

/** The largest index for which `holds` is true, if it is true for a prefix of [0, length); or -1. */
function lastIndex(length: number, holds: (i: number) => boolean): number {
  let low = -1;
  let high = length;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}
