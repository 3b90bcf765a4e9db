/**
 * A guest out of random numbers: code, page tables, descriptor tables and registers, in any mode and
 * ring. Most of it is nearly right, so that it runs for a while before it breaks something.
 */

import { CPU_MODELS } from '../../src/engine/cpu-models.ts';
import type { CpuModel } from '../../src/engine/cpuid.ts';
import { ROWS } from '../../src/engine/isa/index.ts';
import type { Gpa } from '../../src/engine/units.ts';
import type { Registers, Segment, Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import type { Random } from '../float/cases.ts';
import { encode } from '../isa/encode.ts';

export const MEMORY = 2 << 20;
const PAGES = MEMORY >> 12;
const CODE_PAGES = 24;
/** Pages of tables and code, in the first megabyte below the video memory. */
const ROOT = 0x10000;
const GDT = 0x20000;
const IDT = 0x21000;
const TSS = 0x22000;
const CODE = 0x40000;

type Mode = 'real' | 'v86' | 'protected' | '32-bit' | 'PAE' | 'long';
const MODES: readonly Mode[] = [
  'real',
  'v86',
  'protected',
  '32-bit',
  'PAE',
  'long',
  'long',
  'long',
];

export interface RandomGuest {
  readonly cpu: CpuModel;
  readonly describe: string;
  build(vcpu: Vcpu): void;
}

export function randomGuest(r: Random): RandomGuest {
  const cpu = r.below(3) ? CPU_MODELS[CPU_MODELS.length - 1]! : r.pick(CPU_MODELS);
  const mode = cpu.features.includes('LM') ? r.pick(MODES) : r.pick(MODES.slice(0, 4));
  const ring = mode === 'real' ? 0 : mode === 'v86' ? 3 : r.pick([0, 0, 3]);
  const memory = randomMemory(r, mode, ring);
  const registers = randomRegisters(r, mode, ring, cpu);
  return {
    cpu,
    describe: `${mode}, ring ${ring}, --cpu ${cpu.name}`,
    build(vcpu) {
      for (const [at, bytes] of memory) vcpu.ram.poke(at as Gpa, bytes);
      vcpu.setRegisters(registers);
    },
  };
}

// --- memory -----------------------------------------------------------------------------------------

function randomMemory(r: Random, mode: Mode, ring: number): [number, Uint8Array][] {
  const memory: [number, Uint8Array][] = [];
  for (let page = 0; page < CODE_PAGES; page++) memory.push([CODE + page * 4096, code(r, mode)]);
  memory.push([ROOT, pageTables(r, mode)]);
  memory.push([GDT, descriptors(r)]);
  memory.push([IDT, gates(r, mode, ring)]);
  memory.push([TSS, stateSegment(r)]);
  memory.push([0, vectors(r)]);
  return memory;
}

/** Instructions of all rows, and bytes that are none. */
function code(r: Random, mode: Mode): Uint8Array {
  const page = new Uint8Array(4096);
  let at = 0;
  while (at < 4096) {
    const row = r.pick(ROWS);
    if (r.below(24) === 0 || row.only === (mode === 'long' ? 'legacy' : '64')) {
      page[at++] = r.below(256);
      continue;
    }
    const gpr = Array.from({ length: 16 }, () => 0n);
    const encoding = encode(row, r, { compatibility: mode !== 'long' });
    if (encoding.memory && r.below(2)) encoding.aim(BigInt(r.below(MEMORY)), gpr);
    const { bytes } = encoding;
    // Branches that stay near.
    if (/^(J|LOOP|CALL$)/.test(row.name) && row.ops.startsWith('J') && bytes.length > 3) {
      bytes.fill(r.below(2) ? 0 : 0xff, -2);
    }
    page.set(bytes.subarray(0, 4096 - at), at);
    at += bytes.length;
  }
  return page;
}

const chance = (r: Random, oneIn: number): boolean => r.below(oneIn) === 0;

/** Sixteen pages: identity maps of the mode's format, with entries of any kind strewn in. */
function pageTables(r: Random, mode: Mode): Uint8Array {
  const bytes = new Uint8Array(16 * 4096);
  const view = new DataView(bytes.buffer);
  const wide = mode === 'long' || mode === 'PAE';
  const flags = (): number => (chance(r, 12) ? r.below(0x1000) : 0x7 | (r.below(4) << 5));
  const put = (table: number, index: number, value: bigint): void => {
    const strange = chance(r, 40);
    const high = strange && wide ? BigInt(r.u32()) << 32n : 0n;
    const entry = (strange ? value ^ BigInt(r.u32() & 0xfff) : value) | high;
    if (wide) view.setBigUint64(table * 4096 + index * 8, entry, true);
    else view.setUint32(table * 4096 + index * 4, Number(entry & 0xffffffffn), true);
  };
  const table = (n: number): bigint => BigInt(ROOT + n * 4096);
  const entries = wide ? 512 : 1024;
  if (mode === 'long') {
    for (const i of [0, 1, 256, 511]) put(0, i, table(1) | BigInt(flags()));
    for (const i of [0, 1, 510, 511]) put(1, i, table(2) | BigInt(flags()));
  } else if (mode === 'PAE') {
    for (let i = 0; i < 4; i++) view.setBigUint64(i * 8, table(2) | 1n, true);
  }
  const directory = wide ? 2 : 0;
  for (let i = 0; i < entries; i++) {
    const large = chance(r, 6);
    put(directory, i, large ? BigInt(flags() | 0x80) : table(3 + r.below(3)) | BigInt(flags()));
  }
  for (let n = 3; n < 6; n++) {
    for (let i = 0; i < entries; i++) {
      const page = chance(r, 8) ? r.below(PAGES) : i % PAGES;
      put(n, i, BigInt(page * 4096) | BigInt(flags()));
    }
  }
  return bytes;
}

/** Accessed code and data of both rings and all sizes first, then anything. */
function descriptors(r: Random): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  const put = (index: number, rights: number, limit = 0xfffff): void => {
    const at = index * 8;
    view.setUint32(at, limit & 0xffff, true);
    view.setUint32(at + 4, (rights << 8) | (limit & 0xf0000), true);
  };
  const usual = [0, 0xa09b, 0xc09b, 0x009b, 0xc093, 0xa0fb, 0xc0fb, 0xc0f3, 0x0093, 0xc0f3];
  for (const [i, rights] of usual.entries()) if (rights) put(i, rights);
  for (let i = usual.length; i < 512; i++) put(i, r.u32() & 0xffff, r.u32() & 0xfffff);
  // TSS, LDT.
  view.setUint32(0x200, (TSS << 16) | 0xfff, true);
  view.setUint32(0x204, 0x8900 | (TSS >> 16), true);
  return bytes;
}

function gates(r: Random, mode: Mode, ring: number): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  for (let vector = 0; vector < 256; vector++) {
    const at = mode === 'long' ? vector * 16 : vector * 8;
    if (at + 8 > 4096) break;
    const strange = chance(r, 16);
    const offset = CODE + r.below(CODE_PAGES * 4096);
    const selector = strange ? r.below(0x1000) : mode === 'long' ? 0x08 : 0x10;
    const type = strange
      ? r.below(256)
      : (0x8e | (ring === 3 && r.below(2) ? 0x60 : 0)) ^ r.below(2);
    const stack = mode === 'long' ? r.below(3) : 0;
    view.setUint32(at, (selector << 16) | (offset & 0xffff), true);
    view.setUint32(at + 4, (offset & 0xffff0000) | (type << 8) | stack, true);
  }
  return bytes;
}

function stateSegment(r: Random): Uint8Array {
  const bytes = new Uint8Array(4096);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 128; at += 4) {
    view.setUint32(at, chance(r, 4) ? r.u32() : 0x80000 + r.below(0x10000), true);
  }
  // Stack segments of 32-bit rings, then the rest of a 64-bit TSS reads as addresses.
  for (const at of [8, 16, 24]) if (r.below(2)) view.setUint32(at, 0x20, true);
  for (let at = 8; at < 96; at += 8) if (r.below(2)) view.setUint32(at, 0, true);
  return bytes;
}

/** Real mode's vectors. */
function vectors(r: Random): Uint8Array {
  const bytes = new Uint8Array(1024);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < 1024; at += 4) {
    view.setUint32(at, ((CODE >> 4) << 16) | r.below(0x10000), true);
  }
  return bytes;
}

// --- registers --------------------------------------------------------------------------------------

function randomRegisters(r: Random, mode: Mode, ring: number, cpu: CpuModel): Partial<Registers> {
  const long = mode === 'long';
  const has = (feature: string): boolean => (cpu.features as readonly string[]).includes(feature);
  const at = CODE + r.below(CODE_PAGES * 4096);
  const real = mode === 'real' || mode === 'v86';
  const paragraph = (selector: number, rights: number): Segment => ({
    selector,
    base: BigInt(selector << 4),
    limit: 0xffff,
    rights,
  });
  const flat = (selector: number, rights: number): Segment => ({
    selector,
    base: 0n,
    limit: 0xffffffff,
    rights,
  });
  const code = long ? (ring ? 0xa0fb : 0xa09b) : ring ? 0xc0fb : 0xc09b;
  const data = ring ? 0xc0f3 : 0xc093;
  const segments = Array.from({ length: 6 }, (_, n) => {
    if (real) return paragraph(n === 1 ? CODE >> 4 : r.below(0x8000), mode === 'v86' ? 0xf3 : 0x93);
    if (n === 1) return flat(long ? 0x08 | (ring && 0x20) | ring : ring ? 0x33 : 0x10, code);
    return flat((ring ? 0x38 : 0x20) | ring, data);
  });
  const paged = mode === '32-bit' || mode === 'PAE' || long || (mode === 'v86' && r.below(2) === 1);
  let cr0 = mode === 'real' ? 0x10n : 0x11n;
  if (paged) cr0 |= 0x80000000n;
  for (const bit of [0x2n, 0x20n, 0x10000n, 0x40000n]) if (r.below(2)) cr0 |= bit;
  if (chance(r, 12)) cr0 |= 0xcn;
  let cr4 = has('PSE') ? 0x10n : 0n;
  if (long || mode === 'PAE') cr4 |= 0x20n;
  if (has('SSE')) cr4 |= 0x600n;
  for (const [feature, bit] of [
    ['PGE', 0x80n],
    ['VME', 0x3n],
    ['SMEP', 0x100000n],
    ['SMAP', 0x200000n],
    ['FSGSBASE', 0x10000n],
    ['XSAVE', 0x40000n],
  ] as const) {
    if (has(feature) && r.below(2)) cr4 |= bit;
  }
  const flags = (r.u32() & 0x4cd5) | 2 | (chance(r, 10) ? 0x100 : 0) | (r.below(2) ? 0x200 : 0);
  return {
    gpr: Array.from({ length: 16 }, (_, n) => {
      if (n === 4) return BigInt(real ? 0x8000 : 0x80000 + r.below(0x10000));
      return r.below(2) ? BigInt(r.below(MEMORY)) : long ? r.u64() : BigInt(r.u32());
    }),
    rip: BigInt(real ? at & 0xffff : at),
    rflags: BigInt(flags | (mode === 'v86' ? 0x23000 : 0) | (r.below(2) ? 0x3000 : 0)),
    segments,
    gdtr: { base: BigInt(GDT), limit: 0xfff },
    idtr: { base: BigInt(mode === 'real' ? 0 : IDT), limit: mode === 'real' ? 0x3ff : 0xfff },
    tr: { selector: 0x200, base: BigInt(TSS), limit: 0xfff, rights: 0x8b },
    cr0,
    cr3: BigInt(ROOT),
    cr4,
    efer: long ? 0xd01n : has('NX') ? 0x800n : 0n,
    dr: [
      BigInt(at),
      BigInt(r.below(MEMORY)),
      0n,
      0n,
      0xffff0ff0n,
      chance(r, 4) ? 0x00fd040fn : 0x400n,
    ],
    fcw: r.u32() & 0xf3f,
    mxcsr: r.u32() & 0xffff,
    xmm: Array.from({ length: 16 }, () => ({ lo: r.u64(), hi: r.u64() })),
  };
}
