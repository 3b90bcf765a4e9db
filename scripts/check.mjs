/**
 * `npm run check` and, with `--all`, `npm test`: types, lint and format, then the tests. Every part
 * runs whatever the others found; the last line counts. Plain JavaScript, because it has to run
 * when the TypeScript does not compile.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';

const all = process.argv.includes('--all');
const REPORT = '.cache/vitest.json';
const SKIPPED_SHOWN = 3;
const bin = (name) => `node_modules/.bin/${name}`;
const projects = all ? [] : ['--project', 'fast', '--project', 'cli'];

const parts = [
  { name: 'types', command: [bin('tsc'), '--noEmit', '-p', 'tsconfig.json'] },
  {
    name: 'types of the extension',
    command: [bin('tsc'), '--noEmit', '-p', 'vscode-extension/tsconfig.json'],
  },
  { name: 'lint and format', command: [bin('biome'), 'check', '--error-on-warnings', '.'] },
  {
    name: 'tests',
    command: [
      bin('vitest'),
      'run',
      ...projects,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${REPORT}`,
    ],
    tally: vitestTally,
  },
];

mkdirSync('.cache', { recursive: true });
rmSync(REPORT, { force: true });
const total = { passed: 0, failed: 0, skipped: 0 };
const failures = [];
for (const { name, command, tally = oneTally } of parts) {
  const startedMs = Date.now();
  console.log(`\n── ${name}: ${command.slice(0, 2).join(' ').replace(bin(''), '')}`);
  const { status } = spawnSync(command[0], command.slice(1), { stdio: 'inherit' });
  const result = tally(status === 0);
  for (const key of Object.keys(total)) total[key] += result[key];
  const seconds = ((Date.now() - startedMs) / 1000).toFixed(1);
  console.log(`── ${name}: ${status === 0 ? 'ok' : 'FAILED'} (${seconds} s)`);
  if (status !== 0) failures.push(name);
}

if (failures.length > 0) console.log(`\nfailed: ${failures.join(', ')}`);
console.log(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exit(failures.length > 0 ? 1 : 0);

/** A part without cases of its own counts as one. */
function oneTally(ok) {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

function vitestTally(ok) {
  let report;
  try {
    report = JSON.parse(readFileSync(REPORT, 'utf8'));
  } catch {
    return oneTally(false);
  }
  // A file that does not load has no failed test to show for it.
  const failed = Math.max(report.numFailedTests, ok ? 0 : 1);
  const skipped = report.numPendingTests + report.numTodoTests;
  saySkipped(report);
  return { passed: report.numPassedTests, failed, skipped };
}

/** What was not tested here has to be seen: by file, as a tool or a guest is missing for all of one. */
function saySkipped(report) {
  for (const { name, assertionResults } of report.testResults) {
    const skipped = assertionResults.filter(
      ({ status }) => status !== 'passed' && status !== 'failed',
    );
    if (skipped.length === 0) continue;
    const titles = skipped.slice(0, SKIPPED_SHOWN).map(({ fullName }) => fullName);
    const more =
      skipped.length > titles.length ? `, and ${skipped.length - titles.length} more` : '';
    console.log(`── skipped in ${relative('.', name)}: ${titles.join('; ')}${more}`);
  }
}
