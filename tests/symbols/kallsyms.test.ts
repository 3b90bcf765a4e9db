/** A kernel's own symbol table, written as scripts/kallsyms.c does and found again in memory. */

import { expect, test } from 'vitest';
import { findKallsyms } from '../../src/symbols/linux/kallsyms.ts';
import type { GuestSymbol } from '../../src/symbols/symbol-table.ts';

const BASE = 0xffff_ffff_9a00_0000n;
/** Where the memory that is looked through begins. */
const AT = 0xffff_ffff_9b00_0000n;
const COUNT = 3000;

const NAMES = Array.from({ length: COUNT }, (_, i) =>
  i === 7 ? `T${'long_name_'.repeat(20)}` : `${'TtdDrA'[i % 6]}symbol_${i.toString(7)}`,
);

/** By Linux 6.1 as it was released, as it is distributed, and from 6.4 on. */
type Layout = '6.1' | '6.1-seqs' | '6.4';

class Bytes {
  readonly #parts: Buffer[] = [];
  length = 0;
  add(part: Buffer): void {
    this.#parts.push(part);
    this.length += part.length;
  }
  align(): void {
    this.add(Buffer.alloc((8 - (this.length % 8)) % 8));
  }
  all(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

const u32 = (values: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeInt32LE(value, i * 4);
  return bytes;
};

/** Single characters stand for themselves; two of the other tokens are used. */
const TOKENS = Array.from({ length: 256 }, (_, i) => {
  if (i === 1) return 'symbol_';
  if (i === 2) return 'name_';
  const char = String.fromCharCode(i);
  return /[0-9A-Za-z_]/.test(char) ? char : `x${i}`;
});

function compressed(name: string): Buffer {
  const codes: number[] = [];
  for (let at = 0; at < name.length; ) {
    const token = [1, 2].find((code) => name.startsWith(TOKENS[code]!, at));
    codes.push(token ?? name.charCodeAt(at));
    at += token === undefined ? 1 : TOKENS[token]!.length;
  }
  const head =
    codes.length < 128 ? [codes.length] : [(codes.length & 127) | 128, codes.length >> 7];
  return Buffer.from([...head, ...codes]);
}

function image(kind: Layout): Buffer {
  const bytes = new Bytes();
  // Something else comes first, with a row of digits that is no token table.
  bytes.add(Buffer.alloc(40_000, 0x5a));
  bytes.add(Buffer.from([...'0123456789'].map((digit) => `${digit}\0`).join('')));
  bytes.align();
  const offsets = (): void => {
    // Below zero: counted up from the base (CONFIG_KALLSYMS_ABSOLUTE_PERCPU).
    bytes.add(u32(NAMES.map((_, i) => -1 - i * 16)));
    bytes.align();
    const base = Buffer.alloc(8);
    base.writeBigUInt64LE(BASE);
    bytes.add(base);
  };
  if (kind !== '6.4') offsets();
  bytes.add(u32([COUNT]));
  bytes.align();
  const names = NAMES.map(compressed);
  const markers: number[] = [];
  let at = 0;
  for (const [i, name] of names.entries()) {
    if (i % 256 === 0) markers.push(at);
    at += name.length;
  }
  for (const name of names) bytes.add(name);
  bytes.align();
  bytes.add(u32(markers));
  bytes.align();
  if (kind === '6.1-seqs') {
    bytes.add(Buffer.from(NAMES.flatMap((_, i) => [0, i >> 8, i & 255])));
    bytes.align();
  }
  const starts = Buffer.alloc(512);
  let next = 0;
  for (const [i, token] of TOKENS.entries()) {
    starts.writeUInt16LE(next, i * 2);
    next += token.length + 1;
  }
  bytes.add(Buffer.from(TOKENS.map((token) => `${token}\0`).join(''), 'latin1'));
  bytes.align();
  bytes.add(starts);
  bytes.align();
  if (kind === '6.4') offsets();
  bytes.add(Buffer.alloc(20_000, 0xa5));
  return bytes.all();
}

function find(memory: Buffer): GuestSymbol[] | undefined {
  const read = (at: bigint, length: number): Uint8Array => {
    if (at < AT || at >= AT + BigInt(memory.length)) return new Uint8Array(0);
    const from = Number(at - AT);
    return memory.subarray(from, Math.min(memory.length, from + length));
  };
  const work = findKallsyms([{ start: AT, length: BigInt(memory.length) }], read);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

test.each(['6.1', '6.1-seqs', '6.4'] as const)('as Linux %s has it', (kind) => {
  const found = find(image(kind))!;
  const wanted = NAMES.map((name, i) => ({
    name: name.slice(1),
    start: BASE + BigInt(i * 16),
    size: 0n,
    kind: /[Tt]/.test(name[0]!) ? 'code' : 'data',
    // Constants are no places.
    constant: name.startsWith('A'),
  }))
    .filter(({ constant }) => !constant)
    .map(({ constant: _, ...symbol }) => symbol);
  expect(found).toEqual(wanted);
});

test('a table that does not agree with itself is none', () => {
  const whole = image('6.1');
  const tokens = whole.indexOf('0\x001\x002\x00', 41_000);
  // A byte in the offsets, the count, the names, the markers, the tokens and their index.
  for (const [from, to] of [
    [40_032, 40_040],
    [52_040, 52_060],
    [tokens - 600, tokens - 590],
    [tokens + 30, tokens + 60],
    [tokens + 900, tokens + 1400],
  ] as const) {
    const damaged = Buffer.from(whole);
    for (let at = from; at < to; at++) damaged[at] = (damaged[at]! ^ 0x55) & 0xff;
    const found = find(damaged);
    // Whatever is believed is as large as it says, and in the kernel's half.
    expect(found === undefined || found.every(({ start }) => start >= 0xffff_8000_0000_0000n)).toBe(
      true,
    );
  }
  expect(find(whole.subarray(0, tokens + 40))).toBeUndefined();
  expect(
    find(Buffer.alloc(3_000_000, '0\x001\x002\x003\x004\x005\x006\x007\x008\x009\x00')),
  ).toBeUndefined();
});
