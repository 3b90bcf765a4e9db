/**
 * The base protocol: messages of JSON behind a `Content-Length` header (DAP overview, "Base
 * protocol"). Bounded, whatever comes: a header that is none is skipped, and said.
 */

export type Received =
  | { readonly kind: 'message'; readonly value: unknown }
  | { readonly kind: 'garbage'; readonly why: string };

const HEADER_MAX = 4096;
/** A `writeMemory` of tens of megabytes still fits. */
export const BODY_MAX = 64 * 1024 * 1024;
const SEPARATOR = Buffer.from('\r\n\r\n');
const LENGTH = /^content-length\s*:\s*(\d{1,10})\s*$/i;

export function encode(message: unknown): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  return Buffer.concat([Buffer.from(`Content-Length: ${body.length}\r\n\r\n`), body]);
}

export class MessageReader {
  #header = Buffer.alloc(0);
  /** Of the body that is being read: what is left, and what has come. */
  #left = 0;
  #body: Buffer[] = [];
  /** A body that is too long is read past. */
  #skipping = false;

  *feed(bytes: Uint8Array): Generator<Received> {
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    while (rest.length > 0) {
      if (this.#left > 0) {
        const part = rest.subarray(0, this.#left);
        rest = rest.subarray(part.length);
        this.#left -= part.length;
        if (!this.#skipping) this.#body.push(part);
        if (this.#left === 0) yield* this.#complete();
        continue;
      }
      const joined = Buffer.concat([this.#header, rest]);
      const end = joined.indexOf(SEPARATOR);
      if (end < 0) {
        if (joined.length > HEADER_MAX) {
          yield {
            kind: 'garbage',
            why: `expected a header, got ${joined.length} bytes without one`,
          };
          // What may be the beginning of the next header is kept.
          this.#header = Buffer.from(joined.subarray(joined.length - 64));
        } else this.#header = Buffer.from(joined);
        return;
      }
      this.#header = Buffer.alloc(0);
      rest = joined.subarray(end + SEPARATOR.length);
      yield* this.#begin(joined.subarray(0, end).toString('latin1'));
    }
  }

  *#begin(header: string): Generator<Received> {
    const found = header.split('\r\n').map((line) => LENGTH.exec(line)?.[1]);
    const length = found.find((text) => text !== undefined);
    if (length === undefined) {
      yield {
        kind: 'garbage',
        why: `expected Content-Length, got ${JSON.stringify(header.slice(0, 80))}`,
      };
      return;
    }
    this.#left = Number(length);
    this.#body = [];
    this.#skipping = this.#left > BODY_MAX;
    if (this.#skipping) {
      yield { kind: 'garbage', why: `expected at most ${BODY_MAX} bytes, got ${this.#left}` };
    }
  }

  *#complete(): Generator<Received> {
    if (this.#skipping) return;
    const text = Buffer.concat(this.#body).toString('utf8');
    this.#body = [];
    try {
      // Some clients write null for what is not there.
      const value: unknown = JSON.parse(text, (_, item: unknown) => item ?? undefined);
      yield { kind: 'message', value };
    } catch {
      yield { kind: 'garbage', why: `expected JSON, got ${JSON.stringify(text.slice(0, 80))}` };
    }
  }
}
