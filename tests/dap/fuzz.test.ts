/** Some hundreds of malformed and ill-ordered messages; the slow test sends fifty thousand. */

import { expect, test } from 'vitest';
import { SEED } from '../seed.ts';
import { fuzzAdapter } from './fuzz.ts';

test('every request is answered, whatever comes', async () => {
  const { requests, unanswered, internal } = await fuzzAdapter(SEED, 1500);
  expect(unanswered).toEqual([]);
  expect(internal).toEqual([]);
  expect(requests).toBeGreaterThan(1000);
});
