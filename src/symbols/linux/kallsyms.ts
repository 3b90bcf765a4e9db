/**
 * The symbol table that a Linux kernel carries for itself, found in the memory of a running guest:
 * what /proc/kallsyms prints, without asking the guest. Names are compressed with a table of 256
 * tokens (scripts/kallsyms.c of the kernel writes it, kernel/kallsyms.c reads it):
 *
 *     offsets        n x u32, against relative_base
 *     relative_base  u64, moved along by KASLR
 *     num_syms       u32
 *     names          n x { length, token numbers }; a length above 127 takes two bytes
 *     markers        u32 for every 256th name: where it begins in `names`
 *     seqs_of_names  n x 3 bytes: the order by name (since Linux 6.2, and in 6.1 as distributed)
 *     token_table    256 strings with a NUL behind each
 *     token_index    256 x u16: where each begins
 *
 * Each part starts at a multiple of 8. Since Linux 6.4 offsets and relative_base come last. Nothing of
 * it has an address one could know; but a token that is a single digit is always itself, so that the
 * ten digits in a row give the token table away, and all else lies around it. What is found is
 * believed only if the parts agree with each other.
 */

import type { GuestSymbol } from '../symbol-table.ts';
import { symbolKind } from '../system-map.ts';

/** As much of the guest's memory from an address on as is mapped, up to `length` bytes. */
export type ReadMemory = (at: bigint, length: number) => Uint8Array;

export interface MemorySpan {
  readonly start: bigint;
  readonly length: bigint;
}

const DIGITS = Buffer.from([...'0123456789'].map((digit) => `${digit}\0`).join(''), 'latin1');
const CHAR_0 = 0x30;
const TOKENS = 256;
/** Names that one marker stands for. */
const MARKED = 256;
/** A kernel with fewer than some thousand symbols is none. */
const MARKERS_MIN = 8;
const TOKEN_TABLE_MAX = 16 * 1024;
/** A distribution's kernel has 100,000 to 250,000; all of them take less than 4 MiB. */
const SYMBOLS_MAX = 2_000_000;
/** KSYM_NAME_LEN. */
const NAME_MAX = 512;
const PIECE = 1024 * 1024;
/** A kernel image is not larger; whoever maps more than that cannot make us read it all. */
const SCANNED_MAX = 256 * 1024 * 1024;
const CANDIDATES_MAX = 1000;
const KERNEL_HALF = 0xffff_8000_0000_0000n;
/** Names between two looks at whether somebody else wants to go on. */
const SLICE = 8192;

/**
 * Looks through `spans`; undefined if there is no such table. Yields between slices of work of a few
 * milliseconds, for whoever has an interface to keep alive.
 */
export function* findKallsyms(
  spans: readonly MemorySpan[],
  read: ReadMemory,
): Generator<void, GuestSymbol[] | undefined> {
  let scanned = 0;
  let candidates = 0;
  for (const { start, length } of spans) {
    const end = start + length;
    for (let at = start; at < end; at += BigInt(PIECE)) {
      const room = Number(end - at);
      const piece = Buffer.from(read(at, Math.min(room, PIECE + DIGITS.length)));
      for (let i = piece.indexOf(DIGITS); i >= 0; i = piece.indexOf(DIGITS, i + 1)) {
        const found = yield* decode(at + BigInt(i), read);
        if (found) return found;
        // Memory full of digits is somebody's joke.
        if (++candidates > CANDIDATES_MAX) return undefined;
      }
      scanned += piece.length;
      if (scanned > SCANNED_MAX) return undefined;
      yield;
    }
  }
  return undefined;
}

/** `digits` is where token 48, "0", would be. */
function* decode(digits: bigint, read: ReadMemory): Generator<void, GuestSymbol[] | undefined> {
  const table = readTokens(digits, read);
  const names = table && (yield* findNames(table.start, read));
  if (!table || !names) return undefined;
  const addresses =
    addressesBefore(names.countAt, names.count, read) ??
    addressesAfter(table.indexEnd, names.count, read);
  if (!addresses) return undefined;
  const found: GuestSymbol[] = [];
  let at = 0;
  for (let i = 0; i < names.count; i++) {
    const name = nameAt(names.bytes, at, table.tokens);
    if (!name) return undefined;
    at = name.next;
    const type = name.text[0] ?? '?';
    const start = addresses(i);
    // Constants, and offsets into the area of each processor, would claim the bottom of memory.
    if (type.toLowerCase() !== 'a' && start >= KERNEL_HALF) {
      found.push({ name: name.text.slice(1), start, size: 0n, kind: symbolKind(type) });
    }
    if (i % SLICE === SLICE - 1) yield;
  }
  return found;
}

interface Tokens {
  readonly start: bigint;
  readonly tokens: readonly string[];
  readonly indexEnd: bigint;
}

/** The table around its digits, if the index behind it says the same. */
function readTokens(digits: bigint, read: ReadMemory): Tokens | undefined {
  const before = Buffer.from(read(digits - BigInt(TOKEN_TABLE_MAX), TOKEN_TABLE_MAX));
  if (before.length < TOKEN_TABLE_MAX) return undefined;
  const bytes = Buffer.concat([before, Buffer.from(read(digits, TOKEN_TABLE_MAX))]);
  // 48 strings lie before "0". Where the first begins is not marked, but it is a multiple of 8.
  let second = before.length;
  for (let n = 1; n < CHAR_0; n++) {
    const end = second - 1;
    second = bytes.lastIndexOf(0, end - 1) + 1;
    if (bytes[end] !== 0 || second <= 0 || second >= end) return undefined;
  }
  for (let at = second - 2; at >= Math.max(0, second - NAME_MAX); at--) {
    const start = digits - BigInt(before.length - at);
    const found = start % 8n === 0n ? tokensFrom(bytes.subarray(at), start, read) : undefined;
    if (found) return found;
  }
  return undefined;
}

function tokensFrom(bytes: Buffer, start: bigint, read: ReadMemory): Tokens | undefined {
  const tokens: string[] = [];
  const starts: number[] = [];
  let next = 0;
  while (tokens.length < TOKENS) {
    const end = bytes.indexOf(0, next);
    if (end < 0) return undefined;
    starts.push(next);
    tokens.push(bytes.toString('latin1', next, end));
    next = end + 1;
  }
  const index = aligned(start + BigInt(next));
  const offsets = Buffer.from(read(index, TOKENS * 2));
  if (offsets.length < TOKENS * 2) return undefined;
  if (starts.some((offset, i) => offsets.readUInt16LE(i * 2) !== offset)) return undefined;
  return { start, tokens, indexEnd: index + BigInt(TOKENS * 2) };
}

interface Names {
  readonly bytes: Buffer;
  readonly count: number;
  /** Where num_syms is. */
  readonly countAt: bigint;
}

/** Names and markers lie in front of the token table, at an unknown distance. */
function* findNames(tokenTable: bigint, read: ReadMemory): Generator<void, Names | undefined> {
  const bytes = readUpTo(tokenTable, SYMBOLS_MAX * 4, read);
  const first = bytes.length % 8;
  for (let at = bytes.length - 8; at >= first; at -= 8) {
    if (at % 0x4_0000 === 0) yield;
    const run = markersAt(bytes, at);
    const found = run && namesBefore(bytes, at, run);
    if (found) {
      const countAt = tokenTable - BigInt(bytes.length - found.at + 8);
      return { bytes: bytes.subarray(found.at, at), count: found.count, countAt };
    }
  }
  return undefined;
}

/** Values that can be markers: from 0 on, each further by as much as 256 names take. */
function markersAt(bytes: Buffer, start: number): readonly number[] | undefined {
  if (bytes.readUInt32LE(start) !== 0) return undefined;
  const values = [0];
  for (let at = start + 4; at + 4 <= bytes.length; at += 4) {
    const value = bytes.readUInt32LE(at);
    const distance = value - values.at(-1)!;
    if (distance < MARKED * 2 || distance > MARKED * (NAME_MAX + 2)) break;
    values.push(value);
  }
  return values.length >= MARKERS_MIN ? values : undefined;
}

/** Names end at the markers; they begin behind a count that both agree with. */
function namesBefore(bytes: Buffer, end: number, markers: readonly number[]) {
  // What follows the markers may look like one more.
  const least = markers.at(-2)!;
  const most = markers.at(-1)! + MARKED * (NAME_MAX + 2);
  for (let at = end - least; at >= Math.max(8, end - most); at--) {
    if ((end - at) % 8 !== 0) continue;
    const count = bytes.readUInt32LE(at - 8);
    const marked = Math.ceil(count / MARKED);
    if (marked !== markers.length && marked !== markers.length - 1) continue;
    if (fits(bytes.subarray(at, end), count, markers)) return { at, count };
  }
  return undefined;
}

function fits(names: Buffer, count: number, markers: readonly number[]): boolean {
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (i % MARKED === 0 && markers[i / MARKED] !== at) return false;
    const { length, head } = lengthAt(names, at);
    at += head + length;
    if (length === 0 || at > names.length) return false;
  }
  return names.length - at < 8;
}

function lengthAt(names: Buffer, at: number): { length: number; head: number } {
  const low = names[at] ?? 0;
  return low < 0x80
    ? { length: low, head: 1 }
    : { length: (low & 0x7f) | ((names[at + 1] ?? 0) << 7), head: 2 };
}

function nameAt(names: Buffer, at: number, tokens: readonly string[]) {
  const { length, head } = lengthAt(names, at);
  const next = at + head + length;
  let text = '';
  for (let i = at + head; i < next; i++) text += tokens[names[i] ?? 0];
  return text.length < 2 || text.length > NAME_MAX ? undefined : { text, next };
}

type Addresses = (i: number) => bigint;

/** Up to Linux 6.3: offsets, relative_base and then the count. */
function addressesBefore(countAt: bigint, count: number, read: ReadMemory): Addresses | undefined {
  const bytes = BigInt(padded(count * 4));
  return relative(countAt - 8n - bytes, countAt - 8n, count, read);
}

/** From 6.4 on: behind the token index. */
function addressesAfter(end: bigint, count: number, read: ReadMemory): Addresses | undefined {
  const offsets = aligned(end);
  return relative(offsets, offsets + BigInt(padded(count * 4)), count, read);
}

/**
 * A negative offset counts up from the base; the others are absolute, which those into the area of a
 * processor are (CONFIG_KALLSYMS_ABSOLUTE_PERCPU). Without that, all are unsigned and count up.
 */
function relative(
  offsetsAt: bigint,
  baseAt: bigint,
  count: number,
  read: ReadMemory,
): Addresses | undefined {
  const bytes = Buffer.from(read(offsetsAt, count * 4));
  const word = Buffer.from(read(baseAt, 8));
  if (bytes.length < count * 4 || word.length < 8) return undefined;
  const base = word.readBigUInt64LE();
  if (base < KERNEL_HALF) return undefined;
  const signed: Addresses = (i) => {
    const offset = bytes.readInt32LE(i * 4);
    return offset >= 0 ? BigInt(offset) : base - 1n - BigInt(offset);
  };
  const unsigned: Addresses = (i) => base + BigInt(bytes.readUInt32LE(i * 4));
  return [signed, unsigned].find((of) => ascending(of, count));
}

/** The table is sorted by address; a few thousand of it tell. */
function ascending(of: Addresses, count: number): boolean {
  const step = Math.max(1, Math.floor(count / 4096));
  let [before, kernel] = [0n, 0];
  for (let i = 0; i < count; i += step) {
    const at = of(i);
    if (at < before) return false;
    before = at;
    if (at >= KERNEL_HALF) kernel++;
  }
  return kernel * step * 2 > count;
}

/** The bytes that end at `end`: all that is mapped of the last `length`. */
function readUpTo(end: bigint, length: number, read: ReadMemory): Buffer {
  const whole = Buffer.from(read(end - BigInt(length), length));
  if (whole.length === length) return whole;
  // Something below is not mapped: page by page back from the end.
  const pages: Uint8Array[] = [];
  let at = end;
  while (end - at < BigInt(length)) {
    const start = at % 4096n === 0n ? at - 4096n : at - (at % 4096n);
    const page = read(start, Number(at - start));
    if (page.length < Number(at - start)) break;
    pages.unshift(page);
    at = start;
  }
  return Buffer.concat(pages);
}

const padded = (length: number): number => (length + 7) & ~7;
const aligned = (at: bigint): bigint => (at + 7n) & ~7n;
