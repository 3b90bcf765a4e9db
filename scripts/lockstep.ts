/**
 * `npm run lockstep -- --kernel FILE [--initrd FILE] [--append STR] [-m MIB] [--cpu MODEL]
 * [--until ICOUNT] [--every N] [--glance N]`: a guest interpreted and in the JIT, side by side. Whole
 * states are compared every --every instructions, registers every --glance.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { cpuModel } from '../src/engine/cpu-models.ts';
import { createVcpu, Machine, planBoot } from '../src/engine/index.ts';
import { lockstep } from '../src/testing/lockstep.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string' },
    initrd: { type: 'string' },
    append: { type: 'string', default: '' },
    memory: { type: 'string', short: 'm', default: '256' },
    cpu: { type: 'string', default: 'v2' },
    until: { type: 'string', default: '1000000000000' },
    every: { type: 'string', default: '2000000' },
    glance: { type: 'string', default: '50000' },
  },
});

process.exitCode = main();

function main(): number {
  const cpu = cpuModel(values.cpu);
  if (values.kernel === undefined || !cpu) {
    process.stderr.write('lockstep: expected --kernel FILE, and a CPU model after --cpu\n');
    return 2;
  }
  const memoryBytes = Number(values.memory) * 2 ** 20;
  const plan = planBoot({
    kernel: new Uint8Array(readFileSync(values.kernel)),
    append: values.append,
    memoryBytes,
    ...(values.initrd !== undefined && { initrd: new Uint8Array(readFileSync(values.initrd)) }),
  });
  if (!plan.ok) {
    process.stderr.write(`lockstep: ${plan.error}\n`);
    return 1;
  }
  const machines = (['interp', 'jit'] as const).map((accel) => {
    const vcpu = createVcpu({ memoryBytes, accel, cpu });
    vcpu.setRegisters(plan.value.registers);
    const machine = new Machine(vcpu, { rtcStart: 1_700_000_000, cpu });
    machine.powerOn(plan.value);
    return machine;
  });
  const result = lockstep(machines[0]!, machines[1]!, {
    until: Number(values.until),
    stride: Number(values.every),
    glance: Number(values.glance),
    onStride: (at) => {
      if (process.stderr.isTTY) process.stderr.write(`\r${(at / 1e6).toFixed(0)} M `);
    },
  });
  if (result.kind === 'same') {
    process.stdout.write(`the same up to icount ${result.icount}: ${result.stop}\n`);
    return 0;
  }
  const { icount, rip, lines } = result.difference;
  process.stdout.write(`different after icount ${icount}, RIP ${rip.toString(16)}\n`);
  for (const line of lines) process.stdout.write(`  ${line}\n`);
  return 1;
}
