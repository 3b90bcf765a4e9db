/** What is known of Linux: KASLR by the interrupt table, per-CPU areas by GS. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openProgram } from '../../src/symbols/open.ts';
import type { Guest } from '../../src/symbols/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'retrovisor-linux-'));
afterAll(() => rmSync(folder, { recursive: true }));

const MAP = `ffffffff81000000 T _text
ffffffff81e00ab0 T asm_exc_page_fault
ffffffff82a00000 D jiffies
`;
const IDT = 0xfffffe0000000000n;

/** The page fault's gate, as the CPU reads it (SDM Vol. 3A figure 6-8). */
function guestWith(handler: bigint): Guest {
  const gate = Buffer.alloc(16);
  gate.writeUInt16LE(Number(handler & 0xffffn), 0);
  gate.writeUInt16LE(Number((handler >> 16n) & 0xffffn), 6);
  gate.writeUInt32LE(Number(handler >> 32n), 8);
  return {
    bits: 64,
    register: (name) => (name === 'idtr_base' ? IDT : undefined),
    readMemory: (at, length) =>
      at === IDT + 14n * 16n ? gate.subarray(0, length) : new Uint8Array(0),
  };
}

test('a kernel that moved itself is found where it is', () => {
  const path = join(folder, 'System.map');
  writeFileSync(path, MAP);
  const program = openProgram({ files: [path], cache: false });
  expect(program.addressOf('jiffies')).toBe(0xffffffff82a00000n);
  expect(program.locate(guestWith(0xffffffffb5e00ab0n))).toBe(true);
  expect(program.images[0]?.slide).toBe(0x34000000n);
  expect(program.addressOf('jiffies')).toBe(0xffffffffb6a00000n);
  expect(program.nameOf(0xffffffffb5000004n)).toBe('_text+0x4');
  expect(program.locate(guestWith(0xffffffffb5e00ab0n))).toBe(false);
});

test('another table than Linux has moves nothing', () => {
  const path = join(folder, 'other.map');
  writeFileSync(path, MAP);
  const program = openProgram({ files: [path], cache: false });
  for (const handler of [0n, 0x8000n, 0xffffffffb5e00ab1n, 0xffffffffb5f00ab0n, 0x100000n]) {
    expect(program.locate(guestWith(handler))).toBe(false);
  }
  expect(program.images[0]?.slide).toBe(0n);
});

test('what was known before is not asked for', () => {
  const path = join(folder, 'known.map');
  writeFileSync(path, MAP);
  const slide = (linked: (name: string) => bigint | undefined) =>
    0xffffffff91000000n - linked('_text')!;
  const program = openProgram({ files: [path], cache: false, slide });
  expect(program.addressOf('jiffies')).toBe(0xffffffff92a00000n);
});
