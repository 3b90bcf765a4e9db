/**
 * The x87 opcodes as instructions against the host CPU: memory operands of every size, pending
 * exceptions, RFLAGS, AX. What they compute is tested in tests/float.
 */

import { afterAll, describe, expect, test } from 'vitest';
import { x87 } from '../../src/engine/isa/x87.ts';
import { Box } from '../isa/box.ts';
import { type HostCpu, hostCpu, warnSkipped } from '../isa/host/step.ts';
import { Random, SEED } from '../isa/values.ts';
import { prepare } from './cases.ts';
import { describeCase, differences } from './compare.ts';
import { isX87Comparable, x87Lenience } from './lenience.ts';

const host = hostCpu();
if (typeof host === 'string') warnSkipped(host);
const cpu = host as HostCpu;

const CASES = Number(process.env['ISA_CASES'] ?? 250);

describe.skipIf(typeof host === 'string')('x87 agrees with the host', () => {
  const box = new Box();
  afterAll(() => cpu.remove());

  test.each(x87)('$enc', (row) => {
    const r = new Random(SEED ^ Number.parseInt(row.enc, 16));
    const differing: string[] = [];
    const cases = Array.from({ length: CASES }, () => prepare(row, r, r.below(5) === 0)).filter(
      (p) => isX87Comparable(p),
    );
    const wanted = cpu.run(cases.map((c) => c.case));
    for (const [i, prepared] of cases.entries()) {
      const lines = differences(
        wanted[i]!,
        box.run(prepared.case),
        prepared.case,
        x87Lenience(prepared),
      );
      if (lines.length) differing.push(describeCase(row.enc, prepared.case, lines));
    }
    expect(differing.slice(0, 3).join('\n'), `${differing.length} cases differ`).toBe('');
  });
});
