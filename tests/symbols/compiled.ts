/** Small programs compiled here and now, stopped by gdb, and looked at through the core it writes. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileSource } from '../../src/symbols/elf/byte-source.ts';
import { ElfFile, SHF_ALLOC, SHT_NOBITS } from '../../src/symbols/elf/elf-file.ts';
import type { Guest } from '../../src/symbols/program.ts';

export const PROGRAMS = join(import.meta.dirname, 'programs');

function missingTool(): string | undefined {
  for (const tool of ['gcc', 'gdb', 'readelf', 'objcopy', 'addr2line']) {
    try {
      execFileSync(tool, ['--version'], { stdio: 'ignore' });
    } catch {
      return tool;
    }
  }
  return undefined;
}

/** Why programs cannot be compiled or stopped here; undefined if they can. */
export const NOT_HERE = notHere();

function notHere(): string | undefined {
  const tool = missingTool();
  if (tool !== undefined) return `needs gcc, binutils and gdb, there is no ${tool}`;
  try {
    coreOf(compiled('shapes.c', ['-O0']), 'stop');
    return undefined;
  } catch (error) {
    return `gdb cannot stop a program here: ${(error as Error).message.split('\n')[0]}`;
  }
}

export const canCompile32 = (): boolean => {
  try {
    compiled('shapes.c', ['-m32']);
    return true;
  } catch {
    return false;
  }
};

export function compiled(source: string, options: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-compiled-'));
  const path = join(folder, source.replace(/\.c$/, ''));
  const fixed = [
    '-nostdlib',
    '-static',
    '-ffreestanding',
    '-fno-pie',
    '-no-pie',
    '-fno-stack-protector',
  ];
  execFileSync('gcc', ['-g', ...fixed, ...options, '-o', path, source], {
    cwd: PROGRAMS,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return path;
}

/** Runs to the `nth` time at a function, and writes what the process is there. */
export function coreOf(path: string, breakpoint: string): string {
  const core = `${path}.core`;
  const commands = ['set pagination off', `break ${breakpoint}`, 'run', `gcore ${core}`, 'kill'];
  const script = commands.flatMap((command) => ['-ex', command]);
  execFileSync('gdb', ['-nx', '-q', '-batch', ...script, path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  readFileSync(core).subarray(0, 4);
  return core;
}

/** What gdb prints for Python that looks at a core. */
export function askGdb(path: string, core: string, python: string): unknown {
  const output = execFileSync(
    'gdb',
    ['-nx', '-q', '-batch', '-ex', `core-file ${core}`, '-ex', `python ${python}`, path],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const answer = output.split('\n').find((line) => line.startsWith('ANSWER '));
  return JSON.parse((answer ?? 'ANSWER null').slice('ANSWER '.length));
}

const WIDE = [
  ...['r15', 'r14', 'r13', 'r12', 'rbp', 'rbx', 'r11', 'r10', 'r9', 'r8', 'rax', 'rcx', 'rdx'],
  ...['rsi', 'rdi', 'orig_rax', 'rip', 'cs', 'eflags', 'rsp', 'ss', 'fs_base', 'gs_base'],
];
const NARROW = [
  ...['ebx', 'ecx', 'edx', 'esi', 'edi', 'ebp', 'eax', 'ds', 'es', 'fs', 'gs', 'orig_eax'],
  ...['eip', 'cs', 'eflags', 'esp', 'ss'],
];
const NT_PRSTATUS = 1;
const NT_FPREGSET = 2;

interface Piece {
  readonly at: bigint;
  readonly bytes: Uint8Array;
}

/** A core as a guest: its memory, the program's own file where it has none of it, its registers. */
export function coreGuest(core: string, program: string): Guest {
  const file = readFileSync(core);
  const wide = file[4] === 2;
  const pieces: Piece[] = [];
  const registers = new Map<string, bigint>();
  const table = wide ? Number(file.readBigUInt64LE(32)) : file.readUInt32LE(28);
  const each = wide ? 56 : 32;
  const count = file.readUInt16LE(wide ? 56 : 44);
  for (let i = 0; i < count; i++) {
    const at = table + i * each;
    const type = file.readUInt32LE(at);
    const offset = wide ? Number(file.readBigUInt64LE(at + 8)) : file.readUInt32LE(at + 4);
    const address = wide ? file.readBigUInt64LE(at + 16) : BigInt(file.readUInt32LE(at + 8));
    const size = wide ? Number(file.readBigUInt64LE(at + 32)) : file.readUInt32LE(at + 16);
    const bytes = file.subarray(offset, offset + size);
    if (type === 1 && size > 0) pieces.push({ at: address, bytes });
    if (type === 4) readNotes(bytes, wide, registers);
  }
  const elf = new ElfFile(fileSource(program));
  for (const section of elf.sections) {
    if (!(section.flags & SHF_ALLOC) || section.type === SHT_NOBITS) continue;
    pieces.push({ at: section.addr, bytes: elf.content(section) });
  }
  elf.close();
  return {
    bits: wide ? 64 : 32,
    icount: 1234n,
    register: (name) => registers.get(name),
    readMemory(at, length) {
      const found: number[] = [];
      while (found.length < length) {
        const here = at + BigInt(found.length);
        const piece = pieces.find(
          (one) => here >= one.at && here < one.at + BigInt(one.bytes.length),
        );
        if (!piece) break;
        const from = Number(here - piece.at);
        found.push(...piece.bytes.subarray(from, from + length - found.length));
      }
      return Uint8Array.from(found);
    },
  };
}

function readNotes(notes: Buffer, wide: boolean, registers: Map<string, bigint>): void {
  const aligned = (size: number): number => (size + 3) & ~3;
  for (let at = 0; at + 12 <= notes.length; ) {
    const nameSize = notes.readUInt32LE(at);
    const size = notes.readUInt32LE(at + 4);
    const type = notes.readUInt32LE(at + 8);
    const data = at + 12 + aligned(nameSize);
    const name = notes.toString('latin1', at + 12, at + 12 + nameSize - 1);
    if (name === 'CORE' && type === NT_PRSTATUS && !registers.has(wide ? 'rip' : 'eip')) {
      const names = wide ? WIDE : NARROW;
      names.forEach((register, i) => {
        const value = wide
          ? notes.readBigUInt64LE(data + 112 + i * 8)
          : BigInt(notes.readUInt32LE(data + 72 + i * 4));
        registers.set(register, value);
      });
    }
    if (name === 'CORE' && type === NT_FPREGSET && wide) {
      for (let i = 0; i < 16; i++) {
        const low = notes.readBigUInt64LE(data + 160 + i * 16);
        registers.set(`xmm${i}`, low | (notes.readBigUInt64LE(data + 168 + i * 16) << 64n));
      }
    }
    at = data + aligned(size);
  }
}
