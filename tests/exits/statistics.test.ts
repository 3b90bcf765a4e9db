/** Costs: distributions against sorted arrays, statistics against a count of every frame, comparison. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareTallies, firstDifference } from '../../src/exits/compare.ts';
import { Distribution } from '../../src/exits/distribution.ts';
import { parseFilter } from '../../src/exits/filter.ts';
import { rows } from '../../src/exits/rows.ts';
import { byReason, statistics } from '../../src/exits/statistics.ts';
import { reasonOf, skippedBy } from '../../src/exits/subject.ts';
import { toyRecording } from '../replay/toy/toy-timeline.ts';

const recording = toyRecording(72, 4000);
const costs = fc.array(
  fc.oneof(
    fc.nat(40),
    fc.nat(2 ** 31 - 1),
    fc.maxSafeNat().map((n) => n % 2 ** 50),
  ),
  {
    minLength: 1,
    maxLength: 200,
  },
);

function distribution(values: readonly number[]): Distribution {
  const found = new Distribution();
  for (const value of values) found.add(value);
  return found;
}

test('a percentile is the value at its rank, to a sixteenth', () => {
  fc.assert(
    fc.property(costs, fc.constantFrom(0.01, 0.5, 0.9, 0.99, 1), (values, share) => {
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.ceil(share * sorted.length) - 1]!;
      const found = distribution(values).percentile(share);
      expect(found).toBeGreaterThanOrEqual(exact);
      expect(found).toBeLessThanOrEqual(exact * (1 + 1 / 16) + 1);
    }),
  );
});

test('two distributions together are the distribution of both', () => {
  fc.assert(
    fc.property(costs, costs, (a, b) => {
      const [joined, whole] = [distribution(a).plus(distribution(b)), distribution([...a, ...b])];
      const of = ({ count, sum, min, max }: Distribution) => ({ count, sum, min, max });
      expect(of(joined)).toEqual(of(whole));
      expect(joined.octaves()).toEqual(whole.octaves());
      expect(joined.spread).toBeCloseTo(whole.spread, 6);
      expect(whole.octaves().reduce((sum, { count }) => sum + count, 0)).toBe(whole.count);
    }),
  );
});

/** Every exit and interrupt with its cost, the long way. */
function counted() {
  const all = [...rows(recording, parseFilter('exit or irq'))];
  const slept = all.reduce((sum, { frame }) => sum + skippedBy(frame), 0);
  return all.map((row, i) => ({
    reason: reasonOf(row.frame),
    icount: row.frame.icount,
    cost: (all[i + 1]?.ticks ?? recording.lastIcount + slept) - row.ticks,
  }));
}

test('costs add up to the time of the recording', () => {
  const all = counted();
  const { total, time } = statistics(recording, {
    filter: parseFilter('exit or irq'),
    by: 'reason',
  });
  expect(total).toBe(recording.exits + recording.interrupts);
  expect(total).toBe(all.length);
  expect(time).toBe(all.reduce((sum, { cost }) => sum + cost, 0));
  expect(time).toBeGreaterThan(recording.lastIcount / 2);
});

test.each(['pio', 'hlt', 'irq', 'value=3', 'value&1 or hlt'])('%s by reason', (text) => {
  const filter = parseFilter(text);
  const kept = new Set([...rows(recording, filter)].map(({ ordinal }) => ordinal));
  const every = counted();
  const wanted = [...rows(recording, parseFilter('exit or irq'))]
    .map(({ ordinal }, i) => ({ ordinal, ...every[i]! }))
    .filter(({ ordinal }) => kept.has(ordinal));
  const found = statistics(recording, { filter, by: 'reason' });
  expect(found.total).toBe(wanted.length);
  expect(found.time).toBe(wanted.reduce((sum, { cost }) => sum + cost, 0));
  for (const { reason, count, time } of byReason(found.tallies)) {
    const mine = wanted.filter((row) => row.reason === reason);
    expect([count, time]).toEqual([mine.length, mine.reduce((sum, { cost }) => sum + cost, 0)]);
  }
});

test('a range takes part of the frames', () => {
  const filter = parseFilter('exit');
  const whole = statistics(recording, { filter, by: 'subject' });
  const parts = [{ from: 0, to: 1000 }, { from: 1000, to: 3000 }, { from: 3000 }].map((range) =>
    statistics(recording, { ...range, filter, by: 'subject' }),
  );
  expect(parts.map(({ total }) => total).every((total) => total > 0)).toBe(true);
  expect(parts.reduce((sum, { total }) => sum + total, 0)).toBe(whole.total);
  expect(parts.reduce((sum, { time }) => sum + time, 0)).toBe(whole.time);
});

test('two recordings beside each other', () => {
  const filter = parseFilter('exit or irq');
  const other = toyRecording(73, 4000);
  const of = (one: typeof recording) => statistics(one, { filter, by: 'reason' });
  expect(firstDifference(recording, recording, filter)).toBeUndefined();
  const parting = firstDifference(recording, other, filter)!;
  expect(parting.lines[0]).not.toBe(parting.lines[1]);
  const same = compareTallies(of(recording), of(recording));
  expect(same.every(({ counts: [a, b] }) => a === b)).toBe(true);
  const apart = compareTallies(of(recording), of(other));
  expect(apart.reduce((sum, { counts }) => sum + counts[1], 0)).toBe(
    other.exits + other.interrupts,
  );
  const differences = apart.map(({ counts: [a, b] }) => Math.abs(a - b));
  expect(differences).toEqual([...differences].sort((a, b) => b - a));
});
