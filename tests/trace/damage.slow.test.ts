/** The same as in damage.test.ts, ten thousand times, with an eye on memory. */

import { expect, test } from 'vitest';
import { recordToy } from '../replay/toy/toy-machine.ts';
import { SEED } from '../seed.ts';
import { surviveMutations } from './damaged.ts';

test('10,000 mutated recordings', () => {
  const { file } = recordToy({
    seed: 36,
    instructions: 1500,
    hashSpacing: 300,
    chunkInstructions: 200,
  });
  const seed = SEED;
  console.log(`seed ${seed}`);
  const before = process.memoryUsage().rss;
  const outcomes = surviveMutations(file, seed, 10_000);
  console.log(outcomes);
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 30);
  expect(outcomes.refused).toBeGreaterThan(1000);
});
