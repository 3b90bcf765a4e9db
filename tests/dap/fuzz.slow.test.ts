/** Fifty thousand malformed and ill-ordered messages. */

import { expect, test } from 'vitest';
import { SEED } from '../seed.ts';
import { fuzzAdapter } from './fuzz.ts';

test('every one of the requests is answered, and nothing crashes', async () => {
  const { requests, unanswered, internal } = await fuzzAdapter(SEED + 1, 50_000);
  expect(unanswered).toEqual([]);
  expect(internal).toEqual([]);
  expect(requests).toBeGreaterThan(45_000);
});
