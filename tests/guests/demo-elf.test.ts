/** guests/demo/demo.elf: that it is what its sources give, and what boot loaders and debuggers want. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PT_LOAD, PT_NOTE, readElf } from './elf.ts';

const source = join(import.meta.dirname, '../../guests/demo');
const elf = readElf(readFileSync(join(source, 'demo.elf')));

/** Names of compiler and assembler as the ELF has them: .comment and the assembler's DW_AT_producer. */
const builtBy = {
  gcc: /GCC: (\([^)]*\) [\d.]+)/.exec(elf.bytes.toString('latin1'))?.[1],
  as: /GNU AS ([\d.]+)/.exec(elf.bytes.toString('latin1'))?.[1],
};

function installed(): typeof builtBy | undefined {
  try {
    execFileSync('make', ['--version']);
    return {
      gcc: /(\([^)]*\) [\d.]+)/.exec(execFileSync('gcc', ['--version'], { encoding: 'utf8' }))?.[1],
      as: /([\d.]+)$/m.exec(execFileSync('as', ['--version'], { encoding: 'utf8' }))?.[1],
    };
  } catch {
    return undefined;
  }
}

test('make gives the committed file, byte for byte', ({ skip }) => {
  expect(builtBy.gcc).toBeDefined();
  expect(builtBy.as).toBeDefined();
  const here = installed();
  if (here === undefined) return skip('no make, gcc and binutils here');
  if (here.gcc !== builtBy.gcc || here.as !== builtBy.as) {
    return skip(
      `demo.elf is from gcc ${builtBy.gcc}, as ${builtBy.as}; here are gcc ${here.gcc}, as ${here.as}`,
    );
  }
  const copy = mkdtempSync(join(tmpdir(), 'retrovisor-demo-'));
  try {
    cpSync(source, copy, {
      recursive: true,
      filter: (path) => !path.endsWith('/build') && !path.endsWith('.elf'),
    });
    execFileSync('make', ['-s', '-C', copy], { stdio: ['ignore', 'ignore', 'pipe'] });
    const rebuilt = readFileSync(join(copy, 'demo.elf'));
    expect(
      rebuilt.equals(elf.bytes),
      'demo.elf is out of date: run make -C guests/demo and commit it',
    ).toBe(true);
  } finally {
    rmSync(copy, { recursive: true });
  }
}, 60_000);

describe('boot protocols', () => {
  const loads = elf.segments.filter((segment) => segment.type === PT_LOAD);
  const first = loads[0]!;
  const last = loads.at(-1)!;

  test('the Multiboot header describes the file as one flat image', () => {
    const at = elf.bytes.indexOf(Buffer.from([0x02, 0xb0, 0xad, 0x1b]));
    expect(at).toBeGreaterThan(0);
    expect(at + 32).toBeLessThanOrEqual(8192); // where loaders look for it
    expect(at % 4).toBe(0);
    const field = (index: number): number => elf.bytes.readUInt32LE(at + index * 4);
    expect((field(0) + field(1) + field(2)) >>> 0).toBe(0);
    expect(field(3) - field(4)).toBe(at - first.offset);
    expect(field(4)).toBe(first.address);
    expect(field(5)).toBe(last.address + last.fileSize);
    expect(field(6)).toBe(elf.symbols.get('data_end'));
    expect(field(6)).toBeGreaterThanOrEqual(last.address + last.memorySize);
    expect(field(7)).toBe(elf.entry);
    // One flat image: every segment is as far into the file as into memory.
    for (const { offset, address } of loads) {
      expect(offset - first.offset).toBe(address - first.address);
    }
  });

  test('the PVH note names the entry', () => {
    const note = elf.segments.find((segment) => segment.type === PT_NOTE)!;
    const at = note.offset;
    expect(elf.bytes.readUInt32LE(at + 8)).toBe(18); // XEN_ELFNOTE_PHYS32_ENTRY
    expect(elf.bytes.toString('latin1', at + 12, at + 16)).toBe('Xen\0');
    expect(elf.bytes.readUInt32LE(at + 16)).toBe(elf.entry);
  });
});

test('it has debug information, the names the documents mention, and is small', () => {
  const sizes = new Map(elf.sections.map((section) => [section.name, section.size]));
  for (const name of ['.debug_info', '.debug_line', '.debug_frame', '.debug_loclists']) {
    expect(sizes.get(name), name).toBeGreaterThan(0);
  }
  const names = ['format_entry', 'seal_entry', 'queue_pop', 'queue_push', 'job_queue', 'job_take'];
  for (const name of [...names, 'scheduler_tick', 'interrupt_dispatch', 'worker_task', 'ticks']) {
    expect(elf.symbols.get(name), name).toBeGreaterThanOrEqual(0x100000);
  }
  expect(elf.bytes.length).toBeLessThan(200_000);
});
