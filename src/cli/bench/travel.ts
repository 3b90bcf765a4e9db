/**
 * How long it takes to get somewhere in a recording: to random marks, a step back there, back to
 * the last time at a place and to the last write of a word. Runs in a process of its own, so that
 * its memory can be told.
 */

import { createVcpu } from '../../engine/index.ts';
import { gva, icount as toIcount } from '../../engine/units.ts';
import { mark } from '../../replay/mark.ts';
import { ReplaySession } from '../../replay/session.ts';
import { Timeline } from '../../replay/timeline.ts';
import { finish } from '../../replay/work.ts';
import type { DebugTarget } from '../../target/debug-target.ts';
import { Recording } from '../../trace/recording.ts';
import { vcpuOf } from '../cpu-option.ts';
import { openTarget } from '../open-target.ts';
import { randomFrom } from './random.ts';
import { threadSeconds } from './thread-time.ts';

export interface TravelPart {
  readonly kind: 'travel';
  readonly path: string;
  readonly seed: number;
  /** Random marks to go to. */
  readonly marks: number;
  /** Searches of each kind. */
  readonly searches: number;
  /** Places where a step back is taken, besides: those where a peer took one. */
  readonly stepsAt: readonly number[];
  /** For each kind of journey: after this, no more of it. */
  readonly budgetMs: number;
}

export const JOURNEYS = {
  open: 'open, and be at the start',
  seek: 'seek to a random mark',
  back: 'a step back at a random mark',
  backAgain: 'a step back again',
  continueBack: 'reverse-continue, last hit at most 100 M back',
  lastWrite: 'back to the last write of a word',
} as const;
export type Journey = keyof typeof JOURNEYS;

export interface Travelled {
  /** Milliseconds of each journey of a kind. */
  readonly ms: Readonly<Record<Journey, readonly number[]>>;
  readonly stepsAt: readonly { readonly icount: number; readonly ms: readonly number[] }[];
  /** How much longer replaying takes with checkpoints than without, in percent, for each try. */
  readonly checkpointCosts: readonly number[];
  /** The largest resident set of the process, and the guest's RAM within it. */
  readonly peakBytes: number;
  readonly ramBytes: number;
}

const HIT_WITHIN = 100_000_000;
const AGAIN = 4;
const RSP = 4;

export async function travel(part: TravelPart): Promise<Travelled> {
  const ms: Record<Journey, number[]> = {
    open: [],
    seek: [],
    back: [],
    backAgain: [],
    continueBack: [],
    lastWrite: [],
  };
  const timed = async <T>(kind: Journey, move: () => T | Promise<T>): Promise<T> => {
    const startedMs = performance.now();
    const result = await move();
    ms[kind].push(performance.now() - startedMs);
    return result;
  };
  /** As often as wanted and as the budget has time for. */
  const repeat = async (times: number, journey: () => Promise<void>): Promise<void> => {
    const endMs = performance.now() + part.budgetMs;
    for (let i = 0; i < times && (i === 0 || performance.now() < endMs); i++) await journey();
  };
  const random = randomFrom(part.seed);
  const { target, recording } = await timed('open', async () => {
    const recording = Recording.open(part.path);
    const target = openTarget(recording, part.path, 'jit');
    await target.seekTo(target.start);
    return { recording, target };
  });
  try {
    const { end } = target;
    const somewhere = () => mark(Math.floor(random() * end.icount));
    await repeat(part.marks, async () => {
      await timed('seek', () => target.seekTo(somewhere()));
      await timed('back', () => target.reverseStep(1));
      for (let i = 0; i < AGAIN; i++) await timed('backAgain', () => target.reverseStep(1));
    });
    await repeat(part.searches, async () => {
      const from = somewhere();
      const back = Math.floor(random() * Math.min(HIT_WITHIN, from.icount));
      await target.seekTo(mark(from.icount - back));
      const address = placeOf(target);
      await target.seekTo(from);
      await timed('continueBack', () =>
        target.reverseContinue([{ kind: 'address', gva: address }]),
      );
    });
    await repeat(part.searches, async () => {
      await target.seekTo(somewhere());
      const at = stackWord(target);
      if (at === undefined) return;
      await target.seekTo(end);
      await timed('lastWrite', () => target.lastWrite({ space: 'gpa', at, length: 8 }));
    });
    const stepsAt: { icount: number; ms: number[] }[] = [];
    for (const icount of part.stepsAt) {
      await target.seekTo(mark(Math.min(icount, end.icount)));
      const steps: number[] = [];
      for (let i = 0; i < 2; i++) {
        const startedMs = performance.now();
        await target.reverseStep(1);
        steps.push(performance.now() - startedMs);
      }
      stepsAt.push({ icount: toIcount(icount), ms: steps });
    }
    const { memoryBytes: ramBytes } = target.guest;
    const peakBytes = process.resourceUsage().maxRSS * 1024;
    return { ms, stepsAt, peakBytes, ramBytes, checkpointCosts: checkpointCosts(recording) };
  } finally {
    recording.close();
  }
}

const CHECKPOINTS_OVER = 1_000_000_000;
const CHECKPOINTS_TRIES = 3;

/** The beginning of the recording, replayed with and without checkpoints, turn and turn about. */
function checkpointCosts(recording: Recording): number[] {
  const to = toIcount(Math.min(CHECKPOINTS_OVER, recording.lastIcount));
  const took = (replay: (session: ReplaySession) => void): number => {
    const session = new ReplaySession(recording, createVcpu(vcpuOf(recording)));
    const before = threadSeconds();
    replay(session);
    return threadSeconds() - before;
  };
  const costs: number[] = [];
  // The first one warms V8 up.
  for (let round = 0; round <= CHECKPOINTS_TRIES; round++) {
    const bare = took((session) => session.advance({ icount: to, step: 0 }));
    const kept = took((session) => finish(new Timeline(session).seekTo(mark(to))));
    if (round > 0) costs.push((kept / bare - 1) * 100);
  }
  return costs;
}

/** The linear address of the next instruction. */
function placeOf(target: DebugTarget) {
  const { rip, segments } = target.registers();
  return gva(rip + (segments[1]?.base ?? 0n));
}

/** Where the stack's top is in RAM. */
function stackWord(target: DebugTarget) {
  const { gpr, segments } = target.registers();
  const linear = gva(BigInt.asUintN(64, (gpr[RSP] ?? 0n) + (segments[2]?.base ?? 0n)) & ~7n);
  const at = target.translate(linear);
  return at === undefined ? undefined : BigInt(at);
}
