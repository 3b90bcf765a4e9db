/**
 * Debian's cloud kernel from power-on to power-off: recorded, replayed, and travelled in. Needs the
 * guests that `npm run guests` fetches; without them it is skipped.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { gva } from '../../../src/engine/units.ts';
import type { StopCondition } from '../../../src/replay/conditions.ts';
import { describeDivergence } from '../../../src/replay/divergence.ts';
import { KeyStates } from '../../../src/replay/key-states.ts';
import { formatMark, type Mark, mark } from '../../../src/replay/mark.ts';
import { ReplaySession } from '../../../src/replay/session.ts';
import { Timeline, type TimelineOptions } from '../../../src/replay/timeline.ts';
import { finish, type Progress } from '../../../src/replay/work.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { checkAnswers, checkStepsBack } from './check-answers.ts';
import { forwardLog } from './forward-log.ts';
import { KeysFolder } from './key-guests.ts';
import { freshVcpu, type RecordedGuest, recordGuest } from './record-guest.ts';

const folder = join(import.meta.dirname, '../../../.cache/guests');
const MEMORY = 256 << 20;
const SAMPLES = 60;

describe.skipIf(!existsSync(join(folder, 'vmlinuz-cloud')))('a boot of Debian', () => {
  let guest: RecordedGuest;
  let recording: Recording;
  /** What a straight replay saw on its way. */
  let truth: { mark: Mark; hash: string }[];

  const keys = new KeysFolder();
  afterAll(() => keys.remove());
  const keyOptions = () =>
    keys.options({ ...guest, memoryBytes: MEMORY, spacing: 50_000_000 }).keys!;
  const timelineOf = (options: TimelineOptions = {}) =>
    new Timeline(new ReplaySession(recording, freshVcpu(MEMORY)), options);

  beforeAll(() => {
    const read = (name: string) => new Uint8Array(readFileSync(join(folder, name)));
    guest = recordGuest({
      kernel: read('vmlinuz-cloud'),
      initrd: read('initrd.gz'),
      append: 'console=ttyS0 quiet panic=-1',
      memoryBytes: MEMORY,
      limit: 20_000_000_000,
      hashSpacing: 50_000_000,
    });
    recording = Recording.fromBytes(guest.file);
  });

  test('ends in power-off, with its work done right', () => {
    expect(guest.reason).toBe('poweroff');
    expect(guest.console).toContain('INIT-OK 6.1.');
    let sum = 0;
    for (let i = 0; i < 300_000; i++) sum += (i * i) % 7;
    expect(guest.console).toContain(`AWK ${sum}`);
    // 16 MiB of zeros.
    expect(guest.console).toContain(
      '080acf35a507ac9849cfcba47dc2ad83e01b75663a516279c8b9d243b719643e',
    );
    expect(guest.console).toContain('DONE-MARK');
  });

  test('is small, the images left out', () => {
    const first = recording.chunks[0]!.offset;
    expect(guest.file.length - first).toBeLessThan(1_000_000);
  });

  test('replays to the same end', () => {
    truth = [];
    const session = new ReplaySession(recording, freshVcpu(MEMORY));
    KeyStates.of(session, keyOptions());
    for (let i = 1; i < SAMPLES; i++) {
      const stop = session.advance(mark(Math.floor((guest.icount * i) / SAMPLES)));
      const said = stop.kind === 'divergence' ? describeDivergence(stop.divergence) : stop.kind;
      expect(said).toBe('reached');
      truth.push({ mark: session.mark, hash: session.vcpu.stateHash() });
    }
    expect(session.advance(mark(guest.icount + 1)).kind).toBe('end');
    expect(session.vcpu.icount).toBe(guest.icount);
    expect(session.vcpu.stateHash()).toBe(guest.stateHash);
  });

  test('with the key states that this has left, every place is the same', () => {
    const timeline = timelineOf({ keys: keyOptions() });
    const steps: number[] = [];
    for (let i = 0; i < 12; i++) {
      const place = truth[(i * 37) % truth.length]!;
      const seen = { onProgress: ({ total }: Progress) => steps.push(total) };
      finish(timeline.seekTo(place.mark), seen);
      expect(timeline.session.vcpu.stateHash()).toBe(place.hash);
      finish(timeline.reverseStep());
      finish(timeline.step());
      expect(timeline.session.vcpu.stateHash()).toBe(place.hash);
      // On past the next recorded hash, which a TLB gone wrong would not survive.
      expect(finish(timeline.seekTo(mark(place.mark.icount + 60_000_000))).reason).toBe('reached');
    }
    // No way was longer than between two key states.
    expect(Math.max(...steps)).toBeLessThan(110_000_000);
    expect(keys.notes).toEqual([]);
  });

  test('n steps forward and n back is the identity, with two spacings of checkpoints', () => {
    const timelines = [timelineOf(), timelineOf({ spacing: 170_000_000, nearest: 1_000_000 })];
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 20_000 }), (pick, n) => {
        const place = truth[pick % truth.length]!;
        for (const timeline of timelines) {
          finish(timeline.seekTo(place.mark));
          expect(timeline.session.vcpu.stateHash()).toBe(place.hash);
          finish(timeline.step(n));
          finish(timeline.reverseStep(n));
          expect(formatMark(timeline.mark)).toBe(formatMark(place.mark));
          expect(timeline.session.vcpu.stateHash()).toBe(place.hash);
        }
      }),
      { numRuns: 12 },
    );
  });

  /** Hits of a forward run over the last instructions, against a way back over the same stretch. */
  function compareWays(
    timeline: Timeline,
    from: number,
    to: Mark,
    wanted: StopCondition[],
  ): number {
    const state = () => `${formatMark(timeline.mark)} ${timeline.session.vcpu.stateHash()}`;
    finish(timeline.seekTo(mark(from)));
    const forward: string[] = [];
    for (;;) {
      const stop = finish(timeline.run(wanted, to));
      if (stop.reason !== 'hit') break;
      forward.push(state());
    }
    finish(timeline.seekTo(to));
    // A hit at the very place is where one stands already.
    const expected = forward.filter((text) => !text.startsWith(`${formatMark(to)} `)).slice(-20);
    const backward: string[] = [];
    while (backward.length < expected.length) {
      const stop = finish(timeline.reverseContinue(wanted));
      if (stop.reason !== 'hit') break;
      backward.unshift(state());
    }
    expect(backward).toEqual(expected);
    return expected.length;
  }

  test('from the end, and in the middle, backwards finds what forwards found', () => {
    const timeline = timelineOf();
    const { end } = timeline.positions;
    let found = 0;
    for (const to of [end, mark(Math.floor(end.icount * 0.6))]) {
      finish(timeline.seekTo(to));
      finish(timeline.reverseStep(50));
      const { rip, gpr } = timeline.session.vcpu.registers();
      const from = to.icount - 100_000;
      const stack: StopCondition = {
        kind: 'memory',
        space: 'gva',
        at: gpr[4]! & ~7n,
        length: 8,
        on: 'write',
      };
      found += compareWays(timeline, from, to, [{ kind: 'address', gva: gva(rip) }]);
      found += compareWays(timeline, from, to, [stack]);
    }
    expect(found).toBeGreaterThan(4);
  });

  test('gives the answers that a walk forward wrote down, at the start, in the middle and at the end', () => {
    const timeline = timelineOf();
    const steps = 2000;
    for (const from of [0, guest.icount * 0.6, guest.icount - steps]) {
      finish(timeline.seekTo(mark(Math.floor(from))));
      const log = forwardLog(timeline, steps);
      const { executions, writes } = checkAnswers(timeline, log, 3);
      expect(executions).toBeGreaterThan(0);
      expect(writes).toBeGreaterThan(0);
      checkStepsBack(timeline, log, 30);
    }
  });

  test('from the start there is no way back', () => {
    const timeline = timelineOf();
    finish(timeline.seekTo(mark(1000)));
    finish(timeline.reverseStep(1000));
    expect(timeline.mark).toEqual(timeline.positions.start);
    expect(finish(timeline.reverseStep()).reason).toBe('start');
    expect(finish(timeline.reverseContinue([{ kind: 'interrupt' }])).reason).toBe('start');
  });
});
