/**
 * Key states on the real vCPU: with them, without them, and with what is left of them after somebody
 * has been at the files, every question has the same answer.
 */

import { readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readKeyHead } from '../../../src/replay/key-file.ts';
import { finish } from '../../../src/replay/work.ts';
import {
  answersFrom,
  build,
  demoGuest,
  KeysFolder,
  placesIn,
  questionsAt,
  timelineOf,
  tinyGuest,
} from './key-guests.ts';

let folder: KeysFolder;
beforeEach(() => {
  folder = new KeysFolder();
});
afterEach(() => folder.remove());

const names = () => readdirSync(folder.path).sort();
const bytesOf = (name: string) => readFileSync(join(folder.path, name));

/** All questions at some places, to a timeline with key states and to one without. */
function compareWithout(guest: ReturnType<typeof tinyGuest>, places: number): void {
  const plain = timelineOf(guest);
  const keyed = timelineOf(guest, folder.options(guest));
  for (const place of placesIn(plain, places)) {
    finish(plain.seekTo(place));
    const questions = questionsAt(plain);
    expect(answersFrom(keyed, place, questions)).toEqual(answersFrom(plain, place, questions));
  }
}

const GUESTS = ['paging32', 'tasks', 'smc'];

describe.each(GUESTS)('%s', (name) => {
  test('with key states every answer is the same as without', () => {
    const guest = tinyGuest(name);
    build(guest, folder);
    expect(names().length).toBeGreaterThan(2);
    compareWithout(guest, 8);
    expect(folder.notes).toEqual([]);
  });
});

describe('the demo', () => {
  const guest = demoGuest();

  test('with key states every answer is the same as without', () => {
    build(guest, folder);
    expect(names().length).toBeGreaterThan(10);
    compareWithout(guest, 4);
    expect(folder.notes).toEqual([]);
  });

  test('asked while they are being made as well', () => {
    compareWithout(guest, 4);
    expect(names().length).toBeGreaterThan(0);
  });

  test('opened again, it stands at its end without having run there', () => {
    const first = build(guest, folder);
    const again = timelineOf(guest, folder.options(guest));
    const seen: number[] = [];
    finish(again.seekTo(again.positions.end), { onProgress: ({ total }) => seen.push(total) });
    expect(again.session.vcpu.stateHash()).toBe(first.session.vcpu.stateHash());
    // It ran only what lies behind the last key state.
    expect(Math.max(...seen, 0)).toBeLessThan(2_500_000);
  });

  test('made twice they are the same files', () => {
    build(guest, folder);
    const once = names().map((name) => [name, bytesOf(name)] as const);
    const other = new KeysFolder();
    try {
      build(guest, other);
      expect(readdirSync(other.path).sort()).toEqual(once.map(([name]) => name));
      for (const [name, bytes] of once) {
        expect(readFileSync(join(other.path, name)).equals(bytes)).toBe(true);
      }
    } finally {
      other.remove();
    }
  });

  test('they keep to their budget, and are as good with wider gaps', () => {
    build(guest, folder);
    const total = () =>
      names().reduce((sum, name) => sum + statSync(join(folder.path, name)).size, 0);
    const [all, count] = [total(), names().length];
    folder.remove();
    folder = new KeysFolder();
    const budget = Math.floor(all * 0.6);
    finish(timelineOf(guest, folder.options(guest, undefined, budget)).step());
    const timeline = timelineOf(guest, folder.options(guest, undefined, budget));
    finish(timeline.seekTo(timeline.positions.end));
    expect(total()).toBeLessThanOrEqual(budget);
    expect(names().length).toBeGreaterThan(2);
    expect(names().length).toBeLessThan(count);
    compareWithout(guest, 3);
    expect(folder.notes).toEqual([]);
  });
});

describe('files that somebody has been at', () => {
  const guest = tinyGuest('paging32');

  /** One line says so, the answers are right, and the files are made anew. */
  function expectRebuilt(reason: RegExp): void {
    compareWithout(guest, 3);
    expect(folder.notes.length).toBe(1);
    expect(folder.notes[0]).toMatch(reason);
    expect(folder.notes[0]).not.toContain('\n');
    build(guest, folder);
    folder.notes.length = 0;
    compareWithout(guest, 2);
    expect(folder.notes).toEqual([]);
  }

  beforeEach(() => {
    build(guest, folder);
  });

  test('a flipped bit anywhere in a file', () => {
    const name = names()[1]!;
    const whole = bytesOf(name);
    const head = readKeyHead(join(folder.path, name));
    const places = [
      0,
      9,
      14,
      40,
      head.bodyStart + 5,
      Number(head.starts[0]) + 20,
      whole.length - 3,
    ];
    for (const place of places) {
      const bytes = Buffer.from(whole);
      bytes[place]! ^= 4;
      writeFileSync(join(folder.path, name), bytes);
      folder.notes.length = 0;
      compareWithout(guest, 3);
      writeFileSync(join(folder.path, name), whole);
    }
    writeFileSync(join(folder.path, names()[0]!), 'not a key state at all, but quite long');
    folder.notes.length = 0;
    expectRebuilt(/not used \(no key state\), made anew/);
  });

  test('a file cut off', () => {
    truncateSync(join(folder.path, names()[0]!), 1000);
    expectRebuilt(/not used \(damaged: cut off\), made anew/);
  });

  test('a page that is another, with nothing wrong in its file', () => {
    const path = join(folder.path, names()[0]!);
    const head = readKeyHead(path);
    const bytes = readFileSync(path);
    bytes[Number(head.starts[0]) + 70]! ^= 0xff;
    writeFileSync(path, bytes);
    expectRebuilt(/another hash than the recording has there/);
  });

  test('files of another recording', () => {
    const other = tinyGuest('tasks');
    finish(timelineOf(other, folder.options(other)).seekTo(timelineOf(other).positions.end));
    folder.notes.length = 0;
    expectRebuilt(/not used \(of another recording\), made anew/);
  });

  test('files of another build of the engine', () => {
    const timeline = timelineOf(guest, folder.options(guest, 'feedfacefeedface'));
    expect(folder.notes[0]).toMatch(/made by engine build 0123456789abcdef, this is feedface/);
    finish(timeline.seekTo(timeline.positions.end));
    folder.notes.length = 0;
    expectRebuilt(/made by engine build feedfacefeedface, this is 0123456789abcdef/);
  });

  test('a folder that cannot be written', () => {
    folder.remove();
    folder = new KeysFolder();
    writeFileSync(folder.path, 'a file where the folder should be');
    compareWithout(guest, 2);
    expect(folder.notes.length).toBe(1);
    expect(folder.notes[0]).toMatch(/cannot be written/);
  });
});
