/**
 * The bytes of the gdb remote protocol (gdb manual, appendix E.1 "Overview"): what arrives in any
 * pieces becomes packets, acknowledgements and interrupts; what leaves gets its checksum. Payloads
 * are strings of bytes (latin1), because half of the protocol is text and the other half is not.
 *
 *     $ payload # two hex digits     } escapes the next byte, * repeats the one before
 *     + -                            the packet before arrived, or did not
 *     0x03                           interrupt; anywhere outside a packet
 */

export type Received =
  | { readonly kind: 'packet'; readonly payload: string }
  /** Checksum or escapes are wrong: to be asked for again. */
  | { readonly kind: 'garbled' }
  | { readonly kind: 'ack' | 'nak' | 'interrupt' };

/** What gdb may send at once; in `qSupported`, hexadecimal. */
export const PACKET_BYTES_MAX = 0x20000;

const DOLLAR = 0x24;
const HASH = 0x23;
const STAR = 0x2a;
const ESCAPE = 0x7d;
const INTERRUPT = 0x03;
/** A repeat count is sent as a printable byte: count + 29 (gdb manual E.1, "run-length encoding"). */
const REPEAT_BASE = 29;

export class Framing {
  #body: number[] | undefined;
  #checksum = '';
  #inChecksum = false;

  /** Takes bytes as they came, split anywhere. */
  feed(bytes: Uint8Array): Received[] {
    const found: Received[] = [];
    for (let i = 0; i < bytes.length; ) {
      const end = this.#body ? 0 : plainEnd(bytes, i);
      if (end > 0) {
        found.push({ kind: 'packet', payload: latin1(bytes.subarray(i + 1, end - 3)) });
        i = end;
        continue;
      }
      const received = this.#take(bytes[i++]!);
      if (received) found.push(received);
    }
    return found;
  }

  #take(byte: number): Received | undefined {
    if (!this.#body) return this.#between(byte);
    // A dollar is escaped inside a packet: an unescaped one is the start of another.
    if (byte === DOLLAR) {
      this.#start();
      return { kind: 'garbled' };
    }
    if (this.#inChecksum) {
      this.#checksum += String.fromCharCode(byte);
      return this.#checksum.length === 2 ? this.#finish(this.#body) : undefined;
    }
    if (byte === HASH) this.#inChecksum = true;
    else this.#body.push(byte);
    // Nobody means this: forget it, and look for the next start.
    if (this.#body.length <= 2 * PACKET_BYTES_MAX) return undefined;
    this.#body = undefined;
    return { kind: 'garbled' };
  }

  #between(byte: number): Received | undefined {
    if (byte === DOLLAR) this.#start();
    else if (byte === 0x2b) return { kind: 'ack' };
    else if (byte === 0x2d) return { kind: 'nak' };
    else if (byte === INTERRUPT) return { kind: 'interrupt' };
    return undefined;
  }

  #start(): void {
    this.#body = [];
    this.#checksum = '';
    this.#inChecksum = false;
  }

  #finish(body: readonly number[]): Received {
    this.#body = undefined;
    this.#inChecksum = false;
    const sum = body.reduce((a, b) => (a + b) & 0xff, 0);
    if (!/^[0-9a-f]{2}$/i.test(this.#checksum) || Number.parseInt(this.#checksum, 16) !== sum) {
      return { kind: 'garbled' };
    }
    const payload = decoded(body);
    return payload === undefined ? { kind: 'garbled' } : { kind: 'packet', payload };
  }
}

/**
 * Where a packet ends that begins here, is all there, right and without escapes, as nearly all are;
 * 0 if it is not so simple.
 */
function plainEnd(bytes: Uint8Array, start: number): number {
  if (bytes[start] !== DOLLAR) return 0;
  let sum = 0;
  for (let i = start + 1; i < bytes.length - 2; i++) {
    const byte = bytes[i]!;
    if (byte === HASH) {
      const checksum = 16 * digitOf(bytes[i + 1]!) + digitOf(bytes[i + 2]!);
      return checksum === (sum & 0xff) ? i + 3 : 0;
    }
    if (byte === DOLLAR || byte === ESCAPE || byte === STAR) return 0;
    if (i - start > PACKET_BYTES_MAX) return 0;
    sum += byte;
  }
  return 0;
}

/** NaN makes every checksum wrong. */
function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x61 + 10 : Number.NaN;
}

const latin1 = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');

function decoded(body: readonly number[]): string | undefined {
  let text = '';
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!;
    if (byte === ESCAPE) {
      const escaped = body[++i];
      if (escaped === undefined) return undefined;
      text += String.fromCharCode(escaped ^ 0x20);
    } else if (byte === STAR) {
      const count = (body[++i] ?? 0) - REPEAT_BASE;
      if (count < 3 || count > 97 || text === '') return undefined;
      text += text.at(-1)!.repeat(count);
    } else text += String.fromCharCode(byte);
  }
  return text;
}

/** A packet as it goes over the wire: escaped, run-length encoded, with its checksum. */
export function frame(payload: string): Uint8Array {
  const bytes = Buffer.from(payload, 'latin1');
  // Every byte may need an escape.
  const out = Buffer.allocUnsafe(2 * bytes.length + 4);
  let length = 0;
  out[length++] = DOLLAR;
  for (let i = 0; i < bytes.length; ) {
    const byte = bytes[i]!;
    let end = i + 1;
    while (end - i < 98 && bytes[end] === byte) end++;
    const run = end - i;
    i = end;
    if (byte === DOLLAR || byte === HASH || byte === STAR || byte === ESCAPE) {
      for (let n = 0; n < run; n++) {
        out[length++] = ESCAPE;
        out[length++] = byte ^ 0x20;
      }
      continue;
    }
    out[length++] = byte;
    // The byte itself and at least three more; '#' and '$' would be counts 6 and 7.
    const more = run - 1 === 6 || run - 1 === 7 ? 5 : run - 1;
    const repeated = more >= 3 ? more : 0;
    if (repeated > 0) {
      out[length++] = STAR;
      out[length++] = repeated + REPEAT_BASE;
    }
    for (let left = run - 1 - repeated; left > 0; left--) out[length++] = byte;
  }
  let sum = 0;
  for (let i = 1; i < length; i++) sum += out[i]!;
  out[length++] = HASH;
  out.write((sum & 0xff).toString(16).padStart(2, '0'), length, 'latin1');
  return out.subarray(0, length + 2);
}
