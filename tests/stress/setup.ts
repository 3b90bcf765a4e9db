/** Puts every vCPU that the tests of this project make under the stress that STRESS names. */

import { vi } from 'vitest';
import type * as Create from '../../src/engine/create.ts';
import { icount } from '../../src/engine/units.ts';
import type { Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { Random } from '../float/cases.ts';
import { SEED } from '../seed.ts';
import { stressNamed } from './stresses.ts';

/** Instructions from one checkpoint to the next, at most. */
const SPACING = 200_000;

vi.mock('../../src/engine/create.ts', async (importOriginal) => {
  const original = await importOriginal<typeof Create>();
  const { options, checkpoints } = stressNamed(process.env['STRESS']);
  const createVcpu: typeof Create.createVcpu = (asked) => {
    const vcpu = original.createVcpu({
      ...asked,
      jit: { ...asked.jit, ...options.jit },
      limits: { ...asked.limits, ...options.limits },
    });
    if (checkpoints) checkpointAtRandom(vcpu);
    return vcpu;
  };
  return { ...original, createVcpu };
});

/** `run` goes to a random place first, notes it, goes on to another, and half the time comes back. */
function checkpointAtRandom(vcpu: Vcpu): void {
  const random = new Random(SEED);
  const run = vcpu.run.bind(vcpu);
  let next = random.below(SPACING);
  vcpu.run = (until) => {
    while (next < until) {
      // An instruction that has got its answers and not retired yet is no place for a checkpoint.
      const at = Math.max(next, vcpu.icount + 1);
      next = at + 1 + random.below(SPACING);
      if (at >= until) break;
      const exit = run(icount(at));
      if (exit.kind !== 'until' || vcpu.icount < at) return exit;
      const place = vcpu.checkpoint();
      try {
        if (random.below(2)) continue;
        const exit = run(icount(Math.min(until, vcpu.icount + random.below(SPACING / 4))));
        if (exit.kind === 'until') vcpu.restore(place);
        else return exit;
      } finally {
        vcpu.release(place);
      }
    }
    return run(until);
  };
}
