/**
 * Two machines with the same guest, side by side: after every stride their states must be the same.
 * Where they are not, the first instruction that made them differ is found by halving, from
 * checkpoints taken where they last agreed.
 */

import type { Machine, MachineState, MachineStop } from '../engine/machine.ts';
import { icount } from '../engine/units.ts';
import type { Registers, VcpuCheckpoint } from '../engine/vcpu/vcpu.ts';

export interface Difference {
  /** The states agree here, and differ one instruction later. */
  readonly icount: number;
  readonly rip: bigint;
  /** What differs, a line each: registers, or memory if no register does. */
  readonly lines: readonly string[];
}

export type Lockstep =
  | { readonly kind: 'same'; readonly icount: number; readonly stop: MachineStop['reason'] }
  | { readonly kind: 'different'; readonly difference: Difference };

export interface LockstepOptions {
  readonly until: number;
  readonly stride: number;
  readonly onStride?: (icount: number) => void;
}

interface Place {
  readonly icount: number;
  readonly saved: readonly { vcpu: VcpuCheckpoint; machine: MachineState }[];
}

export function lockstep(a: Machine, b: Machine, options: LockstepOptions): Lockstep {
  const pair = [a, b] as const;
  let good = save(pair);
  for (;;) {
    const to = Math.min(options.until, good.icount + options.stride);
    const stop = advance(pair, to);
    if (stop === undefined) return { kind: 'different', difference: narrow(pair, good, to) };
    if (stop !== 'until' || to === options.until) {
      release(pair, good);
      return { kind: 'same', icount: a.vcpu.icount, stop };
    }
    const next = save(pair);
    release(pair, good);
    good = next;
    options.onStride?.(good.icount);
  }
}

/** Runs both to an icount; why both stopped, or undefined if they are not the same there. */
function advance(pair: readonly [Machine, Machine], to: number): MachineStop['reason'] | undefined {
  const [a, b] = pair.map((machine) => {
    const { reason } = machine.run(icount(to));
    return { reason, at: machine.vcpu.icount, hash: machine.vcpu.stateHash() };
  });
  const same = a!.reason === b!.reason && a!.at === b!.at && a!.hash === b!.hash;
  return same ? a!.reason : undefined;
}

function narrow(pair: readonly [Machine, Machine], from: Place, bad: number): Difference {
  let good = from;
  let end = bad;
  while (end - good.icount > 1) {
    restore(pair, good);
    const middle = good.icount + Math.floor((end - good.icount) / 2);
    if (advance(pair, middle) === undefined) end = middle;
    else {
      const next = save(pair);
      release(pair, good);
      good = next;
    }
  }
  restore(pair, good);
  const { rip } = pair[0].vcpu.registers();
  advance(pair, good.icount + 1);
  const lines = differences(pair[0].vcpu.registers(), pair[1].vcpu.registers());
  const place = good.icount;
  release(pair, good);
  return { icount: place, rip, lines: lines.length ? lines : ['memory or hidden state'] };
}

function differences(a: Registers, b: Registers): string[] {
  const text = (v: unknown): string =>
    JSON.stringify(v, (_, x) => (typeof x === 'bigint' ? x.toString(16) : x));
  return (Object.keys(a) as (keyof Registers)[]).flatMap((name) => {
    const [mine, theirs] = [text(a[name]), text(b[name])];
    return mine === theirs ? [] : [`${name}: ${mine} and ${theirs}`];
  });
}

function save(pair: readonly [Machine, Machine]): Place {
  const saved = pair.map((m) => ({ vcpu: m.vcpu.checkpoint(), machine: m.save() }));
  return { icount: pair[0].vcpu.icount, saved };
}

function restore(pair: readonly [Machine, Machine], { saved }: Place): void {
  for (const [i, machine] of pair.entries()) {
    machine.vcpu.restore(saved[i]!.vcpu);
    const loaded = machine.load(saved[i]!.machine);
    if (!loaded.ok) throw new Error(`lockstep: ${loaded.error}`);
  }
}

function release(pair: readonly [Machine, Machine], { saved }: Place): void {
  for (const [i, machine] of pair.entries()) machine.vcpu.release(saved[i]!.vcpu);
}
