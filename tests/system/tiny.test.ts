/** The bare-metal guests of guests/tiny on the whole machine: their consoles say what is expected. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planFlat } from '../../src/engine/boot/flat.ts';
import { createVcpu } from '../../src/engine/create.ts';
import { Machine } from '../../src/engine/machine.ts';
import { gpa, icount } from '../../src/engine/units.ts';

const folder = join(import.meta.dirname, '../../guests/tiny');
const LIMIT = icount(50_000_000);

function consoleOf(name: string): string {
  const sent: number[] = [];
  const vcpu = createVcpu({ memoryBytes: 16 << 20 });
  const machine = new Machine(vcpu, {
    rtcStart: 0,
    transmitted: (port, byte) => {
      if (port === 0) sent.push(byte);
    },
  });
  const kernel = new Uint8Array(readFileSync(join(folder, `${name}.bin`)));
  const plan = planFlat({ kernel, at: gpa(0x7c00), memoryBytes: 16 << 20 });
  if (!plan.ok) throw new Error(plan.error);
  machine.powerOn(plan.value);
  const { reason } = machine.run(LIMIT);
  const text = Buffer.from(sent).toString('latin1');
  return reason === 'halted'
    ? text
    : `${text}\n*** ${reason} at ${vcpu.icount}, rip ${vcpu.registers().rip.toString(16)}`;
}

test.each(['hello16', 'modes', 'faults32', 'faults64', 'paging32', 'tasks', 'rep', 'smc'])(
  '%s',
  (name) => {
    const expected = readFileSync(join(folder, `${name}.expected`), 'latin1');
    expect(consoleOf(name)).toBe(expected);
  },
);
