/** What CI runs of `npm run conformance`: 100,000 cases, some of them in both tiers, and the canaries. */

import { afterAll, describe, expect, test } from 'vitest';
import { type HostCpu, hostCpu, warnSkipped } from '../isa/host/step.ts';
import { SEED } from '../isa/values.ts';
import { runCanaries } from './canary.ts';
import { conform } from './conformance.ts';
import { allSpecs } from './specs.ts';

const found = hostCpu();
if (typeof found === 'string') warnSkipped(found);
const host = found as HostCpu;
const CASES = 100_000;
const JIT_CASES = 4000;

describe.skipIf(typeof found === 'string')(`conformance, seed ${SEED}`, () => {
  afterAll(() => host.remove());

  test('rows broken on purpose are caught', () => {
    const specs = allSpecs((feature) => host.has(feature));
    expect(runCanaries(specs, host, SEED)).toEqual([]);
  });

  test('every row agrees with the host CPU, and the JIT with the interpreter', () => {
    const specs = allSpecs((feature) => host.has(feature));
    const { failures } = conform(specs, {
      host,
      seed: SEED,
      casesEach: Math.ceil(CASES / specs.length),
      jitEach: Math.ceil(JIT_CASES / specs.length),
    });
    expect(failures.join('\n')).toBe('');
  });
});
