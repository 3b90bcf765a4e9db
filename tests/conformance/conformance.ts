/**
 * Runs cases of every row on the host CPU, in the interpreter and in the JIT, and counts what
 * differs. The interpreter is compared with the host, one instruction at a time; the JIT with the
 * interpreter, in code that has been compiled, where single steps cannot be had.
 */

import type { Outcome } from '../isa/case.ts';
import type { HostCpu } from '../isa/host/step.ts';
import { Random } from '../isa/values.ts';
import { Boxes, compiled, interpreted } from './boxes.ts';
import type { Spec, Trial } from './specs.ts';

export interface Tally {
  readonly family: string;
  readonly rows: Set<string>;
  host: number;
  jit: number;
  differences: number;
}

export interface Options {
  readonly host: HostCpu;
  readonly seed: number;
  /** Cases for each spec, compared with the host, and how many of them run in the JIT too. */
  readonly casesEach: number;
  readonly jitEach: number;
  readonly boxes?: { readonly interp: Boxes; readonly jit: Boxes };
  readonly onSpec?: (done: number, of: number) => void;
}

export interface Result {
  readonly tallies: readonly Tally[];
  readonly failures: readonly string[];
}

/** Cases that go to the host in one process. */
const BATCH = 8000;
/** Differences that are told in full. */
const SHOWN = 20;

export function conform(specs: readonly Spec[], options: Options): Result {
  const boxes = options.boxes ?? { interp: new Boxes(interpreted), jit: new Boxes(compiled) };
  const tallies = new Map<string, Tally>();
  const failures: string[] = [];
  const fail = (tally: Tally, spec: Spec, against: string, text: string): void => {
    tally.differences++;
    if (failures.length < SHOWN)
      failures.push(`${spec.name}, ${spec.mode}, ${against}:\n    ${text}`);
  };
  for (let from = 0; from < specs.length; ) {
    const batch: { spec: Spec; trials: Trial[] }[] = [];
    let total = 0;
    for (; from < specs.length && total < BATCH; from++) {
      const trials = trialsOf(specs[from]!, options);
      batch.push({ spec: specs[from]!, trials });
      total += trials.length;
    }
    const host = options.host.run(batch.flatMap(({ trials }) => trials.map((t) => t.case)));
    let at = 0;
    for (const { spec, trials } of batch) {
      const tally = tallyOf(tallies, spec);
      const box = boxes.interp.for(spec.mode);
      const jit = boxes.jit.for(spec.mode);
      for (const [i, trial] of trials.entries()) {
        const lines = trial.differences(box.run(trial.case), host[at++]!);
        tally.host++;
        if (lines.length) fail(tally, spec, 'host', trial.describe(lines));
        if (i >= options.jitEach * spec.weight) continue;
        tally.jit++;
        const apart = outcomeDifferences(box.runWarm(trial.case), jit.runWarm(trial.case));
        if (apart.length) fail(tally, spec, 'interpreter and JIT', trial.describe(apart));
      }
    }
    options.onSpec?.(from, specs.length);
  }
  return { tallies: [...tallies.values()], failures };
}

function trialsOf(spec: Spec, options: Options): Trial[] {
  const { seed } = options;
  const casesEach = options.casesEach * spec.weight;
  const r = new Random(seed ^ hash(spec.name + spec.mode));
  const trials: Trial[] = [];
  for (let tries = 0; trials.length < casesEach && tries < casesEach * 4; tries++) {
    const trial = spec.make(r);
    if (trial) trials.push(trial);
  }
  return trials;
}

function tallyOf(tallies: Map<string, Tally>, { row, name }: Spec): Tally {
  const family = row.feature ?? 'integer';
  const tally = tallies.get(family) ?? { family, rows: new Set(), host: 0, jit: 0, differences: 0 };
  tallies.set(family, tally);
  tally.rows.add(name);
  return tally;
}

/** Both are ours, so that everything counts: undefined flags too. */
function outcomeDifferences(interp: Outcome, jit: Outcome): string[] {
  const lines: string[] = [];
  const check = (what: string, a: unknown, b: unknown): void => {
    if (a !== b) lines.push(`${what}: interpreter ${text(a)}, JIT ${text(b)}`);
  };
  for (const what of ['rip', 'rflags', 'vector', 'error', 'cr2', 'strayed'] as const) {
    check(what, interp[what], jit[what]);
  }
  for (let n = 0; n < 16; n++) check(`r${n}`, interp.gpr[n], jit.gpr[n]);
  for (const what of ['fx', 'a', 'b'] as const) {
    check(what, Buffer.from(interp[what]).toString('hex'), Buffer.from(jit[what]).toString('hex'));
  }
  return lines;
}

const text = (v: unknown): string => (typeof v === 'bigint' ? v.toString(16) : String(v));

function hash(of: string): number {
  let h = 0x811c9dc5;
  for (const ch of of) h = Math.imul(h ^ ch.charCodeAt(0), 0x01000193) >>> 0;
  return h;
}
