/**
 * What `exits` counts against a count that shares no code with it: the file taken apart by hand as
 * docs/trace-format.md describes it, and its messages decoded by protobufjs from the schema.
 */

import { readFileSync } from 'node:fs';
import { brotliDecompressSync, inflateRawSync } from 'node:zlib';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { byPage } from '../../src/cli/exits-statistics.ts';
import { parseFilter } from '../../src/exits/filter.ts';
import { byReason, statistics } from '../../src/exits/statistics.ts';
import { Recording } from '../../src/trace/recording.ts';

const FILE = 'traces/demo.retro';
const [PREAMBLE, HEAD, FRAMES] = [16, 16, 4];
const schema = protobuf.parse(readFileSync('src/trace/recording.proto', 'utf8'), {
  keepCase: true,
}).root;
const Frames = schema.lookupType('Frames');
const Kind = schema.lookupEnum('Kind');

interface Shape {
  kind: string;
  address?: number;
}
interface Counted {
  readonly kind: string;
  readonly address: number;
  readonly icount: number;
}

function counted(): Counted[] {
  const file = readFileSync(FILE);
  const found: Counted[] = [];
  for (let at = PREAMBLE; at + HEAD <= file.length; ) {
    const [type, codec, length] = [file[at]!, file[at + 1]!, file.readUInt32LE(at + 4)];
    const stored = file.subarray(at + HEAD, at + HEAD + length);
    at += HEAD + length;
    if (type !== FRAMES) continue;
    const unpack = [(bytes: Buffer) => bytes, inflateRawSync, brotliDecompressSync][codec]!;
    const message = Frames.toObject(Frames.decode(unpack(stored)), {
      longs: Number,
      enums: String,
      defaults: true,
    }) as { first_icount: number; shapes: Shape[]; shape: number[]; icount_delta: number[] };
    let icount = message.first_icount;
    for (const [i, index] of message.shape.entries()) {
      icount += message.icount_delta[i]!;
      const { kind, address = 0 } = message.shapes[index]!;
      found.push({ kind, address, icount });
    }
  }
  return found;
}

const all = counted();
const EXITS = Object.entries(Kind.values)
  .filter(([, number]) => number >= 1 && number <= 13)
  .map(([name]) => name);
const recording = Recording.open(FILE);
const REASONS: Readonly<Record<string, string>> = {
  ...{ PIO_IN: 'pio-in', PIO_OUT: 'pio-out', MMIO_READ: 'mmio-read', MMIO_WRITE: 'mmio-write' },
  ...{ HLT: 'hlt', CPUID: 'cpuid', RDMSR: 'rdmsr', WRMSR: 'wrmsr' },
};

test('exits and interrupts, by reason', () => {
  expect(recording.exits).toBe(all.filter(({ kind }) => EXITS.includes(kind)).length);
  expect(recording.interrupts).toBe(all.filter(({ kind }) => kind === 'INTERRUPT').length);
  const { tallies } = statistics(recording, { filter: parseFilter('exit'), by: 'subject' });
  const wanted = new Map<string, number>();
  for (const { kind } of all.filter((one) => EXITS.includes(one.kind))) {
    const reason = REASONS[kind]!;
    wanted.set(reason, (wanted.get(reason) ?? 0) + 1);
  }
  const found = new Map(byReason(tallies).map(({ reason, count }) => [reason, count]));
  expect(found).toEqual(wanted);
});

test.each([
  ['port=0x3f8 and out', (one: Counted) => one.kind === 'PIO_OUT' && one.address === 0x3f8],
  ['irq and vector=0x20', (one: Counted) => one.kind === 'INTERRUPT' && one.address === 0x20],
  [
    'exit and icount>=5M and icount<9M',
    (one: Counted) => EXITS.includes(one.kind) && one.icount >= 5e6 && one.icount < 9e6,
  ],
] as const)('%s', (filter, holds) => {
  const found = statistics(recording, { filter: parseFilter(filter), by: 'subject' });
  expect(found.total).toBeGreaterThan(0);
  expect(found.total).toBe(all.filter(holds).length);
});

test('pages are the sum of their registers', () => {
  const { tallies } = statistics(recording, { filter: parseFilter('mmio'), by: 'subject' });
  const pages = byPage(tallies);
  const sum = (of: typeof tallies): number => of.reduce((total, { cost }) => total + cost.count, 0);
  expect(sum(pages)).toBe(sum(tallies));
});
