/**
 * The real gdb where modes differ: a 32-bit description for 32-bit guests, code of 16, 32 and 64 bits,
 * and steps back through all that takes a guest from one instruction to another.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { is32Bit } from '../../src/cli/guest-width.ts';
import { AMD64, I386, I8086 } from '../../src/gdbstub/registers.ts';
import { Client, RIP } from './client.ts';
import { GDB, gdb } from './gdb.ts';
import { tinyGuest } from './reverse-guests.ts';

if (!GDB) console.warn('\n*** gdb is not installed: its tests in other modes are skipped ***\n');

describe.skipIf(!GDB)('gdb', () => {
  test('takes a 32-bit guest for one', async () => {
    const lines = await gdb(
      tinyGuest('paging32'),
      undefined,
      [
        'show architecture',
        'stepi 60',
        'print $eip',
        'x/2i $eip',
        'print $cr0',
        'info registers esp eflags',
        'reverse-stepi 60',
        'print $eip',
      ],
      { architecture: I386 },
    );
    const text = lines.join('\n');
    expect(text).toMatch(/currently "i386"/);
    expect(text).toMatch(/\$\d+ = \(void \(\*\)\(\)\) 0x7c00/);
    expect(text).not.toMatch(/warning: (?!No exec)|rror:/);
  });

  test.each([
    ['modes', 'start', I8086, 'cs_base + $eip'],
    ['paging32', '50%', I386, 'eip'],
    ['modes', 'irq:1', AMD64, 'rip'],
  ])('disassembles %s at %s', async (guest, mark, architecture, where) => {
    const target = tinyGuest(guest);
    await target.seekTo(target.resolve(mark));
    const commands = ['print $mode', `x/3i $${where}`, 'monitor disassemble $rip 3'];
    const lines = code(await gdb(target, undefined, commands, { architecture }));
    const [theirs, ours] = [/^(?:=>| {2}) 0x/, /^(?:->| {2}) 0{8}/].map((kind) =>
      lines.filter((line) => kind.test(line)).map((line) => /0*([0-9a-f]+)[ :\t]/.exec(line)?.[1]),
    );
    // Both go by instructions of the same lengths: the code's width is right.
    expect(theirs).toEqual(ours);
    expect(theirs).toHaveLength(3);
    expect(lines).toMatchSnapshot();
  });
});

/** What was said about code and modes. */
const code = (lines: readonly string[]): string[] =>
  lines.filter((line) => /^(=>|->| {2}) |^\$/.test(line)).map((line) => line.trimEnd());

test('which guests are 32-bit ones', () => {
  const linux = (flags: number): Uint8Array => {
    const kernel = new Uint8Array(1024);
    kernel.set(Buffer.from('HdrS'), 0x202);
    kernel.set([0x0f, 0x02], 0x206);
    kernel[0x236] = flags;
    return kernel;
  };
  expect(is32Bit('', linux(0))).toBe(true);
  expect(is32Bit('', linux(1))).toBe(false);
  expect(is32Bit('pentium', undefined)).toBe(true);
  expect(is32Bit('', undefined)).toBe(false);
  const demo = readFileSync(join(import.meta.dirname, '../../guests/demo/demo.elf'));
  expect(is32Bit('', demo)).toBe(false);
});

/**
 * Each guest from its start, one packet an instruction, then the same way back: interrupts, exceptions,
 * IRET, SYSCALL and SYSRET, mode and task switches, REP in the middle, HLT.
 */
const WALKS: readonly (readonly [guest: string, mark: string, steps: number])[] = [
  ['modes', 'start', 1200],
  ['modes', 'irq:1', 400],
  ['faults32', 'start', 900],
  ['faults64', 'start', 900],
  ['faults64', '60%', 900],
  ['rep', 'irq:1', 500],
  ['tasks', '20%', 900],
  ['paging32', '30%', 500],
];

describe('backwards lands on what ran before', () => {
  test.each(WALKS)('%s from %s', async (guest, mark, steps) => {
    const target = tinyGuest(guest);
    await target.seekTo(target.resolve(mark));
    await target.reverseStep(mark === 'start' ? 0 : 50);
    const client = new Client(target);
    const trail: string[] = [];
    const here = async (): Promise<string> => `${await client.register(RIP)} ${target.stateHash()}`;
    for (let n = 0; n < steps; n++) {
      trail.push(await here());
      if ((await client.ask('s')).includes('replaylog')) break;
    }
    // The last one may have ended at the end of the recording without a step.
    const last = await here();
    if (last === trail.at(-1)) trail.pop();
    for (const place of trail.toReversed()) {
      expect(await client.ask('bs')).toMatch(/^T05/);
      expect(await here()).toBe(place);
    }
    await client.connection.end();
  });
});
