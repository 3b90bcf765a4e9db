import { expect, test } from 'vitest';
import { fuzzDecoder } from './decoder.ts';

test('random bytes mean to us what they mean to iced-x86', () => {
  const { unknown, instructions, strings } = fuzzDecoder(20240607, 100_000);
  expect(unknown).toEqual([]);
  // Most strings are instructions: the generator aims for that.
  expect(instructions / strings).toBeGreaterThan(0.5);
});
