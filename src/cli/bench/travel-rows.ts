/** Travels in a recording, in a process of its own, and makes rows of the latencies: percentiles. */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.ts';
import type { GuestFiles } from './guests.ts';
import { documentOf, partCommand, retrovisor } from './ours.ts';
import { qemuStepsBack, type StepsBack } from './qemu-back.ts';
import { type BenchRow, makeRow, type RowSpec, type Samples } from './row.ts';
import { percentile } from './statistics.ts';
import { JOURNEYS, type Journey, type Travelled, type TravelPart } from './travel.ts';

const TIMEOUT_MS = 1_200_000;
const SEED = 20_260_101;

export interface TravelOptions {
  readonly folder: string;
  readonly marks: number;
  readonly searches: number;
  readonly budgetMs: number;
  /** Why QEMU is not run; undefined: run it. */
  readonly qemu: string | undefined;
  /** QEMU runs for so long before it steps back, each time. */
  readonly qemuRunMs: readonly number[];
  readonly rounds: number;
  readonly said: (text: string) => void;
  readonly stopped: () => boolean;
}

/** Which percentile of a journey has which bound, in milliseconds. */
const BOUNDS: Readonly<Partial<Record<Journey, readonly (readonly [number, number?])[]>>> = {
  seek: [[50], [99, 1000]],
  back: [
    [50, 50],
    [99, 250],
  ],
  backAgain: [[50, 5], [99]],
  continueBack: [[50, 500], [100]],
  lastWrite: [[50, 3000], [100]],
};
const OPEN_AGAIN_S_MAX = 1;
const CHECKPOINTS_COST_MAX = 5;
const MEMORY_MIB_MAX = 1024;

export async function measureTravel(
  guest: GuestFiles,
  recording: string,
  options: TravelOptions,
): Promise<BenchRow[]> {
  const group = `${guest.guest}: travelling in its recording`;
  const { folder, qemu, said } = options;
  // A path of its own: nothing is cached beside it yet.
  const path = join(folder, `travel-${guest.guest}.retro`);
  copyFileSync(recording, path);
  const opened = await openings(path, options);
  let peers: StepsBack[] = [];
  if (qemu === undefined && options.qemuRunMs.length > 0 && !options.stopped()) {
    said(`${guest.guest}: steps back in QEMU's replay`);
    peers = await qemuStepsBack(guest, folder, options.qemuRunMs);
  }
  if (options.stopped()) return [];
  said(`${guest.guest}: travelling to random marks`);
  const part: TravelPart = {
    kind: 'travel',
    path,
    seed: SEED,
    marks: options.marks,
    searches: options.searches,
    stepsAt: peers.map(({ icount }) => icount),
    budgetMs: options.budgetMs,
  };
  const result = await runChild(partCommand(part), { timeoutMs: TIMEOUT_MS });
  if (options.stopped()) return [];
  const travelled = documentOf<Travelled>(`travelling in ${guest.guest}`, result);
  return [
    ...openRows(group, opened),
    ...journeyRows(group, travelled),
    ...stepRows(group, travelled, qemu ?? peers),
    makeRow(
      {
        group,
        name: 'checkpoints cost, CPU time of the replay',
        unit: '%',
        goal: { of: 'ours', atMost: CHECKPOINTS_COST_MAX },
      },
      travelled.checkpointCosts,
    ),
    makeRow(
      {
        group,
        name: 'memory beyond guest RAM',
        unit: 'MiB',
        goal: { of: 'ours', atMost: MEMORY_MIB_MAX },
      },
      [(travelled.peakBytes - travelled.ramBytes) / 2 ** 20],
    ),
  ];
}

/** The whole command, to stand at the end: the first time and from then on. */
async function openings(path: string, { rounds, said, stopped }: TravelOptions): Promise<number[]> {
  const seconds: number[] = [];
  for (let round = 0; round <= rounds && !stopped(); round++) {
    said(round === 0 ? 'opening, and going to the end' : 'opening again');
    const command = retrovisor('replay', path, '--to', 'end', '--json');
    const result = await runChild(command, { timeoutMs: TIMEOUT_MS });
    if (stopped()) break;
    documentOf('opening', result);
    seconds.push(result.seconds);
  }
  return seconds;
}

const openRows = (group: string, [first = Number.NaN, ...again]: readonly number[]): BenchRow[] => [
  makeRow({ group, name: 'open, and be at the end, first', unit: 's' }, [first]),
  makeRow(
    {
      group,
      name: 'open, and be at the end, again',
      unit: 's',
      goal: { of: 'ours', atMost: OPEN_AGAIN_S_MAX },
    },
    again,
  ),
];

function journeyRows(group: string, { ms }: Travelled): BenchRow[] {
  const rows: BenchRow[] = [];
  for (const [journey, what] of Object.entries(JOURNEYS) as [Journey, string][]) {
    const samples = ms[journey];
    if (samples.length === 0) continue;
    for (const [p, bound] of BOUNDS[journey] ?? [[50]]) {
      const named = p === 100 ? 'worst' : `p${p}`;
      const spec: RowSpec = {
        group,
        name: samples.length > 1 ? `${what}, ${named} of ${samples.length}` : what,
        unit: 'ms',
        ...(bound !== undefined && { goal: { of: 'ours', atMost: bound } }),
      };
      rows.push(makeRow(spec, [percentile(samples, p ?? 50)]));
    }
  }
  return rows;
}

function stepRows(
  group: string,
  { stepsAt }: Travelled,
  peers: readonly StepsBack[] | string,
): BenchRow[] {
  const places = typeof peers === 'string' ? [{ icount: 0, ms: [] }] : peers;
  return places.flatMap(({ icount, ms }, i) =>
    ['first', 'again'].map((when, step) => {
      const own = stepsAt[i]?.ms[step];
      const theirs: Samples = typeof peers === 'string' ? peers : [ms[step]];
      const at = typeof peers === 'string' ? '' : ` at ${(icount / 1e9).toFixed(2)} G`;
      return makeRow(
        { group, name: `a step back${at}, ${when}`, unit: 'ms', note: 'QEMU: rr=replay, bs' },
        typeof peers === 'string' ? 'no place to compare' : [own],
        { qemu: theirs },
      );
    }),
  );
}
