/**
 * The states in which boot protocols start a kernel: real mode, flat 32-bit protected mode without
 * paging, and 64-bit mode. Descriptor formats: SDM Vol. 3A §3.4.5; control registers: §2.5.
 */

import type { Registers, Segment } from '../vcpu/vcpu.ts';

const CR0_PE = 1n << 0n;
const CR0_ET = 1n << 4n;
const CR0_NE = 1n << 5n;
const CR0_PG = 1n << 31n;
const CR4_PAE = 1n << 5n;
const EFER_LME = 1n << 8n;
const EFER_LMA = 1n << 10n;
/** Bit 1 is always set; interrupts are disabled. */
const RFLAGS_RESET = 0x2n;

/** Bits 8..23 of a descriptor's second doubleword. */
const Rights = {
  CODE: 0x9b, // present, code, readable, accessed
  DATA: 0x93, // present, data, writable, accessed
  TSS_BUSY: 0x8b,
  LDT: 0x82,
  L: 1 << 13,
  DB: 1 << 14,
  G: 1 << 15,
} as const;

const FLAT_LIMIT = 0xffff_ffff;

function segment(selector: number, rights: number, limit: number, base = 0): Segment {
  return { selector, base: BigInt(base), limit, rights };
}

const NO_LDT = segment(0, Rights.LDT, 0xffff);
/** The selectors Linux's boot protocol demands: __BOOT_CS and __BOOT_DS. */
export const BOOT_CS = 0x10;
export const BOOT_DS = 0x18;

export interface EntryState {
  readonly rip: number;
  readonly gdtr?: Registers['gdtr'];
  /** General registers that are not zero, by their encoding: 0 RAX, 3 RBX, 6 RSI ... */
  readonly gpr?: Readonly<Record<number, number>>;
}

export const Gpr = { RAX: 0, RCX: 1, RDX: 2, RBX: 3, RSP: 4, RBP: 5, RSI: 6, RDI: 7 } as const;

function generalRegisters(gpr: Readonly<Record<number, number>> = {}): bigint[] {
  return Array.from({ length: 16 }, (_, i) => BigInt(gpr[i] ?? 0));
}

/** Protected mode, paging off, 4 GiB segments. */
export function flat32({ rip, gdtr, gpr }: EntryState): Partial<Registers> {
  const data = segment(BOOT_DS, Rights.DATA | Rights.DB | Rights.G, FLAT_LIMIT);
  const code = segment(BOOT_CS, Rights.CODE | Rights.DB | Rights.G, FLAT_LIMIT);
  return {
    gpr: generalRegisters(gpr),
    rip: BigInt(rip),
    rflags: RFLAGS_RESET,
    segments: [data, code, data, data, data, data],
    ldtr: NO_LDT,
    tr: segment(0, Rights.TSS_BUSY, 0x67),
    gdtr: gdtr ?? { base: 0n, limit: 0 },
    idtr: { base: 0n, limit: 0 },
    cr0: CR0_PE | CR0_ET | CR0_NE,
    cr3: 0n,
    cr4: 0n,
    efer: 0n,
  };
}

/** 64-bit mode on the page tables at `cr3`. */
export function long64(entry: EntryState, cr3: number): Partial<Registers> {
  const data = segment(BOOT_DS, Rights.DATA | Rights.DB | Rights.G, FLAT_LIMIT);
  const code = segment(BOOT_CS, Rights.CODE | Rights.L | Rights.G, FLAT_LIMIT);
  return {
    ...flat32(entry),
    segments: [data, code, data, data, data, data],
    cr0: CR0_PE | CR0_ET | CR0_NE | CR0_PG,
    cr3: BigInt(cr3),
    cr4: CR4_PAE,
    efer: EFER_LME | EFER_LMA,
  };
}

/** Real mode at `segment:offset`, the other segments 0, vectors at 0. */
export function real16(
  entry: { readonly segment: number; readonly offset: number },
  gpr: Readonly<Record<number, number>>,
): Partial<Registers> {
  const data = segment(0, Rights.DATA, 0xffff);
  // CS can be written through in real mode, as after reset (SDM Vol. 3A table 9-1: "R/W").
  const code = segment(entry.segment, Rights.DATA, 0xffff, entry.segment * 16);
  return {
    gpr: generalRegisters(gpr),
    rip: BigInt(entry.offset),
    rflags: RFLAGS_RESET,
    segments: [data, code, data, data, data, data],
    ldtr: NO_LDT,
    tr: segment(0, Rights.TSS_BUSY, 0xffff),
    gdtr: { base: 0n, limit: 0xffff },
    idtr: { base: 0n, limit: 0x3ff },
    cr0: CR0_ET,
    cr3: 0n,
    cr4: 0n,
    efer: 0n,
  };
}

/** A GDT with the descriptors that `flat32` or `long64` have loaded, so that reloading them works. */
export function bootGdt(mode: '32' | '64'): Uint8Array {
  const CODE32 = 0x00cf_9b00_0000_ffffn;
  const CODE64 = 0x00af_9b00_0000_ffffn;
  const DATA = 0x00cf_9300_0000_ffffn;
  const TSS = 0x0000_8b00_0000_0067n;
  const gdt = new DataView(new ArrayBuffer(5 * 8));
  gdt.setBigUint64(BOOT_CS, mode === '32' ? CODE32 : CODE64, true);
  gdt.setBigUint64(BOOT_DS, DATA, true);
  gdt.setBigUint64(BOOT_DS + 8, TSS, true);
  return new Uint8Array(gdt.buffer);
}
