/**
 * The protobuf wire format, as far as the hot path needs it: varints and length-delimited fields,
 * written into one growing buffer and read with every length checked. The generated code in
 * recording.gen.js handles the messages that are few; tests/trace/ holds the two against each other.
 *
 * 64-bit numbers travel as two unsigned halves (`lo`, `hi`): no bigint on the way of an exit.
 * https://protobuf.dev/programming-guides/encoding/
 */

export const WIRE_VARINT = 0;
export const WIRE_FIXED64 = 1;
export const WIRE_BYTES = 2;
export const WIRE_FIXED32 = 5;

const TWO_32 = 2 ** 32;

/** An append-only buffer that doubles when full. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** A view of what was written; valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  /** An unsigned number below 2^53. */
  varint(value: number): void {
    if (value < 0x80) {
      this.#reserve(1);
      this.#bytes[this.#length++] = value;
    } else {
      this.varint64(value >>> 0, Math.floor(value / TWO_32));
    }
  }

  varint64(lo: number, hi: number): void {
    this.#reserve(10);
    const bytes = this.#bytes;
    let at = this.#length;
    let low = lo >>> 0;
    let high = hi >>> 0;
    while (high !== 0 || low > 0x7f) {
      bytes[at++] = (low & 0x7f) | 0x80;
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    bytes[at++] = low;
    this.#length = at;
  }

  bytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  tag(field: number, wire: number): void {
    this.varint(field * 8 + wire);
  }

  /** A varint field, left out when zero as proto3 wants. */
  varintField(field: number, value: number): void {
    if (value === 0) return;
    this.tag(field, WIRE_VARINT);
    this.varint(value);
  }

  /** A length-delimited field, left out when empty. */
  bytesField(field: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.tag(field, WIRE_BYTES);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  #reserve(more: number): void {
    const need = this.#length + more;
    if (need <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(need, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

/** Thrown by `WireReader`; whoever knows the place in the file turns it into a `RecordingError`. */
export class WireError extends Error {
  readonly expected: string;
  readonly found: string;

  constructor(expected: string, found: string) {
    super(`expected ${expected}, found ${found}`);
    this.expected = expected;
    this.found = found;
  }
}

/** A cursor over bytes that may be anything. */
export class WireReader {
  /** The halves of the varint read last. */
  lo = 0;
  hi = 0;
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  /** Reads a varint into `lo` and `hi`. */
  varint64(): void {
    let lo = 0;
    let hi = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw new WireError('a whole varint', 'the end of the message');
      this.#at++;
      const bits = byte & 0x7f;
      if (shift < 28) lo |= bits << shift;
      else if (shift === 28) {
        lo |= bits << 28;
        hi = bits >>> 4;
      } else {
        if (shift === 63 && bits > 1) throw new WireError('a varint of 64 bits', 'a longer one');
        hi |= bits << (shift - 32);
      }
      if (byte < 0x80) {
        this.lo = lo >>> 0;
        this.hi = hi >>> 0;
        return;
      }
    }
    throw new WireError('a varint of at most 10 bytes', 'a longer one');
  }

  /** A varint that must be a number of at most `max` < 2^53. */
  varint(what: string, max: number): number {
    this.varint64();
    const value = this.hi * TWO_32 + this.lo;
    if (this.hi >= 2 ** 21 || value > max) throw new WireError(`${what} <= ${max}`, `${value}`);
    return value;
  }

  /** A view of a length-delimited field's content. */
  bytes(what: string): Uint8Array {
    const rest = this.#bytes.length;
    const length = this.varint(`the length of ${what}`, 2 ** 32);
    const end = this.#at + length;
    if (end > rest) throw new WireError(`${length} bytes of ${what}`, `${rest - this.#at}`);
    const view = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return view;
  }

  /** The content of a field whose number this version does not know. */
  skip(wire: number): void {
    switch (wire) {
      case WIRE_VARINT:
        this.varint64();
        return;
      case WIRE_BYTES:
        this.bytes('an unknown field');
        return;
      case WIRE_FIXED64:
      case WIRE_FIXED32: {
        this.#at += wire === WIRE_FIXED64 ? 8 : 4;
        if (this.#at > this.#bytes.length) {
          throw new WireError('a whole field', 'the end of the message');
        }
        return;
      }
      default:
        throw new WireError('wire type 0, 1, 2 or 5', `${wire}`);
    }
  }
}
