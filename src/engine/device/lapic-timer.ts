/**
 * The timer of the local APIC (SDM Vol. 3A §11.5.4): one-shot, periodic and TSC-deadline.
 *
 * It counts at the frequency of the core crystal clock, which CPUID leaf 15H says is 1 GHz: one
 * tick a count before the divide configuration. Pure functions over a plain state; the APIC owns it.
 */

import { type Ticks, ticks } from '../units.ts';

export type TimerMode = 'one-shot' | 'periodic' | 'tsc-deadline' | 'reserved';

export interface TimerState {
  initialCount: number;
  /** Divide Configuration Register, bits 0, 1 and 3. */
  divide: number;
  /** The tick at which the running count was `initialCount`; meaningless when stopped. */
  startedAt: number;
  running: boolean;
  /** IA32_TSC_DEADLINE as a tick; null when disarmed. */
  deadline: number | null;
}

/** A deadline from here on is later than any tick of guest time. */
const NEVER = Number.MAX_SAFE_INTEGER;

export function timerMode(lvt: number): TimerMode {
  const field = (lvt >> 17) & 3;
  return field === 0
    ? 'one-shot'
    : field === 1
      ? 'periodic'
      : field === 2
        ? 'tsc-deadline'
        : 'reserved';
}

/** DCR bits 3, 1, 0: 000 divides by 2, 001 by 4, ... 110 by 128, 111 by 1. */
export function divisor(divide: number): number {
  const field = ((divide >> 1) & 4) | (divide & 3);
  return field === 7 ? 1 : 2 << field;
}

/** Current Count Register. */
export function currentCount(t: TimerState, mode: TimerMode, now: Ticks): number {
  if (!t.running || mode === 'tsc-deadline') return 0;
  const counted = Math.floor((now - t.startedAt) / divisor(t.divide));
  if (mode === 'periodic') return t.initialCount - (counted % t.initialCount);
  return Math.max(0, t.initialCount - counted);
}

/** When the timer interrupts next. */
export function nextExpiry(t: TimerState, mode: TimerMode): Ticks | undefined {
  if (mode === 'tsc-deadline') {
    return t.deadline === null || t.deadline >= NEVER ? undefined : ticks(t.deadline);
  }
  if (!t.running) return undefined;
  return ticks(t.startedAt + t.initialCount * divisor(t.divide));
}

/** Passes the expiries up to `now`; returns whether there was one. */
export function expire(t: TimerState, mode: TimerMode, now: Ticks): boolean {
  const at = nextExpiry(t, mode);
  if (at === undefined || at > now) return false;
  if (mode === 'tsc-deadline') {
    t.deadline = null;
  } else if (mode === 'periodic') {
    const period = t.initialCount * divisor(t.divide);
    // Periods that nobody could see one by one (the tick is the limit) count as one interrupt.
    t.startedAt += Math.floor((now - t.startedAt) / period) * period;
  } else {
    t.running = false;
  }
  return true;
}

/** A write to the Initial Count Register starts the count; 0 stops it. */
export function start(t: TimerState, mode: TimerMode, count: number, now: Ticks): void {
  // "A write to the initial-count register is ignored in TSC-deadline mode."
  if (mode === 'tsc-deadline') return;
  t.initialCount = count;
  t.startedAt = now;
  t.running = count !== 0;
}

/** A new divisor applies from now on to what is left of the count. */
export function setDivide(t: TimerState, mode: TimerMode, divide: number, now: Ticks): void {
  const left = currentCount(t, mode, now);
  t.divide = divide & 0x0b;
  if (t.running) t.startedAt = now - (t.initialCount - left) * divisor(t.divide);
}

/** Changing to or from TSC-deadline mode disarms the timer (SDM Vol. 3A §11.5.4.1). */
export function modeChanged(t: TimerState, from: TimerMode, to: TimerMode): void {
  if (from === to || (from !== 'tsc-deadline' && to !== 'tsc-deadline')) return;
  t.running = false;
  t.deadline = null;
}
