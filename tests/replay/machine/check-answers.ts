/** Stops of a timeline, forwards and backwards, against what `forwardLog` saw on the same stretch. */

import { expect } from 'vitest';
import { gva } from '../../../src/engine/units.ts';
import type { StopCondition } from '../../../src/replay/conditions.ts';
import { compareMarks, formatMark, type Mark } from '../../../src/replay/mark.ts';
import type { Timeline } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { type Logged, overlaps, type Span } from './forward-log.ts';

/** How often each way found something. */
export interface Answers {
  executions: number;
  writes: number;
}

/**
 * Asks for `picks` addresses and as many words that the log has, evenly spread over it, each
 * forwards from the start of the stretch and backwards from its end.
 */
export function checkAnswers(timeline: Timeline, log: readonly Logged[], picks: number): Answers {
  const answers: Answers = { executions: 0, writes: 0 };
  const { before: from } = log[0]!;
  const { after: to } = log.at(-1)!;
  for (const address of addresses(log, picks)) {
    const expected = log
      .filter((logged) => logged.address === address)
      .map(({ before }) => before)
      .filter((mark) => compareMarks(mark, from) > 0);
    const wanted: StopCondition = { kind: 'address', gva: gva(address) };
    compare(timeline, { from, to, wanted, expected, vague: new Set() });
    answers.executions += expected.length;
  }
  for (const word of words(log, picks)) {
    const touching = log.filter(({ writes }) => writes.some((write) => overlaps(write, word)));
    const expected = touching.filter(({ vague }) => !vague).map(({ after }) => after);
    // What an interrupt or an exception pushes, and what a string instruction writes, is not foreseen.
    const vague = new Set(log.filter((l) => l.vague).map(({ after }) => formatMark(after)));
    const wanted: StopCondition = { kind: 'memory', space: 'gva', ...word, on: 'write' };
    compare(timeline, { from, to, wanted, expected, vague });
    answers.writes += expected.length;
  }
  return answers;
}

const BACK_MAX = 12;

/** Steps back through the end of the log, each to where the walk forward had come from. */
export function checkStepsBack(timeline: Timeline, log: readonly Logged[], count: number): void {
  finish(timeline.seekTo(log.at(-1)!.after));
  for (const { before } of log.slice(-count).reverse()) {
    expect(finish(timeline.reverseStep()).reason).toBe('reached');
    expect(formatMark(timeline.mark)).toBe(formatMark(before));
  }
}

interface Question {
  readonly from: Mark;
  readonly to: Mark;
  readonly wanted: StopCondition;
  /** Exactly these, and perhaps some of `vague` and places inside a faulting step. */
  readonly expected: readonly Mark[];
  readonly vague: ReadonlySet<string>;
}

function compare(timeline: Timeline, { from, to, wanted, expected, vague }: Question): void {
  const sure = ({ landing, ...mark }: Mark) => !landing && !vague.has(formatMark(mark));
  const found: Mark[] = [];
  finish(timeline.seekTo(from));
  for (;;) {
    const stop = finish(timeline.run([wanted], to));
    if (stop.reason !== 'hit' || compareMarks(stop.mark, to) >= 0) break;
    found.push(stop.mark);
  }
  const inside = expected.filter((mark) => compareMarks(mark, to) < 0);
  expect(found.filter(sure).map(formatMark)).toEqual(inside.map(formatMark));

  const back: Mark[] = [];
  finish(timeline.seekTo(to));
  while (back.length < Math.min(found.length, BACK_MAX)) {
    const stop = finish(timeline.reverseContinue([wanted]));
    if (stop.reason !== 'hit') break;
    back.unshift(stop.mark);
  }
  expect(back.map(formatMark)).toEqual(found.slice(-BACK_MAX).map(formatMark));
}

/** One of each mode there is, and others evenly spread. */
function addresses(log: readonly Logged[], picks: number): Set<bigint> {
  const known = log.filter(({ address, vague }) => address !== undefined && !vague);
  const modes = new Set(known.map(({ bits }) => bits));
  const ofEach = [...modes].map((mode) => known.findLast(({ bits }) => bits === mode)!);
  return new Set([...ofEach, ...spread(known, picks)].map(({ address }) => address as bigint));
}

function words(log: readonly Logged[], picks: number): Span[] {
  const writing = log.filter(({ writes, vague }) => writes.length > 0 && !vague);
  const all = new Set(spread(writing, picks).map(({ writes }) => writes[0]!.at & ~7n));
  return [...all].map((at) => ({ at, length: 8 }));
}

function spread<T>(list: readonly T[], picks: number): T[] {
  const step = Math.max(1, Math.floor(list.length / picks));
  return list.filter((_, i) => i % step === step - 1);
}
