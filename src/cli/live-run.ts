/** What `run` and `record` have in common: console, signals, progress and the loop around them. */

import type { MachineTap } from '../engine/tap.ts';
import { type Icount, icount } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import { IdlePause } from '../live/pacing.ts';
import type { EndReason } from '../trace/header.ts';
import { ConsoleInput } from './console-input.ts';
import { ConsoleOutput } from './console-output.ts';
import { drive } from './drive.ts';
import { type ExitStatus, FailureError } from './errors.ts';
import { mips } from './format.ts';
import { type GuestPlan, powerOn } from './live-guest.ts';
import type { Output } from './output.ts';
import { Interruption } from './signals.ts';
import { parseUntil } from './until.ts';

/** What a recorder adds to a run. */
export interface RunHooks {
  /** Called with the vCPU in front of its first instruction. */
  readonly tapFor: (vcpu: Vcpu) => MachineTap | undefined;
  readonly nextStop: () => Icount;
  readonly atBoundary: () => void;
  /** Called after every slice, also when the guest waits. */
  readonly afterSlice: (interactive: boolean) => void;
}

export const NO_HOOKS: RunHooks = {
  tapFor: () => undefined,
  nextStop: () => icount(Number.MAX_SAFE_INTEGER),
  atBoundary: () => {},
  afterSlice: () => {},
};

/** How a live guest ended. */
export interface LiveSummary {
  readonly reason: EndReason;
  /** By a signal, and not by Ctrl-A x. */
  readonly signalled: boolean;
  readonly icount: number;
  readonly stateHash: string;
  readonly seconds: number;
  readonly mips: number;
}

export interface LiveResult extends LiveSummary {
  readonly vcpu: Vcpu;
}

export async function runLive(
  plan: GuestPlan,
  output: Output,
  hooks: RunHooks,
): Promise<LiveResult> {
  const { options } = plan;
  const until = parseUntil(options.until);
  const console = new ConsoleOutput(options.serial, output);
  const interruption = new Interruption();
  const pause = new IdlePause();
  const input = new ConsoleInput(options.serial.kind === 'stdio');
  try {
    const { onByte } = until;
    const machine = await powerOn(plan, { console, onByte, pause, tapFor: hooks.tapFor });
    if (input.interactive) output.note('Ctrl-A x ends the run, Ctrl-A h helps');
    const startedMs = performance.now();
    const reason = await drive({
      machine,
      pause,
      input,
      output: console,
      interruption,
      limit: until.limit,
      reached: until.reached,
      nextStop: hooks.nextStop,
      atBoundary: hooks.atBoundary,
      afterSlice: () => hooks.afterSlice(input.interactive),
    });
    const seconds = (performance.now() - startedMs) / 1000;
    const { vcpu } = machine;
    return {
      vcpu,
      reason,
      signalled: interruption.asked,
      icount: vcpu.icount,
      stateHash: vcpu.stateHash(),
      seconds,
      mips: mips(vcpu.icount, seconds),
    };
  } finally {
    input.close();
    console.close();
    interruption.close();
  }
}

/** How a guest that ended so ends the command. Said after the summary. */
export function statusAfter({ reason, signalled, icount }: LiveSummary): ExitStatus {
  if (reason === 'triple-fault') {
    throw new FailureError(`the guest ended in a triple fault at icount ${icount}`);
  }
  return signalled ? 130 : 0;
}

const ENDINGS: Readonly<Record<EndReason, string>> = {
  poweroff: 'the guest powered off',
  halted: 'the guest halted for good',
  'triple-fault': 'stopped',
  reset: 'the guest asked for a reset',
  interrupted: 'interrupted',
  limit: '--until was reached',
};

export const ending = (reason: EndReason): string => ENDINGS[reason];
