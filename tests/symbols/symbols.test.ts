/** Names for addresses: the demo guest's ELF against GNU nm, a System.map, a kernel that moved itself. */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { linuxSlide, loadSymbols, SymbolError } from '../../src/symbols/load.ts';

const DEMO = 'guests/demo/demo.elf';
const demo = loadSymbols(readFileSync(DEMO), DEMO);

test('an ELF file has the functions that nm finds, where nm finds them', () => {
  const lines = execFileSync('nm', [DEMO], { encoding: 'utf8' }).trim().split('\n');
  const functions = lines.filter((line) => / [Tt] /.test(line)).map((line) => line.split(' '));
  expect(functions.length).toBeGreaterThan(50);
  for (const [address = '', , name = ''] of functions) {
    if (name.startsWith('.L')) continue;
    const at = BigInt(`0x${address}`);
    // Names that two files use for functions of their own are found at one of them.
    if (functions.filter(([, , other]) => other === name).length === 1) {
      expect([name, demo.address(name)]).toEqual([name, at]);
    }
  }
});

test('an address inside a function', () => {
  const start = demo.address('queue_pop')!;
  expect(demo.name(start)).toBe('queue_pop');
  expect(demo.name(start + 0x3bn)).toBe('queue_pop+0x3b');
  expect(demo.locate(start + 3n)).toMatchObject({ offset: 3n, start });
  expect(demo.name(0n)).toBeUndefined();
  expect(demo.name(0xffff_ffff_8000_0000n)).toBeUndefined();
  expect(demo.startingWith('queue_p', 9)).toEqual(['queue_pop', 'queue_push']);
});

const MAP = `0000000000001000 A __per_cpu_thing
ffffffff81000000 T _text
ffffffff81000040 t early
ffffffff81000200 T entry_SYSCALL_64
ffffffff82000000 D jiffies
not a line
`;

test('a System.map, and a kernel that moved itself', () => {
  const table = loadSymbols(Buffer.from(MAP), 'System.map');
  expect(table.size).toBe(4);
  expect(table.name(0xffffffff81000044n)).toBe('early+0x4');
  expect(table.name(0x1004n)).toBeUndefined();
  const slide = linuxSlide(table, 0xffffffff9a000200n)!;
  expect(slide).toBe(0x19000000n);
  const moved = table.slid(slide);
  expect(moved.name(0xffffffff9a000044n)).toBe('early+0x4');
  expect(moved.address('jiffies')).toBe(0xffffffff9b000000n);
  expect(moved.name(0xffffffff81000044n)).toBeUndefined();
});

test('files that have none', () => {
  expect(() => loadSymbols(Buffer.from('hello'), 'x')).toThrow(SymbolError);
  expect(() => loadSymbols(readFileSync(DEMO).subarray(0, 5000), 'x')).toThrow('cut off');
});
