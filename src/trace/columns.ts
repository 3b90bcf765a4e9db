/**
 * A Frames chunk being written: columns of typed arrays that fill up exit by exit and become one
 * protobuf message when the chunk closes. The reader's half is block.ts.
 */

import type { Entry, GuestExit } from '../engine/exit.ts';
import { unreachable } from '../engine/exit.ts';
import { arity, countsUp, KIND, type Kind, kindOf, REPLY, type Reply, replyOf } from './frame.ts';
import { ShapeTable } from './shape-table.ts';
import { ByteWriter } from './wire.ts';

/** Limits of one Frames message; recording.proto states them, block.ts checks them. */
export const FRAMES_MAX = 65_536;
export const SHAPES_MAX = 4_096;
export const DMA_BYTES_MAX = 256 * 1024;
export const INPUT_BYTES_MAX = 64 * 1024;
/** A chunk closes when its frames brought this many bytes of DMA and input. */
const DATA_BYTES_TARGET = 1024 * 1024;
/** 32,768 frames are some 200 KB before compression: enough to find what repeats. */
const FRAMES_TARGET = 32_768;

const TWO_32 = 2 ** 32;

export class FrameColumns {
  readonly #shapes = new ShapeTable();
  readonly #shape = new Uint16Array(FRAMES_TARGET);
  readonly #icount = new Float64Array(FRAMES_TARGET);
  #lo = new Uint32Array(FRAMES_TARGET);
  #hi = new Uint32Array(FRAMES_TARGET);
  #numbers = 0;
  readonly #data = new ByteWriter(4096);
  #count = 0;
  #exits = 0;
  #interrupts = 0;
  #dmaBytes = 0;

  get count(): number {
    return this.#count;
  }
  get exits(): number {
    return this.#exits;
  }
  get interrupts(): number {
    return this.#interrupts;
  }
  get dmaBytes(): number {
    return this.#dmaBytes;
  }
  /** Icount of the first and of the last frame. Only if there is one. */
  get firstIcount(): number {
    return this.#icount[0]!;
  }
  get lastIcount(): number {
    return this.#icount[this.#count - 1]!;
  }
  /** No further frame may be added before `clear`. */
  get full(): boolean {
    return (
      this.#count >= FRAMES_TARGET ||
      this.#data.length >= DATA_BYTES_TARGET ||
      this.#shapes.shapes.length >= SHAPES_MAX
    );
  }

  clear(): void {
    this.#shapes.clear();
    this.#data.clear();
    this.#numbers = this.#count = this.#exits = this.#interrupts = this.#dmaBytes = 0;
  }

  exit(exit: GuestExit, reply: Entry, icount: number): void {
    const kind = kindOf(exit);
    const answer = replyOf(reply);
    switch (exit.kind) {
      case 'pio':
        this.#frame(this.#shapes.index(kind, answer, exit.size, exit.port), icount);
        if (exit.dir === 'out') this.#number(exit.value);
        break;
      case 'mmio':
        this.#frame(this.#shapes.index(kind, answer, exit.size, exit.gpa), icount);
        if (exit.dir === 'write') this.#wide(exit.value);
        break;
      case 'hlt':
      case 'shutdown':
        this.#frame(this.#shapes.index(kind, answer, 0, 0), icount);
        break;
      case 'cpuid':
        this.#frame(this.#cpuidShape(kind, answer, exit.leaf, exit.subleaf), icount);
        break;
      case 'rdmsr':
        this.#frame(this.#shapes.index(kind, answer, 0, exit.msr), icount);
        break;
      case 'wrmsr':
        this.#frame(this.#shapes.index(kind, answer, 0, exit.msr), icount);
        this.#wide(exit.value);
        break;
      case 'cr8':
        this.#frame(this.#shapes.index(kind, answer, 0, 0), icount);
        if (exit.dir === 'write') this.#number(exit.value);
        break;
      case 'random':
        this.#frame(this.#shapes.index(kind, answer, exit.size, 0), icount);
        break;
      default:
        unreachable(exit);
    }
    this.#reply(reply);
    this.#exits++;
  }

  interrupt(vector: number, icount: number): void {
    this.#frame(this.#shapes.index(KIND.INTERRUPT, REPLY.NONE, 0, vector), icount);
    this.#interrupts++;
  }

  nmi(icount: number): void {
    this.#frame(this.#shapes.index(KIND.NMI, REPLY.NONE, 0, 0), icount);
  }

  /** At most `DMA_BYTES_MAX`. */
  dma(at: number, bytes: Uint8Array, icount: number): void {
    this.#frame(this.#shapes.index(KIND.DMA, REPLY.NONE, 0, 0), icount);
    this.#number(at);
    this.#number(bytes.length);
    this.#data.bytes(bytes);
    this.#dmaBytes += bytes.length;
  }

  /** At most `INPUT_BYTES_MAX`. */
  input(name: string, data: Uint8Array, icount: number, ticks: number): void {
    const shape = { kind: KIND.INPUT, reply: REPLY.NONE, size: 0, address: 0, subleaf: 0, name };
    this.#frame(this.#shapes.indexOf(shape), icount);
    this.#number(ticks);
    this.#number(data.length);
    this.#data.bytes(data);
  }

  /** `hash` is 16 hex digits. */
  hash(hash: string, icount: number): void {
    this.#frame(this.#shapes.index(KIND.HASH, REPLY.NONE, 0, 0), icount);
    this.#data.bytes(Buffer.from(hash, 'hex'));
  }

  /** The Frames message. Field order is that of recording.proto, as protobufjs writes it. */
  encode(): Uint8Array {
    const shapes = this.#shapes.shapes;
    const streams = this.#streams();
    const out = new ByteWriter(this.#count * 4 + 1024);
    out.varintField(1, this.firstIcount);
    out.varintField(2, this.#count);
    const message = new ByteWriter();
    const name = new TextEncoder();
    for (const [i, shape] of shapes.entries()) {
      message.clear();
      message.varintField(1, shape.kind);
      message.varintField(2, shape.reply);
      message.varintField(3, shape.size);
      message.varintField(4, shape.address);
      message.varintField(5, shape.subleaf);
      message.bytesField(6, name.encode(shape.name));
      const stream = streams[i]!;
      message.bytesField(countsUp(shape) ? 8 : 7, stream.numbers.view());
      message.bytesField(9, stream.data.view());
      // A submessage is written even if it is empty (it never is: kinds start at 1).
      out.bytesField(3, message.view());
    }
    const column = new ByteWriter(this.#count * 2);
    for (let i = 0; i < this.#count; i++) column.varint(this.#shape[i]!);
    out.bytesField(4, column.view());
    column.clear();
    let last = this.firstIcount;
    for (let i = 0; i < this.#count; i++) {
      const icount = this.#icount[i]!;
      column.varint(icount - last);
      last = icount;
    }
    out.bytesField(5, column.view());
    return out.view();
  }

  /** Deals the numbers and bytes, which came in frame order, out to their shapes. */
  #streams(): ShapeStream[] {
    const shapes = this.#shapes.shapes;
    const streams = shapes.map(() => new ShapeStream());
    const data = this.#data.view();
    let number = 0;
    let dataAt = 0;
    for (let i = 0; i < this.#count; i++) {
      const index = this.#shape[i]!;
      const shape = shapes[index]!;
      const stream = streams[index]!;
      const difference = countsUp(shape);
      const count = arity(shape);
      for (let n = 0; n < count; n++, number++) {
        stream.add(this.#lo[number]!, this.#hi[number]!, difference);
      }
      const bytes =
        shape.kind === KIND.HASH
          ? 8
          : shape.kind === KIND.DMA || shape.kind === KIND.INPUT
            ? this.#lo[number - 1]!
            : 0;
      if (bytes > 0) stream.data.bytes(data.subarray(dataAt, dataAt + bytes));
      dataAt += bytes;
    }
    return streams;
  }

  #cpuidShape(kind: Kind, reply: Reply, leaf: number, subleaf: number): number {
    if (subleaf === 0) return this.#shapes.index(kind, reply, 0, leaf);
    return this.#shapes.indexOf({ kind, reply, size: 0, address: leaf, subleaf, name: '' });
  }

  #frame(shape: number, icount: number): void {
    const i = this.#count;
    if (i > 0 && icount < this.#icount[i - 1]!) {
      throw new Error(`a frame at icount ${icount} after one at ${this.#icount[i - 1]}`);
    }
    this.#shape[i] = shape;
    this.#icount[i] = icount;
    this.#count = i + 1;
  }

  #reply(reply: Entry): void {
    switch (reply.kind) {
      case 'value':
        this.#number(reply.value);
        break;
      case 'wide':
        this.#wide(reply.value);
        break;
      case 'cpuid':
        for (const register of reply.regs) this.#number(register);
        break;
      case 'skip':
        this.#number(reply.ticks);
        break;
      case 'none':
      case 'default':
      case 'fault':
        break;
      default:
        unreachable(reply);
    }
  }

  #number(value: number): void {
    this.#pair(value >>> 0, value < 0 ? 0 : Math.floor(value / TWO_32));
  }

  #wide(value: bigint): void {
    this.#pair(Number(value & 0xffff_ffffn), Number((value >> 32n) & 0xffff_ffffn));
  }

  #pair(lo: number, hi: number): void {
    const i = this.#numbers;
    if (i === this.#lo.length) {
      this.#lo = doubled(this.#lo);
      this.#hi = doubled(this.#hi);
    }
    this.#lo[i] = lo;
    this.#hi[i] = hi;
    this.#numbers = i + 1;
  }
}

/** `values` or `deltas`, and `data`, of one shape. */
class ShapeStream {
  readonly numbers = new ByteWriter(16);
  readonly data = new ByteWriter(0);
  #lastLo = 0;
  #lastHi = 0;

  add(lo: number, hi: number, difference: boolean): void {
    if (!difference) {
      this.numbers.varint64(lo, hi);
      return;
    }
    // The difference modulo 2^64, then zigzag: (d << 1) ^ (d >> 63).
    const low = lo - this.#lastLo;
    const dLo = low >>> 0;
    const dHi = (hi - this.#lastHi - (low < 0 ? 1 : 0)) | 0;
    const sign = dHi >> 31;
    this.numbers.varint64((dLo << 1) ^ sign, ((dHi << 1) | (dLo >>> 31)) ^ sign);
    this.#lastLo = lo;
    this.#lastHi = hi;
  }
}

function doubled(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const bigger = new Uint32Array(array.length * 2);
  bigger.set(array);
  return bigger;
}
