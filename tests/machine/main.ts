/**
 * `npm run conformance -- machine [--cases N] [--seed N] [--only TEXT]`: whole states of small guests on
 * our vCPU in both tiers, on QEMU's TCG and on Bochs.
 */

import { parseArgs } from 'node:util';
import { missedCanaries } from './canary.ts';
import { compareMachines, type FamilyTally } from './compare.ts';
import { FAMILIES } from './families.ts';
import { bochs, ours, type Peer, qemu } from './machines.ts';

const CASES_EACH = 500;

export function machineMain(args: string[]): number {
  const { values } = parseArgs({
    args,
    options: {
      cases: { type: 'string', default: String(CASES_EACH) },
      seed: { type: 'string', default: '20240607' },
      only: { type: 'string', default: '' },
    },
  });
  const [casesEach, seed] = [Number(values.cases), Number(values.seed)];
  if (!(casesEach >= 1) || !Number.isSafeInteger(seed)) {
    process.stderr.write('conformance: expected numbers after --cases and --seed\n');
    return 2;
  }
  const others = [qemu(), bochs()].filter((peer): peer is Peer => {
    if (typeof peer === 'string') process.stderr.write(`conformance: NOT compared: ${peer}\n`);
    return typeof peer !== 'string';
  });
  const families = FAMILIES.filter(({ name }) => name.includes(values.only));
  process.stdout.write(
    `conformance: ${families.length} families of ${casesEach} cases, seed ${seed}, ours beside ${
      others.map(({ name }) => name).join(' and ') || 'nobody'
    }\n`,
  );
  const sum = { states: 0, known: 0, unexplained: 0 };
  for (const family of families) {
    const { tallies, failures } = compareMachines({
      families: [family],
      ours: ours({ accel: 'interp' }),
      tiers: [ours({ accel: 'jit', jit: { hotAt: 1 } })],
      others,
      seed,
      casesEach,
    });
    for (const failure of failures) process.stdout.write(`\n${failure}\n`);
    for (const tally of tallies) {
      process.stdout.write(`${describeTally(tally)}\n`);
      sum.states += tally.states;
      sum.unexplained += tally.unexplained;
    }
  }
  const missed = missedCanaries(others, seed);
  process.stdout.write(
    missed.length ? `canaries NOT caught: ${missed.join('; ')}\n` : 'canaries: all caught\n',
  );
  process.stdout.write(`${sum.states} states, ${sum.unexplained} unexplained differences\n`);
  return sum.unexplained || missed.length ? 1 : 0;
}

/** One line, and one for each rule that was needed. */
function describeTally({ family, states, agree, known, unexplained }: FamilyTally): string {
  const as = [...agree].map(([peer, n]) => `${n} as ${peer}`).join(', ');
  const rules = [...known]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([rule, n]) => `    ${String(n).padStart(6)}  ${rule}`);
  return [`${family}: ${states} states: ${as}; ${unexplained} unexplained`, ...rules].join('\n');
}
