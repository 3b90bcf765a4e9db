/** Long operations: progress, giving up, and what stays behind. */

import { describe, expect, test } from 'vitest';
import { gva } from '../../src/engine/units.ts';
import { mark } from '../../src/replay/mark.ts';
import { finish, finishAsync, type Progress } from '../../src/replay/work.ts';
import { Recording } from '../../src/trace/recording.ts';
import { recordToy } from './toy/toy-machine.ts';
import { toyRecording, toyTimeline } from './toy/toy-timeline.ts';
import type { ToyVcpu } from './toy/toy-vcpu.ts';

const recording = toyRecording(65, 3000);
const NOWHERE = { kind: 'address', gva: gva(0x3ff0n) } as const;

describe('an operation', () => {
  test('tells how far it is', () => {
    const timeline = toyTimeline(recording, { slice: 100 });
    const seen: Progress[] = [];
    finish(timeline.seekTo(mark(1000)), { onProgress: (progress) => seen.push(progress) });
    expect(seen.map(({ done }) => done)).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900]);
    expect(new Set(seen.map(({ total }) => total))).toEqual(new Set([1000]));
  });

  test('can be given up on the way forward, and taken up again', async () => {
    const timeline = toyTimeline(recording, { slice: 100 });
    let left = 4;
    const stop = await finishAsync(timeline.run([NOWHERE]), { cancelled: () => --left === 0 });
    expect(stop).toEqual({ reason: 'cancelled', mark: mark(400) });
    expect(finish(timeline.run([NOWHERE])).reason).toBe('end');
  });

  test('can be given up on the way back, and then nothing has moved', async () => {
    const timeline = toyTimeline(recording, { slice: 50, spacing: 500 });
    finish(timeline.seekTo(mark(2500)));
    const { mark: from } = timeline;
    const hash = timeline.session.vcpu.stateHash();
    for (const after of [1, 3, 20]) {
      let left = after;
      const stop = await finishAsync(timeline.reverseContinue([NOWHERE]), {
        cancelled: () => --left === 0,
      });
      expect(stop).toEqual({ reason: 'cancelled', mark: from });
      expect(timeline.session.vcpu.stateHash()).toBe(hash);
    }
  });
});

describe('a recording without an end', () => {
  test.each([2, 3, 65, 67, 72])(
    'ends with its last frame, and can be travelled in (seed %i)',
    (seed) => {
      // Cut off behind a chunk, which seldom ends at an instruction boundary.
      const { file } = recordToy({
        seed,
        instructions: 1234,
        chunkInstructions: 50,
        abandon: true,
      });
      const cut = Recording.fromBytes(file);
      expect(cut.complete).toBe(false);
      const timeline = toyTimeline(cut, { spacing: 100, nearest: 5, slice: 30 });
      const { end } = timeline.positions;
      expect(end.icount).toBe(cut.lastIcount);
      const { vcpu } = timeline.session;
      expect(finish(timeline.seekTo(end))).toEqual({ reason: 'reached', mark: end });
      const hash = vcpu.stateHash();
      expect(finish(timeline.step()).reason).toBe('end');
      expect(finish(timeline.reverseStep(10)).reason).toBe('reached');
      expect(finish(timeline.run([])).reason).toBe('end');
      expect(timeline.mark).toEqual(end);
      expect(vcpu.stateHash()).toBe(hash);
    },
  );
});

describe('checkpoints', () => {
  test('stay within their budget and are all given back', () => {
    const budgetBytes = 20 * 0x4000;
    const timeline = toyTimeline(recording, { spacing: 20, nearest: 2, slice: 10, budgetBytes });
    const { live } = timeline.session.vcpu as ToyVcpu;
    finish(timeline.seekTo(timeline.positions.end));
    for (let i = 0; i < 50; i++) {
      finish(timeline.reverseStep(37));
      expect(timeline.checkpoints.bytes).toBeLessThanOrEqual(budgetBytes);
      expect(live.size).toBe(timeline.checkpoints.count);
    }
  });

  test('are dense where the cursor is and sparse where it is not', () => {
    const timeline = toyTimeline(recording, { spacing: 400, nearest: 4, slice: 100 });
    finish(timeline.seekTo(timeline.positions.end));
    const before = timeline.checkpoints.count;
    expect(before).toBeLessThan(3000 / 50);
    finish(timeline.reverseStep(1));
    // The next steps back restart close by: few instructions are run again.
    for (let i = 0; i < 20; i++) {
      const { mark: here } = timeline;
      const base = timeline.checkpoints.before(here)!;
      expect(here.icount - base.mark.icount).toBeLessThan(100);
      finish(timeline.reverseStep(1));
    }
    expect(timeline.checkpoints.count).toBeLessThan(before + 40);
  });
});
