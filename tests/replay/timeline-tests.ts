/**
 * Time travel over toy recordings: whatever way one takes to a place, it is the same place. Run with
 * few cases by timeline.test.ts and with many by timeline.slow.test.ts.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gpa, gva } from '../../src/engine/units.ts';
import type { StopCondition } from '../../src/replay/conditions.ts';
import { compareMarks, formatMark } from '../../src/replay/mark.ts';
import type { Timeline, TimelineStop } from '../../src/replay/timeline.ts';
import { finish } from '../../src/replay/work.ts';
import { KIND, type Kind } from '../../src/trace/frame.ts';
import {
  type Place,
  describe as text,
  toyRecording,
  toyTimeline,
  walk,
} from './toy/toy-timeline.ts';

/** Seeds whose programs do a lot of different things for some time. */
const SEEDS = [2, 3, 21, 22, 65, 67, 68, 72, 76];
const INSTRUCTIONS = 800;
const DENSE = { spacing: 300, nearest: 5, slice: 37 };
const SPARSE = { spacing: 100_000, nearest: 50, slice: 1_000 };

const truth = new Map<number, Place[]>();
function placesOf(seed: number): Place[] {
  let places = truth.get(seed);
  if (!places) {
    places = walk(toyTimeline(toyRecording(seed, INSTRUCTIONS), SPARSE));
    truth.set(seed, places);
  }
  return places;
}

const seeds = fc.constantFrom(...SEEDS);
const policies = fc.record({
  spacing: fc.integer({ min: 20, max: 2000 }),
  nearest: fc.integer({ min: 1, max: 50 }),
  slice: fc.integer({ min: 1, max: 500 }),
  budgetBytes: fc.constantFrom(60_000, 10_000_000),
});

const stateOf = (timeline: Timeline) => ({
  mark: timeline.mark,
  hash: timeline.session.vcpu.stateHash(),
  rip: timeline.session.vcpu.registers().rip,
});

/** Follows stops to the end, and from there back to the start. */
function forwardStops(timeline: Timeline, conditions: readonly StopCondition[]): TimelineStop[] {
  const stops: TimelineStop[] = [];
  finish(timeline.seekTo(timeline.positions.start));
  for (;;) {
    const stop = finish(timeline.run(conditions));
    if (stop.reason === 'end') return stops;
    if (stop.reason !== 'hit') throw new Error(text(stop));
    // Going backward begins there, and so does not find it.
    if (compareMarks(stop.mark, timeline.positions.end) === 0) return stops;
    stops.push(stop);
  }
}

function backwardStops(timeline: Timeline, conditions: readonly StopCondition[]): TimelineStop[] {
  const stops: TimelineStop[] = [];
  finish(timeline.seekTo(timeline.positions.end));
  for (;;) {
    const stop = finish(timeline.reverseContinue(conditions));
    if (stop.reason === 'start') return stops.reverse();
    if (stop.reason !== 'hit') throw new Error(text(stop));
    // Going forward begins there, and so does not find it.
    if (compareMarks(stop.mark, timeline.positions.start) === 0) return stops.reverse();
    stops.push(stop);
  }
}

/** Is it let in before an instruction runs? */
const comesFirst = (kind: Kind | undefined) =>
  kind === KIND.INTERRUPT || kind === KIND.NMI || kind === KIND.DMA;

const addresses = fc.nat({ max: 0x7ff }).map((n) => BigInt(n * 4));
const conditions: fc.Arbitrary<StopCondition> = fc.oneof(
  addresses.map((at): StopCondition => ({ kind: 'address', gva: gva(at) })),
  fc
    .nat({ max: 31 })
    .map((v): StopCondition => ({ kind: 'address', gva: gva(BigInt(0x100 + 32 * v)) })),
  fc.record({
    kind: fc.constant('memory' as const),
    space: fc.constantFrom('gva' as const, 'gpa' as const),
    at: fc.nat({ max: 0x3ffc }).map((n) => BigInt(n & ~3)),
    length: fc.integer({ min: 1, max: 64 }),
    on: fc.constantFrom('read' as const, 'write' as const, 'access' as const),
  }),
  addresses.map(
    (at): StopCondition => ({ kind: 'memory', space: 'gva', at, length: 32, on: 'execute' }),
  ),
  fc.constantFrom<StopCondition>(
    { kind: 'exit', exit: 'cpuid' },
    { kind: 'exit', exit: 'hlt' },
    { kind: 'port', first: 0x3f8, last: 0x3ff, dir: 'out' },
    { kind: 'mmio', first: gpa(0x10_0010), last: gpa(0x10_001f) },
    { kind: 'interrupt' },
    { kind: 'console', text: 'a' },
  ),
);

/** `cases` is how many each property is tried with. */
export function timelineTests(cases: number): void {
  describe('going to places', () => {
    test('marks are strictly ordered along a walk, and its length is that of the recording', () => {
      for (const seed of SEEDS) {
        const places = placesOf(seed);
        for (let i = 1; i < places.length; i++) {
          expect(compareMarks(places[i - 1]!.mark, places[i]!.mark)).toBeLessThan(0);
        }
        expect(places.length).toBeGreaterThan(toyRecording(seed, INSTRUCTIONS).lastIcount / 2);
      }
    });

    test('seeking anywhere in any order finds the state that a forward walk saw', () => {
      fc.assert(
        fc.property(
          seeds,
          policies,
          fc.array(fc.nat(), { maxLength: 12 }),
          (seed, policy, picks) => {
            const places = placesOf(seed);
            const timeline = toyTimeline(toyRecording(seed, INSTRUCTIONS), policy);
            for (const pick of picks) {
              const place = places[pick % places.length]!;
              const stop = finish(timeline.seekTo(place.mark));
              expect(stop.reason).toBe('reached');
              expect(stateOf(timeline)).toEqual(place);
            }
          },
        ),
        { numRuns: cases },
      );
    });

    test('n steps forward and n back is the identity', () => {
      fc.assert(
        fc.property(seeds, policies, fc.nat(), fc.nat({ max: 200 }), (seed, policy, pick, n) => {
          const places = placesOf(seed);
          const from = pick % places.length;
          const timeline = toyTimeline(toyRecording(seed, INSTRUCTIONS), policy);
          finish(timeline.seekTo(places[from]!.mark));
          finish(timeline.step(n));
          const reached = Math.min(from + n, places.length - 1);
          expect(stateOf(timeline)).toEqual(places[reached]);
          finish(timeline.reverseStep(reached - from));
          expect(stateOf(timeline)).toEqual(places[from]);
        }),
        { numRuns: cases },
      );
    });

    test('stepping back one by one passes every place, down to the start', () => {
      const places = placesOf(67);
      const timeline = toyTimeline(toyRecording(67, INSTRUCTIONS), DENSE);
      finish(timeline.seekTo(timeline.positions.end));
      for (let i = places.length - 2; i >= 0; i--) {
        expect(finish(timeline.reverseStep()).reason).toBe('reached');
        expect(stateOf(timeline)).toEqual(places[i]);
      }
      expect(finish(timeline.reverseStep()).reason).toBe('start');
    });
  });

  describe('running to stops', () => {
    test('backwards finds what forwards found, in reverse, whatever the checkpoints', () => {
      fc.assert(
        fc.property(
          seeds,
          policies,
          fc.boolean(),
          fc.array(conditions, { minLength: 1, maxLength: 3 }),
          (seed, policy, reportsAgain, wanted) => {
            const recording = toyRecording(seed, 400);
            const forward = forwardStops(toyTimeline(recording, SPARSE), wanted);
            const timeline = toyTimeline(recording, policy, { reportsAgain });
            expect(backwardStops(timeline, wanted).map(text)).toEqual(forward.map(text));
            expect(forwardStops(timeline, wanted).map(text)).toEqual(forward.map(text));
          },
        ),
        { numRuns: cases },
      );
    });

    test('a hit can be sought again by its mark', () => {
      fc.assert(
        fc.property(seeds, policies, conditions, (seed, policy, wanted) => {
          const recording = toyRecording(seed, 400);
          const timeline = toyTimeline(recording, SPARSE);
          const seen: Place[] = [];
          for (;;) {
            const stop = finish(timeline.run([wanted]));
            if (stop.reason === 'end') break;
            seen.push(stateOf(timeline));
          }
          const other = toyTimeline(recording, policy);
          for (const place of seen.reverse()) {
            finish(other.seekTo(place.mark));
            expect(stateOf(other)).toEqual(place);
          }
        }),
        { numRuns: cases },
      );
    });

    test('breakpoints hit exactly where a step walk has that address next', () => {
      for (const seed of SEEDS) {
        const places = placesOf(seed);
        const timeline = toyTimeline(toyRecording(seed, INSTRUCTIONS), DENSE);
        const rip = places[Math.floor(places.length / 2)]!.rip;
        const expected = places
          .filter((p) => p.rip === rip && !comesFirst(timeline.positions.nextKind(p.mark)))
          .filter((p) => compareMarks(p.mark, timeline.positions.start) > 0)
          .filter((p) => compareMarks(p.mark, timeline.positions.end) < 0)
          .map((p) => formatMark(p.mark));
        const found = forwardStops(timeline, [{ kind: 'address', gva: gva(rip) }])
          .filter((stop) => !stop.mark.landing)
          .map((stop) => formatMark(stop.mark));
        expect(found).toEqual(expected);
      }
    });

    test('a watch finds every step that changed the memory', () => {
      for (const seed of SEEDS) {
        const recording = toyRecording(seed, INSTRUCTIONS);
        const watch = {
          kind: 'memory',
          space: 'gpa',
          at: 0x2000n,
          length: 0x1000,
          on: 'write',
        } as const;
        const stops = new Set(
          forwardStops(toyTimeline(recording, DENSE), [watch]).map((stop) => stop.mark.icount),
        );
        const timeline = toyTimeline(recording, SPARSE);
        const { ram } = timeline.session.vcpu;
        let before = Buffer.from(ram.peek(gpa(0x2000), 0x1000));
        while (finish(timeline.step()).reason !== 'end') {
          const now = Buffer.from(ram.peek(gpa(0x2000), 0x1000));
          if (!now.equals(before)) {
            // A DMA or an exception's push stops at the boundary before the step's end.
            const at = timeline.mark.icount;
            expect(stops.has(at) || stops.has((at - 1) as typeof at), `seed ${seed} at ${at}`).toBe(
              true,
            );
          }
          before = now;
        }
      }
    });
  });
}
