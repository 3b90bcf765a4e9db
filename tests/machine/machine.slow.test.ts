/** What CI runs of `npm run conformance -- machine`: some cases of each family, and the canaries. */

import { describe, expect, test } from 'vitest';
import { missedCanaries } from './canary.ts';
import { compareMachines } from './compare.ts';
import { FAMILIES } from './families.ts';
import { bochs, ours, type Peer, qemu } from './machines.ts';

const SEED = 20240607;
const CASES_EACH = 40;

const found = [qemu(), bochs()];
for (const peer of found) {
  if (typeof peer === 'string') process.stderr.write(`machine: NOT compared, because ${peer}\n`);
}
const others = found.filter((peer): peer is Peer => typeof peer !== 'string');

describe.skipIf(others.length === 0)('whole states as other machines have them', () => {
  test.each(FAMILIES.map((family) => [family.name, family] as const))('%s', (_, family) => {
    const { failures } = compareMachines({
      families: [family],
      ours: ours({ accel: 'interp' }),
      tiers: [ours({ accel: 'jit', jit: { hotAt: 1 } })],
      others,
      seed: SEED,
      casesEach: CASES_EACH,
    });
    expect(failures.join('\n')).toBe('');
  });

  test('a vCPU broken on purpose is caught', () => {
    expect(missedCanaries(others, SEED)).toEqual([]);
  });
});
