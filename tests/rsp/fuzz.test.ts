/** A few thousand malformed and ill-ordered packets; the slow test sends a hundred thousand. */

import { expect, test } from 'vitest';
import { fuzzStub } from './fuzz-stub.ts';

const SEED = 1;

test('malformed packets get an answer and the connection lives', async () => {
  expect(await fuzzStub(SEED, 4000)).toBeUndefined();
});
