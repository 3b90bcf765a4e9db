/**
 * `npm run performance`: runs the whole benchmark and puts its tables into docs/PERFORMANCE.md,
 * between the two marks there. Arguments go to `retrovisor bench`.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const DOCUMENT = 'docs/PERFORMANCE.md';
const BEGIN = '<!-- bench: begin -->\n';
const END = '<!-- bench: end -->\n';

const args = ['dist/src/cli/main.js', 'bench', '--markdown', ...process.argv.slice(2)];
const { status, stdout } = spawnSync(process.execPath, args, {
  encoding: 'utf8',
  stdio: ['inherit', 'pipe', 'inherit'],
});
if (status !== 0) process.exit(status ?? 1);
const text = readFileSync(DOCUMENT, 'utf8');
const from = text.indexOf(BEGIN);
const to = text.indexOf(END);
if (from < 0 || to < from) {
  console.error(`performance: expected ${BEGIN.trim()} and ${END.trim()} in ${DOCUMENT}`);
  process.exit(1);
}
writeFileSync(DOCUMENT, `${text.slice(0, from + BEGIN.length)}\n${stdout}\n${text.slice(to)}`);
process.stdout.write(stdout);
