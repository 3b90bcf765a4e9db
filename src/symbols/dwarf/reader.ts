/** Reads the data forms of DWARF 5 §7.6 and §7.5.5 from bytes that may be cut off or made up. */

import { SymbolError } from '../program.ts';

const LATIN1 = new TextDecoder('latin1');

export class Reader {
  readonly bytes: Uint8Array;
  readonly end: number;
  at: number;
  /** For messages: the section, and where in it `bytes` begins. */
  readonly #section: string;
  readonly #origin: number;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, section: string, origin = 0, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.end = Math.min(end, bytes.length);
    this.at = at;
    this.#section = section;
    this.#origin = origin;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (at < 0 || at > this.end) throw this.error('data');
  }

  get done(): boolean {
    return this.at >= this.end;
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  u24(): number {
    const at = this.#advance(3);
    return this.#view.getUint16(at, true) | (this.#view.getUint8(at + 2) << 16);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  /** A length or offset: 4 bytes, or 8 in 64-bit DWARF. Beyond 2^53 is beyond any file. */
  offset(size: number): number {
    if (size === 4) return this.u32();
    const at = this.#advance(8);
    return this.#view.getUint32(at + 4, true) * 2 ** 32 + this.#view.getUint32(at, true);
  }

  unsigned(size: number): bigint {
    switch (size) {
      case 1:
        return BigInt(this.u8());
      case 2:
        return BigInt(this.u16());
      case 4:
        return BigInt(this.u32());
      case 8:
        return this.u64();
      default:
        throw this.error('an address of 1, 2, 4 or 8 bytes');
    }
  }

  /** Unsigned LEB128, exact up to 2^53. */
  uleb(): number {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return result;
      scale *= 128;
      if (scale > 2 ** 77) throw this.error('a LEB128 number of at most 64 bits');
    }
  }

  sleb(): number {
    let result = 0;
    let scale = 1;
    for (;;) {
      const byte = this.u8();
      result += (byte & 0x7f) * scale;
      scale *= 128;
      if (byte < 0x80) return byte & 0x40 ? result - scale : result;
      if (scale > 2 ** 77) throw this.error('a LEB128 number of at most 64 bits');
    }
  }

  ulebBig(): bigint {
    return this.#lebBig().value;
  }

  slebBig(): bigint {
    const { value, bits, negative } = this.#lebBig();
    return negative ? value - (1n << bits) : value;
  }

  string(): string {
    const start = this.at;
    const end = this.bytes.indexOf(0, start);
    if (end < 0 || end >= this.end) throw this.error('a zero-terminated string');
    this.at = end + 1;
    return LATIN1.decode(this.bytes.subarray(start, end));
  }

  block(length: number): Uint8Array {
    const at = this.#advance(length);
    return this.bytes.subarray(at, at + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  /**
   * The length that begins a unit, and how large offsets in it are (DWARF 5 §7.4): 0xffffffff says
   * that it is 64-bit DWARF.
   */
  initialLength(): { length: number; offsetSize: 4 | 8 } {
    const length = this.u32();
    if (length === 0xffff_ffff) return { length: this.offset(8), offsetSize: 8 };
    if (length >= 0xffff_fff0) throw this.error('the length of a unit');
    return { length, offsetSize: 4 };
  }

  error(expected: string): SymbolError {
    return new SymbolError(
      `expected ${expected} at 0x${(this.#origin + this.at).toString(16)} of ${this.#section}, found a file that is cut off or damaged`,
    );
  }

  #advance(count: number): number {
    const at = this.at;
    if (!(count >= 0 && at + count <= this.end)) throw this.error(`${count} more bytes`);
    this.at = at + count;
    return at;
  }

  #lebBig(): { value: bigint; bits: bigint; negative: boolean } {
    let value = 0n;
    let bits = 0n;
    for (;;) {
      const byte = this.u8();
      value |= BigInt(byte & 0x7f) << bits;
      bits += 7n;
      if (byte < 0x80) return { value, bits, negative: (byte & 0x40) !== 0 };
      if (bits > 140n) throw this.error('a LEB128 number of at most 128 bits');
    }
  }
}
