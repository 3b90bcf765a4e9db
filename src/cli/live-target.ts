/** A guest that is recorded as it runs, as a debug target: for `record` with a front end at it. */

import type { GuestInput } from '../live/guest-input.ts';
import { LiveGuest, LiveTap } from '../live/live-guest.ts';
import { LiveTarget } from '../live/live-target.ts';
import { IdlePause } from '../live/pacing.ts';
import { Presence } from '../live/presence.ts';
import type { EndReason } from '../trace/header.ts';
import { Recording } from '../trace/recording.ts';
import { ConsoleOutput } from './console-output.ts';
import { UsageError } from './errors.ts';
import { type GuestPlan, powerOn } from './live-guest.ts';
import type { Output } from './output.ts';
import { writingTo } from './recording-file.ts';
import { startRecording } from './recording-start.ts';

export interface LiveOptions {
  /** The recording to write. */
  readonly path: string;
  /** What is typed for the guest. */
  readonly input: GuestInput;
  /** Where `--serial` sends the console. A front end that shows it itself leaves it out. */
  readonly output?: Output;
}

export interface OpenedLive {
  /** In front of the guest's first instruction. */
  readonly target: LiveTarget;
  /** Ends the guest where its present is, if it has not ended, and completes the recording. */
  readonly close: () => Promise<LiveSummary>;
}

export interface LiveSummary {
  readonly reason: EndReason;
  readonly icount: number;
  readonly stateHash: string;
  readonly exits: number;
  readonly interrupts: number;
  readonly bytes: number;
}

export async function openLive(plan: GuestPlan, options: LiveOptions): Promise<OpenedLive> {
  const { path, input, output } = options;
  if (plan.options.accel === 'kvm') {
    throw new UsageError('--accel kvm: expected jit or interp for a guest that is walked back in');
  }
  const presence = new Presence();
  const pause = new IdlePause();
  let started: ReturnType<typeof startRecording> | undefined;
  let tap: LiveTap | undefined;
  const machine = await powerOn(plan, {
    onByte: presence.onByte,
    pause,
    tapFor: (vcpu) => {
      started = writingTo(path, () => startRecording(plan, vcpu.registers(), path));
      tap = new LiveTap(started.recorder);
      return tap;
    },
  });
  if (!started || !tap) throw new Error('a live guest without a recorder');
  const { writer, recorder } = started;
  pause.follow(input, machine);
  const console = output && new ConsoleOutput(plan.options.serial, output);
  presence.onConsole((bytes) => {
    for (const byte of bytes) console?.byte(byte);
    console?.flush();
  });
  const recordingSoFar = () => Recording.open(path, writer.layout);
  const guest = new LiveGuest({ machine, tap, input, recordingSoFar });
  const target = new LiveTarget(guest, presence, path);
  const close = async (): Promise<LiveSummary> => {
    await target.live.close();
    console?.close();
    const { end } = writer.layout;
    if (!end) throw new Error('a closed recording without an end');
    const { exits, interrupts } = recorder.totals;
    return { ...end, exits, interrupts, bytes: recorder.bytes };
  };
  return { target, close };
}
