/**
 * The loops of guests/bench, each a kind of work: how many instructions a second of it, in the JIT,
 * in the interpreter and in QEMU, and what an exit, an interrupt or a TLB miss costs.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createVcpu, Machine, planBoot } from '../../engine/index.ts';
import type { MachineTap } from '../../engine/tap.ts';
import { icount } from '../../engine/units.ts';
import type { Vcpu } from '../../engine/vcpu/vcpu.ts';
import { packageRoot } from '../package-root.ts';
import { loadPrebuiltModule } from '../prebuilt.ts';
import { threadSeconds } from './thread-time.ts';

/** A loop that shows a rate, and how often it goes round so that it takes some tenths of a second. */
export const RATES = {
  int: { what: 'integer arithmetic in registers', count: 60e6 },
  memory: { what: 'loads, stores and changes in place', count: 50e6 },
  call: { what: 'calls and returns', count: 20e6 },
  indirect: { what: 'calls by a table, to another page', count: 10e6 },
  branch: { what: 'conditions without a pattern', count: 20e6 },
  sse: { what: 'scalar doubles, SSE2', count: 10e6 },
  packed: { what: 'packed floats and integers, SSE2', count: 20e6 },
  x87: { what: 'doubles in the x87', count: 5e6 },
  bytes: { what: 'LODSB, STOSB', count: 40e6 },
  rep: { what: 'REP MOVSQ and REP STOSB of a page', count: 400e3 },
} as const;

/** A loop that shows what one thing costs; `more`: how much oftener QEMU does it, to take long enough. */
export const COSTS = {
  pio: { what: 'an exit: OUT', count: 400e3, more: 10 },
  mmio: { what: 'an exit: a read of the local APIC', count: 600e3, more: 5 },
  cpuid: { what: 'an exit: CPUID', count: 400e3, more: 10 },
  trap: { what: 'INT and IRETQ', count: 400e3, more: 1 },
  tlb: { what: 'a TLB miss: a page walk', count: 5e6, more: 1 },
  cr3: { what: 'MOV to CR3 and two pages touched', count: 60e3, more: 1 },
  smc: { what: 'an instruction rewritten, and run', count: 100e3, more: 1 },
} as const;

export type Rate = keyof typeof RATES;
export type Cost = keyof typeof COSTS;
/** `timer` is `spin` with an interrupt every 10,000 ticks. */
export type Loop = Rate | Cost | 'spin' | 'timer';
export const SPIN_COUNT = 150e6;
/** An interpreter takes so much longer. */
export const INTERPRETED_SHARE = 1 / 10;

const MEMORY_MIB = 64;
const STRIDE = 10_000_000;
/** Between checkpoints, in the part that takes them: about what a step back at a place needs. */
const CHECKPOINT_EVERY = 100_000;

export const loopGuest = (loop: Loop, count: number) => ({
  kernel: join(packageRoot(), 'guests/bench/loops.bin'),
  initrd: undefined,
  append: `loop=${loop} count=${Math.ceil(count)}`,
  memoryMib: MEMORY_MIB,
  lastLine: undefined,
});

export interface LoopPart {
  readonly kind: 'loop';
  readonly loop: Loop;
  readonly count: number;
  readonly accel: 'jit' | 'interp';
  /** Take a checkpoint every so often, as replay does. */
  readonly checkpoints?: boolean;
}

export interface LoopResult {
  /** CPU time of the vCPU's thread. */
  readonly seconds: number;
  readonly icount: number;
  readonly exits: number;
  readonly interrupts: number;
  readonly checkpoints: number;
}

export function runLoop({ loop, count, accel, checkpoints }: LoopPart): LoopResult {
  loadPrebuiltModule();
  const { kernel, append } = loopGuest(loop, count);
  const memoryBytes = MEMORY_MIB << 20;
  const plan = planBoot({ kernel: new Uint8Array(readFileSync(kernel)), append, memoryBytes });
  if (!plan.ok) throw new Error(plan.error);
  const vcpu = createVcpu({ memoryBytes, accel });
  vcpu.setRegisters(plan.value.registers);
  const seen = { exits: 0, interrupts: 0, checkpoints: 0 };
  const tap: MachineTap = {
    exit: () => seen.exits++,
    interrupt: () => seen.interrupts++,
    nmi: () => {},
    dma: () => {},
    input: () => {},
  };
  const machine = new Machine(vcpu, { rtcStart: 0, tap });
  machine.powerOn(plan.value);
  const before = threadSeconds();
  const stride = checkpoints === true ? CHECKPOINT_EVERY : STRIDE;
  let last: ReturnType<Vcpu['checkpoint']> | undefined;
  for (;;) {
    const { reason } = machine.run(icount(vcpu.icount + stride));
    if (reason === 'poweroff') break;
    if (reason !== 'until') throw new Error(`loop ${loop}: expected power-off, got ${reason}`);
    if (checkpoints !== true) continue;
    if (last) vcpu.release(last);
    last = vcpu.checkpoint();
    seen.checkpoints++;
  }
  return { seconds: threadSeconds() - before, icount: vcpu.icount, ...seen };
}
