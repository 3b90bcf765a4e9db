/** Medians, percentiles, paired ratios, and who runs when. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomFrom } from '../../src/cli/bench/random.ts';
import { turns } from '../../src/cli/bench/schedule.ts';
import {
  pairedRatios,
  percentile,
  significant,
  summarise,
} from '../../src/cli/bench/statistics.ts';

const samples = fc.array(fc.double({ min: 0.001, max: 1e6, noNaN: true }), {
  minLength: 1,
  maxLength: 40,
});

describe('percentile', () => {
  test.each([
    [[3], 50, 3],
    [[3, 1, 2], 50, 2],
    [[4, 1, 3, 2], 50, 2.5],
    [[1, 2, 3, 4, 5], 0, 1],
    [[1, 2, 3, 4, 5], 100, 5],
    [[1, 2, 3, 4, 5], 90, 4.6],
  ])('of %j, p%i is %f', (values, p, wanted) => {
    expect(percentile(values, p)).toBeCloseTo(wanted);
  });

  test('grows with p, and stays within the samples', () => {
    fc.assert(
      fc.property(samples, fc.nat(100), fc.nat(100), (values, a, b) => {
        const [low, high] = [
          percentile(values, Math.min(a, b)),
          percentile(values, Math.max(a, b)),
        ];
        const { min, max } = summarise(values);
        expect(low).toBeLessThanOrEqual(high * (1 + 1e-12));
        expect(low).toBeGreaterThanOrEqual(min);
        expect(high).toBeLessThanOrEqual(max);
      }),
    );
  });

  test('of nothing is a mistake', () => {
    expect(() => percentile([], 50)).toThrow('no samples');
    expect(() => summarise([])).toThrow('no samples');
  });
});

test('a summary does not change what it sums up', () => {
  const values = [3, 1, 2];
  expect(summarise(values)).toEqual({ median: 2, min: 1, max: 3, samples: 3 });
  expect(values).toEqual([3, 1, 2]);
});

describe('paired ratios', () => {
  test('are taken within each round', () => {
    // A host that is three times slower in the second round does not show.
    expect(pairedRatios([10, 30], [5, 15])).toEqual([2, 2]);
  });

  test('leave out rounds that one of the two did not finish', () => {
    expect(pairedRatios([10, undefined, 30], [5, 5])).toEqual([2]);
    expect(pairedRatios([10, 20], [undefined, 5])).toEqual([4]);
    expect(pairedRatios([1], [0])).toEqual([]);
  });
});

test('three digits are kept', () => {
  expect([14.8372, 0.0123456, 123456, 7].map(significant)).toEqual([14.8, 0.0123, 123000, 7]);
});

describe('turns', () => {
  const stages = [
    ['ours', 'qemu', 'v86'],
    ['record', 'qemu record'],
  ];

  test('go round by round, stage by stage, every other round backwards', () => {
    expect(turns(stages, 3).map(({ round, contender }) => `${round} ${contender}`)).toEqual([
      ...['0 ours', '0 qemu', '0 v86', '0 record', '0 qemu record'],
      ...['1 v86', '1 qemu', '1 ours', '1 qemu record', '1 record'],
      ...['2 ours', '2 qemu', '2 v86', '2 record', '2 qemu record'],
    ]);
  });

  test('give each contender each round once', () => {
    fc.assert(
      fc.property(fc.nat(6), (rounds) => {
        const seen = new Set(turns(stages, rounds).map((t) => `${t.round} ${t.contender}`));
        expect(seen.size).toBe(rounds * 5);
      }),
    );
  });
});

test('random places are the same in every run', () => {
  const [a, b, c] = [randomFrom(7), randomFrom(7), randomFrom(8)];
  const first = Array.from({ length: 1000 }, a);
  expect(Array.from({ length: 1000 }, b)).toEqual(first);
  expect(Array.from({ length: 1000 }, c)).not.toEqual(first);
  expect(first.every((n) => n >= 0 && n < 1)).toBe(true);
  const mean = first.reduce((sum, n) => sum + n, 0) / first.length;
  expect(mean).toBeGreaterThan(0.45);
  expect(mean).toBeLessThan(0.55);
});
