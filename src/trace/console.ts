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

/** All console output of a recording: each byte with the ordinal of its frame. */
export class ConsoleLog {
  readonly bytes: Buffer;
  readonly #ordinals: Float64Array;

  constructor(recording: Recording) {
    const bytes: number[] = [];
    const ordinals: number[] = [];
    const tap = new ConsoleTap();
    for (const [c, chunk] of recording.chunks.entries()) {
      const block = recording.block(c);
      const relevant = block.shapes.map(
        ({ kind, size, address }) =>
          kind === KIND.PIO_OUT && size === 1 && address >= COM1 && address <= MCR,
      );
      if (!relevant.includes(true)) continue;
      for (let i = 0; i < block.count; i++) {
        if (!relevant[block.shapeOf[i]!]) continue;
        const byte = tap.write(block.shape(i).address, block.outward(i));
        if (byte === undefined) continue;
        bytes.push(byte);
        ordinals.push(chunk.firstFrame + i);
      }
    }
    this.bytes = Buffer.from(bytes);
    this.#ordinals = Float64Array.from(ordinals);
  }

  /** The frame that sent byte `i`. */
  ordinalOf(i: number): number {
    return this.#ordinals[i]!;
  }

  /** How many bytes had been sent before frame `ordinal`. */
  countBefore(ordinal: number): number {
    let low = 0;
    let high = this.#ordinals.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ordinals[middle]! < ordinal) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The index of the last byte of the first occurrence of `text` that ends at or after `from`. */
  next(text: string, from: number): number | undefined {
    const wanted = Buffer.from(text, 'utf8');
    const start = this.bytes.indexOf(wanted, Math.max(0, from - wanted.length + 1));
    return start < 0 || wanted.length === 0 ? undefined : start + wanted.length - 1;
  }

  /** The index of the last byte of the last occurrence of `text` that ends before `before`. */
  previous(text: string, before: number): number | undefined {
    const wanted = Buffer.from(text, 'utf8');
    const latest = before - wanted.length;
    if (latest < 0 || wanted.length === 0) return undefined;
    const start = this.bytes.lastIndexOf(wanted, latest);
    return start < 0 ? undefined : start + wanted.length - 1;
  }
}
