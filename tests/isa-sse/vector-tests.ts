/** MMX and SSE against the CPU that the tests run on, row by row, over random states: for a fast and a slow test. */

import { afterAll, describe, expect, test } from 'vitest';
import { Box } from '../isa/box.ts';
import { type HostCpu, hostCpu, warnSkipped } from '../isa/host/step.ts';
import { Random, SEED } from '../isa/values.ts';
import { prepare } from './cases.ts';
import { describeCase, differences } from './compare.ts';
import { lenience, shaUnaligned, vectorRows } from './lenience.ts';

const ONLY = process.env['ISA_ONLY'];

const rows = vectorRows;
const names = [...new Set(rows.map((row) => row.name))].filter((n) => !ONLY || n === ONLY);

/** `cases` for each row; ISA_CASES for a longer hunt. */
export function vectorTests(cases: number): void {
  const host = hostCpu();
  if (typeof host === 'string') warnSkipped(host);
  const cpu = host as HostCpu;
  const each = Number(process.env['ISA_CASES'] ?? cases);

  describe.skipIf(typeof host === 'string')('MMX and SSE agree with the host', () => {
    const box = new Box();
    afterAll(() => cpu.remove());

    test.each(names)('%s', (name) => {
      const differing: string[] = [];
      for (const row of rows.filter((r) => r.name === name)) {
        if (row.feature !== undefined && !cpu.has(row.feature)) continue;
        const r = new Random(SEED ^ (row.enc.length * 7919 + name.length));
        const cases = Array.from({ length: each }, () =>
          prepare(row, r, row.only !== '64' && r.below(5) === 0),
        );
        const wanted = cpu.run(cases.map((c) => c.case));
        for (const [i, prepared] of cases.entries()) {
          const got = box.run(prepared.case);
          if (shaUnaligned(row, got, wanted[i]!)) continue;
          const lines = differences(wanted[i]!, got, prepared.case, lenience(row));
          if (lines.length)
            differing.push(describeCase(`${name} ${row.enc}`, prepared.case, lines));
        }
      }
      expect(differing.slice(0, 3).join('\n'), `${differing.length} cases differ`).toBe('');
    });
  });
}
