/**
 * The pace of a live guest: how long a slice of work is, and how an idle guest's time follows the
 * wall clock while a person sits at its console. None of it changes what the guest computes.
 */

import type { Machine } from '../engine/machine.ts';
import type { Icount } from '../engine/units.ts';
import type { GuestInput } from './guest-input.ts';

/** What running a guest in slices uses of a machine. */
export type DrivenMachine = Pick<
  Machine,
  'now' | 'run' | 'resumeIdle' | 'isIdle' | 'input' | 'serialRoom'
> & { readonly vcpu: { readonly icount: Icount } };

const SLICE_MS = 5;
const SLICE_MIN = 10_000;
const SLICE_MAX = 50_000_000;
const NS_PER_MS = 1_000_000;
/** Sleeps are at least this long, since a timer of the host is not exact; */
const SLEEP_MS_MIN = 4;
/** and at most this long in one piece. Signals and typing end them sooner. */
const SLEEP_MS_MAX = 1000;

/**
 * Given to the machine as its options' `pauseWhenIdle`, which it asks whenever the guest waits:
 * coming back then makes sense while something may still be typed, or was and now has room.
 */
export class IdlePause {
  #wanted: () => boolean = () => false;

  get active(): boolean {
    return this.#wanted();
  }

  follow(input: GuestInput, machine: DrivenMachine): void {
    this.#wanted = () => !input.ended || (input.hasPending && machine.serialRoom(0) > 0);
  }

  stop(): void {
    this.#wanted = () => false;
  }
}

/** Gives the guest's serial port what was typed, as much as its FIFO has room for. */
export function feed(machine: DrivenMachine, input: GuestInput): void {
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
export async function idle(
  machine: DrivenMachine,
  input: GuestInput,
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
