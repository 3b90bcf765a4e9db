/** Lockstep: two tiers agree on the demo guest; what is made to differ is found to the instruction. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createVcpu, Machine, planBoot } from '../../src/engine/index.ts';
import { type Gpa, icount } from '../../src/engine/units.ts';
import { lockstep } from '../../src/testing/lockstep.ts';

const MEMORY = 32 << 20;
const kernel = new Uint8Array(readFileSync('guests/demo/demo.elf'));
const UNTIL = 2_000_000;

function machine(accel: 'interp' | 'jit'): Machine {
  const plan = planBoot({ kernel, memoryBytes: MEMORY, append: '' });
  if (!plan.ok) throw new Error(plan.error);
  const vcpu = createVcpu({ memoryBytes: MEMORY, accel, jit: { hotAt: 50 } });
  const made = new Machine(vcpu, { rtcStart: 0 });
  made.powerOn(plan.value);
  return made;
}

test('the tiers agree', () => {
  const result = lockstep(machine('interp'), machine('jit'), { until: UNTIL, stride: 100_000 });
  expect(result).toEqual({ kind: 'same', icount: UNTIL, stop: 'until' });
});

test('a difference that is gone before the stride ends is found by a glance at the registers', () => {
  const [FROM, TO] = [150_050, 150_150];
  /** DR3 is another from the one icount to the other. */
  const flickering = (): Machine => {
    const made = machine('jit');
    const { vcpu } = made;
    const run = made.run.bind(made);
    made.run = (until) => {
      for (const at of [FROM, TO]) {
        if (vcpu.icount > at || until <= at) continue;
        run(icount(at));
        const dr = vcpu.registers().dr.map((value, n) => (n === 3 ? value ^ 0x55n : value));
        vcpu.setRegisters({ dr });
      }
      return run(until);
    };
    return made;
  };
  const options = { until: 500_000, stride: 100_000 };
  expect(lockstep(machine('interp'), flickering(), options).kind).toBe('same');
  expect(lockstep(machine('interp'), flickering(), { ...options, glance: 100 })).toMatchObject({
    kind: 'different',
    difference: { icount: FROM, lines: [expect.stringMatching(/^dr: /)] },
  });
});

test('an instruction that does something else is found', () => {
  const [a, b] = [machine('interp'), machine('jit')];
  // The second machine is given another byte of memory, which no instruction wrote.
  const WHEN = 123_456;
  const run = b.run.bind(b);
  b.run = (until) => {
    if (b.vcpu.icount <= WHEN && until > WHEN) {
      run(icount(WHEN));
      b.vcpu.ram.poke((MEMORY - 8192) as Gpa, new Uint8Array([0x55]));
    }
    return run(until);
  };
  const result = lockstep(a, b, { until: UNTIL, stride: 100_000 });
  expect(result).toMatchObject({
    kind: 'different',
    difference: { icount: WHEN, lines: ['memory or hidden state'] },
  });
});
