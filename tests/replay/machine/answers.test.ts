/**
 * Breakpoints, watchpoints, and the ways back, against a walk forward that wrote down what ran and
 * what was written: at the start and the end of the demo, and across mode switches. The other tiny
 * guests are in answers-tiny.slow.test.ts.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mark } from '../../../src/replay/mark.ts';
import { ReplaySession } from '../../../src/replay/session.ts';
import { Timeline } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { checkAnswers, checkStepsBack } from './check-answers.ts';
import { forwardLog, modeOf } from './forward-log.ts';
import { freshVcpu, recordGuest, recordTiny, TINY_MEMORY } from './record-guest.ts';

const guests = join(import.meta.dirname, '../../../guests');
const read = (name: string) => new Uint8Array(readFileSync(join(guests, name)));
const open = (file: Uint8Array, memoryBytes: number) =>
  new Timeline(new ReplaySession(Recording.fromBytes(file), freshVcpu(memoryBytes)));

const STRIDE = 64;
const STEPS = 300;

/** Starts of stretches in which the mode changes, each time it does. */
function modeSwitches(timeline: Timeline): { at: number; modes: number[] }[] {
  const { vcpu } = timeline.session;
  const found: { at: number; modes: number[] }[] = [];
  let last = modeOf(vcpu.registers());
  const { end } = timeline.positions;
  for (let at = STRIDE; at < end.icount; at += STRIDE) {
    finish(timeline.seekTo(mark(at)));
    const mode = modeOf(vcpu.registers());
    if (mode !== last) found.push({ at: at - STRIDE, modes: [last, mode] });
    last = mode;
  }
  return found;
}

test.each(['modes', 'faults64'])('%s: across its mode switches', (name) => {
  const timeline = open(recordTiny(name), TINY_MEMORY);
  const switches = modeSwitches(timeline);
  expect(new Set(switches.flatMap(({ modes }) => modes))).toEqual(new Set([16, 32, 64]));
  for (const { at, modes } of switches) {
    finish(timeline.seekTo(mark(at)));
    const log = forwardLog(timeline, STEPS);
    expect(log.map(({ bits }) => bits)).toEqual(expect.arrayContaining(modes));
    expect(checkAnswers(timeline, log, 2).executions).toBeGreaterThan(0);
    checkStepsBack(timeline, log, 300);
  }
});

test('the demo: at its start, in the middle, at its crash and at its end', () => {
  const memoryBytes = 32 << 20;
  const kernel = read('demo/demo.elf');
  const guest = recordGuest({ kernel, memoryBytes, limit: 20_000_000, hashSpacing: 500_000 });
  const timeline = open(guest.file, memoryBytes);
  const steps = 1000;
  for (const from of [0, guest.icount / 2, 15_956_500, guest.icount - steps]) {
    finish(timeline.seekTo(mark(Math.floor(from))));
    const log = forwardLog(timeline, steps);
    const { executions, writes } = checkAnswers(timeline, log, 3);
    expect(executions).toBeGreaterThan(1);
    expect(writes).toBeGreaterThan(0);
    checkStepsBack(timeline, log, 50);
  }
}, 60_000);
