/** Every integer instruction against the CPU the tests run on: results, flags, memory and faults;
 * for a fast and a slow test. */

import { afterAll, describe, expect, test } from 'vitest';
import { INTEGER } from '../../src/engine/isa/index.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { Box, FULL_CPU } from './box.ts';
import { type Conformance, Plan } from './conformance.ts';
import { hostCpu, warnSkipped } from './host/step.ts';
import { isUndefined, settle } from './lenience.ts';
import { SEED } from './values.ts';

/** `cases` for each row; ISA_CASES for a longer hunt. */
export function integerTests(cases: number): void {
  const each = Number(process.env['ISA_CASES'] ?? cases);
  const host = hostCpu();
  if (typeof host === 'string') warnSkipped(host);

  describe.skipIf(typeof host === 'string')(`integer instructions, seed ${SEED}`, () => {
    if (typeof host === 'string') return;
    afterAll(() => host.remove());

    const rows = INTEGER.filter((row) => !row.feature || host.has(row.feature));
    const plan = new Plan(host);
    const common = { settle, skip: isUndefined };
    const planned = (which: readonly Row[], box: () => Box, options: Conformance) =>
      which.map(
        (row) => [`${row.name} ${row.enc} ${row.ops}`, plan.add(row, box, options)] as const,
      );

    describe('64-bit code', () => {
      const here = rows.filter((row) => row.only !== 'legacy');
      test.each(
        planned(
          here,
          once(() => new Box()),
          { ...common, cases: each },
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
      const options = { ...common, cases: each / 4, wish: { compatibility: true } };
      test.each(planned(here, box, options))('%s', (_, run) => {
        expect(run()).toBe('');
      });
    });
  });
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
