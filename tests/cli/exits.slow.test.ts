/** `retrovisor exits` as one runs it, on a boot sector that prints, against what it surely does. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootSector, Folder } from './spawn.ts';

const folder = new Folder();
const TEXT = 'Hello, exits!\n';

beforeAll(() => {
  for (const [name, text] of [
    ['a', TEXT],
    ['b', 'Hello, world of exits!\n'],
  ] as const) {
    folder.write(`${name}.bin`, bootSector(text));
    const args = ['record', '--kernel', `${name}.bin`, '--at', '0x7c00', '-m', '2'];
    const ran = folder.retrovisor([...args, '-o', `${name}.retro`]);
    expect(ran.stdout).toBe(text);
  }
});
afterAll(() => folder.remove());

function exits(...args: string[]) {
  const { status, stdout, stderr } = folder.retrovisor(['exits', 'a.retro', ...args]);
  expect([status, stderr.replace(/.* frames to .*\n|there are more.*\n/g, '')]).toEqual([0, '']);
  return stdout;
}

test('statistics count every byte printed', () => {
  const found = JSON.parse(exits('--json')) as {
    total: number;
    byReason: { reason: string; count: number; share: number; timeShare: number }[];
    bySubject: { subject: string; name: string; count: number; percentiles: { p50: number } }[];
  };
  const out = found.byReason.find(({ reason }) => reason === 'pio-out')!;
  expect(out.count).toBe(TEXT.length);
  expect(found.byReason.reduce((sum, { count }) => sum + count, 0)).toBe(found.total);
  expect(found.byReason.reduce((sum, { timeShare }) => sum + timeShare, 0)).toBeCloseTo(1);
  const com1 = found.bySubject.find(({ subject }) => subject === 'port 0x03f8')!;
  // out, jmp, lodsb, test, jz: five instructions from byte to byte.
  expect(com1).toMatchObject({ name: 'COM1 THR/DLL', count: TEXT.length, percentiles: { p50: 5 } });
  const text = exits();
  expect(text).toMatch(/^reason +samples +samples% +time% +min +max +average/m);
  expect(text).toMatch(new RegExp(`^pio-out port 0x03f8 +${TEXT.length} `, 'm'));
  expect(exits('--histogram', '-f', 'com1')).toContain('####');
});

test('the list, filtered and cut', () => {
  const lines = exits('--list', '-f', 'com1 and value=0x21').trimEnd().split('\n');
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('out 0x3f8 size 1 = 0x21');
  expect(exits('--list', '-f', 'com1', '--limit', '3').trimEnd().split('\n')).toHaveLength(3);
  expect(exits('--list', '-f', 'com1', '--by', 'function', '--limit', '1')).toMatch(/ {2}0x7c0c$/m);
});

test('exports go to stdout or to a file', () => {
  const lines = exits('--export', 'jsonl', '-f', 'com1').trimEnd().split('\n');
  const codes = lines.map((line) => Number((JSON.parse(line) as { value: string }).value));
  expect(String.fromCharCode(...codes)).toBe(TEXT);
  expect(exits('--export', 'csv', '-f', 'com1').trimEnd().split('\n')).toHaveLength(
    1 + TEXT.length,
  );
  expect(exits('--export', 'folded', '-f', 'com1')).toBe(`0x7c0c;pio-out ${TEXT.length}\n`);
  expect(exits('--export', 'perfetto', '-o', 'a.pftrace')).toBe('');
  expect(readFileSync(join(folder.path, 'a.pftrace')).includes('Hello, exits!')).toBe(true);
  expect(exits('--export', 'svg', '-o', 'a.svg')).toBe('');
  expect(readFileSync(join(folder.path, 'a.svg'), 'utf8')).toMatch(/^<svg .*<\/svg>\n$/s);
  expect(readdirSync(folder.path).filter((name) => name.endsWith('.new'))).toEqual([]);
});

test('another recording beside it', () => {
  expect(exits('--compare', 'a.retro')).toContain('no frame differs');
  const found = exits('--compare', 'b.retro');
  expect(found).toMatch(/^pio-out port 0x03f8 +14 +23 +\+9 /m);
  expect(found).toMatch(/here +\d+ +out 0x3f8 size 1 = 0x65 /);
  expect(found).toMatch(/there +\d+ +out 0x3f8 size 1 = 0x77 /);
});

test('a recording that has ended is shown live at once', () => {
  expect(exits('--live')).toBe(exits());
});

test.each([
  [['-f', 'port='], 2, 'expected a value'],
  [['--export', 'pdf'], 2, 'allowed choices are jsonl, csv, perfetto, folded, svg'],
  [['-o', 'x'], 2, 'expects --export FORMAT'],
  [['--export', 'csv', '--json'], 2, 'expects --out-file'],
  [['--export', 'csv', '-o', 'no/such/x'], 2, "cannot write 'no/such/x': no such file"],
  [['--compare', 'none.retro'], 2, 'no such file'],
  [['--by', 'function', '--symbols', 'a.bin'], 2, 'expected an ELF file with a symbol table'],
  [['--from', '1.0001'], 2, 'expected a whole number'],
])('%j is refused', (args, wanted, message) => {
  const { status, stdout, stderr } = folder.retrovisor(['exits', 'a.retro', ...args]);
  expect({ status, stdout }).toEqual({ status: wanted, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});
