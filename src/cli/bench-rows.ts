/** What `retrovisor bench` measures: one guest, run, recorded and replayed. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gva } from '../engine/units.ts';
import type { TargetStop } from '../target/debug-target.ts';
import { Recording } from '../trace/recording.ts';
import type { BenchFiles } from './bench.ts';
import { FailureError } from './errors.ts';
import type { GuestOptions } from './guest-options.ts';
import { planGuest } from './live-guest.ts';
import { NO_HOOKS, runLive } from './live-run.ts';
import { openTarget } from './open-target.ts';
import { Output } from './output.ts';
import { record } from './record.ts';
import { verify } from './verify.ts';

export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly peers: Readonly<Record<string, number>>;
  /** Ours divided by the peer's. */
  readonly ratio: Readonly<Record<string, number>>;
}

const SILENT = new Output({ json: false, quiet: true, color: false });
/** So that two benchmarks run the same guest. */
const RTC = new Date('2024-01-01T00:00:00Z');

/** The best of several rounds: what the program can do, other work on the host left out. */
interface Best {
  seconds: number;
  mips: number;
  /** What all threads of the process used: other programs on the host do not show in it. */
  cpuSeconds: number;
}

const better = (best: Best | undefined, now: Best): Best =>
  best === undefined
    ? now
    : {
        ...(best.seconds <= now.seconds ? best : now),
        cpuSeconds: Math.min(best.cpuSeconds, now.cpuSeconds),
      };

async function withCpu<T>(work: () => Promise<T>): Promise<T & { cpuSeconds: number }> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { ...result, cpuSeconds: (user + system) / 1e6 };
}

const bestOf = ({ seconds, mips, cpuSeconds }: Best): Best => ({ seconds, mips, cpuSeconds });

export async function measure(
  files: BenchFiles & { readonly peers: boolean },
  said: (name: string) => void,
): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-bench-'));
  const path = join(folder, 'bench.retro');
  try {
    const plan = await planGuest(options(files));
    let ran: Best | undefined;
    let recorded: Best | undefined;
    let replayed: Best | undefined;
    let exits = 0;
    let icount = 0;
    // Turn and turn about, so that what disturbs one disturbs the others.
    for (let round = 1; round <= files.rounds; round++) {
      said(`run, record, replay: round ${round} of ${files.rounds}`);
      const run = await withCpu(() => runLive(plan, SILENT, NO_HOOKS));
      const { result, totals, cpuSeconds } = await withCpu(() => record(plan, path, SILENT));
      const replay = await withCpu(() => replayOnce(path));
      if (result.stateHash !== run.stateHash || replay.divergence) {
        throw new FailureError('bench: run, record and replay do not agree on the state hash');
      }
      ran = better(ran, bestOf(run));
      recorded = better(recorded, bestOf({ ...result, cpuSeconds }));
      replayed = better(replayed, bestOf(replay));
      exits = totals.exits;
      icount = run.icount;
    }
    if (!ran || !recorded || !replayed) throw new Error('bench: no rounds');
    const peer = files.peers ? qemuSeconds(files, said) : undefined;
    return [
      row('run', 's', ran.seconds, peer),
      row('record', 's', recorded.seconds),
      row('replay', 's', replayed.seconds),
      row('run', 'MIPS', ran.mips),
      row('record', 'MIPS', recorded.mips),
      row('replay', 'MIPS', replayed.mips),
      row('run, CPU time', 's', ran.cpuSeconds),
      row('record, CPU time', 's', recorded.cpuSeconds),
      row('recording costs, in CPU time', '%', (recorded.cpuSeconds / ran.cpuSeconds - 1) * 100),
      row('instructions', 'M', icount / 1e6),
      row('exits', 'k', exits / 1e3),
      ...recordingRows(path),
      ...(await travelRows(path, said)),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function withRecording<T>(
  path: string,
  use: (recording: Recording) => T,
): Promise<Awaited<T>> {
  const recording = Recording.open(path);
  try {
    return await use(recording);
  } finally {
    recording.close();
  }
}

const replayOnce = (path: string) => withRecording(path, (recording) => verify(recording, 'jit'));

function recordingRows(path: string): BenchRow[] {
  const recording = Recording.open(path);
  const { bytes, chunks } = recording;
  recording.close();
  // Images come first, then the boot state, then what was recorded.
  const frames = bytes - (chunks[0]?.offset ?? bytes);
  return [
    row('recording', 'KiB', bytes / 1024),
    row('recording, images left out', 'KiB', frames / 1024),
  ];
}

/** Time travel, from the end of the recording. */
function travelRows(path: string, said: (name: string) => void): Promise<BenchRow[]> {
  return withRecording(path, async (recording) => {
    said('time travel');
    const target = openTarget(recording, path, 'jit');
    const rows: BenchRow[] = [];
    const timed = async (name: string, move: () => Promise<TargetStop>) => {
      const startedMs = performance.now();
      await move();
      rows.push(row(name, 'ms', performance.now() - startedMs));
    };
    await timed('open and seek to the end', () => target.seekTo(target.end));
    await timed('one step back', () => target.reverseStep(1));
    await timed('a step back again', () => target.reverseStep(1));
    await timed('1000 steps back', () => target.reverseStep(1000));
    const { rip, gpr } = target.registers();
    const here = { kind: 'address', gva: gva(rip) } as const;
    await timed('reverse-continue to the last time here', () => target.reverseContinue([here]));
    const stack = { space: 'gva', at: gpr[RSP] ?? 0n, length: 8 } as const;
    await timed('reverse-continue to the last write of a stack word', () =>
      target.lastWrite(stack),
    );
    await timed('seek to the middle', () => target.seekTo(target.resolve('50%')));
    await timed('seek to the start', () => target.seekTo(target.start));
    return rows;
  });
}

const RSP = 4;

function options({ kernel, initrd, append, memoryMib }: BenchFiles): GuestOptions {
  return {
    kernel,
    initrd,
    append,
    memoryMib,
    serial: { kind: 'none' },
    rtc: RTC,
    cpu: undefined,
    accel: 'jit',
    name: 'bench',
    until: undefined,
    at: undefined,
  };
}

function row(name: string, unit: string, ours: number, qemu?: number): BenchRow {
  const round = (n: number) => Number(n.toPrecision(3));
  return {
    name,
    unit,
    ours: round(ours),
    peers: qemu === undefined ? {} : { qemu: round(qemu) },
    ratio: qemu === undefined ? {} : { qemu: round(ours / qemu) },
  };
}

const QEMU_SECONDS_MAX = 120;

/** The same guest under QEMU's own translator; undefined without QEMU or if it does not end. */
function qemuSeconds(files: BenchFiles, said: (name: string) => void): number | undefined {
  const qemu = 'qemu-system-x86_64';
  if (spawnSync(qemu, ['--version']).status !== 0) return undefined;
  said('run, in QEMU');
  const args = ['-accel', 'tcg', '-nographic', '-no-reboot', '-m', String(files.memoryMib)];
  args.push('-kernel', files.kernel, '-append', files.append);
  if (files.initrd !== undefined) args.push('-initrd', files.initrd);
  let best: number | undefined;
  for (let round = 0; round < files.rounds; round++) {
    const startedMs = performance.now();
    const timeout = QEMU_SECONDS_MAX * 1000;
    const { status, error } = spawnSync(qemu, args, { stdio: 'ignore', timeout });
    if (status !== 0 || error) return undefined;
    best = Math.min(best ?? Number.POSITIVE_INFINITY, (performance.now() - startedMs) / 1000);
  }
  return best;
}
