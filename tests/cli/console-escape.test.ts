/** Ctrl-A on the serial console, as in QEMU. */

import { expect, test } from 'vitest';
import { ConsoleEscape } from '../../src/cli/console-escape.ts';

const typed = (...parts: string[]) => {
  const filter = new ConsoleEscape();
  const out = parts.map((part) => filter.feed(Buffer.from(part, 'latin1')));
  return {
    text: Buffer.from(out.flatMap(({ bytes }) => [...bytes])).toString('latin1'),
    commands: out.flatMap(({ commands }) => [...commands]),
  };
};

test('what is typed goes to the guest, Ctrl-C and Escape too', () => {
  expect(typed('ls\r\x03\x1b[A')).toEqual({ text: 'ls\r\x03\x1b[A', commands: [] });
});

test('Ctrl-A x ends, Ctrl-A h helps, and neither reaches the guest', () => {
  expect(typed('a\x01xb\x01h')).toEqual({ text: 'ab', commands: ['exit', 'help'] });
});

test('Ctrl-A twice sends it once', () => {
  expect(typed('\x01\x01x')).toEqual({ text: '\x01x', commands: [] });
});

test('an escape may come in two pieces', () => {
  expect(typed('\x01', 'x')).toEqual({ text: '', commands: ['exit'] });
});

test('an unknown letter after Ctrl-A is dropped', () => {
  expect(typed('\x01zq')).toEqual({ text: 'q', commands: [] });
});
