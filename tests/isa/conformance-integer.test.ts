/** Every integer instruction against the CPU the tests run on: results, flags, memory and faults. */

import { afterAll, describe, expect, test } from 'vitest';
import { INTEGER } from '../../src/engine/isa/index.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { Box, FULL_CPU } from './box.ts';
import { A_BYTES, type Outcome, WINDOW_A } from './case.ts';
import { type Conformance, Plan } from './conformance.ts';
import type { Generated } from './generate.ts';
import { hostCpu, warnSkipped } from './host/step.ts';
import { SEED } from './values.ts';

/** Cases for each row; ISA_CASES for a longer hunt. */
const CASES = Number(process.env['ISA_CASES'] ?? 48);

const host = hostCpu();
if (typeof host === 'string') warnSkipped(host);

/** Single-stepping shows in the image that PUSHF pushes. */
function hideTrapFlag(g: Generated, theirs: Outcome): void {
  if (g.encoding.row.name !== 'PUSHF') return;
  const at = Number(theirs.gpr[4]! - BigInt(WINDOW_A)) + 1;
  if (at < A_BYTES) theirs.a[at]! &= ~1;
}

/** SHLD and SHRD of 16 bits by more than 16: undefined, and vendors differ. */
function isUndefined({ encoding, case: c }: Generated): boolean {
  const { row, size, bytes } = encoding;
  if ((row.name !== 'SHLD' && row.name !== 'SHRD') || size !== 2) return false;
  const count = row.ops.endsWith('CL') ? Number(c.gpr[1]! & 31n) : bytes[bytes.length - 1]! & 31;
  return count > 16;
}

function settle(g: Generated, ours: Outcome, theirs: Outcome): Outcome {
  hideTrapFlag(g, theirs);
  // Segments that end a byte early: what is a page fault at the top of memory comes sooner.
  if (g.case.compatibility && ours.vector === 13 && theirs.cr2 >= 0xfffffff0n) return ours;
  return theirs;
}

describe.skipIf(typeof host === 'string')(`integer instructions, seed ${SEED}`, () => {
  if (typeof host === 'string') return;
  afterAll(() => host.remove());

  const rows = INTEGER.filter((row) => !row.feature || host.has(row.feature));
  const plan = new Plan(host);
  const common = { settle, skip: isUndefined };
  const planned = (which: readonly Row[], box: () => Box, options: Conformance) =>
    which.map((row) => [`${row.name} ${row.enc} ${row.ops}`, plan.add(row, box, options)] as const);

  describe('64-bit code', () => {
    const here = rows.filter((row) => row.only !== 'legacy');
    test.each(
      planned(
        here,
        once(() => new Box()),
        { ...common, cases: CASES },
      ),
    )('%s', (_, run) => {
      expect(run()).toBe('');
    });
  });

  describe.each([
    ['flat', false],
    ['segmented', true],
  ])('32-bit code, %s', (_, segmented) => {
    const box = once(() => new Box(FULL_CPU, segmented));
    const here = rows.filter((row) => row.only !== '64');
    const options = { ...common, cases: CASES / 4, wish: { compatibility: true } };
    test.each(planned(here, box, options))('%s', (_, run) => {
      expect(run()).toBe('');
    });
  });
});

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
