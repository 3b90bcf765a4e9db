/** guests/tiny: the committed images are what the sources give, and each has an expected output. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const folder = join(import.meta.dirname, '../../guests/tiny');
const files = readdirSync(folder);
const named = (ending: string): string[] =>
  files.filter((file) => file.endsWith(ending)).map((file) => file.slice(0, -ending.length));
const guests = named('.s').filter((name) => name !== 'rom');

test('every guest has its image and its output, and nothing else does', () => {
  expect(guests).toContain('hello16');
  expect(named('.bin')).toEqual(guests);
  expect(named('.expected')).toEqual(guests);
  for (const name of named('.qemu')) {
    expect(guests).toContain(name);
    // Kept only while there is a difference to keep.
    const [ours, theirs] = ['.expected', '.qemu'].map((ending) => read(name + ending).toString());
    expect(theirs).not.toBe(ours);
    expect(theirs!.split('\n').length).toBe(ours!.split('\n').length);
  }
});

test.each(guests)('%s: ends properly and fits', (name) => {
  expect(read(`${name}.expected`).toString()).toMatch(/\nEND\n$/);
  expect(read(`${name}.bin`).length).toBeLessThanOrEqual(0x10000 - 0x7c00);
});

test('make gives the committed images, byte for byte', ({ skip }) => {
  const version = gnuAssembler();
  if (version === undefined) return skip('no make and GNU as for x86 here');
  const copy = mkdtempSync(join(tmpdir(), 'retrovisor-tiny-'));
  try {
    cpSync(folder, copy, {
      recursive: true,
      filter: (path) => !path.endsWith('/build') && !path.endsWith('.bin'),
    });
    execFileSync('make', ['-s', '-C', copy], { stdio: ['ignore', 'ignore', 'pipe'] });
    for (const name of guests) {
      const same = readFileSync(join(copy, `${name}.bin`)).equals(read(`${name}.bin`));
      expect(same, `${name}.bin is not what GNU as ${version} makes of ${name}.s`).toBe(true);
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}, 60_000);

function read(file: string): Buffer {
  return readFileSync(join(folder, file));
}

function gnuAssembler(): string | undefined {
  try {
    execFileSync('make', ['--version']);
    const about = execFileSync('as', ['--version'], { encoding: 'utf8' });
    if (!/GNU assembler/.test(about) || !/x86_64|i[3-6]86/.test(about)) return undefined;
    return /([\d.]+)$/m.exec(about)?.[1];
  } catch {
    return undefined;
  }
}
