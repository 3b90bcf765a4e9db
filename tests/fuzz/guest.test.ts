import { expect, test } from 'vitest';
import { fuzzGuest } from './guest.ts';

/** Guests out of random numbers; `npm run fuzz:guest` goes on from here. */
test('random guests break nothing, and run again bit for bit in another tier', () => {
  let instructions = 0;
  for (let seed = 1; seed <= 4; seed++) instructions += fuzzGuest(seed, 5000).instructions;
  expect(instructions).toBeGreaterThan(5000);
}, 60_000);

/** What the fuzzer found. */
test.each([['an interrupt is delivered onto a stack in device memory', 5008]])('%s', (_, seed) => {
  expect(fuzzGuest(seed).exits).toBeGreaterThan(0);
});
