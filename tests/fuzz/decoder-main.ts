/** `npm run fuzz:decoder [-- --count N] [--seed N]`. */

import { parseArgs } from 'node:util';
import { fuzzDecoder } from './decoder.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '10000000' },
    seed: { type: 'string', default: '1' },
  },
});
process.stdout.write(`decoder fuzzer: seed ${values.seed}\n`);
const result = fuzzDecoder(Number(values.seed), Number(values.count));
for (const line of result.unknown) process.stdout.write(`${line}\n`);
for (const [rule, n] of result.known) process.stdout.write(`known: ${rule}: ${n}\n`);
process.stdout.write(
  `${result.strings} strings, ${result.instructions} instructions, ${result.unknownCount} differences not known\n`,
);
process.exitCode = result.unknownCount ? 1 : 0;
