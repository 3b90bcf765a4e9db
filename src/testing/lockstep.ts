/**
 * Two machines with the same guest, side by side: after every stride their states must be the same,
 * all of RAM and everything that is in a state hash; between, every `glance` instructions, the
 * registers. Where they are not, the first instruction that made them differ is found by halving, from
 * checkpoints taken where they last agreed.
 *
 * A stride or glance ends at any instruction, and the next begins there: that is a boundary of blocks
 * for both. To compare after every block of a boot would take hours; a difference that no register
 * and no byte of RAM remembers for a stride is missed, whatever it was.
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
  /** Instructions from one look at the registers to the next; default: none between strides. */
  readonly glance?: number;
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
    const end = Math.min(options.until, good.icount + options.stride);
    let to = good.icount;
    let stop: MachineStop['reason'] | undefined = 'until';
    while (stop === 'until' && to < end) {
      to = Math.min(end, to + (options.glance ?? options.stride));
      stop = advance(pair, to, to === end ? sameStates : sameRegisters);
    }
    if (stop !== 'until' && stop !== undefined && !sameStates(a, b)) stop = undefined;
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

const sameStates = (a: Machine, b: Machine): boolean => a.vcpu.stateHash() === b.vcpu.stateHash();
const sameRegisters = (a: Machine, b: Machine): boolean =>
  differences(a.vcpu.registers(), b.vcpu.registers()).length === 0;

/** Runs both to an icount; why both stopped, or undefined if they are not the same there. */
function advance(
  [a, b]: readonly [Machine, Machine],
  to: number,
  same = sameStates,
): MachineStop['reason'] | undefined {
  const [stop, other] = [a, b].map((machine) => machine.run(icount(to)).reason);
  return stop === other && a.vcpu.icount === b.vcpu.icount && same(a, b) ? stop : undefined;
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
