/** Packs cases into guests: the monitor, the arena's first content, the cases; and the ROM around it. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseArena } from './arena.ts';
import type { CaseState, MachineCase, World } from './case.ts';
import * as at from './layout.ts';

/** A guest with its cases, as it is to lie at IMAGE. */
export interface Guest {
  readonly world: World;
  readonly cases: readonly MachineCase[];
  readonly image: Uint8Array;
}

/** Byte of the image: number of the first case to run, and of cases. */
const FIRST = 8;

const SOURCES = new URL('./', import.meta.url).pathname;

/** Works in a folder of its own, which it removes. */
function withFolder<T>(work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-machine-'));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function assembleFile(source: string, textAt: number, ...options: string[]): Uint8Array {
  return withFolder((folder) => {
    const [o, bin] = [join(folder, 't.o'), join(folder, 't.bin')];
    execFileSync('as', ['--64', '-I', SOURCES, ...options, '-o', o, join(SOURCES, source)]);
    const link = ['-m', 'elf_x86_64', '-n', '-Ttext', `0x${textAt.toString(16)}`, '-e', '0'];
    execFileSync('ld', [...link, '--oformat', 'binary', '-o', bin, o]);
    return new Uint8Array(readFileSync(bin));
  });
}

let rom: Uint8Array | undefined;
const monitors = new Map<string, Uint8Array>();

function monitor(world: World): Uint8Array {
  const source = world === 'long' ? 'monitor64.s' : 'monitor32.s';
  const known = monitors.get(source) ?? assembleFile(source, at.IMAGE);
  monitors.set(source, known);
  return known;
}

/** The guest as a ROM that ends at 4 GiB. */
export function romOf({ image }: Guest): Uint8Array {
  rom ??= assembleFile('rom.s', 0, '--defsym', `ROM_BYTES=${at.ROM_BYTES}`);
  const out = new Uint8Array(at.ROM_BYTES);
  out.set(image);
  out.set(rom, at.ROM_BYTES - rom.length);
  return out;
}

/** The same guest, to begin with a later case. */
export function startingAt(guest: Guest, first: number): Guest {
  const image = guest.image.slice();
  new DataView(image.buffer).setUint32(FIRST, first, true);
  return { ...guest, image };
}

/** As many guests as the cases need. */
export function guestsOf(world: World, cases: readonly MachineCase[]): Guest[] {
  const codes = assembleAll(cases);
  const guests: Guest[] = [];
  for (let from = 0; from < cases.length; ) {
    const image = new Uint8Array(at.IMAGE_BYTES);
    const view = new DataView(image.buffer);
    image.set(monitor(world));
    image.set(baseArena(world), at.BASE - at.IMAGE);
    let end = at.CASES - at.IMAGE;
    let to = from;
    for (; to < cases.length; to++) {
      const record = recordOf(world, cases[to]!, codes[to]!);
      if (end + record.length > at.IMAGE_BYTES) break;
      image.set(record, end);
      end += record.length;
    }
    view.setUint32(FIRST + 4, to - from, true);
    guests.push({ world, cases: cases.slice(from, to), image });
    from = to;
  }
  return guests;
}

/** One run of the assembler for all. */
function assembleAll(cases: readonly MachineCase[]): Uint8Array[] {
  const lines = cases.flatMap(({ code, codeBits }) => [
    '.long 2f-1f',
    '1:',
    `.code${codeBits}`,
    code.replaceAll(';', '\n'),
    '2:',
  ]);
  const all = withFolder((folder) => {
    const [s, o, bin] = ['t.s', 't.o', 't.bin'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(s, `.intel_syntax noprefix\n${lines.join('\n')}\n`);
    execFileSync('as', ['--64', '-o', o, s], { stdio: ['ignore', 'ignore', 'pipe'] });
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', o, bin]);
    return readFileSync(bin);
  });
  let from = 0;
  return cases.map(() => {
    const length = all.readUInt32LE(from);
    from += 4 + length;
    return new Uint8Array(all.subarray(from - length, from));
  });
}

const DEFAULT_GPR = Array.from({ length: 16 }, (_, n) => BigInt(0x11110000 * (n + 1)));

/** A case's state with what it leaves out. */
export function fullState(world: World, { state }: MachineCase): CaseState {
  const long = world === 'long';
  const paged = world !== 'unpaged';
  const outer = state.cs === undefined ? 0 : state.cs & 3;
  const v86 = ((state.rflags ?? 0) & 0x20000) !== 0;
  const data = outer ? at.DATA3 : at.DATA0;
  return {
    cr0: paged ? 0x80000011 : 0x11,
    cr3: at.ROOT,
    cr4: world === 'PAE paging' || long ? 0x20 : 0,
    efer: long ? 0xd01 : 0,
    dr: [0, 0, 0, 0, 0xffff0ff0, 0x400],
    ldtr: at.MAIN_LDT,
    tr: at.MAIN_TSS,
    ...(v86
      ? { ds: at.DATA >> 4, es: at.DATA >> 4, fs: at.DATA >> 4, gs: at.DATA >> 4, ss: 0x2a00 }
      : { ds: data, es: data, fs: data, gs: data, ss: data }),
    rsp: v86 ? 0xf00 : outer ? at.STACK3 : at.STACK0,
    rflags: 2,
    cs: v86 ? at.CODE_USER >> 4 : at.CODE0,
    rip: v86 ? at.ENTRY : (outer ? at.CODE_USER : at.CODE) + at.ENTRY,
    gpr: DEFAULT_GPR,
    sysenter: [0, 0, 0],
    gdtr: { base: at.GDT, limit: at.GDT_LIMIT },
    idtr: { base: at.IDT, limit: long ? 0xfff : 0x7ff },
    msrs: [0n, 0n, 0n, 0n, 0n, 0n, 0n],
    ...state,
  };
}

const RING0 = 0;
const OUTER = 1;
const V86 = 2;

function recordOf(world: World, c: MachineCase, code: Uint8Array): Uint8Array {
  const s = fullState(world, c);
  const width = world === 'long' ? 8 : 4;
  const v86 = (s.rflags & 0x20000) !== 0;
  const kind = v86 ? V86 : s.cs & 3 ? OUTER : RING0;
  const linear = c.codeAt ?? Number(s.rip) + (v86 ? s.cs << 4 : 0);
  const patches = [...c.patches, { at: linear, bytes: code }];
  const words: (number | bigint)[] = [];
  const head = [kind, s.cr0, s.cr3, s.cr4, s.efer, ...s.dr, s.ldtr, s.tr, s.ds, s.es, s.fs, s.gs];
  words.push(0, ...head, s.ss, s.rsp, s.rflags, s.cs, s.rip);
  if (world === 'long') words.push(...s.gpr, ...s.msrs);
  // As POPA takes them.
  else words.push(...[7, 6, 5, 4, 3, 2, 1, 0].map((n) => s.gpr[n]!));
  words.push(...s.sysenter, s.gdtr.limit, s.gdtr.base, s.idtr.limit, s.idtr.base, patches.length);
  const lengths = patches.map(({ bytes }) => 8 + ((bytes.length + 3) & ~3));
  const size = words.length * width + lengths.reduce((a, b) => a + b, 0);
  const total = (size + 7) & ~7;
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  for (const [i, word] of words.entries()) {
    const value = i === 0 ? BigInt(total) : BigInt.asUintN(64, BigInt(word));
    if (width === 8) view.setBigUint64(i * 8, value, true);
    else view.setUint32(i * 4, Number(value & 0xffffffffn), true);
  }
  let end = words.length * width;
  for (const [i, { at: where, bytes }] of patches.entries()) {
    view.setUint32(end, where, true);
    view.setUint32(end + 4, bytes.length, true);
    out.set(bytes, end + 8);
    end += lengths[i]!;
  }
  return out;
}
