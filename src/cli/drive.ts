/**
 * Runs a live guest to its end: in slices of a few milliseconds, so that what is typed and signals
 * get through between two of them. Slices and waiting never change what the guest computes; only
 * what is typed does, and that is recorded.
 */

import type { Machine, MachineStop } from '../engine/machine.ts';
import { type Icount, icount } from '../engine/units.ts';
import type { EndReason } from '../trace/header.ts';
import type { ConsoleInput } from './console-input.ts';
import type { ConsoleOutput } from './console-output.ts';
import { FailureError } from './errors.ts';
import { breathe, type Interruption } from './signals.ts';

/** What this loop uses of a machine. */
export type DrivenMachine = Pick<
  Machine,
  'now' | 'run' | 'resumeIdle' | 'isIdle' | 'input' | 'serialRoom'
> & { readonly vcpu: { readonly icount: Icount } };

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

/**
 * Given to the machine as its options' `pauseWhenIdle`, which it asks whenever the guest waits:
 * coming back then makes sense while something may still be typed, or was and now has room.
 */
export class IdlePause {
  #wanted: () => boolean = () => false;

  get active(): boolean {
    return this.#wanted();
  }

  follow(input: ConsoleInput, machine: DrivenMachine): void {
    this.#wanted = () => !input.ended || (input.hasPending && machine.serialRoom(0) > 0);
  }

  stop(): void {
    this.#wanted = () => false;
  }
}

const SLICE_MS = 5;
const SLICE_MIN = 10_000;
const SLICE_MAX = 50_000_000;
const NS_PER_MS = 1_000_000;
/** Sleeps are at least this long, since a timer of the host is not exact; */
const SLEEP_MS_MIN = 4;
/** and at most this long in one piece. Signals and typing end them sooner. */
const SLEEP_MS_MAX = 1000;
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

/** Gives the guest's serial port what was typed, as much as its FIFO has room for. */
function feed(machine: DrivenMachine, input: ConsoleInput): void {
  const room = input.hasPending ? machine.serialRoom(0) : 0;
  if (room > 0) machine.input('com1', input.take(room));
}

/** As many instructions as take about SLICE_MS at the speed of the last slice. */
export function nextSlice(slice: number, done: number, tookMs: number): number {
  if (done <= 0) return slice;
  const wanted = tookMs > 0 ? (done / tookMs) * SLICE_MS : slice * 2;
  const gentle = Math.min(slice * 4, Math.max(slice / 4, wanted));
  return Math.round(Math.min(SLICE_MAX, Math.max(SLICE_MIN, gentle)));
}

/**
 * The guest waits. With a person at the console, so do we, for as long as it would; without one its
 * next alarm comes at once, and if there is none only input can wake it. Returns whether it slept.
 */
async function idle(
  machine: DrivenMachine,
  input: ConsoleInput,
  pacer: Pacer,
  until: number | undefined,
): Promise<boolean> {
  if (input.hasPending && machine.serialRoom(0) > 0) return false;
  const ahead = until === undefined ? Number.POSITIVE_INFINITY : Math.max(0, until - machine.now);
  if (until !== undefined && (!input.interactive || pacer.mayJump(ahead))) {
    machine.resumeIdle(ahead);
    return false;
  }
  const passed = await pacer.sleep(ahead, (ms) => input.wait(ms));
  if (input.interactive) machine.resumeIdle(passed);
  return true;
}

/**
 * Keeps an idle guest's time near the wall clock's. A guest with a fast timer idles for less than
 * the host can sleep; such waits are let pass at once and slept off together.
 */
export class Pacer {
  /** How far guest time has run ahead by waits not slept yet, less oversleeping, in ms. */
  #aheadMs = 0;

  /** Ticks of waiting: are they, with what is owed, too short to sleep? If so they count as owed. */
  mayJump(ticks: number): boolean {
    if (this.#aheadMs + ticks / NS_PER_MS >= SLEEP_MS_MIN) return false;
    this.#aheadMs += ticks / NS_PER_MS;
    return true;
  }

  /** Sleeps for these ticks and what is owed; returns the ticks that passed if it was woken early. */
  async sleep(ticks: number, wait: (ms: number) => Promise<void>): Promise<number> {
    const wantedMs = this.#aheadMs + ticks / NS_PER_MS;
    const startedMs = performance.now();
    await wait(Math.min(wantedMs, SLEEP_MS_MAX));
    const sleptMs = performance.now() - startedMs;
    const passed = Math.floor(Math.min(ticks, Math.max(0, sleptMs - this.#aheadMs) * NS_PER_MS));
    const leftMs = this.#aheadMs + passed / NS_PER_MS - sleptMs;
    // A host that was suspended is not caught up with.
    this.#aheadMs = Math.max(-SLEEP_MS_MIN, leftMs);
    return passed;
  }
}
