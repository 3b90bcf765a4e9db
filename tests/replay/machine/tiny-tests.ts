/**
 * Time travel over the tiny guests, on the real vCPU: across mode switches, faults, task switches,
 * repeated instructions and code that changes itself. Short enough to look at every place; for a fast
 * and a slow test.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { gpa, gva } from '../../../src/engine/units.ts';
import type { StopCondition } from '../../../src/replay/conditions.ts';
import { compareMarks, formatMark, type Mark } from '../../../src/replay/mark.ts';
import { ReplaySession } from '../../../src/replay/session.ts';
import { Timeline, type TimelineOptions } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { freshVcpu, recordGuest } from './record-guest.ts';

const MEMORY = 16 << 20;
const PLACES_MAX = 1500;
export const TINY_GUESTS = ['modes', 'faults32', 'faults64', 'paging32', 'tasks', 'rep', 'smc'];

function recordTiny(name: string): Recording {
  const path = join(import.meta.dirname, `../../../guests/tiny/${name}.bin`);
  const kernel = new Uint8Array(readFileSync(path));
  const boot = { kernel, at: gpa(0x7c00), memoryBytes: MEMORY };
  const { file } = recordGuest({ ...boot, limit: 20_000_000, hashSpacing: 1000 });
  return Recording.fromBytes(file);
}

interface Place {
  readonly mark: Mark;
  readonly hash: string;
  readonly rip: bigint;
}

/** Every place from the start on, by single steps. */
function walk(timeline: Timeline): Place[] {
  const places: Place[] = [];
  while (places.length < PLACES_MAX) {
    const { vcpu } = timeline.session;
    places.push({ mark: timeline.mark, hash: vcpu.stateHash(), rip: vcpu.registers().rip });
    if (finish(timeline.step()).reason === 'end') break;
  }
  return places;
}

const SMALL = { spacing: 300, nearest: 10, slice: 100 };

export function tinyTests(guests: readonly string[], numRuns: number): void {
  test.each(guests)('%s: every place is the same whichever way it is reached', (name) => {
    const recording = recordTiny(name);
    const open = (options: TimelineOptions) =>
      new Timeline(new ReplaySession(recording, freshVcpu(MEMORY)), options);
    const places = walk(open({}));
    expect(places.length).toBeGreaterThan(30);
    const timeline = open(SMALL);
    const check = (i: number) => {
      expect(formatMark(timeline.mark)).toBe(formatMark(places[i]!.mark));
      expect(timeline.session.vcpu.stateHash()).toBe(places[i]!.hash);
    };
    fc.assert(
      fc.property(fc.nat(), fc.nat({ max: 300 }), (pick, n) => {
        const from = pick % places.length;
        finish(timeline.seekTo(places[from]!.mark));
        check(from);
        const to = Math.min(from + n, places.length - 1);
        finish(timeline.step(to - from));
        check(to);
        finish(timeline.reverseStep(to - from));
        check(from);
      }),
      { numRuns },
    );
    // Back from the last place, one by one.
    finish(timeline.seekTo(places.at(-1)!.mark));
    for (let i = places.length - 2; i >= Math.max(0, places.length - 200); i--) {
      finish(timeline.reverseStep());
      check(i);
    }
  });

  test.each(guests)('%s: backwards finds what forwards found', (name) => {
    const recording = recordTiny(name);
    const timeline = new Timeline(new ReplaySession(recording, freshVcpu(MEMORY)), SMALL);
    const places = walk(timeline);
    const limit = places.at(-1)!.mark;
    const { vcpu } = timeline.session;
    for (const pick of [0.1, 0.4, 0.7, 0.95]) {
      const place = places[Math.floor(places.length * pick)]!;
      finish(timeline.seekTo(place.mark));
      const { gpr, segments } = vcpu.registers();
      const stack = (segments[2]!.base + gpr[4]!) & 0xffff_fff8n;
      const code = gva(segments[1]!.base + place.rip);
      const sets: StopCondition[][] = [
        [{ kind: 'address', gva: code }],
        [{ kind: 'memory', space: 'gva', at: stack - 16n, length: 32, on: 'access' }],
        [{ kind: 'memory', space: 'gva', at: stack - 64n, length: 128, on: 'write' }],
      ];
      for (const wanted of sets) {
        finish(timeline.seekTo(timeline.positions.start));
        const forward: string[] = [];
        while (forward.length < 60) {
          const stop = finish(timeline.run(wanted, limit));
          if (stop.reason !== 'hit' || compareMarks(stop.mark, limit) >= 0) break;
          forward.push(`${formatMark(stop.mark)} ${vcpu.stateHash()}`);
        }
        if (forward.length === 60) finish(timeline.step());
        else finish(timeline.seekTo(limit));
        const backward: string[] = [];
        while (backward.length < forward.length) {
          const stop = finish(timeline.reverseContinue(wanted));
          if (stop.reason !== 'hit') break;
          backward.unshift(`${formatMark(stop.mark)} ${vcpu.stateHash()}`);
        }
        expect(backward).toEqual(forward);
      }
    }
  });
}
