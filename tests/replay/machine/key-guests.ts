/** Guests to try key states on: small, with many hash frames, and everything asked twice. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gva } from '../../../src/engine/units.ts';
import type { StopCondition } from '../../../src/replay/conditions.ts';
import { formatMark, type Mark, mark } from '../../../src/replay/mark.ts';
import { ReplaySession } from '../../../src/replay/session.ts';
import { Timeline, type TimelineOptions, type TimelineStop } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { freshVcpu, recordGuest, recordTiny, TINY_MEMORY } from './record-guest.ts';

export const BUILD = '0123456789abcdef';

export interface KeyGuest {
  readonly file: Uint8Array;
  readonly memoryBytes: number;
  /** Between key states. */
  readonly spacing: number;
}

export const tinyGuest = (name: string): KeyGuest => ({
  file: recordTiny(name),
  memoryBytes: TINY_MEMORY,
  spacing: 2_000,
});

const DEMO_MEMORY = 32 << 20;

export function demoGuest(): KeyGuest {
  const path = join(import.meta.dirname, '../../../guests/demo/demo.elf');
  const kernel = new Uint8Array(readFileSync(path));
  const { file } = recordGuest({
    kernel,
    memoryBytes: DEMO_MEMORY,
    limit: 20_000_000,
    hashSpacing: 250_000,
  });
  return { file, memoryBytes: DEMO_MEMORY, spacing: 1_000_000 };
}

/** A folder for key states that goes when the tests are over. */
export class KeysFolder {
  readonly #parent = mkdtempSync(join(tmpdir(), 'retrovisor-keys-'));
  readonly path = join(this.#parent, 'guest.retro.cache');
  readonly notes: string[] = [];

  remove(): void {
    rmSync(this.#parent, { recursive: true, force: true });
  }

  options({ spacing }: KeyGuest, build = BUILD, budgetBytes = 2 ** 29): TimelineOptions {
    const note = (text: string): void => {
      this.notes.push(text);
    };
    // Loading is always worth it: that is what is being tried.
    const loadCost = { all: 0, page: 0 };
    return { keys: { path: this.path, build, budgetBytes, spacing, loadCost, note } };
  }
}

export function timelineOf({ file, memoryBytes }: KeyGuest, options: TimelineOptions = {}) {
  const session = new ReplaySession(Recording.fromBytes(file), freshVcpu(memoryBytes));
  return new Timeline(session, { nearest: 500, ...options });
}

/** Goes through all of it once, which writes the key states. */
export function build(guest: KeyGuest, folder: KeysFolder): Timeline {
  const timeline = timelineOf(guest, folder.options(guest));
  finish(timeline.seekTo(timeline.positions.end));
  return timeline;
}

const text = (timeline: Timeline, stop: TimelineStop): string => {
  const conditions = stop.reason === 'hit' ? ` ${stop.conditions.join(',')}` : '';
  return `${stop.reason} ${formatMark(timeline.mark)}${conditions} ${timeline.session.vcpu.stateHash()}`;
};

/** What is worth asking at a place: its instruction, its stack, words it may have written. */
export function questionsAt(timeline: Timeline): StopCondition[][] {
  const { gpr, rip, segments } = timeline.session.vcpu.registers();
  const stack = (segments[2]!.base + gpr[4]!) & 0xffff_ffff_ffff_fff8n;
  const code = segments[1]!.base + rip;
  const words = [gpr[7]!, gpr[3]!].map((at) => at & 0xffff_ffff_ffff_fff8n);
  const watch = (at: bigint, length: number, on: 'read' | 'write' | 'access'): StopCondition => ({
    kind: 'memory',
    ...{ space: 'gva', at, length, on },
  });
  return [
    [{ kind: 'address', gva: gva(code) }],
    [{ kind: 'address', gva: gva(code ^ 0x40n) }],
    [watch(stack - 16n, 32, 'write')],
    ...words.flatMap((at): StopCondition[][] => [
      [watch(at, 8, 'write')],
      [watch(at, 8, 'access'), { kind: 'address', gva: gva(code) }],
    ]),
    [{ kind: 'memory', space: 'gpa', at: words[0]! & 0xff_fff8n, length: 8, on: 'write' }],
  ];
}

/** Answers to everything, asked from a mark on. */
export function answersFrom(
  timeline: Timeline,
  from: Mark,
  questions: StopCondition[][],
): string[] {
  const answers: string[] = [];
  const ask = (stop: TimelineStop): void => {
    answers.push(text(timeline, stop));
  };
  ask(finish(timeline.seekTo(from)));
  ask(finish(timeline.reverseStep()));
  ask(finish(timeline.reverseStepInto()));
  for (const conditions of questions) {
    finish(timeline.seekTo(from));
    for (let times = 0; times < 2; times++) {
      const stop = finish(timeline.reverseContinue(conditions));
      ask(stop);
      if (stop.reason !== 'hit') break;
    }
    finish(timeline.seekTo(from));
    ask(finish(timeline.reverseContinue(conditions, 'in-front')));
  }
  return answers;
}

/** Places all over a recording, in an order that goes back and forth. */
export function placesIn(timeline: Timeline, count: number): Mark[] {
  const { end } = timeline.positions;
  return Array.from({ length: count }, (_, i) => {
    const share = (i * 0.618034) % 1;
    return timeline.positions.restFrom(mark(Math.floor(end.icount * share)));
  });
}
