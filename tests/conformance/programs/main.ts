/**
 * `npm run conformance -- programs [NAME...] [--cpu MODEL]`: real programs in a guest against the same
 * files on the host. scripts/conformance.mjs builds and starts it.
 */

import { parseArgs } from 'node:util';
import { CPU_MODELS, cpuModel } from '../../../src/engine/cpu-models.ts';
import { difference, missing, programNames, runInGuest, runNatively } from './programs.ts';

function main(): number {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { cpu: { type: 'string', default: 'max' } },
  });
  const cpu = cpuModel(values.cpu);
  const all = programNames();
  const names = positionals.length ? positionals : all;
  const unknown = names.find((name) => !all.includes(name));
  if (!cpu || unknown !== undefined) {
    const models = CPU_MODELS.map(({ name }) => name).join(', ');
    process.stderr.write(
      unknown === undefined
        ? `programs: expected one of ${models} after --cpu, got ${values.cpu}\n`
        : `programs: expected names of ${all.join(', ')}; got ${unknown}\n`,
    );
    return 2;
  }
  const why = missing();
  if (why !== undefined) {
    process.stderr.write(`programs: ${why}\n`);
    return 1;
  }
  const startedMs = Date.now();
  const native = runNatively(names);
  const guest = runInGuest(names, cpu, (name, millions) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${name} ${millions.toFixed(0)} M \x1b[K`);
  });
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  let differing = 0;
  process.stdout.write(`program      lines   M instructions  CPU ${cpu.name}\n`);
  for (const name of names) {
    const [here, there] = [native.get(name) ?? '', guest.outputs.get(name) ?? ''];
    const same = here === there;
    if (!same) differing++;
    const lines = String(here.split('\n').length - 1).padStart(5);
    const millions = (guest.millions.get(name) ?? 0).toFixed(0).padStart(16);
    process.stdout.write(
      `${name.padEnd(12)} ${lines} ${millions}  ${same ? 'same' : 'DIFFERENT'}\n`,
    );
    if (!same) process.stdout.write(`${difference(here, there).join('\n')}\n`);
  }
  if (guest.trouble !== undefined) process.stdout.write(`${guest.trouble}\n`);
  const seconds = Math.round((Date.now() - startedMs) / 1000);
  process.stdout.write(`${differing} of ${names.length} programs differ, ${seconds} s\n`);
  return differing || guest.trouble !== undefined ? 1 : 0;
}

process.exitCode = main();
