/** A short random walk; the slow test goes on for longer. */

import { test } from 'vitest';
import { randomWalk } from './walk.ts';

test('a random walk agrees with a forward-only log at every stop', async () => {
  await randomWalk(20261121, 300);
});
