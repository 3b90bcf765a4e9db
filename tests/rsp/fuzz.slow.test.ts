/** A hundred thousand malformed and ill-ordered packets. */

import { expect, test } from 'vitest';
import { fuzzStub } from './fuzz-stub.ts';

test.each([11, 12, 13, 14])('seed %i', async (seed) => {
  expect(await fuzzStub(seed, 25_000)).toBeUndefined();
});
