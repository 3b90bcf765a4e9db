/**
 * Runs a live guest to its end: in slices of a few milliseconds, so that what is typed and signals
 * get through between two of them. Slices and waiting never change what the guest computes; only
 * what is typed does, and that is recorded.
 */

import type { MachineStop } from '../engine/machine.ts';
import { type Icount, icount } from '../engine/units.ts';
import {
  type DrivenMachine,
  feed,
  type IdlePause,
  idle,
  nextSlice,
  Pacer,
} from '../live/pacing.ts';
import type { EndReason } from '../trace/header.ts';
import type { ConsoleInput } from './console-input.ts';
import type { ConsoleOutput } from './console-output.ts';
import { FailureError } from './errors.ts';
import { breathe, type Interruption } from './signals.ts';

export interface Drive {
  readonly machine: DrivenMachine;
  readonly pause: IdlePause;
  readonly input: ConsoleInput;
  readonly output: ConsoleOutput;
  readonly interruption: Interruption;
  /** Where `--until` ends the run. */
  readonly limit: Icount;
  /** The guest must stop here at the latest, and `atBoundary` is called when it has. */
  readonly nextStop: () => Icount;
  readonly atBoundary: () => void;
  /** Called after every slice, also when the guest waits. */
  readonly afterSlice: () => void;
  /** Asked after each slice: has something ended the run (`--until console:"…"`)? */
  readonly reached: () => boolean;
}

/** A guest that is idle again and again without a person waiting gives way this often. */
const BREATHE_MS = 5;

export async function drive(options: Drive): Promise<EndReason> {
  const { machine, pause, input, interruption } = options;
  interruption.onAsked(() => input.interruptWait());
  pause.follow(input, machine);
  const reason = await runToEnd(options);
  // The vCPU may stand in the middle of HLT, waiting or for good: let it retire.
  pause.stop();
  if (machine.isIdle || reason === 'halted') machine.run(icount(machine.vcpu.icount + 1));
  options.output.flush();
  return reason;
}

async function runToEnd(options: Drive): Promise<EndReason> {
  const { machine, input, output, interruption, limit, nextStop, atBoundary, reached } = options;
  const pacer = new Pacer();
  let slice = 1_000_000;
  let breathedMs = performance.now();
  for (;;) {
    if (interruption.asked || input.exitAsked) return 'interrupted';
    if (machine.vcpu.icount >= limit || reached()) return 'limit';
    feed(machine, input);
    const startedMs = performance.now();
    const before = machine.vcpu.icount;
    const stop = machine.run(icount(Math.min(limit, nextStop(), before + slice)));
    const nowMs = performance.now();
    output.flush();
    options.afterSlice();
    const ended = reasonToEnd(stop);
    if (ended) return ended;
    if (stop.reason === 'idle') {
      if (await idle(machine, input, pacer, stop.until)) breathedMs = performance.now();
    } else {
      atBoundary();
      slice = nextSlice(slice, machine.vcpu.icount - before, nowMs - startedMs);
    }
    if (performance.now() - breathedMs >= BREATHE_MS) {
      await breathe();
      breathedMs = performance.now();
    }
  }
}

function reasonToEnd(stop: MachineStop): EndReason | undefined {
  switch (stop.reason) {
    case 'until':
    case 'idle':
      return undefined;
    case 'debug':
      throw new FailureError('the machine stopped at a breakpoint nobody set');
    default:
      return stop.reason;
  }
}
