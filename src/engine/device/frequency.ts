/**
 * Clocks that are not 1 GHz, in integers. The 8254 counts at 1,193,182 Hz, the PM timer at
 * 3,579,545 Hz; how many of their periods have passed at a tick, and at which tick a count is
 * reached, must be exact and the same on every host, so there is no floating point that rounds:
 * whole seconds and the rest are scaled apart, and every product stays below 2^53.
 */

import { TICKS_PER_SECOND, type Ticks, ticks } from '../units.ts';

/** Above this, rest * hz would leave the exact integers. No chip of the PC comes near. */
const HZ_MAX = 9_000_000;

/** Periods of an `hz` clock completed at `at`, counted from power-on. */
export function countAt(at: Ticks, hz: number): number {
  check(hz);
  const seconds = Math.floor(at / TICKS_PER_SECOND);
  const rest = at - seconds * TICKS_PER_SECOND;
  return seconds * hz + Math.floor((rest * hz) / TICKS_PER_SECOND);
}

/** The first tick at which `count` periods of an `hz` clock have completed. */
export function ticksAt(count: number, hz: number): Ticks {
  check(hz);
  const seconds = Math.floor(count / hz);
  const rest = count - seconds * hz;
  return ticks(seconds * TICKS_PER_SECOND + Math.ceil((rest * TICKS_PER_SECOND) / hz));
}

function check(hz: number): void {
  if (!Number.isInteger(hz) || hz < 1 || hz > HZ_MAX) throw new Error(`frequency ${hz} Hz`);
}
