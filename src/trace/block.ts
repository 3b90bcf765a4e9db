/**
 * A Frames chunk being read: the message is checked as a whole and spread into columns that answer
 * for any frame at once. The writer's half is columns.ts.
 */

import type { Entry, GuestExit } from '../engine/exit.ts';
import { gpa, icount, ticks } from '../engine/units.ts';
import { DMA_BYTES_MAX, INPUT_BYTES_MAX } from './columns.ts';
import {
  arity,
  countsUp,
  entryOf,
  exitOf,
  type Frame,
  isExitKind,
  KIND,
  type Kind,
  type Numbers,
  numberBits,
  type Shape,
} from './frame.ts';
import { parse, type ShapeColumn } from './frames-message.ts';
import { WireError, WireReader } from './wire.ts';

const TWO_32 = 2 ** 32;

export class FrameBlock implements Numbers {
  readonly count: number;
  readonly shapes: readonly Shape[];
  /** Icount and shape index by frame. */
  readonly icounts: Float64Array;
  readonly shapeOf: Uint16Array;
  /** By frame: where its numbers and its bytes begin. */
  readonly #numberAt: Uint32Array;
  readonly #dataAt: Uint32Array;
  readonly #lo: Uint32Array;
  readonly #hi: Uint32Array;
  readonly #data: readonly Uint8Array[];
  #base = 0;

  /** Throws `WireError` on anything that is not a Frames message within its limits. */
  constructor(message: Uint8Array) {
    const columns = parse(message);
    this.count = columns.count;
    this.shapes = columns.shapes.map((c) => c.shape);
    this.#data = columns.shapes.map((c) => c.data);
    this.shapeOf = readShapeColumn(columns.shapeColumn, this.count, this.shapes.length);
    this.icounts = readIcounts(columns.icountColumn, this.count, columns.firstIcount);

    const perShape = new Uint32Array(this.shapes.length);
    for (const index of this.shapeOf) perShape[index]!++;
    let total = 0;
    const next = new Uint32Array(this.shapes.length);
    for (const [i, shape] of this.shapes.entries()) {
      if (perShape[i] === 0) throw new WireError('shapes that are used', `shape ${i} unused`);
      next[i] = total;
      total += perShape[i]! * arity(shape);
    }
    this.#lo = new Uint32Array(total);
    this.#hi = new Uint32Array(total);
    for (const [i, column] of columns.shapes.entries()) {
      this.#readNumbers(column, next[i]!, perShape[i]! * arity(column.shape));
    }

    this.#numberAt = new Uint32Array(this.count);
    this.#dataAt = new Uint32Array(this.count);
    const dataAt = new Uint32Array(this.shapes.length);
    for (let i = 0; i < this.count; i++) {
      const index = this.shapeOf[i]!;
      this.#numberAt[i] = next[index]!;
      next[index]! += arity(this.shapes[index]!);
      this.#dataAt[i] = dataAt[index]!;
      dataAt[index]! += this.dataLength(i);
    }
    for (const [i, data] of this.#data.entries()) {
      if (data.length !== dataAt[i]) {
        throw new WireError(`${dataAt[i]} bytes of data for shape ${i}`, `${data.length}`);
      }
    }
  }

  shape(i: number): Shape {
    return this.shapes[this.shapeOf[i]!]!;
  }

  kind(i: number): Kind {
    return this.shape(i).kind;
  }

  /** The exit and the reply of a frame whose kind is an exit's. */
  exit(i: number): GuestExit {
    this.#base = this.#numberAt[i]!;
    return exitOf(this.shape(i), this);
  }

  reply(i: number): Entry {
    this.#base = this.#numberAt[i]!;
    return entryOf(this.shape(i), this);
  }

  /** The number that an exit of 32 bits at most carried out, without building the exit. */
  outward(i: number): number {
    return this.#lo[this.#numberAt[i]!]!;
  }

  /** Bytes that belong to a DMA, input or hash frame. */
  dataLength(i: number): number {
    switch (this.kind(i)) {
      case KIND.HASH:
        return 8;
      case KIND.DMA:
      case KIND.INPUT:
        return this.#lo[this.#numberAt[i]! + 1]!;
      default:
        return 0;
    }
  }

  #bytes(i: number): Uint8Array {
    const at = this.#dataAt[i]!;
    return this.#data[this.shapeOf[i]!]!.subarray(at, at + this.dataLength(i));
  }

  frame(i: number): Frame {
    const at = icount(this.icounts[i]!);
    const shape = this.shape(i);
    if (isExitKind(shape.kind)) {
      return { kind: 'exit', icount: at, exit: this.exit(i), reply: this.reply(i) };
    }
    this.#base = this.#numberAt[i]!;
    switch (shape.kind) {
      case KIND.INTERRUPT:
        return { kind: 'interrupt', icount: at, vector: shape.address };
      case KIND.NMI:
        return { kind: 'nmi', icount: at };
      case KIND.DMA:
        return { kind: 'dma', icount: at, gpa: gpa(this.number(0)), bytes: this.#bytes(i) };
      case KIND.INPUT:
        return {
          kind: 'input',
          icount: at,
          ticks: ticks(this.number(0)),
          name: shape.name,
          data: this.#bytes(i),
        };
      case KIND.HASH:
        return { kind: 'hash', icount: at, hash: Buffer.from(this.#bytes(i)).toString('hex') };
      default:
        throw new Error(`kind ${shape.kind} was let through`);
    }
  }

  /** `Numbers` of the frame that `#base` points at. */
  number(i: number): number {
    return this.#hi[this.#base + i]! * TWO_32 + this.#lo[this.#base + i]!;
  }
  wide(i: number): bigint {
    return (BigInt(this.#hi[this.#base + i]!) << 32n) | BigInt(this.#lo[this.#base + i]!);
  }

  #readNumbers({ shape, values, deltas }: ShapeColumn, start: number, count: number): void {
    const difference = countsUp(shape);
    if ((difference ? values : deltas).length > 0) {
      throw new WireError(difference ? 'deltas' : 'values', difference ? 'values' : 'deltas');
    }
    const reader = new WireReader(difference ? deltas : values);
    const bits = numberBits(shape);
    const hiLimit = bits >= 64 ? TWO_32 : 2 ** Math.max(0, bits - 32);
    let lo = 0;
    let hi = 0;
    for (let i = start; i < start + count; i++) {
      reader.varint64();
      if (difference) {
        // Undo the zigzag, then add modulo 2^64.
        const sign = -(reader.lo & 1);
        const sum = lo + ((((reader.lo >>> 1) | (reader.hi << 31)) ^ sign) >>> 0);
        lo = sum >>> 0;
        hi = (hi + ((reader.hi >>> 1) ^ sign) + (sum >= TWO_32 ? 1 : 0)) >>> 0;
      } else {
        lo = reader.lo;
        hi = reader.hi;
      }
      if (hi >= hiLimit) throw new WireError(`a number of ${bits} bits`, `a larger one`);
      this.#lo[i] = lo;
      this.#hi[i] = hi;
    }
    if (!reader.done) throw new WireError(`${count} numbers for a shape`, 'more');
    if (shape.kind === KIND.DMA || shape.kind === KIND.INPUT)
      this.#checkLengths(shape, start, count);
  }

  #checkLengths(shape: Shape, start: number, count: number): void {
    const max = shape.kind === KIND.DMA ? DMA_BYTES_MAX : INPUT_BYTES_MAX;
    for (let i = start + 1; i < start + count; i += 2) {
      if (this.#lo[i]! > max || this.#hi[i] !== 0) {
        throw new WireError(`at most ${max} bytes in a frame`, `${this.#lo[i]}`);
      }
    }
  }
}

function readShapeColumn(column: Uint8Array, count: number, shapes: number): Uint16Array {
  const reader = new WireReader(column);
  // Every entry takes a byte at least, so this never allocates more than the column's own size * 2.
  if (column.length < count)
    throw new WireError(`${count} frames' shapes`, `${column.length} bytes`);
  const result = new Uint16Array(count);
  for (let i = 0; i < count; i++) result[i] = reader.varint('a shape index', shapes - 1);
  if (!reader.done) throw new WireError(`${count} frames' shapes`, 'more');
  return result;
}

function readIcounts(column: Uint8Array, count: number, first: number): Float64Array {
  const reader = new WireReader(column);
  if (column.length < count) throw new WireError(`${count} icounts`, `${column.length} bytes`);
  const result = new Float64Array(count);
  let at = first;
  for (let i = 0; i < count; i++) {
    at += reader.varint('an icount delta', Number.MAX_SAFE_INTEGER - at);
    result[i] = at;
  }
  if (result[0] !== first) throw new WireError('the first icount delta to be 0', 'another');
  if (!reader.done) throw new WireError(`${count} icounts`, 'more');
  return result;
}
