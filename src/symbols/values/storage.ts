/**
 * Where a value is: a run of guest memory, or bytes put together from registers and constants. Each
 * byte is known, optimised out, or unreadable; nobody gets a byte that is not known.
 */

import { missing, type Piece } from '../dwarf/locate.ts';

export type Gap = 'optimised out' | 'unreadable';

export interface Bits {
  /** The lowest bit first. */
  readonly value: bigint;
  readonly gap: Gap | undefined;
}

export interface Storage {
  /** In memory. */
  readonly address: bigint | undefined;
  /** A register that holds all of it, by DWARF's number. */
  readonly register: number | undefined;
  bits(offset: number, size: number): Bits;
  /** Up to `length` bytes; fewer where the rest is not known. */
  bytes(length: number): Uint8Array;
  /** Of `length` bytes: is all known, or part, or nothing? */
  state(length: number): 'known' | 'partly' | Gap;
  at(offset: number): Storage;
}

export type ReadMemory = (at: bigint, length: number) => Uint8Array;

export class MemoryStorage implements Storage {
  readonly address: bigint;
  readonly register = undefined;
  readonly #read: ReadMemory;

  constructor(address: bigint, read: ReadMemory) {
    this.address = address;
    this.#read = read;
  }

  bits(offset: number, size: number): Bits {
    const first = Math.floor(offset / 8);
    const last = Math.ceil((offset + size) / 8);
    const bytes = this.#read(wrap(this.address + BigInt(first)), last - first);
    if (bytes.length < last - first) return { value: 0n, gap: 'unreadable' };
    return { value: cut(bytes, offset - first * 8, size), gap: undefined };
  }

  bytes(length: number): Uint8Array {
    return this.#read(this.address, length);
  }

  state(length: number): 'known' | Gap {
    return this.#read(this.address, length).length < length ? 'unreadable' : 'known';
  }

  at(offset: number): Storage {
    return new MemoryStorage(wrap(this.address + BigInt(offset)), this.#read);
  }
}

const KNOWN = 0;
const OPTIMISED_OUT = 1;
const UNREADABLE = 2;

export class AssembledStorage implements Storage {
  readonly address = undefined;
  readonly register: number | undefined;
  readonly #bytes: Uint8Array;
  /** By byte: what is the matter with it. */
  readonly #gaps: Uint8Array;

  constructor(
    bytes: Uint8Array,
    gaps: Uint8Array = new Uint8Array(bytes.length),
    register?: number,
  ) {
    this.#bytes = bytes;
    this.#gaps = gaps;
    this.register = register;
  }

  bits(offset: number, size: number): Bits {
    const first = Math.floor(offset / 8);
    const last = Math.ceil((offset + size) / 8);
    for (let i = first; i < last; i++) {
      const gap = this.#gaps[i] ?? OPTIMISED_OUT;
      if (gap !== KNOWN) return { value: 0n, gap: nameOf(gap) };
    }
    return {
      value: cut(this.#bytes.subarray(first, last), offset - first * 8, size),
      gap: undefined,
    };
  }

  bytes(length: number): Uint8Array {
    const gap = this.#gaps.findIndex((one) => one !== KNOWN);
    return this.#bytes.subarray(0, Math.min(length, gap < 0 ? length : gap));
  }

  state(length: number): 'known' | 'partly' | Gap {
    const gaps = this.#gaps.subarray(0, length);
    const known = gaps.filter((gap) => gap === KNOWN).length;
    if (known === gaps.length && length <= this.#bytes.length) return 'known';
    return known > 0 ? 'partly' : nameOf(gaps[0] ?? OPTIMISED_OUT);
  }

  at(offset: number): Storage {
    const whole = offset === 0 ? this.register : undefined;
    return new AssembledStorage(this.#bytes.subarray(offset), this.#gaps.subarray(offset), whole);
  }
}

const nameOf = (gap: number): Gap => (gap === UNREADABLE ? 'unreadable' : 'optimised out');

/** An integer as C has it in memory. */
export function fromInteger(value: bigint, size: number): AssembledStorage {
  return new AssembledStorage(integerBytes(value, size));
}

export function integerBytes(value: bigint, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let rest = BigInt.asUintN(size * 8, value);
  for (let i = 0; i < size; i++, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return bytes;
}

export const nowhere = (size: number, gap: Gap): AssembledStorage =>
  new AssembledStorage(
    new Uint8Array(size),
    new Uint8Array(size).fill(gap === 'unreadable' ? UNREADABLE : OPTIMISED_OUT),
  );

/** What pieces need to be read. */
export interface PieceSource {
  readonly readMemory: ReadMemory;
  /** 16 bytes for vector registers. */
  register(number: number): bigint | undefined;
  readonly addressSize: number;
}

/** `size` bytes: what no piece covers is optimised out. */
export function assemble(pieces: readonly Piece[], size: number, source: PieceSource): Storage {
  const [only] = pieces;
  if (only && pieces.length === 1 && only.bits === undefined) {
    if (only.kind === 'memory') return new MemoryStorage(only.address, source.readMemory);
    if (only.kind === 'register') return inRegister(only.register, size, source);
  }
  const bytes = new Uint8Array(size);
  const gaps = new Uint8Array(size).fill(OPTIMISED_OUT);
  let bit = 0;
  for (const piece of pieces.length > 0 ? pieces : [missing(undefined, 'optimised out')]) {
    const bits = Math.min(piece.bits ?? size * 8 - bit, size * 8 - bit);
    if (bits <= 0) break;
    place(bytes, gaps, bit, bits, pieceBits(piece, bits, source));
    bit += bits;
  }
  return new AssembledStorage(bytes, gaps);
}

function inRegister(number: number, size: number, source: PieceSource): Storage {
  const value = source.register(number);
  // A register holds 16 bytes at most: what is larger was split.
  if (value === undefined || size > 16) return nowhere(size, 'optimised out');
  return new AssembledStorage(integerBytes(value, size), new Uint8Array(size), number);
}

function pieceBits(piece: Piece, bits: number, source: PieceSource): Bits {
  const shift = BigInt(piece.bitOffset);
  switch (piece.kind) {
    case 'memory': {
      const storage = new MemoryStorage(piece.address, source.readMemory);
      return storage.bits(piece.bitOffset, bits);
    }
    case 'register': {
      const value = source.register(piece.register);
      return value === undefined
        ? { value: 0n, gap: 'optimised out' }
        : { value: value >> shift, gap: undefined };
    }
    case 'value':
      return { value: piece.value >> shift, gap: undefined };
    case 'bytes':
      return new AssembledStorage(piece.bytes).bits(piece.bitOffset, bits);
    case 'implicit pointer':
      return { value: 0n, gap: 'optimised out' };
    case 'missing':
      return { value: 0n, gap: piece.why };
  }
}

function place(bytes: Uint8Array, gaps: Uint8Array, bit: number, bits: number, from: Bits): void {
  for (let done = 0; done < bits; ) {
    const at = bit + done;
    const byte = Math.floor(at / 8);
    const within = at % 8;
    const count = Math.min(8 - within, bits - done);
    const mask = ((1 << count) - 1) << within;
    const part = Number((from.value >> BigInt(done)) & 0xffn) << within;
    bytes[byte] = (bytes[byte]! & ~mask) | (part & mask);
    // Of a byte in two pieces both must be known.
    const gap =
      from.gap === undefined ? KNOWN : from.gap === 'unreadable' ? UNREADABLE : OPTIMISED_OUT;
    gaps[byte] = within === 0 ? gap : Math.max(gaps[byte]!, gap);
    done += count;
  }
}

function cut(bytes: Uint8Array, offset: number, size: number): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return (value >> BigInt(offset)) & ((1n << BigInt(size)) - 1n);
}

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
