/** What `retrovisor bench` measures: one guest, run, recorded and replayed. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Recording } from '../trace/recording.ts';
import type { BenchFiles } from './bench.ts';
import { FailureError } from './errors.ts';
import type { GuestOptions } from './guest-options.ts';
import { planGuest } from './live-guest.ts';
import { NO_HOOKS, runLive } from './live-run.ts';
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

export async function measure(
  files: BenchFiles & { readonly peers: boolean },
  said: (name: string) => void,
): Promise<BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-bench-'));
  const path = join(folder, 'bench.retro');
  try {
    const plan = await planGuest(options(files));
    // Compiled code gets better as it runs: the first of three runs warms it up for all.
    said('warming up');
    await runLive(plan, SILENT, NO_HOOKS);
    said('run');
    const ran = await runLive(plan, SILENT, NO_HOOKS);
    said('record');
    const { result: recorded, totals } = await record(plan, path, SILENT);
    said('replay');
    const replayed = await replay(path);
    if (recorded.stateHash !== ran.stateHash || replayed.divergence) {
      throw new FailureError('bench: run, record and replay do not agree on the state hash');
    }
    const images = plan.files.reduce((sum, file) => sum + file.bytes.length, 0);
    const peer = files.peers ? qemuSeconds(files, said) : undefined;
    return [
      row('run', 's', ran.seconds, peer),
      row('record', 's', recorded.seconds),
      row('replay', 's', replayed.seconds),
      row('run', 'MIPS', ran.mips),
      row('record', 'MIPS', recorded.mips),
      row('replay', 'MIPS', replayed.mips),
      row('recording costs', '%', (recorded.seconds / ran.seconds - 1) * 100),
      row('instructions', 'M', ran.icount / 1e6),
      row('exits', 'k', totals.exits / 1e3),
      row('recording, images included', 'KiB', totals.bytes / 1024),
      row('images in it, uncompressed', 'KiB', images / 1024),
    ];
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function replay(path: string) {
  const recording = Recording.open(path);
  try {
    return await verify(recording, 'jit');
  } finally {
    recording.close();
  }
}

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
  const startedMs = performance.now();
  const { status } = spawnSync(qemu, args, { stdio: 'ignore', timeout: QEMU_SECONDS_MAX * 1000 });
  return status === 0 ? (performance.now() - startedMs) / 1000 : undefined;
}
