/**
 * The bench that chips are tried on: a clock that a test turns by hand, buses, and pins that keep a
 * record of their levels.
 */

import { expect } from 'vitest';
import { MmioBus } from '../../src/engine/bus/mmio.ts';
import { PioBus } from '../../src/engine/bus/pio.ts';
import type { Pin } from '../../src/engine/bus/ports.ts';
import { Clock } from '../../src/engine/clock.ts';
import type { DeviceState, Result } from '../../src/engine/device/state.ts';
import { type Ticks, ticks } from '../../src/engine/units.ts';

export const US = 1_000;
export const MS = 1_000_000;
export const SECOND = 1_000_000_000;

/** Guest time that passes when the test says so, stopping at each alarm as the vCPU would. */
export class HandClock extends Clock {
  #time: { now: Ticks };

  constructor() {
    const time = { now: ticks(0) };
    super(() => time.now);
    this.#time = time;
  }

  /** Time stops short after `alarmsMax` alarms, for guests that schedule them without end. */
  pass(by: number, alarmsMax = Number.POSITIVE_INFINITY): void {
    const end = this.#time.now + by;
    let fired = 0;
    while (this.next !== undefined && this.next <= end) {
      this.#time.now = ticks(Math.max(this.#time.now, this.next));
      fired += this.fireDue();
      if (fired >= alarmsMax) return;
    }
    this.#time.now = ticks(end);
  }
}

/** A pin that remembers: `edges` lists the levels it changed to. */
export class Probe implements Pin {
  level = false;
  readonly edges: boolean[] = [];

  set(level: boolean): void {
    if (level !== this.level) this.edges.push(level);
    this.level = level;
  }

  /** Rising edges so far. */
  get rises(): number {
    return this.edges.filter((level) => level).length;
  }
}

export function bench() {
  return { clock: new HandClock(), pio: new PioBus(), mmio: new MmioBus() };
}

interface Chip {
  save(): DeviceState;
  load(state: DeviceState): Result<void>;
}

/**
 * What every chip promises: what `save` returns survives JSON, loads into a fresh chip and saves
 * again as the same; a field that is missing or mad is refused by name, and so is another version.
 */
export function keepsItsState(chip: Chip, fresh: Chip): void {
  const state = chip.save();
  const onDisk = JSON.parse(JSON.stringify(state)) as DeviceState;
  expect(onDisk).toEqual(state);
  expect(fresh.save()).not.toEqual(state); // else the test has not brought the chip anywhere
  expect(fresh.load(onDisk)).toEqual({ ok: true, value: undefined });
  expect(fresh.save()).toEqual(state);

  for (const field of Object.keys(state)) {
    const { [field]: _, ...without } = onDisk as unknown as Record<string, unknown>;
    const refused = fresh.load(without as unknown as DeviceState);
    expect([field, refused.ok]).toEqual([field, false]);
    const mad = fresh.load({ ...onDisk, [field]: { mad: true } } as DeviceState);
    expect([field, mad.ok]).toEqual([field, false]);
  }
  const newer = fresh.load({ ...onDisk, version: state.version + 1 });
  expect(newer).toMatchObject({ ok: false, error: expect.stringContaining(state.kind) });
  // A refusal leaves the chip as it was.
  expect(fresh.save()).toEqual(state);
}
