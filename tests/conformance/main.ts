/**
 * `npm run conformance [-- --cases N] [--jit N] [--seed N] [--only TEXT]`: every instruction against
 * the CPU that this runs on, in both tiers, with a summary by family. scripts/conformance.mjs builds
 * and starts it. With `machine` as its first argument it is tests/machine.
 */

import { parseArgs } from 'node:util';
import { hostCpu } from '../isa/host/step.ts';
import { SEED } from '../isa/values.ts';
import { machineMain } from '../machine/main.ts';
import { runCanaries } from './canary.ts';
import { conform, type Tally } from './conformance.ts';
import { allSpecs } from './specs.ts';

const CASES_FULL = 2_000_000;

function main(): number {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string', default: String(CASES_FULL) },
      jit: { type: 'string' },
      seed: { type: 'string', default: String(SEED) },
      only: { type: 'string' },
    },
  });
  const [cases, seed] = [Number(values.cases), Number(values.seed)];
  const jit = Number(values.jit ?? cases / 40);
  if (!(cases >= 1) || !(jit >= 0) || !Number.isSafeInteger(seed)) {
    process.stderr.write('conformance: expected numbers after --cases, --jit and --seed\n');
    return 2;
  }
  const host = hostCpu();
  if (typeof host === 'string') {
    process.stderr.write(`conformance: nothing to compare with: ${host}\n`);
    return 1;
  }
  const startedMs = Date.now();
  try {
    const all = allSpecs((feature) => host.has(feature));
    const only = values.only;
    const specs = only === undefined ? all : all.filter((s) => s.name.includes(only));
    process.stdout.write(`conformance: ${specs.length} specs, seed ${seed}\n`);
    const missed = only === undefined ? runCanaries(all, host, seed) : [];
    const { tallies, failures } = conform(specs, {
      host,
      seed,
      casesEach: Math.ceil(cases / specs.length),
      jitEach: Math.ceil(jit / specs.length),
      onSpec: (done, of) => {
        if (process.stderr.isTTY) process.stderr.write(`\r${Math.floor((100 * done) / of)} % `);
      },
    });
    if (process.stderr.isTTY) process.stderr.write('\r      \r');
    for (const failure of failures) process.stdout.write(`\n${failure}\n`);
    process.stdout.write(`\n${summary(tallies)}\n`);
    if (only === undefined) {
      process.stdout.write(
        missed.length ? `canaries NOT caught: ${missed.join('; ')}\n` : 'canaries: all caught\n',
      );
    }
    const differing = tallies.reduce((n, t) => n + t.differences, 0);
    process.stdout.write(
      `${differing} differences, ${Math.round((Date.now() - startedMs) / 1000)} s\n`,
    );
    return differing || missed.length ? 1 : 0;
  } finally {
    host.remove();
  }
}

function summary(tallies: readonly Tally[]): string {
  const rows = tallies.map((t) => [t.family, t.rows.size, t.host, t.jit, t.differences] as const);
  const sum = (i: 1 | 2 | 3 | 4): number => rows.reduce((n, r) => n + r[i], 0);
  const line = (cells: readonly (string | number)[]): string =>
    cells.map((c, i) => (i ? String(c).padStart(13) : String(c).padEnd(14))).join('');
  return [
    line(['family', 'rows', 'host cases', 'JIT cases', 'differences']),
    ...rows.map(line),
    line(['all', sum(1), sum(2), sum(3), sum(4)]),
  ].join('\n');
}

process.exitCode = process.argv[2] === 'machine' ? machineMain(process.argv.slice(3)) : main();
