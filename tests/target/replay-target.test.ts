/** What a front end can do with a recording. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { gpa } from '../../src/engine/units.ts';
import { mark } from '../../src/replay/mark.ts';
import { ReplayTarget } from '../../src/target/replay-target.ts';
import { toyRecording, toyTimeline } from '../replay/toy/toy-timeline.ts';

const recording = toyRecording(72, 4000);
const target = (path?: string) => new ReplayTarget(toyTimeline(recording), path);

test('knows when it is', async () => {
  const guest = target();
  expect(guest.when()).toMatchObject({ mark: mark(0), share: 0, exits: 0, interrupts: 0 });
  const stop = await guest.seekTo(guest.resolve('50%'));
  expect(stop.reason).toBe('reached');
  const { exits, interrupts, share, ticks } = guest.when();
  expect(share).toBeCloseTo(0.5);
  expect(exits).toBeGreaterThan(10);
  expect(interrupts).toBeGreaterThan(0);
  expect(ticks).toBeGreaterThanOrEqual(stop.mark.icount);
  await guest.seekTo(guest.end);
  expect(guest.when()).toMatchObject({ exits: recording.exits, interrupts: recording.interrupts });
});

test('reads memory as far as there is any', () => {
  const guest = target();
  const image = guest.readMemory({ space: 'gpa', at: 0n, length: 0x2000 });
  expect(image.length).toBe(0x2000);
  expect(guest.readMemory({ space: 'gva', at: 0n, length: 0x2000 })).toEqual(image);
  expect(guest.readMemory({ space: 'gpa', at: 0x3ffen, length: 100 }).length).toBe(2);
  expect(guest.readMemory({ space: 'gva', at: 0x3ffen, length: 100 }).length).toBe(2);
  expect(guest.readMemory({ space: 'gpa', at: 1n << 40n, length: 4 }).length).toBe(0);
  expect(guest.readMemory({ space: 'gva', at: 0xffff_ffff_ffff_fff0n, length: 4 }).length).toBe(0);
});

test('shows the console as of now, and the frames around', async () => {
  const guest = target();
  expect(guest.consoleText()).toBe('');
  await guest.seekTo(guest.end);
  const all = guest.consoleText();
  expect(all.length).toBeGreaterThan(10);
  await guest.seekTo(guest.resolve('60%'));
  expect(all.startsWith(guest.consoleText())).toBe(true);
  const near = guest.framesNear({ before: 5, after: 5 });
  expect(near.map(({ ordinal }) => ordinal)).toEqual(
    Array.from({ length: 10 }, (_, i) => near[0]!.ordinal + i),
  );
  const { icount } = guest.when().mark;
  expect(near[4]!.frame.icount).toBeLessThanOrEqual(icount);
  expect(near[5]!.frame.icount).toBeGreaterThanOrEqual(icount);
});

test('finds who wrote a word last', async () => {
  const guest = target();
  await guest.seekTo(guest.end);
  const range = { space: 'gpa', at: BigInt(gpa(0x2000)), length: 0x1000 } as const;
  const end = Buffer.from(guest.readMemory(range));
  const stop = await guest.lastWrite(range);
  expect(stop.reason).toBe('hit');
  // After the write all is as in the end, before it something was not.
  expect(end.equals(guest.readMemory(range))).toBe(true);
  await guest.reverseStep(1);
  expect(end.equals(guest.readMemory(range))).toBe(false);
});

test('keeps bookmarks beside the recording', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-target-'));
  try {
    const path = join(folder, 'toy.retro');
    const guest = target(path);
    await guest.seekTo(mark(777));
    guest.setBookmark('here', guest.when().mark);
    guest.setBookmark('there', guest.end);
    guest.setBookmark('there', undefined);
    const again = target(path);
    expect([...again.bookmarks.keys()]).toEqual(['here']);
    expect(again.resolve('here')).toEqual(guest.when().mark);
    expect(() => again.setBookmark('50%', guest.end)).toThrow('expected a name');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('does one thing at a time', async () => {
  const guest = target();
  const first = guest.seekTo(guest.end);
  await expect(guest.step(1)).rejects.toThrow('a move while another is under way');
  expect((await first).reason).toBe('reached');
  expect((await guest.step(1)).reason).toBe('end');
  expect((await guest.run([])).reason).toBe('end');
  expect((await guest.reverseContinue([])).reason).toBe('start');
  expect((await guest.reverseStep(1)).reason).toBe('start');
});
