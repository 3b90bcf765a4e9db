/**
 * Other threads looking backwards, which takes a build: what they find is what one thread finds, with
 * as many of them as one likes.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StopCondition } from '../../src/replay/conditions.ts';
import { compareMarks, formatMark, mark } from '../../src/replay/mark.ts';
import type { Piece } from '../../src/replay/reverse.ts';
import type { SearchPool, SearchReply } from '../../src/replay/search-pool.ts';
import type { Timeline, TimelineOptions } from '../../src/replay/timeline.ts';
import { finish } from '../../src/replay/work.ts';
import { BUILD, demoGuest, questionsAt } from '../replay/machine/key-guests.ts';

const dist = resolve(import.meta.dirname, '../../dist/src');
const folder = mkdtempSync(join(tmpdir(), 'retrovisor-pool-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const recordingPath = join(folder, 'demo.retro');
const guest = demoGuest();
const keys = {
  path: `${recordingPath}.cache`,
  build: BUILD,
  budgetBytes: 2 ** 29,
  spacing: guest.spacing,
  loadCost: { all: 0, page: 0 },
};
const setup = { recordingPath, accel: 'jit', keys } as const;

/** From the build: threads cannot run TypeScript. */
const built = async <T>(name: string): Promise<T> => (await import(join(dist, `${name}.js`))) as T;
let open: (options: TimelineOptions) => Timeline;
let makePool: (threads: number) => SearchPool;

beforeAll(async () => {
  writeFileSync(recordingPath, guest.file);
  const timelines = await built<typeof import('../../src/replay/timeline.ts')>('replay/timeline');
  const sessions = await built<typeof import('../../src/replay/session.ts')>('replay/session');
  const recordings = await built<typeof import('../../src/trace/recording.ts')>('trace/recording');
  const engine = await built<typeof import('../../src/engine/index.ts')>('engine/index');
  const pools = await built<typeof import('../../src/replay/search-pool.ts')>('replay/search-pool');
  engine.setEngineBuild(BUILD);
  open = (options) => {
    const vcpu = engine.createVcpu({ memoryBytes: guest.memoryBytes });
    const session = new sessions.ReplaySession(recordings.Recording.open(recordingPath), vcpu);
    return new timelines.Timeline(session, { nearest: 500, ...options });
  };
  makePool = (threads) => new pools.SearchPool(setup, threads);
  const first = open({ keys });
  finish(first.seekTo(first.positions.end));
});

/** Asks until they have answered; the event loop goes on meanwhile. */
async function repliesOf(pool: SearchPool, count: number): Promise<SearchReply[]> {
  const replies: SearchReply[] = [];
  while (replies.length < count) {
    replies.push(...pool.replies());
    await new Promise((resolved) => setImmediate(resolved));
  }
  return replies;
}

test.each([1, 2])('%i of them find in a piece what is found here', async (threads) => {
  const here = open({ keys });
  finish(here.seekTo(mark(9_000_000)));
  const questions = questionsAt(here);
  const pieces = [4, 6, 8].map(
    (n): Piece => ({ from: mark(n * 1e6), to: mark((n + 1) * 1e6), includeTo: 'all' }),
  );
  const pool = makePool(threads);
  let hits = 0;
  for (const piece of pieces) {
    for (const conditions of questions) {
      const expected = finish(here.lastHitIn(conditions, piece));
      if (expected?.kind === 'hit') hits++;
      const ticket = pool.begin({ piece, conditions });
      const [reply] = await repliesOf(pool, 1);
      expect(reply).toEqual({
        ticket,
        found: expected?.kind === 'hit' ? expected.hit : undefined,
      });
    }
  }
  expect(hits).toBeGreaterThan(2);
});

test('one that cannot open the recording leaves its piece to others', async () => {
  const pool = makePool(1);
  writeFileSync(recordingPath, 'gone');
  try {
    const piece: Piece = { from: mark(0), to: mark(1_000_000), includeTo: 'none' };
    const ticket = pool.begin({ piece, conditions: [{ kind: 'exit' }] });
    expect(await repliesOf(pool, 1)).toEqual([{ ticket, found: 'failed' }]);
  } finally {
    writeFileSync(recordingPath, guest.file);
  }
});

test('a search has the same answer with them and without', () => {
  const alone = open({ keys });
  const together = open({ keys, search: { recordingPath, accel: 'jit' } });
  const { end } = alone.positions;
  for (const share of [0.35, 0.6, 1]) {
    const from = alone.positions.restFrom(mark(Math.floor(end.icount * share)));
    finish(alone.seekTo(from));
    const asked: StopCondition[][] = questionsAt(alone);
    for (const conditions of asked) {
      const said = [alone, together].map((timeline) => {
        finish(timeline.seekTo(from));
        const stop = finish(timeline.reverseContinue(conditions));
        return `${stop.reason} ${formatMark(stop.mark)} ${timeline.session.vcpu.stateHash()}`;
      });
      expect(said[1]).toBe(said[0]);
    }
  }
});

test('giving up leaves everything where it was', () => {
  const timeline = open({ keys, search: { recordingPath, accel: 'jit' } });
  finish(timeline.seekTo(timeline.positions.end));
  const [conditions] = questionsAt(timeline).slice(1);
  for (const after of [1, 5, 20]) {
    let left = after;
    const stop = finish(timeline.reverseContinue(conditions!), { cancelled: () => --left === 0 });
    if (stop.reason !== 'cancelled') continue;
    expect(compareMarks(timeline.mark, timeline.positions.end)).toBe(0);
  }
});
