/**
 * One key state in a file: what differs from the key state before, and what was accessed in between.
 *
 *     0    8 bytes   "RETROKEY"
 *     8    u32       version: 1
 *     12   u32       bytes of the head; its CRC-32 (u32)
 *     20   u32       bytes of the body; its CRC-32 (u32)
 *     28   u32       0
 *     32             head: u32 length and JSON (`Facts`), then for each page that differs its number
 *                    (u32), hash (u64) and packed length (u16), then the numbers of the pages written
 *                    (u32 each)
 *                    body: u32 length of its first part; two parts, each deflated: the vCPU's
 *                    state without RAM, and the trail's filters
 *                    the pages that differ, packed (key-page.ts)
 *
 * Little-endian. The head tells what a state is good for without reading the rest of the file. The
 * pages have no checksum here: whoever loads a state compares the state hash with the recording's.
 */

import { closeSync, fstatSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import { PAGE_BYTES } from './key-page.ts';

const MAGIC = Buffer.from('RETROKEY');
const VERSION = 1;
const PREFIX_BYTES = 32;
const HEAD_BYTES_MAX = 64 << 20;
const BODY_BYTES_MAX = 1 << 20;

export interface KeyFacts {
  /** Which recording, and which build of the engine made the state. */
  readonly recording: string;
  readonly build: string;
  /** The hash frame at which it was taken, and its icount. */
  readonly ordinal: number;
  readonly icount: number;
  /** Ordinal of the key state before; -1 for the start. */
  readonly previous: number;
}

export interface KeyHead extends KeyFacts {
  /** Pages that differ from the key state before, ascending, and their hashes. */
  readonly pages: Uint32Array;
  readonly hashes: BigUint64Array;
  /** Where the packed bytes of page i are: [starts[i], starts[i + 1]) of the file. */
  readonly starts: Float64Array;
  /** Pages that were written since then, ascending. */
  readonly written: Uint32Array;
  readonly bodyStart: number;
  readonly bodyLength: number;
  readonly bodyCrc: number;
  /** Bytes of the file. */
  readonly bytes: number;
}

export interface KeyContent extends KeyFacts {
  readonly saved: Uint8Array;
  readonly filters: Uint8Array;
  /** Ascending by page. */
  readonly pages: readonly {
    readonly page: number;
    readonly hash: bigint;
    readonly packed: Uint8Array;
  }[];
  readonly written: ArrayLike<number>;
}

/** What is wrong with a file of key states: reason enough to do without it. */
export class KeyFileError extends Error {
  override readonly name = 'KeyFileError';
}

/** Replaces the file in one go; another process may be reading or writing it. */
export function writeKeyFile(path: string, content: KeyContent): void {
  const { saved, filters, pages, written, ...rest } = content;
  const { recording, build, ordinal, icount, previous } = rest;
  const facts = Buffer.from(JSON.stringify({ recording, build, ordinal, icount, previous }));
  const counts = Buffer.alloc(12);
  counts.writeUInt32LE(facts.length, 0);
  counts.writeUInt32LE(pages.length, 4);
  counts.writeUInt32LE(written.length, 8);
  const lengths = pages.map(({ packed }) => packed.length);
  const head = Buffer.concat([
    counts,
    facts,
    bytesOf(Uint32Array.from(pages, ({ page }) => page)),
    bytesOf(BigUint64Array.from(pages, ({ hash }) => hash)),
    bytesOf(Uint16Array.from(lengths)),
    bytesOf(Uint32Array.from(written)),
  ]);
  const state = deflateRawSync(saved, { level: 1 });
  const length = Buffer.alloc(4);
  length.writeUInt32LE(state.length);
  const body = Buffer.concat([length, state, deflateRawSync(filters, { level: 1 })]);
  const prefix = Buffer.alloc(PREFIX_BYTES);
  MAGIC.copy(prefix);
  prefix.writeUInt32LE(VERSION, 8);
  prefix.writeUInt32LE(head.length, 12);
  prefix.writeUInt32LE(crc32(head), 16);
  prefix.writeUInt32LE(body.length, 20);
  prefix.writeUInt32LE(crc32(body), 24);
  const temporary = `${path}.${process.pid}.new`;
  const fd = openSync(temporary, 'w');
  try {
    const all = Buffer.concat([prefix, head, body, ...pages.map(({ packed }) => packed)]);
    for (let done = 0; done < all.length; ) done += writeSync(fd, all, done);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/** The head alone. Throws `KeyFileError`, or what opening a file throws. */
export function readKeyHead(path: string): KeyHead {
  return withFile(path, (fd, size) => {
    const prefix = readAt(fd, 0, Math.min(size, PREFIX_BYTES));
    if (prefix.length < PREFIX_BYTES || !prefix.subarray(0, 8).equals(MAGIC)) {
      throw new KeyFileError('no key state');
    }
    const version = prefix.readUInt32LE(8);
    if (version !== VERSION) throw new KeyFileError(`version ${version}, not ${VERSION}`);
    const headLength = prefix.readUInt32LE(12);
    const bodyLength = prefix.readUInt32LE(20);
    const bodyStart = PREFIX_BYTES + headLength;
    if (headLength > HEAD_BYTES_MAX || bodyLength > BODY_BYTES_MAX) throw damaged('lengths');
    if (bodyStart + bodyLength > size) throw damaged('cut off');
    const head = readAt(fd, PREFIX_BYTES, headLength);
    if (crc32(head) !== prefix.readUInt32LE(16)) throw damaged('its head');
    const parsed = parseHead(head, bodyStart + bodyLength);
    if (parsed.starts.at(-1) !== size) throw damaged('cut off');
    return { ...parsed, bodyStart, bodyLength, bodyCrc: prefix.readUInt32LE(24), bytes: size };
  });
}

/** The vCPU's state without RAM. */
export const readKeyState = (path: string, head: KeyHead): Uint8Array =>
  inflated(bodyParts(path, head)[0]);

export const readKeyFilters = (path: string, head: KeyHead): Uint8Array =>
  inflated(bodyParts(path, head)[1]);

function bodyParts(path: string, head: KeyHead): readonly [Buffer, Buffer] {
  return withFile(path, (fd) => {
    const body = readAt(fd, head.bodyStart, head.bodyLength);
    if (crc32(body) !== head.bodyCrc || body.length < 4) throw damaged('its body');
    const end = 4 + body.readUInt32LE(0);
    if (end > body.length) throw damaged('its body');
    return [body.subarray(4, end), body.subarray(end)];
  });
}

function inflated(bytes: Buffer): Uint8Array {
  try {
    return inflateRawSync(bytes, { maxOutputLength: BODY_BYTES_MAX });
  } catch {
    throw damaged('its body');
  }
}

/** Of a head's pages those at these indices, ascending, each packed. */
export function* readKeyPages(
  path: string,
  { starts }: KeyHead,
  indices: readonly number[],
): Generator<readonly [index: number, packed: Uint8Array]> {
  const fd = openSync(path, 'r');
  try {
    for (let i = 0; i < indices.length; ) {
      // Neighbours in the file are read together.
      const from = starts[indices[i]!]!;
      let to = i;
      while (to + 1 < indices.length && nearby(starts, from, indices, to)) to++;
      const run = readAt(fd, from, starts[indices[to]! + 1]! - from);
      for (; i <= to; i++) {
        const index = indices[i]!;
        yield [index, run.subarray(starts[index]! - from, starts[index + 1]! - from)];
      }
    }
  } finally {
    closeSync(fd);
  }
}

const RUN_BYTES_MAX = 1 << 20;
const HOLE_BYTES_MAX = 16 << 10;

function nearby(
  starts: Float64Array,
  from: number,
  indices: readonly number[],
  last: number,
): boolean {
  const next = indices[last + 1]!;
  const hole = starts[next]! - starts[indices[last]! + 1]!;
  return hole <= HOLE_BYTES_MAX && starts[next + 1]! - from <= RUN_BYTES_MAX;
}

type Parsed = Omit<KeyHead, 'bodyStart' | 'bodyLength' | 'bodyCrc' | 'bytes'>;

function parseHead(head: Buffer, dataStart: number): Parsed {
  if (head.length < 12) throw damaged('its head');
  const factsLength = head.readUInt32LE(0);
  const pageCount = head.readUInt32LE(4);
  const writtenCount = head.readUInt32LE(8);
  if (12 + factsLength + pageCount * 14 + writtenCount * 4 !== head.length) {
    throw damaged('its head');
  }
  let at = 12;
  const take = (bytes: number): ArrayBuffer => {
    const copy = new Uint8Array(head.subarray(at, at + bytes)).buffer;
    at += bytes;
    return copy;
  };
  const facts = parseFacts(Buffer.from(take(factsLength)).toString('utf8'));
  const pages = new Uint32Array(take(pageCount * 4));
  const hashes = new BigUint64Array(take(pageCount * 8));
  const lengths = new Uint16Array(take(pageCount * 2));
  const written = new Uint32Array(take(writtenCount * 4));
  const starts = new Float64Array(pageCount + 1);
  starts[0] = dataStart;
  for (const [i, length] of lengths.entries()) {
    if (length > PAGE_BYTES) throw damaged('a page');
    starts[i + 1] = starts[i]! + length;
  }
  return { ...facts, pages, hashes, starts, written };
}

function parseFacts(text: string): KeyFacts {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw damaged('its facts');
  }
  const { recording, build, ordinal, icount, previous } = Object(parsed) as Record<string, unknown>;
  if (typeof recording !== 'string' || typeof build !== 'string') throw damaged('its facts');
  for (const number of [ordinal, icount, previous]) {
    if (!Number.isSafeInteger(number) || (number as number) < -1) throw damaged('its facts');
  }
  return {
    recording,
    build,
    ordinal: ordinal as number,
    icount: icount as number,
    previous: previous as number,
  };
}

const damaged = (what: string): KeyFileError => new KeyFileError(`damaged: ${what}`);

function withFile<T>(path: string, use: (fd: number, size: number) => T): T {
  const fd = openSync(path, 'r');
  try {
    return use(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, from: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const got = readSync(fd, bytes, done, length - done, from + done);
    if (got === 0) throw damaged('cut off');
    done += got;
  }
  return bytes;
}

const bytesOf = (array: Uint32Array | Uint16Array | BigUint64Array): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
