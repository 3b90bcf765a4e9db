/** `--until` of a live run. */

import { expect, test } from 'vitest';
import { parseUntil } from '../../src/cli/until.ts';

test.each([
  [undefined, Number.MAX_SAFE_INTEGER],
  ['0', 0],
  ['1234567', 1_234_567],
  ['1_000', 1000],
  ['1.5G', 1_500_000_000],
  ['20k', 20_000],
])('%s is icount %d', (text, limit) => {
  expect(parseUntil(text).limit).toBe(limit);
});

test.each(['', 'soon', '-1', '50%', 'exit:3', 'irq:1', 'console:', '99999999999999999999'])(
  '%j is refused',
  (text) => {
    expect(() => parseUntil(text)).toThrow(/^--until expects /);
  },
);

test('a text on the console, with quotes or without, in bytes', () => {
  for (const written of ['console:login: \u00e4', 'console:"login: \u00e4"']) {
    const until = parseUntil(written);
    const print = (text: string) => {
      for (const byte of Buffer.from(text)) until.onByte(byte);
    };
    print('log login:');
    expect(until.reached()).toBe(false);
    print(' \u00e4 and more');
    expect(until.reached()).toBe(true);
  }
});
