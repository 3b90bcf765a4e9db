/** Marks as people write them, bookmarks, and the order they are in. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { gva } from '../../src/engine/units.ts';
import {
  bookmarksPath,
  checkBookmarkName,
  loadBookmarks,
  saveBookmarks,
} from '../../src/replay/bookmarks.ts';
import { compareMarks, formatMark, type Mark, mark } from '../../src/replay/mark.ts';
import { resolveMark } from '../../src/replay/mark-text.ts';
import { Positions } from '../../src/replay/positions.ts';
import { ConsoleLog } from '../../src/trace/console.ts';
import { toyRecording } from './toy/toy-timeline.ts';

const recording = toyRecording(72, 5000);
const positions = new Positions(recording);
const log = new ConsoleLog(recording);
const bookmarks = new Map<string, Mark>([['boom', mark(1234)]]);
const resolve = (text: string) => resolveMark(text, { positions, bookmarks, console: () => log });

describe('a mark', () => {
  test.each([
    ['0', '0'],
    ['1234', '1234'],
    [' 1234 ', '1234'],
    ['1.5k', '1500'],
    ['2K', '2000'],
    ['0.001M', '1000'],
    ['50%', '2500'],
    ['12.5%', '625'],
    ['start', '0'],
    ['boom', '1234'],
  ])('%s is %s', (text, expected) => {
    expect(formatMark(resolve(text))).toBe(formatMark(positions.restFrom(mark(Number(expected)))));
  });

  test('end and 100% are behind everything', () => {
    expect(resolve('end')).toEqual(positions.end);
    expect(resolve('100%')).toEqual(positions.end);
    expect(compareMarks(resolve('start'), resolve('end'))).toBeLessThan(0);
  });

  test('exit:N and irq:N are in front of what they name', () => {
    for (const n of [1, 7, recording.exits]) {
      const found = resolve(`exit:${n}`);
      const ordinal = recording.nth('exit', n)!;
      expect(positions.ordinalAt(found)).toBeLessThanOrEqual(ordinal);
      expect(compareMarks(positions.after(ordinal), found)).toBeGreaterThan(0);
    }
    for (const n of [1, recording.interrupts]) {
      const ordinal = recording.nth('interrupt', n)!;
      expect(positions.ordinalAt(resolve(`irq:${n}`))).toBe(ordinal);
    }
  });

  test('console:"…" is behind the byte that completes it', () => {
    const text = log.bytes.toString('latin1', 3, 7);
    const found = resolve(`console:"${text}"`);
    const printed = log.bytes.toString('latin1', 0, log.countBefore(positions.ordinalAt(found)));
    expect(printed.endsWith(text)).toBe(true);
    expect(printed.indexOf(text)).toBe(printed.length - text.length);
    expect(resolve(`console:${text}`)).toEqual(found);
  });

  test.each([
    ['5001', 'mark 5001: expected a place up to the end at 5000, got 5001'],
    ['9G', 'mark 9G: expected a place up to the end at 5000, got 9000000000'],
    ['101%', 'mark 101%: expected a share of at most 100%'],
    ['exit:0', `mark exit:0: expected 1 to ${recording.exits}, the recording's exits`],
    [
      'irq:99999',
      `mark irq:99999: expected 1 to ${recording.interrupts}, the recording's interrupts`,
    ],
    ['console:"login: "', 'mark console:"login: ": the guest never printed "login: "'],
    ['99999999999999999999', 'mark 99999999999999999999: expected a number below 2^53'],
    ['nowhere', 'mark "nowhere": expected an icount, a share such as 50%, exit:N'],
    ['', 'mark "": expected an icount'],
    ['-1', 'mark "-1": expected an icount'],
  ])('%j is none', (text, message) => {
    expect(() => resolve(text)).toThrow(message);
  });

  test('reads back as it is printed', () => {
    const marks: Mark[] = [
      mark(1000),
      { ...mark(1000, 0), landing: { count: 2, rip: gva(0xffff_8000_0000_1000n) } },
    ];
    for (let o = 0; o < 60; o++) marks.push(positions.before(o), positions.after(o));
    for (const each of marks) expect(resolve(formatMark(each))).toEqual(each);
  });

  test('has an order with icount first, then step, then landing', () => {
    const landing = (count: number) => ({ landing: { count, rip: gva(16n) } });
    const sorted: Mark[] = [
      mark(1),
      { ...mark(1), ...landing(1) },
      { ...mark(1), ...landing(2) },
      mark(1, 1),
      mark(2),
    ];
    for (const [i, a] of sorted.entries()) {
      for (const [j, b] of sorted.entries()) {
        expect(Math.sign(compareMarks(a, b))).toBe(Math.sign(i - j));
      }
    }
  });
});

describe('bookmarks', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'retrovisor-bookmarks-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('are kept beside the recording', () => {
    const path = bookmarksPath(join(folder, 'boot.retro'));
    expect(path.endsWith('boot.retro.bookmarks')).toBe(true);
    expect(loadBookmarks(path)).toEqual(new Map());
    const kept = new Map<string, Mark>([
      ['crash', mark(12, 3)],
      ['handler', { ...mark(12), landing: { count: 1, rip: gva(0xffff_ffff_8000_0000n) } }],
    ]);
    saveBookmarks(path, kept);
    expect(loadBookmarks(path)).toEqual(kept);
  });

  test.each([
    ['not JSON', '{'],
    ['another version', '{"version":2,"bookmarks":[]}'],
    ['no list', '{"version":1}'],
    ['a bad icount', '{"version":1,"bookmarks":[{"name":"x","icount":-1,"step":0}]}'],
    ['no name', '{"version":1,"bookmarks":[{"icount":1,"step":0}]}'],
    ['a bad landing', '{"version":1,"bookmarks":[{"name":"x","icount":1,"step":0,"landing":3}]}'],
  ])('that are %s are refused in one line', (_, text) => {
    const path = join(folder, 'x');
    writeFileSync(path, text);
    expect(() => loadBookmarks(path)).toThrow(
      /^bookmarks .*: expected version 1 of bookmarks, got .+$/,
    );
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('cannot be called what would mean something else', () => {
    for (const name of ['start', 'end', '12', '5%', 'exit:1', 'irq:x', 'console:a', '', ' x']) {
      expect(() => checkBookmarkName(name)).toThrow('expected a name');
    }
    expect(() => checkBookmarkName('the crash')).not.toThrow();
  });
});
