/** Debian's i386 kernels, with 32-bit paging and with PAE, boot to busybox: `npm run guests -- i386`. */

import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createVcpu, Machine, planBoot } from '../../src/engine/index.ts';
import { icount } from '../../src/engine/units.ts';

const CACHE = '.cache/guests';
const MEMORY = 256 << 20;
const LIMIT = 8e9;
const STRIDE = 50_000_000;

test.each(['vmlinuz-686', 'vmlinuz-686-pae'])('%s boots to busybox', (file) => {
  const [kernel, initrd] = [`${CACHE}/${file}`, `${CACHE}/initrd-i386.gz`];
  if (!existsSync(kernel) || !existsSync(initrd)) {
    process.stderr.write(
      `guests: ${file} NOT booted, because it is not there: npm run guests -- i386\n`,
    );
    return;
  }
  const plan = planBoot({
    kernel: new Uint8Array(readFileSync(kernel)),
    initrd: new Uint8Array(readFileSync(initrd)),
    append: 'console=ttyS0 quiet panic=-1',
    memoryBytes: MEMORY,
  });
  if (!plan.ok) throw new Error(plan.error);
  const vcpu = createVcpu({ memoryBytes: MEMORY });
  vcpu.setRegisters(plan.value.registers);
  let said = '';
  const machine = new Machine(vcpu, {
    rtcStart: 1_700_000_000,
    transmitted: (port, byte) => {
      if (port === 0) said += String.fromCharCode(byte);
    },
  });
  machine.powerOn(plan.value);
  while (!said.includes('INIT-OK') && vcpu.icount < LIMIT) {
    const { reason } = machine.run(icount(vcpu.icount + STRIDE));
    if (reason !== 'until') break;
  }
  expect(said).toMatch(/INIT-OK 6\.\d+\.\d+-\d+-686/);
});
