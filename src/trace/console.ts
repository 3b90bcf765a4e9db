/**
 * The guest's first serial port as an observer of the exits sees it: which bytes it sent. A 16550's
 * data port is the divisor latch while LCR.DLAB is set, and its output stays inside while MCR.LOOP
 * is (PC16550D data sheet, "Line Control Register" and "Modem Control Register").
 */

import { KIND } from './frame.ts';
import type { Recording } from './recording.ts';

const COM1 = 0x3f8;
const LCR = COM1 + 3;
const LCR_DLAB = 0x80;
const MCR = COM1 + 4;
const MCR_LOOP = 0x10;

/** Follows port writes one by one. */
export class ConsoleTap {
  #dlab = false;
  #loop = false;

  /** The byte that this write put on the line, if it did. */
  write(port: number, value: number): number | undefined {
    if (port === COM1) return this.#dlab || this.#loop ? undefined : value & 0xff;
    if (port === LCR) this.#dlab = (value & LCR_DLAB) !== 0;
    else if (port === MCR) this.#loop = (value & MCR_LOOP) !== 0;
    return undefined;
  }
}

/**
 * The console output of a recording: each byte with the ordinal of its frame. Chunks are read when
 * first asked about, in order: what was printed early in a long recording is known at once.
 */
export class ConsoleLog {
  readonly #recording: Recording;
  readonly #tap = new ConsoleTap();
  #bytes = Buffer.alloc(1024);
  #ordinals = new Float64Array(1024);
  #icounts = new Float64Array(1024);
  #length = 0;
  /** Chunks that have been read. */
  #chunks = 0;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  /** All of it. */
  get bytes(): Buffer {
    while (this.readOn());
    return this.#read;
  }

  /** What has been read so far. */
  get known(): Buffer {
    return this.#read;
  }

  /** The frame that sent byte `i`, which has been read. */
  ordinalOf(i: number): number {
    return this.#ordinals[i]!;
  }

  /** When byte `i` was sent, which has been read. */
  icountOf(i: number): number {
    return this.#icounts[i]!;
  }

  /** How many bytes had been sent before frame `ordinal`. */
  countBefore(ordinal: number): number {
    this.#readTo(ordinal);
    let low = 0;
    let high = this.#length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ordinals[middle]! < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The bytes sent before frame `ordinal`. */
  before(ordinal: number): Buffer {
    const count = this.countBefore(ordinal);
    return this.#read.subarray(0, count);
  }

  /** The index of the last byte of the first occurrence of `text` that ends at or after `from`. */
  next(text: string, from: number): number | undefined {
    for (;;) {
      const found = this.nextRead(text, from);
      if (found !== undefined || !this.readOn()) return found;
    }
  }

  /** The same in what has been read so far. */
  nextRead(text: string, from: number): number | undefined {
    const wanted = Buffer.from(text, 'utf8');
    const start = this.#read.indexOf(wanted, Math.max(0, from - wanted.length + 1));
    return start < 0 || wanted.length === 0 ? undefined : start + wanted.length - 1;
  }

  /** How much of the recording has been read, from 0 to 1. */
  get share(): number {
    return this.#recording.chunks.length === 0 ? 1 : this.#chunks / this.#recording.chunks.length;
  }

  /** The index of the last byte of the last occurrence of `text` that ends before `before`. */
  previous(text: string, before: number): number | undefined {
    const wanted = Buffer.from(text, 'utf8');
    const latest = before - wanted.length;
    if (latest < 0 || wanted.length === 0) return undefined;
    const start = this.#read.lastIndexOf(wanted, latest);
    return start < 0 ? undefined : start + wanted.length - 1;
  }

  /** Reads one chunk more; false if there is none. */
  readOn(): boolean {
    const chunk = this.#recording.chunks[this.#chunks];
    if (!chunk) return false;
    const block = this.#recording.block(this.#chunks++);
    const relevant = block.shapes.map(
      ({ kind, size, address }) =>
        kind === KIND.PIO_OUT && size === 1 && address >= COM1 && address <= MCR,
    );
    if (!relevant.includes(true)) return true;
    for (let i = 0; i < block.count; i++) {
      if (!relevant[block.shapeOf[i]!]) continue;
      const byte = this.#tap.write(block.shape(i).address, block.outward(i));
      if (byte !== undefined) this.#add(byte, chunk.firstFrame + i, block.icounts[i]!);
    }
    return true;
  }

  get #read(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  #readTo(ordinal: number): void {
    const { chunks } = this.#recording;
    while (this.#chunks < chunks.length && chunks[this.#chunks]!.firstFrame < ordinal) {
      this.readOn();
    }
  }

  #add(byte: number, ordinal: number, icount: number): void {
    if (this.#length === this.#bytes.length) {
      const bytes = Buffer.alloc(this.#length * 2);
      this.#bytes.copy(bytes);
      this.#bytes = bytes;
      this.#ordinals = doubled(this.#ordinals);
      this.#icounts = doubled(this.#icounts);
    }
    this.#bytes[this.#length] = byte;
    this.#icounts[this.#length] = icount;
    this.#ordinals[this.#length++] = ordinal;
  }
}

function doubled(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const more = new Float64Array(array.length * 2);
  more.set(array);
  return more;
}
