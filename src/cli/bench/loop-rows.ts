/** Runs the loops, turn and turn about with QEMU, and makes rows of what they took. */

import { runChild } from './child.ts';
import {
  COSTS,
  type Cost,
  INTERPRETED_SHARE,
  type Loop,
  type LoopPart,
  type LoopResult,
  loopGuest,
  RATES,
  type Rate,
  SPIN_COUNT,
} from './loops.ts';
import { documentOf, partCommand } from './ours.ts';
import { qemuMachine } from './qemu.ts';
import { type BenchRow, makeRow, type Samples } from './row.ts';

const TIMEOUT_MS = 120_000;
/** Its times come in hundredths: what is shorter says nothing. */
const QEMU_SECONDS_MIN = 0.05;
const GROUP = 'Loops: CPU time of the thread that runs the guest';

export interface LoopOptions {
  readonly rounds: number;
  /** 1, or less for a quick look. */
  readonly scale: number;
  /** Why QEMU is not run; undefined: run it. */
  readonly qemu: string | undefined;
  readonly said: (text: string) => void;
  readonly stopped: () => boolean;
}

type Ours = { readonly who: 'jit' | 'interp' | 'checkpoints' };
type Kind = Ours['who'] | 'qemu';

/** Samples by loop and by who ran it, one for each round. */
class Taken {
  readonly ours = new Map<string, LoopResult[]>();
  readonly qemu = new Map<string, (number | undefined)[]>();

  of(loop: Loop, who: Ours['who']): readonly LoopResult[] {
    return this.ours.get(`${loop} ${who}`) ?? [];
  }
}

export async function measureLoops(options: LoopOptions): Promise<BenchRow[]> {
  const taken = new Taken();
  const { rounds, scale, qemu, said } = options;
  const jobs: { loop: Loop; count: number; kinds: Kind[]; more?: number }[] = [
    ...Object.entries(RATES).map(([loop, { count }]) => {
      return { loop: loop as Rate, count, kinds: ['jit', 'interp', 'qemu'] as Kind[] };
    }),
    ...Object.entries(COSTS).map(([loop, { count, more }]) => {
      return { loop: loop as Cost, count, more, kinds: ['jit', 'qemu'] as Kind[] };
    }),
    { loop: 'spin', count: SPIN_COUNT, kinds: ['jit'] },
    { loop: 'timer', count: SPIN_COUNT, kinds: ['jit'] },
    { loop: 'memory', count: RATES.memory.count, kinds: ['checkpoints'] },
  ];
  for (let round = 0; round < rounds; round++) {
    said(`loops, round ${round + 1} of ${rounds}`);
    const idle = qemu === undefined ? await qemuSeconds('int', 0) : undefined;
    for (const { loop, count, kinds, more = 1 } of jobs) {
      for (const kind of kinds) {
        if (options.stopped()) return [];
        if (kind !== 'qemu') {
          await runOurs(taken, loop, count * scale, kind);
        } else if (idle !== undefined) {
          const seconds = await qemuSeconds(loop, count * scale * more);
          const list = taken.qemu.get(loop) ?? [];
          // What it does before the loop is not the loop.
          const own = (seconds ?? 0) - idle;
          list[round] = own >= QEMU_SECONDS_MIN ? own / more : undefined;
          taken.qemu.set(loop, list);
        }
      }
    }
  }
  return loopRows(taken, options);
}

async function runOurs(taken: Taken, loop: Loop, count: number, who: Ours['who']) {
  const part: LoopPart = {
    kind: 'loop',
    loop,
    count: who === 'interp' ? count * INTERPRETED_SHARE : count,
    accel: who === 'interp' ? 'interp' : 'jit',
    ...(who === 'checkpoints' && { checkpoints: true }),
  };
  const result = await runChild(partCommand(part), { timeoutMs: TIMEOUT_MS });
  const key = `${loop} ${who}`;
  const list = taken.ours.get(key) ?? [];
  list.push(documentOf<LoopResult>(`loop ${loop}, ${who}`, result));
  taken.ours.set(key, list);
}

async function qemuSeconds(loop: Loop, count: number): Promise<number | undefined> {
  const command = qemuMachine(loopGuest(loop, count));
  const { status, cpuSeconds } = await runChild(command, { timeoutMs: TIMEOUT_MS });
  return status === 0 ? cpuSeconds : undefined;
}

function loopRows(taken: Taken, { qemu, scale }: LoopOptions): BenchRow[] {
  const rows: BenchRow[] = [];
  const mips = ({ icount, seconds }: LoopResult) => icount / seconds / 1e6;
  for (const [loop, { what }] of Object.entries(RATES) as [Rate, { what: string }][]) {
    const jit = taken.of(loop, 'jit');
    // The same guest ran there, so the same instructions.
    const theirs: Samples =
      qemu ?? (taken.qemu.get(loop) ?? []).map((s) => s && (jit[0]?.icount ?? 0) / s / 1e6);
    rows.push(
      makeRow({ group: GROUP, name: `${loop}: ${what}`, unit: 'MIPS' }, jit.map(mips), {
        qemu: theirs,
      }),
      makeRow(
        { group: GROUP, name: `${loop}, interpreted`, unit: 'MIPS' },
        taken.of(loop, 'interp').map(mips),
      ),
    );
  }
  for (const [loop, { what, count }] of Object.entries(COSTS) as [
    Cost,
    { what: string; count: number },
  ][]) {
    const times = Math.ceil(count * scale);
    const theirs: Samples = qemu ?? (taken.qemu.get(loop) ?? []).map((s) => s && (s / times) * 1e9);
    const each = taken.of(loop, 'jit').map(({ seconds }) => (seconds / times) * 1e9);
    rows.push(makeRow({ group: GROUP, name: what, unit: 'ns' }, each, { qemu: theirs }));
  }
  return [...rows, interruptRow(taken), checkpointRow(taken)];
}

function interruptRow(taken: Taken): BenchRow {
  const spin = taken.of('spin', 'jit');
  const each = taken.of('timer', 'jit').map(({ seconds, interrupts }, round) => {
    return ((seconds - (spin[round]?.seconds ?? 0)) / interrupts) * 1e9;
  });
  return makeRow({ group: GROUP, name: 'a timer interrupt, its EOI, IRETQ', unit: 'ns' }, each);
}

function checkpointRow(taken: Taken): BenchRow {
  const without = taken.of('memory', 'jit');
  const each = taken.of('memory', 'checkpoints').map(({ seconds, checkpoints }, round) => {
    return ((seconds - (without[round]?.seconds ?? 0)) / checkpoints) * 1e9;
  });
  const name = 'a checkpoint, ten pages written since the last';
  return makeRow({ group: GROUP, name, unit: 'ns' }, each);
}
