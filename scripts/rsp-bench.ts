/** `npm run bench:gdb`: the gdb stub beside QEMU's, on the boot of Debian's kernel. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { measureRsp, type Rate } from '../src/bench/rsp/measure.ts';
import { qemuVersion } from '../src/bench/rsp/servers.ts';

const root = join(import.meta.dirname, '../..');
const guests = join(root, '.cache/guests');
const guest = {
  kernel: join(guests, 'vmlinuz-amd64'),
  initrd: join(guests, 'initrd.gz'),
  until: 'Memory: ',
};
const rounds = Number(process.argv[2] ?? 5);

const version = qemuVersion();
if (!version) throw new Error('bench:gdb needs qemu-system-x86_64 and qemu-img');
if (!existsSync(guest.kernel)) throw new Error("bench:gdb needs Debian's kernel: npm run guests");
const rows = await measureRsp({
  ...{ guest, rounds, command: [process.execPath, join(root, 'dist/src/cli/main.js')] },
  said: (what) => console.error(what),
});
const shown = (rate: Rate | undefined): string => {
  if (!rate) return 'no answer'.padStart(22);
  const { perSecond, cpuMicroseconds } = rate;
  const digits = perSecond < 100 ? 1 : 0;
  return `${perSecond.toFixed(digits)}/s ${cpuMicroseconds.toFixed(0)} us`.padStart(22);
};
console.log(`${''.padEnd(44)} ${'ours'.padStart(22)} ${`QEMU ${version}`.padStart(22)}  rate  CPU`);
for (const { name, ours, qemu, faster, cheaper } of rows) {
  const ratios = [faster, cheaper].map((ratio) =>
    (ratio ? `${ratio.toFixed(1)}x` : '-').padStart(8),
  );
  console.log(`${name.padEnd(44)} ${shown(ours)} ${shown(qemu)}${ratios.join('')}`);
}
