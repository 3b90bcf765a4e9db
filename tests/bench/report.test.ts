/** From samples to rows, and from rows to tables. */

import { describe, expect, test } from 'vitest';
import { markdownReport, textReport } from '../../src/cli/bench/report.ts';
import { makeRow, unjudged } from '../../src/cli/bench/row.ts';

const spec = { group: 'amd64', name: 'record', unit: 's' };

describe('a row', () => {
  test('has medians, the ratio of paired rounds, and how far all of them spread', () => {
    const row = makeRow(spec, [10, 33, 12], { qemu: [5, 15, 8] });
    expect(row).toEqual({
      ...spec,
      ours: 12,
      peers: { qemu: 8 },
      ratio: { qemu: 2 },
      spread: { ours: [10, 33], peers: { qemu: [5, 15] }, ratio: { qemu: [1.5, 2.2] } },
      samples: 3,
      missing: {},
    });
  });

  test('says why a peer has no number', () => {
    const row = makeRow(spec, [10], { qemu: 'not installed', v86: [undefined] });
    expect(row.peers).toEqual({});
    expect(row.ratio).toEqual({});
    expect(row.missing).toEqual({ qemu: 'not installed', v86: 'it did not finish' });
  });

  test('without a number of ours has null, which JSON can say', () => {
    const row = makeRow(spec, 'no place to compare', { qemu: [3] });
    expect([row.ours, row.peers.qemu, row.samples]).toEqual([null, 3, 0]);
    expect(row.missing.ours).toBe('no place to compare');
  });

  test.each([
    [{ of: 'ours', atMost: 11 } as const, true],
    [{ of: 'ours', atMost: 9 } as const, false],
    [{ of: 'qemu', atMost: 2 } as const, true],
    [{ of: 'qemu', atMost: 1.9 } as const, false],
    [{ of: 'v86', atMost: 1 } as const, undefined],
  ])('is held to %j: %s', (goal, met) => {
    const row = makeRow({ ...spec, goal }, [10], { qemu: [5], v86: 'not installed' });
    expect(row.goalMet).toBe(met);
  });
});

test('a row without its goal is the row of somebody who has none', () => {
  const goal = { of: 'ours', atMost: 9 } as const;
  expect(unjudged(makeRow({ ...spec, goal }, [10]))).toEqual(makeRow(spec, [10]));
});

const rows = [
  makeRow({ ...spec, goal: { of: 'qemu', atMost: 2 } }, [10, 33, 12], { qemu: [5, 15, 8] }),
  makeRow({ group: 'amd64', name: 'replay', unit: 's', note: 'rr=replay' }, [9], {
    qemu: 'it did not finish',
  }),
  makeRow({ group: 'loops', name: 'int', unit: 'MIPS' }, [4093, 4100]),
];

test('the table for a terminal', () => {
  expect(textReport(rows)).toEqual([
    'amd64',
    '                    unit        ours               qemu    ours/qemu  goal',
    'record              s     12 (10–33)           8 (5–15)  2 (1.5–2.2)  ours/qemu ≤ 2, met',
    'replay [rr=replay]  s              9  it did not finish',
    '',
    'loops',
    '     unit                 ours  goal',
    'int  MIPS  4,100 (4,090–4,100)',
  ]);
});

test('the same in Markdown, with what it was taken on', () => {
  const host = {
    date: '2026-01-02',
    cpu: 'Some | CPU',
    cores: 2,
    node: '20.20.2',
    load: 0.123,
    versions: { QEMU: '7.2.22' },
  };
  const lines = markdownReport(rows, host);
  expect(lines[0]).toBe(
    'Taken on 2026-01-02: 2 cores of Some | CPU, Node 20.20.2, load 0.1 at the start; QEMU 7.2.22.',
  );
  expect(lines).toContain('### amd64');
  expect(lines).toContain('|  | unit | ours | qemu | ours/qemu | goal |');
  expect(lines).toContain('| --- | --- | --: | --: | --: | --- |');
  expect(lines).toContain(
    '| record | s | 12 (10–33) | 8 (5–15) | 2 (1.5–2.2) | ours/qemu ≤ 2, met |',
  );
  // Every line of a table has as many columns as its head.
  const columns = lines
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split(' | ').length);
  expect(new Set(columns)).toEqual(new Set([4, 6]));
});
