/**
 * A repeated string instruction may be stopped after any number of iterations, each counting as an
 * instruction, and goes on as if nothing had happened: in pieces or whole, in a chunk or alone, it
 * ends in the same state.
 */

import { describe, expect, test } from 'vitest';
import type { Row } from '../../src/engine/isa/row.ts';
import { string } from '../../src/engine/isa/string.ts';
import { Box } from './box.ts';
import type { Case } from './case.ts';
import { differences } from './compare.ts';
import { type Generated, generate, showCase } from './generate.ts';
import { Random, SEED } from './values.ts';

const CASES = Number(process.env['ISA_CASES'] ?? 60);
const rows = string.map((row) => [`${row.name} ${row.enc}`, row] as const);

function repeats(row: Row, compatibility: boolean): Case[] {
  const r = new Random(SEED);
  const make = (): Generated =>
    generate(row, r, {
      wish: { rep: true, compatibility },
      // Long enough for chunks of every length.
      prepare: ({ gpr, encoding }) => {
        const high = encoding.addressSize === 4 && !compatibility ? gpr[1]! >> 32n : 0n;
        gpr[1] = (high << 32n) | BigInt(r.below(120));
      },
    });
  return Array.from({ length: CASES }, () => make().case);
}

describe.each([
  ['64-bit', false, false],
  ['32-bit', true, false],
  ['32-bit, segmented', true, true],
])('%s', (_, compatibility, segmented) => {
  const [whole, pieces] = [new Box(undefined, segmented), new Box(undefined, segmented)];

  test.each(rows)('%s in pieces', (_, row) => {
    const r = new Random(SEED);
    for (const c of repeats(row, compatibility)) {
      const expected = whole.run(c);
      const got = pieces.run(c, () => 1 + r.below(r.below(4) ? 3 : 60));
      expect(differences(row, c, got, expected).join('\n'), showCase(c)).toBe('');
    }
  });
});

describe('counting', () => {
  test('an iteration is an instruction, and none at all is one too', () => {
    const box = new Box();
    const steps = (count: bigint): number => {
      const c = repeats(string.find((row) => row.name === 'STOSB')!, false)[0]!;
      const code = new Uint8Array([0xf3, 0xaa]);
      const gpr = c.gpr.map((v, n) => (n === 1 ? count : n === 7 ? 0x20000800n : v));
      return box.stepsOf({ ...c, code, gpr, rflags: 0x202 });
    };
    expect([0n, 1n, 2n, 100n].map(steps)).toEqual([1, 1, 2, 100]);
  });
});
