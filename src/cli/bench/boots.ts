/**
 * A guest from power-on to power-off: run, recorded and replayed by us, and by the peers that can,
 * turn and turn about. Wall times are of whole processes.
 */

import { join } from 'node:path';
import { Recording } from '../../trace/recording.ts';
import { FailureError } from '../errors.ts';
import { type ChildResult, runChild } from './child.ts';
import type { GuestFiles } from './guests.ts';
import { documentOf, partCommand, recordCommand, replayCommand, runCommand } from './ours.ts';
import { type QemuMode, qemuCommand } from './qemu.ts';
import { type BenchRow, makeRow, type RowSpec } from './row.ts';
import { turns } from './schedule.ts';

const TIMEOUT_MS = 600_000;
/** Of the issue that asked for speed: medians of interleaved runs. */
const RECORD_RATIO_MAX = 2;
const REPLAY_OVER_RECORD_MAX = 1;
const V86_TIME_RATIO_MAX = 1 / 2.5;
const RECORDING_COST_MAX = 5;
const RECORDING_KIB_MAX = 1024;

export interface Peers {
  /** Why one is not run; undefined: run it. */
  readonly qemu: string | undefined;
  readonly v86: string | undefined;
}

export interface BootOptions {
  readonly rounds: number;
  readonly folder: string;
  readonly peers: Peers;
  /** Only to have a recording. */
  readonly recordOnly: boolean;
  readonly said: (text: string) => void;
  /** Asked before each turn. */
  readonly stopped: () => boolean;
}

interface Ended {
  readonly icount: number;
  readonly stateHash: string;
  readonly exits?: number;
  readonly divergence?: unknown;
}

const OURS = ['run', 'record', 'replay'] as const;
type OurMode = (typeof OURS)[number];
type Contender = { ours: OurMode } | { qemu: QemuMode } | { v86: 'run' };

const labelOf = (c: Contender): string =>
  'ours' in c ? `ours, ${c.ours}` : 'qemu' in c ? `qemu, ${c.qemu}` : 'v86, run';

/** On i386 the peer is v86; QEMU is there to tell how far apart they are. */
const modesOf = ({ guest }: GuestFiles): readonly QemuMode[] =>
  guest === 'i386' ? ['run'] : ['run', 'count', 'record', 'replay'];

export interface Boots {
  readonly rows: BenchRow[];
  /** The recording of the last round. */
  readonly recording: string;
}

export async function measureBoots(guest: GuestFiles, options: BootOptions): Promise<Boots> {
  const { rounds, folder, peers, said } = options;
  const recording = join(folder, `${guest.guest}.retro`);
  const qemu = (mode: QemuMode): Contender[] =>
    peers.qemu === undefined && modesOf(guest).includes(mode) ? [{ qemu: mode }] : [];
  const v86: Contender[] =
    guest.guest === 'i386' && peers.v86 === undefined ? [{ v86: 'run' }] : [];
  const stages: Contender[][] = options.recordOnly
    ? [[{ ours: 'record' }]]
    : [
        [{ ours: 'run' }, ...qemu('run'), ...v86, ...qemu('count')],
        [{ ours: 'record' }, ...qemu('record')],
        [{ ours: 'replay' }, ...qemu('replay')],
      ];
  const results = new Map<string, (ChildResult | undefined)[]>();
  const ended = new Map<OurMode, Ended>();
  for (const { round, contender } of turns(stages, rounds)) {
    if (options.stopped()) break;
    if (round > 0 && 'qemu' in contender && contender.qemu === 'count') continue;
    const label = labelOf(contender);
    said(`${guest.guest}: ${label}, round ${round + 1} of ${rounds}`);
    const result = await runChild(commandOf(contender, guest, recording, folder), {
      timeoutMs: TIMEOUT_MS,
    });
    let list = results.get(label);
    if (!list) {
      list = [];
      results.set(label, list);
    }
    if ('ours' in contender) {
      if (options.stopped()) break;
      ended.set(contender.ours, documentOf<Ended>(`${guest.guest}, ${contender.ours}`, result));
      list[round] = result;
    } else {
      list[round] = result.status === 0 ? result : undefined;
    }
  }
  agree(guest, [...ended.values()]);
  const rows = options.recordOnly ? [] : bootRows(guest, options, results, ended, recording);
  return { rows, recording };
}

function commandOf(contender: Contender, guest: GuestFiles, recording: string, folder: string) {
  if ('qemu' in contender) return qemuCommand(guest, contender.qemu, folder);
  if ('v86' in contender) return partCommand({ kind: 'v86', guest: guest.guest });
  switch (contender.ours) {
    case 'run':
      return runCommand(guest);
    case 'record':
      return recordCommand(guest, recording);
    case 'replay':
      return replayCommand(recording);
  }
}

/** What was measured has to be one and the same guest. */
function agree({ guest }: GuestFiles, ended: readonly Ended[]): void {
  const ends = new Set(ended.map(({ icount, stateHash }) => `${icount} ${stateHash}`));
  if (ends.size > 1 || ended.some(({ divergence }) => divergence)) {
    throw new FailureError(
      `bench: run, record and replay of ${guest} do not end in the same state`,
    );
  }
}

function bootRows(
  guest: GuestFiles,
  { peers }: BootOptions,
  results: ReadonlyMap<string, readonly (ChildResult | undefined)[]>,
  ended: ReadonlyMap<OurMode, Ended>,
  path: string,
): BenchRow[] {
  const group = `${guest.guest}: from power-on to power-off`;
  type Take = (result: ChildResult) => number | undefined;
  const of = (label: string, take: Take): (number | undefined)[] =>
    (results.get(label) ?? []).map((result) => result && take(result));
  const wall: Take = ({ seconds }) => seconds;
  const cpu: Take = ({ cpuSeconds }) => cpuSeconds;
  const compared = (spec: Omit<RowSpec, 'group' | 'unit'>, ours: OurMode, mode: QemuMode) => {
    const row = (suffix: string, take: Take, goal?: RowSpec['goal']) => {
      const { goal: _, note, ...bare } = spec;
      const has = modesOf(guest).includes(mode);
      return makeRow(
        {
          ...bare,
          group,
          name: spec.name + suffix,
          unit: 's',
          ...(has && note !== undefined && { note }),
          ...(has && goal && { goal }),
        },
        of(`ours, ${ours}`, take),
        {
          ...(has && { qemu: peers.qemu ?? of(`qemu, ${mode}`, take) }),
          ...(guest.guest === 'i386' &&
            mode === 'run' && { v86: peers.v86 ?? of('v86, run', take) }),
        },
      );
    };
    return [row('', wall, spec.goal), row(', CPU time', cpu)];
  };
  const i386Goal = { of: 'v86', atMost: V86_TIME_RATIO_MAX } as const;
  const recordGoal = { of: 'qemu', atMost: RECORD_RATIO_MAX } as const;
  const recordedIn = of('ours, record', wall);
  const costs = (take: Take) =>
    ratiosOf(of('ours, record', take), of('ours, run', take)).map((r) => (r - 1) * 100);
  const { icount = 0, exits = 0 } = ended.get('record') ?? {};
  const peak = (who: string) => of(who, ({ peakBytes }) => peakBytes && peakBytes / 2 ** 20);
  return [
    ...compared({ name: 'run', ...(guest.guest === 'i386' && { goal: i386Goal }) }, 'run', 'run'),
    ...(modesOf(guest).includes('count')
      ? compared({ name: 'run, counted', note: 'QEMU: -icount shift=0' }, 'run', 'count')
      : []),
    ...compared(
      { name: 'record', note: 'QEMU: shift=auto,rr=record', goal: recordGoal },
      'record',
      'record',
    ),
    ...compared({ name: 'replay', note: 'QEMU: rr=replay' }, 'replay', 'replay'),
    makeRow(
      { group, name: 'replay by record', unit: '×', goal: ours(REPLAY_OVER_RECORD_MAX) },
      ratiosOf(of('ours, replay', wall), recordedIn),
    ),
    makeRow(
      { group, name: 'recording costs', unit: '%', goal: ours(RECORDING_COST_MAX) },
      costs(wall),
    ),
    makeRow({ group, name: 'recording costs, CPU time', unit: '%' }, costs(cpu)),
    makeRow({ group, name: 'instructions', unit: 'M' }, [icount / 1e6]),
    makeRow(
      { group, name: 'recorded', unit: 'MIPS' },
      recordedIn.map((seconds) => seconds && icount / seconds / 1e6),
    ),
    makeRow({ group, name: 'exits', unit: 'k' }, [exits / 1e3]),
    ...sizeRows(group, path, icount),
    makeRow({ group, name: 'memory, run', unit: 'MiB' }, peak('ours, run'), {
      qemu: peers.qemu ?? peak('qemu, run'),
    }),
    makeRow({ group, name: 'memory, record', unit: 'MiB' }, peak('ours, record'), {
      ...(modesOf(guest).includes('record') && { qemu: peers.qemu ?? peak('qemu, record') }),
    }),
  ];
}

const ours = (atMost: number) => ({ of: 'ours', atMost }) as const;

function ratiosOf(
  a: readonly (number | undefined)[],
  b: readonly (number | undefined)[],
): number[] {
  return a.flatMap((value, i) => {
    const other = b[i];
    return value === undefined || !other ? [] : [value / other];
  });
}

/** Images come first in the file, then the boot state, then what was recorded. */
function sizeRows(group: string, path: string, icount: number): BenchRow[] {
  const recording = Recording.open(path);
  const { bytes, chunks } = recording;
  recording.close();
  const frames = bytes - (chunks[0]?.offset ?? bytes);
  return [
    makeRow({ group, name: 'recording', unit: 'KiB' }, [bytes / 1024]),
    makeRow(
      { group, name: 'recording, without images', unit: 'KiB', goal: ours(RECORDING_KIB_MAX) },
      [frames / 1024],
    ),
    makeRow({ group, name: 'recorded for a million instructions', unit: 'bytes' }, [
      icount > 0 ? frames / (icount / 1e6) : 0,
    ]),
  ];
}
