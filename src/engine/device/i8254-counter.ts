/**
 * One counter of the 8254, as a function of time: what its counting element and its OUT pin are
 * after so many clocks, without stepping through them.
 *
 * Data sheet: Intel 231164, "82C54 CHMOS Programmable Interval Timer", mode definitions and figures
 * 15 to 20. Time is a count of CLK pulses since power-on.
 */

export type PitMode = 0 | 1 | 2 | 3 | 4 | 5;

/** A counter that has been loaded and counts, or has been stopped by its gate. */
export interface Counting {
  mode: PitMode;
  bcd: boolean;
  /** Initial count, 1 to 65,536 (10,000 in BCD). */
  count: number;
  /** The CLK pulse that loaded the counting element. */
  loadedAt: number;
  /** GATE is low: the clock at which it stopped (modes 0, 4). Null while counting. */
  stoppedAt: number | null;
  /** A new count that takes over when the current period ends (modes 2, 3). */
  nextCount: number | null;
  /** The clock at which it does; meaningless without `nextCount`. */
  nextAt: number;
  /** Counts written in modes 1 and 5 wait for the trigger, and so does OUT. */
  triggered: boolean;
  /** OUT was low when the last trigger came (mode 1): it stays so until the reload. */
  wasLow: boolean;
}

export function modulus(bcd: boolean): number {
  return bcd ? 10_000 : 0x1_0000;
}

/** Clocks counted since the load. */
function elapsed(c: Counting, clock: number): number {
  return Math.max(0, (c.stoppedAt ?? clock) - c.loadedAt);
}

/**
 * A count written while the counter runs. Modes 2 and 3 finish their period, or half period, first
 * (mode definitions: "the current counting sequence is not affected").
 */
export function changeCount(c: Counting, clock: number, count: number): void {
  c.nextCount = count;
  c.nextAt = c.mode === 3 ? (nextChange(c, clock) ?? clock) : periodEnd(c, clock);
}

/** Lets such a count take over once its time has come. Call before asking anything else. */
export function catchUp(c: Counting, clock: number): void {
  if (c.nextCount === null || clock < c.nextAt || c.stoppedAt !== null) return;
  const isLowHalf = c.mode === 3 && !out(c, c.nextAt);
  c.loadedAt = c.nextAt - (isLowHalf ? (c.nextCount + 1) >> 1 : 0);
  c.count = c.nextCount;
  c.nextCount = null;
}

function periodEnd(c: Counting, clock: number): number {
  const since = Math.max(0, clock - c.loadedAt);
  return c.loadedAt + (Math.floor(since / c.count) + 1) * c.count;
}

/** The counting element, before BCD coding. */
export function value(c: Counting, clock: number): number {
  const e = elapsed(c, clock);
  switch (c.mode) {
    case 2:
      return (c.count - (e % c.count)) % modulus(c.bcd);
    case 3: {
      // Counts by two; an odd count is high for (N+1)/2 clocks and low for (N-1)/2.
      const inPeriod = e % c.count;
      const high = (c.count + 1) >> 1;
      const inHalf = inPeriod < high ? inPeriod : inPeriod - high;
      return ((c.count & ~1) - 2 * inHalf) % modulus(c.bcd);
    }
    default: {
      // One shot down to zero, then on through the top (figure 15: 0, FFFF, FFFE).
      if (!c.triggered) return c.count % modulus(c.bcd);
      const m = modulus(c.bcd);
      return (((c.count - e) % m) + m) % m;
    }
  }
}

/** Level of the OUT pin. */
export function out(c: Counting, clock: number): boolean {
  const e = elapsed(c, clock);
  switch (c.mode) {
    case 0:
      return e >= c.count;
    case 1:
      if (!c.triggered) return true;
      return clock < c.loadedAt ? !c.wasLow : e >= c.count;
    case 2:
      return c.stoppedAt !== null || e % c.count !== c.count - 1;
    case 3:
      return c.stoppedAt !== null || e % c.count < (c.count + 1) >> 1;
    case 4:
      return e !== c.count || c.stoppedAt !== null;
    case 5:
      return !c.triggered || e !== c.count;
  }
}

/** The first clock after `clock` at which OUT changes; undefined if it never will by itself. */
export function nextChange(c: Counting, clock: number): number | undefined {
  if (c.stoppedAt !== null) return undefined;
  const end = c.loadedAt + c.count;
  switch (c.mode) {
    case 0:
      return clock < end ? end : undefined;
    case 1:
      if (!c.triggered) return undefined;
      if (clock < c.loadedAt && !c.wasLow) return c.loadedAt;
      return clock < end ? end : undefined;
    case 2: {
      const next = periodEnd(c, clock);
      return clock < next - 1 ? next - 1 : next;
    }
    case 3: {
      const next = periodEnd(c, clock);
      const fall = next - (c.count >> 1);
      return clock < fall ? fall : next;
    }
    case 4:
    case 5:
      if (!c.triggered) return undefined;
      if (clock < end) return end;
      return clock < end + 1 ? end + 1 : undefined;
  }
}
