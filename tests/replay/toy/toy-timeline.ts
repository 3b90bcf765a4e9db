/** Toy recordings to travel in, and the plain truth about them to compare with. */

import type { Mark } from '../../../src/replay/mark.ts';
import { ReplaySession } from '../../../src/replay/session.ts';
import { Timeline, type TimelineOptions, type TimelineStop } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { recordToy } from './toy-machine.ts';
import { type ToyOptions, ToyVcpu } from './toy-vcpu.ts';

const files = new Map<string, Uint8Array>();

export function toyRecording(seed: number, instructions: number): Recording {
  const key = `${seed} ${instructions}`;
  let file = files.get(key);
  if (!file) {
    ({ file } = recordToy({ seed, instructions, hashSpacing: 100, chunkInstructions: 300 }));
    files.set(key, file);
  }
  return Recording.fromBytes(file);
}

export function toyTimeline(
  recording: Recording,
  options: TimelineOptions = {},
  toy: ToyOptions = {},
): Timeline {
  return new Timeline(new ReplaySession(recording, new ToyVcpu(toy)), options);
}

export interface Place {
  readonly mark: Mark;
  readonly hash: string;
  readonly rip: bigint;
}

/** Every place to step to, with its state, seen by stepping forward only. */
export function walk(timeline: Timeline): Place[] {
  const places: Place[] = [];
  for (;;) {
    const { vcpu } = timeline.session;
    places.push({ mark: timeline.mark, hash: vcpu.stateHash(), rip: vcpu.registers().rip });
    const stop = finish(timeline.step());
    if (stop.reason === 'end') return places;
    if (stop.reason !== 'reached') throw new Error(describe(stop));
  }
}

export const describe = (stop: TimelineStop): string =>
  JSON.stringify(stop, (_, value) =>
    typeof value === 'bigint' ? `0x${value.toString(16)}` : value,
  );
