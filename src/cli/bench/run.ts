/** All of a benchmark: which groups, which guests, in which order; and what it was taken on. */

import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { measureBoots, type Peers } from './boots.ts';
import { type BenchGuest, type GuestFiles, guestFiles } from './guests.ts';
import { measureLoops } from './loop-rows.ts';
import type { BenchPlan } from './plan.ts';
import { qemuVersion } from './qemu.ts';
import type { BenchHost } from './report.ts';
import { type BenchRow, unjudged } from './row.ts';
import { measureTravel } from './travel-rows.ts';
import { v86Version } from './v86.ts';

export interface Control {
  readonly said: (text: string) => void;
  readonly stopped: () => boolean;
}

/** So that all of it takes about ten minutes on a quiet machine. */
const ROUNDS: Readonly<Record<BenchGuest, number>> = { demo: 3, cloud: 1, amd64: 3, i386: 2 };
const LOOP_ROUNDS = 2;
const LOOP_SCALE_QUICK = 1 / 100;
const OPENINGS = 2;
const TRAVEL_BUDGET_MS = 30_000;
/** Where QEMU stops to step back, by its wall time; amd64 replays for about twenty seconds. */
const QEMU_RUN_MS: Readonly<Partial<Record<BenchGuest, readonly number[]>>> = {
  cloud: [1000, 2500, 4500],
  amd64: [2000, 5000, 9000],
};
/** Travelling is measured in these, and in whatever is named when nothing else is asked for. */
const TRAVEL_GUESTS: readonly BenchGuest[] = ['demo', 'amd64'];

export interface BenchResult {
  readonly rows: readonly BenchRow[];
  readonly host: BenchHost;
}

export async function runBench(plan: BenchPlan, control: Control): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-bench-'));
  try {
    const versions: Record<string, string> = {};
    const peers = peersFor(plan, versions);
    const host = hostNow(versions);
    const rows: BenchRow[] = [];
    for (const guest of plan.guests) {
      rows.push(...(await measureGuest(guestFiles(guest), plan, peers, folder, control)));
      if (control.stopped()) break;
    }
    if (plan.subjects.includes('loops') && !control.stopped()) {
      const rounds = plan.rounds ?? (plan.quick ? 1 : LOOP_ROUNDS);
      const scale = plan.quick ? LOOP_SCALE_QUICK : 1;
      rows.push(...(await measureLoops({ rounds, scale, qemu: peers.qemu, ...control })));
    }
    return { rows, host };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function measureGuest(
  guest: GuestFiles,
  plan: BenchPlan,
  peers: Peers,
  folder: string,
  control: Control,
): Promise<BenchRow[]> {
  const { subjects, quick } = plan;
  const rows: BenchRow[] = [];
  const travels =
    subjects.includes('travel') && (TRAVEL_GUESTS.includes(guest.guest) || subjects.length === 1);
  if (!subjects.includes('boots') && !travels) return rows;
  // Travelling needs a recording, so there is a boot in any case.
  const wanted = subjects.includes('boots')
    ? (plan.rounds ?? (quick ? 1 : ROUNDS[guest.guest]))
    : 1;
  const boots = await measureBoots(guest, {
    rounds: wanted,
    folder,
    peers,
    recordOnly: !subjects.includes('boots'),
    ...control,
  });
  if (control.stopped()) return rows;
  rows.push(...boots.rows);
  if (travels) {
    const travelled = await measureTravel(guest, boots.recording, {
      folder,
      qemu: peers.qemu,
      qemuRunMs: QEMU_RUN_MS[guest.guest] ?? [],
      marks: quick ? 5 : 100,
      searches: quick ? 2 : 20,
      budgetMs: quick ? 5000 : TRAVEL_BUDGET_MS,
      rounds: quick ? 1 : OPENINGS,
      ...control,
    });
    rows.push(...travelled);
  }
  return guest.guest === 'demo' ? rows.map(unjudged) : rows;
}

function peersFor({ peers }: BenchPlan, versions: Record<string, string>): Peers {
  if (!peers) return { qemu: 'left out', v86: 'left out' };
  const qemu = qemuVersion();
  if (qemu !== undefined) versions['QEMU'] = qemu;
  const v86 = v86Version();
  if ('version' in v86) versions['v86'] = v86.version;
  return {
    qemu: qemu === undefined ? 'not installed' : undefined,
    v86: 'missing' in v86 ? v86.missing : undefined,
  };
}

function hostNow(versions: Readonly<Record<string, string>>): BenchHost {
  const found = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: found[0]?.model ?? 'an unknown CPU',
    cores: found.length,
    node: process.versions.node,
    load: loadavg()[0] ?? 0,
    versions,
  };
}
