/**
 * `npm run traces`: records the golden recordings in traces/ anew and writes traces/MANIFEST.md.
 * They change when the guest, the format or the CPU model changes; the commit that does so says why.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { count } from '../src/cli/format.ts';
import { planGuest } from '../src/cli/live-guest.ts';
import { Output } from '../src/cli/output.ts';
import { packageRoot } from '../src/cli/package-root.ts';
import { record } from '../src/cli/record.ts';

interface Golden {
  readonly file: string;
  readonly what: string;
  readonly kernel: string;
  readonly append: string;
  readonly memoryMib: number;
}

const RTC = '2024-01-01';

const GOLDEN: readonly Golden[] = [
  {
    file: 'demo-crash.retro',
    what: 'the demo guest, to its panic: a stray write corrupts a list long before',
    kernel: 'guests/demo/demo.elf',
    append: '',
    memoryMib: 32,
  },
  {
    file: 'demo-good.retro',
    what: 'the same without its bug, to power-off',
    kernel: 'guests/demo/demo.elf',
    append: 'bug=off',
    memoryMib: 32,
  },
];

const HEAD = `# Golden recordings

Written by \`npm run traces\`, and by nothing else. \`tests/traces.test.ts\` replays each and compares
what this table says. \`demo.elf\` and its debug information are in guests/demo.

| file | what | reason | icount | state hash |
|---|---|---|---|---|
`;

const silent = new Output({ json: false, quiet: true, color: false });
const folder = join(packageRoot(), 'traces');
mkdirSync(folder, { recursive: true });
process.chdir(packageRoot());
const rows: string[] = [];
const commands: string[] = [];
for (const { file, what, kernel, append, memoryMib } of GOLDEN) {
  const plan = await planGuest({
    kernel,
    initrd: undefined,
    append,
    memoryMib,
    serial: { kind: 'none' },
    rtc: new Date(`${RTC}T00:00:00Z`),
    cpu: undefined,
    accel: 'jit',
    name: 'demo',
    until: undefined,
    at: undefined,
  });
  const { result } = await record(plan, join(folder, file), silent);
  const { reason, icount, stateHash } = result;
  rows.push(`| ${file} | ${what} | ${reason} | ${icount} | ${stateHash} |`);
  const options = append === '' ? '' : ` --append ${append}`;
  commands.push(
    `    retrovisor record --kernel ${kernel}${options} -m ${memoryMib} \\`,
    `      --rtc base=${RTC} --name demo -o traces/${file}`,
  );
  silent.line(`traces/${file}: ${reason} after ${count(icount)} instructions`);
}
writeFileSync(
  join(folder, 'MANIFEST.md'),
  `${HEAD}${rows.join('\n')}\n\nThe commands that make them:\n\n${commands.join('\n')}\n`,
);
process.exit(0);
