/**
 * Page faults and accessed and dirty bits: random entries at every level over one tried page, every
 * kind of access, every bit of CR0, CR4 and IA32_EFER that has a say. SDM Vol. 3A §4.6, §4.7, §4.8.
 */

import type { Random } from '../../float/cases.ts';
import { type Patch, u32, u64, type World } from '../case.ts';
import * as at from '../layout.ts';
import { anyFlags, chance, type Family, gpr, gpr64, hex } from './family.ts';

const ACCESSES32 = [
  'mov eax, [esi]',
  'mov [esi], eax',
  'add [esi], eax',
  'cmpxchg [esi], ecx',
  'xchg [esi], al',
  'push dword ptr [esi]',
  'pop dword ptr [esi]',
  'jmp esi',
  'call esi',
  'movsb',
  'rep stosd',
  'cmpsd',
  'bts [esi], eax',
  'mov es, [esi]',
  'lgdt [esi]; nop',
  'invlpg [esi]; mov eax, [esi]',
  'mov eax, [esi]; mov [esi], eax',
  'fld qword ptr [esi]',
  'stac; mov eax, [esi]; clac; mov [esi], eax',
  'mov eax, [esi]; jmp esi',
  'prefetcht0 [esi]; lea eax, [esi]',
];
const ACCESSES64 = ACCESSES32.map((code) =>
  code
    .replaceAll('[esi]', '[rsi]')
    .replaceAll('jmp esi', 'jmp rsi')
    .replaceAll('call esi', 'call rsi')
    .replace(/(push|pop) dword/, '$1 qword')
    .replace(/^lgdt.*/, 'cmpxchg16b [rsi]'),
);

const AD = 0x60;

/** Of an entry that leads on: mostly what lets everybody through. */
function anyBits(r: Random): number {
  const usual = 0x7 | (chance(r, 2) ? AD : 0);
  return chance(r, 2)
    ? usual
    : usual ^ r.pick([1, 2, 4, 8, 0x10, 0x20, 0x40, 0x100, 0x80, 6, 2, 4]);
}

/** High bits of an 8-byte entry: execute disable, reserved, ignored. */
function anyHigh(r: Random): bigint {
  if (!chance(r, 4)) return 0n;
  return r.pick([1n << 63n, 1n << 63n, 1n << 51n, 1n << 40n, 1n << 45n, 1n << 52n, 1n << 62n]);
}

const PAGE = at.DATA;

function entries32(r: Random): Patch[] {
  const large = chance(r, 4);
  const directory = large
    ? 0x80 | anyBits(r) | (chance(r, 4) ? 1 << (12 + r.below(10)) : 0)
    : at.PT_TRIED | (anyBits(r) & ~(chance(r, 6) ? 0 : 0x80));
  return [
    { at: at.ROOT + 4, bytes: u32(directory >>> 0) },
    { at: at.PT_TRIED, bytes: u32((PAGE | anyBits(r)) >>> 0, (PAGE + 0x1000) | anyBits(r)) },
  ];
}

function entries64(r: Random, world: World): Patch[] {
  const long = world === 'long';
  const entry = (to: number, mayBeLarge: boolean): bigint => {
    const bits = anyBits(r) & ~(mayBeLarge ? 0 : chance(r, 8) ? 0 : 0x80);
    return BigInt(to | bits) | anyHigh(r);
  };
  const large = chance(r, 5);
  const directory = large
    ? BigInt(0x80 | anyBits(r) | (chance(r, 4) ? 1 << (12 + r.below(9)) : 0)) | anyHigh(r)
    : entry(at.PT_TRIED, false);
  const patches: Patch[] = [
    { at: at.TABLE_B + 16, bytes: u64(directory) },
    { at: at.PT_TRIED, bytes: u64(entry(PAGE, true), entry(PAGE + 0x1000, true)) },
  ];
  // Through PML4E and PDPTE of their own, at 512 GiB and 1 GiB: 7FC0000000 + TRIED.
  if (long) {
    const giant = chance(r, 8);
    const pdpte = giant
      ? BigInt(0x80 | anyBits(r) | (chance(r, 4) ? 1 << (13 + r.below(17)) : 0)) | anyHigh(r)
      : entry(at.TABLE_B, false);
    patches.push(
      { at: at.ROOT + 8, bytes: u64(entry(at.TABLE_A, false)) },
      { at: at.TABLE_A + 8, bytes: u64(pdpte) },
    );
  }
  return patches;
}

const CR0_WP = 0x10000;
const PGE_SMEP_SMAP = [0x80, 0x100000, 0x200000, 0x300000];

const paging = (world: World, name: string): Family => ({
  name,
  world,
  make(r) {
    const n = r.pick([0, 3]);
    const long = world === 'long';
    const offset = r.pick([0, 8, 0x7f8, 0xffe, 0xffd, 0xff9, 0xfff, 0x1000]);
    const base = long && r.below(2) ? 0x80_4000_0000 + at.TRIED : at.TRIED;
    let cr4 = world === '32-bit paging' ? r.pick([0x10, 0x10, 0]) : 0x20;
    for (const bit of PGE_SMEP_SMAP) if (chance(r, 3)) cr4 |= bit;
    const code = r.pick(long ? ACCESSES64 : ACCESSES32);
    const nxe = r.pick([0x800, 0x800, 0]);
    const cr0 = 0x80000011 + (r.below(2) ? CR0_WP : 0);
    const values = {
      si: base + offset,
      di: r.pick([at.TRIED + offset, at.DATA + 0x900]),
      ax: 0x10,
      cx: r.below(4) + 1,
    };
    const registers = long ? gpr64({ ...values, ax: at.DATA0 }) : gpr({ ...values, ax: at.DATA0 });
    return {
      about: `ring ${n}, CR4 ${hex(cr4)}, NXE ${nxe >> 11}, WP ${(cr0 & CR0_WP) >> 16}, at ${hex(base + offset)}`,
      codeBits: long ? 64 : 32,
      code,
      state: {
        cs: n ? at.CODE3 : at.CODE0,
        cr0,
        cr4,
        efer: long ? 0x501 | nxe : nxe,
        rflags: (anyFlags(r) & ~0x400) | (chance(r, 3) ? 0x40000 : 0),
        rsp: (n ? at.STACK3 : at.STACK0) - 0x40,
        gpr: registers,
      },
      patches: [
        ...(world === '32-bit paging' ? entries32(r) : entries64(r, world)),
        // What may be executed there ends at once.
        { at: PAGE + 0xff0, bytes: new Uint8Array(0x20).fill(0xcc) },
        { at: PAGE, bytes: new Uint8Array(0x10).fill(0xcc) },
      ],
    };
  },
});

export const pagingFamilies: readonly Family[] = [
  paging('32-bit paging', '32-bit paging'),
  paging('PAE paging', 'PAE paging'),
  paging('long', '4-level paging'),
];
