/** What the arena holds before a case's own patches, in each of the worlds: tables, stacks, data, code. */

import { descriptor, gate, gate64, u16, u32, u64, type World } from './case.ts';
import * as at from './layout.ts';

const ACCESS_CODE = 0x9b;
const ACCESS_DATA = 0x93;
const DPL3 = 0x60;
const BIG = 0xc;
const LONG = 0xa;
/** Present, writable, accessed, dirty: nothing left for a page walk to set. */
const SUPERVISOR = 0x63;
const USER = 0x67;

export function baseArena(world: World): Uint8Array {
  const bytes = new Uint8Array(at.ARENA_BYTES);
  const put = (where: number, what: Uint8Array): void => bytes.set(what, where - at.ARENA);
  tables(put, world === 'long');
  if (world !== 'unpaged') paging(put, world);
  // Every doubleword of data is different, so that a wrong base or address shows.
  for (let i = 0; i < 0x2000; i += 4) put(at.DATA + i, u32((0xda7a0000 | i) >>> 0));
  bytes.fill(0xcc, at.CODE - at.ARENA, at.CODE_USER + 0x1000 - at.ARENA);
  return bytes;
}

type Put = (where: number, what: Uint8Array) => void;

function tables(put: Put, long: boolean): void {
  const gdt = (selector: number, what: Uint8Array): void => put(at.GDT + (selector & ~7), what);
  const code = long ? LONG : BIG;
  gdt(at.CODE0, descriptor(0, 0xfffff, ACCESS_CODE, code));
  gdt(at.DATA0, descriptor(0, 0xfffff, ACCESS_DATA, BIG));
  gdt(at.CODE3, descriptor(0, 0xfffff, ACCESS_CODE | DPL3, code));
  gdt(at.DATA3, descriptor(0, 0xfffff, ACCESS_DATA | DPL3, BIG));
  gdt(at.CODE1, descriptor(0, 0xfffff, ACCESS_CODE | 0x20, long ? LONG : BIG));
  gdt(at.DATA1, descriptor(0, 0xfffff, ACCESS_DATA | 0x20, BIG));
  gdt(at.CODE2, descriptor(0, 0xfffff, ACCESS_CODE | 0x40, long ? LONG : BIG));
  gdt(at.DATA2, descriptor(0, 0xfffff, ACCESS_DATA | 0x40, BIG));
  gdt(at.MAIN_TSS, descriptor(at.TSS, long ? 0x2ff : 0x2ff, 0x89, 0));
  if (!long) gdt(at.DF_TSS, descriptor(at.TSS_DF, 0x67, 0x89, 0));
  gdt(at.MAIN_LDT, descriptor(at.LDT, at.LDT_LIMIT, 0x82, 0));
  // The LDT: code and data of ring 3, and 16-bit ones.
  put(at.LDT + 8, descriptor(0, 0xfffff, ACCESS_CODE | DPL3, BIG));
  put(at.LDT + 16, descriptor(0, 0xfffff, ACCESS_DATA | DPL3, BIG));
  put(at.LDT + 24, descriptor(at.CODE, 0xfff, ACCESS_CODE, 0));
  put(at.LDT + 32, descriptor(at.DATA, 0xfff, ACCESS_DATA, 0));
  for (let vector = 0; vector < 256; vector++) {
    const to = at.STUBS + vector * 16;
    const access = vector === 1 || vector === 3 || vector === 4 ? 0xee : 0x8e;
    if (long) put(at.IDT + vector * 16, gate64(at.CODE0, BigInt(to), access, 1));
    else if (vector === 8) put(at.IDT + 64, gate(at.DF_TSS, 0, 0x85));
    else put(at.IDT + vector * 8, gate(at.CODE0, to, access));
    if (long && vector === 255) break;
  }
  if (long) {
    put(at.TSS + 4, u64(at.STACK, at.STACK, at.STACK));
    put(at.TSS + 0x24, u64(at.STACK_DF, at.STACK - 0x400, at.STACK - 0x800));
  } else {
    put(at.TSS + 4, u32(at.STACK, at.DATA0, at.STACK3 - 0x400, at.DATA1, at.STACK3 - 0x800));
    put(at.TSS + 24, u32(at.DATA2, at.ROOT));
    put(at.TSS_DF + 28, u32(at.ROOT, at.DOUBLE_FAULT, 2));
    put(at.TSS_DF + 56, u32(at.STACK_DF, 0, 0, 0));
    put(at.TSS_DF + 72, u32(at.DATA0, at.CODE0, at.DATA0, at.DATA0, at.DATA0, at.DATA0, 0));
    put(at.TSS_DF + 102, u16(0x68));
  }
  // The I/O map: ports 0 to 0x3ff, some of them allowed; behind it the byte of ones.
  put(at.TSS + 102, u16(0x88));
  put(at.TSS + 0x88, new Uint8Array(0x81).fill(0xff));
}

function paging(put: Put, world: World): void {
  const entry = (where: number, index: number, value: number): void =>
    world === '32-bit paging'
      ? put(where + index * 4, u32(value))
      : put(where + index * 8, u64(value));
  const table = 0x27;
  if (world === '32-bit paging') {
    entry(at.ROOT, 0, at.PT_LOW | table);
    entry(at.ROOT, 1, at.PT_TRIED | table);
  } else {
    const directory = at.TABLE_B;
    if (world === 'PAE paging') entry(at.ROOT, 0, directory | 1);
    else {
      entry(at.ROOT, 0, at.TABLE_A | table);
      entry(at.TABLE_A, 0, directory | table);
    }
    entry(directory, 0, at.PT_LOW | table);
    entry(directory, 2, at.PT_TRIED | table);
  }
  const entries = world === '32-bit paging' ? 1024 : 512;
  for (let page = 0; page < entries; page++) {
    const linear = page << 12;
    const isUser =
      linear === 0x2a000 || (linear >= at.DATA && linear < at.CODE) || linear === at.CODE_USER;
    entry(at.PT_LOW, page, linear | (isUser ? USER : SUPERVISOR));
  }
}
