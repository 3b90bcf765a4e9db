/**
 * What goes out in one write: acknowledgements and packets, one behind the other in one buffer that is
 * used again. Large buffers made anew for each packet are what the garbage collector would be busy with.
 */

const DOLLAR = 0x24;
const HASH = 0x23;
const DIGITS = Buffer.from('0123456789abcdef');
const HIGH = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[byte >> 4]!);
const LOW = Uint8Array.from({ length: 256 }, (_, byte) => DIGITS[byte & 15]!);
const SUMS = Uint8Array.from({ length: 256 }, (_, byte) => HIGH[byte]! + LOW[byte]!);

const ROOM_FIRST = 2048;
/** A buffer that has grown beyond this is not kept. */
const ROOM_KEPT = 1 << 20;

export class Outbox {
  #bytes = new Uint8Array(0);
  #length = 0;
  readonly #mayReuse: () => boolean;

  /** `mayReuse`: does nobody need any more what `take` returned last? */
  constructor(mayReuse: () => boolean) {
    this.#mayReuse = mayReuse;
  }

  get isEmpty(): boolean {
    return this.#length === 0;
  }

  append(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /**
   * A packet of bytes in hex. Not run-length encoded: looking for runs costs more than it saves on a
   * connection within one machine.
   */
  appendHex(data: Uint8Array): void {
    let at = this.#grow(2 * data.length + 4);
    const out = this.#bytes;
    let sum = 0;
    out[at++] = DOLLAR;
    for (let i = 0; i < data.length; i++) {
      const byte = data[i]!;
      out[at++] = HIGH[byte]!;
      out[at++] = LOW[byte]!;
      sum += SUMS[byte]!;
    }
    out[at++] = HASH;
    out[at++] = HIGH[sum & 0xff]!;
    out[at] = LOW[sum & 0xff]!;
  }

  /** A copy of what was appended since the length was this. */
  since(length: number): Uint8Array {
    return this.#bytes.slice(length, this.#length);
  }

  get length(): number {
    return this.#length;
  }

  /** All of it; it stays as it is until `mayReuse` says that it need not. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return taken;
  }

  /** Makes room, and returns where. */
  #grow(bytes: number): number {
    const at = this.#length;
    if (at === 0 && (this.#bytes.length > ROOM_KEPT || !this.#mayReuse())) {
      this.#bytes = new Uint8Array(Math.max(ROOM_FIRST, bytes));
    } else if (at + bytes > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(2 * this.#bytes.length, at + bytes));
      wider.set(this.#bytes.subarray(0, at));
      this.#bytes = wider;
    }
    this.#length = at + bytes;
    return at;
  }
}
