/**
 * `npm run agree-with-gdb -- RECORDING VMLINUX`: do our backtraces and variables agree with gdb's, at
 * random places of a recording? By hand, for kernels: Debian's takes gdb a minute and 2 GB.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { vcpuOf } from '../src/cli/cpu-option.ts';
import { guestProgram } from '../src/cli/guest-program.ts';
import { openRecording } from '../src/cli/recording-file.ts';
import { TargetGuest } from '../src/dap/guest.ts';
import { createVcpu } from '../src/engine/index.ts';
import { ReplaySession } from '../src/replay/session.ts';
import { Timeline } from '../src/replay/timeline.ts';
import { ReplayTarget } from '../src/target/replay-target.ts';
import { compareWithGdb } from './gdb-agreement.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    marks: { type: 'string' },
    seed: { type: 'string' },
    limit: { type: 'string' },
    'one-sided': { type: 'boolean' },
  },
});
const [path, symbols] = positionals;
if (path === undefined || symbols === undefined) {
  process.stderr.write(
    'usage: npm run agree-with-gdb -- RECORDING VMLINUX [--marks 500] [--seed 1] [--limit 12] [--one-sided]\n',
  );
  process.exit(2);
}
const wanted = Number(values.marks ?? 500);
const seed = Number(values.seed ?? 1);

const recording = await openRecording('recording', path);
const vcpu = createVcpu({ ...vcpuOf(recording), accel: 'jit' });
const target = new ReplayTarget(new Timeline(new ReplaySession(recording, vcpu), {}), path);
const program = guestProgram(recording, { files: [symbols] });
if (!program) throw new Error('no program');
const slide = program.images[0]?.slide ?? 0n;
const folder = mkdtempSync(join(tmpdir(), 'retrovisor-agree-'));
const end = Number(target.end.icount);
let state = seed >>> 0 || 1;
const random = (): number => {
  // xorshift32
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) / 2 ** 32;
};
// Four times as many as wanted: many are in user mode or in the decompressor.
const icounts = Array.from({ length: wanted * 4 }, () => Math.floor(random() * end));
try {
  const found = await compareWithGdb({
    target,
    guest: new TargetGuest(target),
    program,
    folder,
    load: [`symbol-file -o 0x${slide.toString(16)} ${symbols}`],
    icounts: icounts.sort((a, b) => a - b),
    wanted,
    limit: Number(values.limit ?? 12),
    progress: (done) => {
      if (done % 20 === 0) process.stderr.write(`${done} marks\n`);
    },
  });
  for (const line of found.differences.slice(0, 400)) process.stdout.write(`${line}\n`);
  if (values['one-sided'])
    for (const line of found.lesser) process.stdout.write(`one-sided: ${line}\n`);
  const { marks, frames, values: count, less, more, astray, entryValues, differences } = found;
  process.stdout.write(
    `${marks} marks: ${frames} frames and ${count} values agree but for ${differences.length}; ` +
      `${less} values only gdb had, ${more} only we, ${entryValues} entry values not compared, in ${astray} backtraces gdb ends or guesses in assembly\n`,
  );
  process.exitCode = differences.length > 0 ? 1 : 0;
} finally {
  program.close();
  recording.close();
  rmSync(folder, { recursive: true });
}
