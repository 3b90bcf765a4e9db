/**
 * `npm run lockstep:kvm -- --kernel FILE [--at ADDRESS] [--append STR] [-m MIB] [--every EXITS]`: a
 * guest on KVM and on the JIT, exit by exit. Every exit, and every --every of them the whole state, is
 * compared; at the first difference both sides are printed. docs/kvm.md says what is not compared.
 */

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { KVM_CPU } from '../src/engine/cpu-models.ts';
import { createVcpu, initialWrites, Machine, planBoot } from '../src/engine/index.ts';
import { KvmError, KvmVcpu, seenCpuid } from '../src/engine/kvm/index.ts';
import { gpa, icount } from '../src/engine/units.ts';
import type { Registers } from '../src/engine/vcpu/vcpu.ts';
import { FollowError, Follower } from '../src/replay/follower.ts';
import { registerLines } from '../src/target/index.ts';

const { values } = parseArgs({
  options: {
    kernel: { type: 'string' },
    at: { type: 'string' },
    append: { type: 'string', default: '' },
    memory: { type: 'string', short: 'm', default: '16' },
    every: { type: 'string', default: '1' },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  if (values.kernel === undefined) {
    process.stderr.write('lockstep:kvm: expected --kernel FILE\n');
    return 2;
  }
  const memoryBytes = Number(values.memory) * 2 ** 20;
  const plan = planBoot({
    kernel: new Uint8Array(readFileSync(values.kernel)),
    append: values.append,
    memoryBytes,
    ...(values.at !== undefined && { at: gpa(Number(values.at)) }),
  });
  if (!plan.ok) {
    process.stderr.write(`lockstep:kvm: ${plan.error}\n`);
    return 1;
  }
  const leader = await KvmVcpu.create({ memoryBytes });
  const vcpu = createVcpu({ memoryBytes, cpu: KVM_CPU });
  for (const { at, bytes } of initialWrites(plan.value, memoryBytes)) vcpu.ram.poke(at, bytes);
  vcpu.setRegisters(plan.value.registers);
  const { answer: cpuid } = await seenCpuid();
  const follower = new Follower({ leader, vcpu, cpuid });
  const machine = new Machine(leader, { rtcStart: 1_700_000_000, cpu: KVM_CPU, tap: follower });
  machine.powerOn(plan.value);
  try {
    for (;;) {
      const stop = machine.run(icount(leader.icount + Number(values.every)));
      if (stop.reason === 'halted') machine.run(icount(leader.icount + 1));
      follower.compare();
      if (stop.reason === 'until') continue;
      process.stdout.write(`the same for ${leader.icount} exits: ${stop.reason}\n`);
      return 0;
    }
  } catch (error) {
    if (error instanceof KvmError) process.stdout.write(`${error.message}\n`);
    if (error instanceof KvmError) return 1;
    if (!(error instanceof FollowError)) throw error;
    process.stdout.write(`${error.message}\n`);
    for (const line of sides(leader.registers(), vcpu.registers())) process.stdout.write(line);
    return 1;
  } finally {
    leader.close();
  }
}

/** The register lines that differ, KVM's above ours. */
function sides(kvm: Registers, ours: Registers): string[] {
  const [left, right] = [registerLines(kvm), registerLines(ours)];
  const lines = left.flatMap((line, i) =>
    line === right[i] ? [] : [`  KVM ${line}\n`, `  JIT ${right[i]}\n`],
  );
  return lines.length > 0 ? lines : ['  the registers are the same\n'];
}
