/** Numbers as people read them, and the progress line made of them. */

import { expect, test } from 'vitest';
import { bytes, count, duration, hex, mips, percent, short, table } from '../../src/cli/format.ts';
import { progressLine } from '../../src/cli/progress.ts';

test('counts keep every digit', () => {
  expect(count(8_712_345_678)).toBe('8,712,345,678');
});

test.each([
  [0, '0'],
  [9_999, '9,999'],
  [10_000, '10 k'],
  [12_345, '12.3 k'],
  [999_499, '999 k'],
  [999_500, '1 M'],
  [8_712_345_678, '8.71 G'],
])('%d is short as %s', (n, text) => {
  expect(short(n)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1 KiB'],
  [3_400_000, '3.24 MiB'],
  [1024 ** 3, '1 GiB'],
])('%d bytes are %s', (n, text) => {
  expect(bytes(n)).toBe(text);
});

test.each([
  [0.0123, '12.3 ms'],
  [0.5, '0.5 s'],
  [59.99, '1 min 0 s'],
  [75.4, '1 min 15 s'],
])('%d seconds are %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

test('MIPS, shares and hex', () => {
  expect(mips(80_000_000, 2)).toBe(40);
  expect(mips(1, 0)).toBe(0);
  expect(percent(0.1234)).toBe('12.3 %');
  expect(hex(255n, 4)).toBe('0x00ff');
});

test('tables align numbers right and leave no blanks at the end', () => {
  expect(
    table(
      [
        ['pio', '5'],
        ['hlt', '12000'],
      ],
      [1],
    ),
  ).toEqual(['pio      5', 'hlt  12000']);
  expect(
    table([
      ['a', 'b'],
      ['ccc', ''],
    ]),
  ).toEqual(['a    b', 'ccc']);
});

test('a progress line says how far, of what, and how long still', () => {
  expect(progressLine('replaying', 1_200_000_000, 2_400_000_000, 10)).toBe(
    'replaying  [============>           ]  50.0 %  1.2 G of 2.4 G  eta 10 s',
  );
  expect(progressLine('replaying', 5, 5, 10)).toContain('[========================]  100.0 %');
});
