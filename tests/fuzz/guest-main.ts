/** `npm run fuzz:guest [-- --seconds N] [--seed N] [--runs N]`. */

import { parseArgs } from 'node:util';
import { fuzzGuest } from './guest.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    runs: { type: 'string', default: '0' },
  },
});
const deadlineMs = Date.now() + Number(values.seconds) * 1000;
let seed = Number(values.seed);
const last = Number(values.runs) ? seed + Number(values.runs) : Number.POSITIVE_INFINITY;
process.stdout.write(`guest fuzzer: from seed ${seed}\n`);
let [runs, failed, instructions, exits] = [0, 0, 0, 0];
const ends = new Map<string, number>();
for (; Date.now() < deadlineMs && seed < last; seed++) {
  if (process.stderr.isTTY) process.stderr.write(`\rseed ${seed}`);
  runs++;
  try {
    const run = fuzzGuest(seed);
    instructions += run.instructions;
    exits += run.exits;
    const end = run.end.split(' ')[0]!;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  } catch (error) {
    failed++;
    const { stack, message } = error as Error;
    process.stdout.write(`seed ${seed}: ${message.startsWith('the second') ? message : stack}\n`);
    process.stdout.write(`repeat: npm run fuzz:guest -- --seed ${seed} --runs 1\n`);
    if (failed >= 10) break;
  }
}
const how = [...ends].map(([end, n]) => `${n} ${end}`).join(', ');
process.stdout.write(
  `${runs} guests (${how}), ${instructions} instructions, ${exits} exits, ${failed} failed\n`,
);
process.exitCode = failed ? 1 : 0;
