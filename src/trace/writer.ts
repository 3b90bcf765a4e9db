/**
 * Writes a recording. Everything is appended: the header, the images, the boot state, then Frames
 * chunks as they fill up, the end, the index. Nothing that was written is ever changed, so the file
 * is a valid (incomplete) recording after each chunk.
 *
 * A disk that is full, or any other failure of the host's, takes back the chunk that did not fit and
 * throws a `RecordingError`; what is on the disk then is the recording up to `savedIcount`.
 */

import { createHash } from 'node:crypto';
import type { Entry, GuestExit } from '../engine/exit.ts';
import { type Gpa, type Icount, icount, type Ticks } from '../engine/units.ts';
import {
  CHUNK,
  type ChunkType,
  CODEC,
  type Codec,
  encodeChunk,
  preamble,
  trailer,
} from './chunk.ts';
import { DMA_BYTES_MAX, FrameColumns, INPUT_BYTES_MAX } from './columns.ts';
import { RecordingError } from './error.ts';
import {
  type BootState,
  type ChunkSummary,
  type End,
  encodeBoot,
  encodeEnd,
  encodeHeader,
  encodeImagePiece,
  encodeIndex,
  type Header,
  type ImageRef,
  type RamWrite,
} from './header.ts';
import type { FileLayout } from './layout.ts';
import { type ByteSink, FileSink } from './source.ts';

const PIECE_BYTES = 1024 * 1024;
/** Longer writes of the loader are stored as images. */
const LITERAL_BYTES_MAX = 64 * 1024;
/**
 * A chunk closes after this many instructions: what a killed recorder loses at most, about two
 * seconds of guest work. An idle guest makes few; `flush` is for whoever watches the clock.
 */
const CHUNK_INSTRUCTIONS = 100_000_000;

/** An image to put into the recording. */
export interface ImageContent {
  readonly role: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface WriterOptions {
  readonly header: Omit<Header, 'images'>;
  readonly images: readonly ImageContent[];
  readonly boot: BootState;
  readonly codec?: Codec;
  /** Instructions after which a chunk closes. */
  readonly chunkInstructions?: number;
}

/** What has been recorded so far. */
export interface RecordingTotals {
  readonly frames: number;
  readonly exits: number;
  readonly interrupts: number;
  readonly dmaBytes: number;
}

export const sha256 = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex');

export class RecordingWriter {
  readonly #sink: ByteSink;
  readonly #codec: Codec;
  readonly #chunkInstructions: number;
  readonly #columns = new FrameColumns();
  readonly #chunks: ChunkSummary[] = [];
  readonly #pieceOffset: number[] = [];
  #bootOffset = 0;
  #length = 0;
  #savedIcount = 0;
  /** Icount at which the open chunk closes. */
  #closeAt = 0;
  #failure: RecordingError | undefined;
  #end: End | undefined;

  /** Creates the file and writes all that comes before the first frame. */
  static create(path: string, options: WriterOptions): RecordingWriter {
    let sink: ByteSink;
    try {
      sink = new FileSink(path);
    } catch (error) {
      throw new RecordingError({
        expected: `to create ${path}`,
        found: reason(error),
        offset: 0,
      });
    }
    return new RecordingWriter(sink, options);
  }

  constructor(sink: ByteSink, options: WriterOptions) {
    this.#sink = sink;
    this.#codec = options.codec ?? CODEC.BROTLI;
    this.#chunkInstructions = options.chunkInstructions ?? CHUNK_INSTRUCTIONS;
    this.#closeAt = this.#chunkInstructions;
    const { boot, images } = withoutLargeLiterals(options);
    const addressed = images.map((image) => ({ ...image, sha256: sha256(image.bytes) }));
    const refs = addressed.map(
      ({ role, name, bytes, sha256: address }): ImageRef => ({
        role,
        name,
        size: bytes.length,
        sha256: address,
      }),
    );
    this.#append(preamble());
    this.#chunk(CHUNK.HEADER, encodeHeader({ ...options.header, images: refs }));
    const written = new Set<string>();
    for (const { sha256: address, bytes } of addressed) {
      if (!written.has(address)) this.#image(address, bytes);
      written.add(address);
    }
    this.#bootOffset = this.#length;
    this.#chunk(CHUNK.BOOT, encodeBoot(boot));
  }

  /** Bytes of the file so far. */
  get bytes(): number {
    return this.#length;
  }

  /** How far a replay of what is on the disk would get. */
  get savedIcount(): Icount {
    return icount(this.#savedIcount);
  }

  /** Icount of the last frame; -1 before the first. */
  get lastFrameAt(): number {
    const open = this.#columns.count > 0;
    return open ? this.#columns.lastIcount : (this.#chunks.at(-1)?.lastIcount ?? -1);
  }

  get totals(): RecordingTotals {
    const open = this.#columns;
    let frames = open.count;
    let { exits, interrupts, dmaBytes } = open;
    for (const chunk of this.#chunks) {
      frames += chunk.frames;
      exits += chunk.exits;
      interrupts += chunk.interrupts;
      dmaBytes += chunk.dmaBytes;
    }
    return { frames, exits, interrupts, dmaBytes };
  }

  exit(exit: GuestExit, reply: Entry, at: Icount): void {
    this.#room(at);
    this.#columns.exit(exit, reply, at);
  }

  interrupt(vector: number, at: Icount): void {
    this.#room(at);
    this.#columns.interrupt(vector, at);
  }

  nmi(at: Icount): void {
    this.#room(at);
    this.#columns.nmi(at);
  }

  /** A long write becomes several frames at the same icount. */
  dma(at: Gpa, bytes: Uint8Array, when: Icount): void {
    for (let done = 0; done < bytes.length; done += DMA_BYTES_MAX) {
      this.#room(when);
      this.#columns.dma(at + done, bytes.subarray(done, done + DMA_BYTES_MAX), when);
    }
  }

  input(name: string, data: Uint8Array, at: Icount, when: Ticks): void {
    if (data.length > INPUT_BYTES_MAX) {
      throw new Error(`an input of ${data.length} bytes; ${name} has to split it`);
    }
    this.#room(at);
    this.#columns.input(name, data, at, when);
  }

  hash(hash: string, at: Icount): void {
    this.#room(at);
    this.#columns.hash(hash, at);
  }

  /** Closes the open chunk, so that what was recorded so far survives the recorder. */
  flush(): void {
    this.#usable();
    const columns = this.#columns;
    if (columns.count === 0) return;
    const summary: ChunkSummary = {
      offset: this.#length,
      firstIcount: columns.firstIcount,
      lastIcount: columns.lastIcount,
      frames: columns.count,
      exits: columns.exits,
      interrupts: columns.interrupts,
      dmaBytes: columns.dmaBytes,
    };
    this.#chunk(CHUNK.FRAMES, columns.encode());
    this.#chunks.push(summary);
    this.#savedIcount = summary.lastIcount;
    this.#closeAt = summary.lastIcount + this.#chunkInstructions;
    columns.clear();
  }

  /** Where everything is that has been flushed, for a reader of a recording still being made. */
  get layout(): FileLayout {
    return {
      frames: [...this.#chunks],
      pieceOffset: [...this.#pieceOffset],
      bootOffset: this.#bootOffset,
      end: this.#end,
      damage: undefined,
    };
  }

  /** Completes the recording. Nothing can be recorded after it. */
  end(end: End): void {
    this.flush();
    const endOffset = this.#length;
    this.#chunk(CHUNK.END, encodeEnd(end));
    this.#savedIcount = end.icount;
    const indexOffset = this.#length;
    this.#chunk(
      CHUNK.INDEX,
      encodeIndex({
        frames: this.#chunks,
        pieceOffset: this.#pieceOffset,
        bootOffset: this.#bootOffset,
        endOffset,
      }),
    );
    this.#append(trailer(indexOffset));
    this.#end = end;
  }

  /** Closes the file. Without `end` before, the recording stays incomplete, up to the last chunk. */
  close(): void {
    this.#sink.close();
  }

  #room(at: number): void {
    this.#usable();
    if (this.#columns.full || at >= this.#closeAt) this.flush();
    if (at >= this.#closeAt) this.#closeAt = at + this.#chunkInstructions;
  }

  #usable(): void {
    if (this.#failure) throw this.#failure;
    if (this.#end) throw new Error('a frame after the end of the recording');
  }

  #image(address: string, bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length; offset += PIECE_BYTES) {
      const data = bytes.subarray(offset, offset + PIECE_BYTES);
      this.#pieceOffset.push(this.#length);
      this.#chunk(CHUNK.IMAGE_PIECE, encodeImagePiece({ sha256: address, offset, data }));
    }
  }

  #chunk(type: ChunkType, message: Uint8Array): void {
    this.#append(encodeChunk(type, message, this.#codec));
  }

  #append(bytes: Uint8Array): void {
    try {
      this.#sink.write(bytes);
      this.#length += bytes.length;
    } catch (error) {
      this.#failure = new RecordingError({
        expected: `to write ${bytes.length} bytes`,
        found: reason(error),
        offset: this.#length,
      });
      this.#takeBack();
      throw this.#failure;
    }
  }

  #takeBack(): void {
    try {
      this.#sink.truncate(this.#length);
    } catch {
      // A reader ignores the part of a chunk that is left; the write error is the one to report.
    }
  }
}

/** Large pieces of RAM that are in no image become images of their own. */
function withoutLargeLiterals({ boot, images }: WriterOptions): {
  boot: BootState;
  images: readonly ImageContent[];
} {
  const more: ImageContent[] = [];
  const writes = boot.writes.map((write): RamWrite => {
    if (!('bytes' in write) || write.bytes.length <= LITERAL_BYTES_MAX) return write;
    const { gpa, bytes } = write;
    more.push({ role: 'memory', name: '', bytes });
    return { gpa, sha256: sha256(bytes), offset: 0, length: bytes.length };
  });
  return { boot: { ...boot, writes }, images: [...images, ...more] };
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'a file too large for the system',
  EIO: 'an input/output error of the device',
  ENOENT: 'no such directory',
  EACCES: 'permission denied',
  EISDIR: 'a directory',
  EROFS: 'a read-only file system',
};

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error && typeof error.code === 'string' ? error.code : undefined;
  return (code && REASONS[code]) ?? error.message;
}
