/** Random walks of two thousand commands. */

import { test } from 'vitest';
import { randomWalk } from './walk.ts';

test.each([1, 2, 3])('seed %i', async (seed) => {
  await randomWalk(seed, 2000);
});
