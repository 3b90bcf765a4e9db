/** The parts that need no guest: expressions, the line one types into, painting, text, key names. */

import { expect, test } from 'vitest';
import { type Guest, parseExpression } from '../../src/tui/expression.ts';
import { keyNames } from '../../src/tui/key-name.ts';
import { mouseReports } from '../../src/tui/mouse.ts';
import { Painter } from '../../src/tui/painter.ts';
import { Prompt } from '../../src/tui/prompt.ts';
import { fitted, line, plain, span, spread } from '../../src/tui/text.ts';
import { ansi } from '../../src/tui/theme.ts';

const guest = {
  registers: () => ({ gpr: Array.from({ length: 16 }, (_, i) => BigInt(i * 16)), rip: 0x1000n }),
  read: (at: bigint, bytes: number) =>
    at >= 0x100n ? undefined : BigInt.asUintN(8 * bytes, 0x8877665544332211n + at),
  symbol: (name: string) => (name === 'job_queue' ? 8n : undefined),
} as unknown as Guest;

test.each([
  ['1 + 2 * 3', 7n],
  ['(1 + 2) * 3', 9n],
  ['0x10', 16n],
  ['rax', 0n],
  ['$rsp + 1', 65n],
  ['rip', 0x1000n],
  ['-1', 0xffffffffffffffffn],
  ['~0 >> 60', 15n],
  ['1 << 64', 0n],
  ['7 & 12 | 1 ^ 3', 6n],
  ['10 / 3 % 2', 1n],
  ['1 == 1 && 2 != 2 || 3 <= 3', 1n],
  ['!5 == 0', 1n],
  ['[job_queue]', 0x8877665544332219n],
  ['dword[rcx]', 0x44332221n],
  ['byte[job_queue - 8]', 0x11n],
  ['*0', 0x8877665544332211n],
  ['2 < 1', 0n],
  ['r15', 240n],
])('%s', (text, value) => {
  expect(parseExpression(text)(guest)).toBe(value);
});

test.each([
  ['', 'expected a value, got the end'],
  ['1 +', 'expected a value, got the end'],
  ['(1', 'expected ), got the end'],
  ['1 2', 'expected the end, got 2'],
  ['1 / 0', 'division by 0'],
  ['nobody', 'no register or symbol "nobody"'],
  ['[0x1000]', 'nothing is mapped at 0x1000'],
  ['a ? b', 'unexpected'],
])('%j is refused: %s', (text, message) => {
  expect(() => parseExpression(text)(guest)).toThrow(message);
});

test('the line one types into', () => {
  const prompt = new Prompt();
  prompt.open(':', 'goto ');
  for (const char of 'hre') prompt.insert(char);
  prompt.moveTo(prompt.cursor - 2);
  prompt.insert('e');
  expect(prompt.text).toBe('goto here');
  prompt.moveTo(99);
  prompt.erase();
  expect(prompt.close(true)).toBe('goto her');
  expect(prompt.mark).toBeUndefined();
  prompt.open(':');
  prompt.insert('x');
  prompt.recall(-1);
  expect(prompt.text).toBe('goto her');
  prompt.recall(1);
  expect(prompt.text).toBe('');
  prompt.set('break que');
  prompt.complete(['queue_pop', 'queue_push', 'other']);
  expect([prompt.text, prompt.choices]).toEqual(['break queue_p', ['queue_pop', 'queue_push']]);
  prompt.insert('o');
  prompt.complete(['queue_pop', 'queue_push']);
  expect([prompt.text, prompt.choices]).toEqual(['break queue_pop ', []]);
});

test('only rows that changed are sent, and a full row keeps its last character', () => {
  const sent: string[] = [];
  const painter = new Painter({ columns: 4, rows: 3 }, (text) => sent.push(text));
  painter.write('lost\nbefore it is entered');
  painter.enter();
  painter.write('abcd\nxy');
  painter.write('abcd\nxz');
  painter.write('abcd\nxz');
  painter.write('\x1b[?25h');
  painter.write('abcd\nxz\nq\nmore than there is room for');
  painter.leave();
  painter.leave();
  const shown = sent.map((text) =>
    text.replaceAll('\x1b[?2026h', '').replaceAll('\x1b[?2026l', ''),
  );
  expect(shown.slice(1, -1)).toEqual([
    '\x1b[1;1Habcd\x1b[0m\x1b[2;1Hxy\x1b[0m\x1b[K',
    '\x1b[2;1Hxz\x1b[0m\x1b[K',
    '\x1b[3;1Hq\x1b[0m\x1b[K',
  ]);
  expect(shown[0]).toContain('\x1b[?1049h');
  expect(shown.at(-1)).toContain('\x1b[?1049l');
});

test('text is cut and filled by columns', () => {
  expect(plain(fitted(line('hello'), 3))).toBe('hel');
  expect(plain(fitted(line('hi'), 4))).toBe('hi  ');
  expect(plain(fitted(line('日本語'), 5))).toBe('日本 ');
  expect(plain(fitted([span('a\tb'), span('\x1b[2J')], 6))).toBe('a b [2');
  expect(plain(spread(line('ab'), line('z'), 5))).toBe('ab  z');
  expect(plain(spread(line('abcd'), line('z'), 5))).toBe('abcd ');
});

test('without color there are no colors, and bare text has nothing at all', () => {
  const spans = [span('a', 'exit'), span('b', 'selected'), span('c', 'changed')];
  expect(ansi(spans, { color: true, unicode: true })).toContain('\x1b[36ma');
  expect(ansi(spans, { color: false, unicode: true })).toBe('a\x1b[7mb\x1b[0m\x1b[1mc\x1b[0m');
  expect(ansi(spans, { color: false, unicode: true, bare: true })).toBe('abc');
});

test.each([
  ['s', ['s']],
  ['\x1b[A', ['Up']],
  ['\x1bOA', ['Up']],
  ['\x12', ['Ctrl-R']],
  ['\x1b[Z', ['Shift-Tab']],
  ['\r', ['Enter']],
  ['\x7f', ['Backspace']],
  ['\x1bOP', ['F1']],
  ['\x1b', ['Esc']],
  // What is typed fast comes together.
  ['ab\r', ['a', 'b', 'Enter']],
  [':mem\t', [':', 'm', 'e', 'm', 'Tab']],
  // A key of which nothing is known.
  ['\x1b[15;5~', []],
])('%j is the keys %j', (input, names) => {
  expect(keyNames(input)).toEqual(names);
});

test('what the mouse reports', () => {
  expect(mouseReports('\x1b[<0;10;5M')).toEqual([{ kind: 'press', column: 9, row: 4 }]);
  expect(mouseReports('\x1b[<0;10;5m')).toEqual([]);
  expect(mouseReports('\x1b[<64;1;2M\x1b[<65;1;2M')?.map(({ kind }) => kind)).toEqual([
    'wheel-up',
    'wheel-down',
  ]);
  expect(mouseReports('\x1b[A')).toBeUndefined();
});
