/** Register values at RESET. SDM Vol. 3A table 9-1. */

import { type CpuModel, type Feature, signature } from '../cpuid.ts';
import type { Cpu } from '../microcode/cpu.ts';
import * as C from '../microcode/cpu.ts';
import * as L from './layout.ts';

/** Present, R/W, accessed: all segments, CS too. */
const DATA = 0x93;
const LDT = 0x82;
const TSS_BUSY = 0x8b;

/** Bits of CR4 and IA32_EFER by the feature that they belong to. SDM Vol. 3A §2.5, §2.2.1. */
const CR4_BITS: readonly (readonly [Feature, bigint])[] = [
  ['VME', C.CR4_VME | C.CR4_PVI],
  ['TSC', C.CR4_TSD],
  ['DE', C.CR4_DE],
  ['PSE', C.CR4_PSE],
  ['PAE', C.CR4_PAE],
  ['MSR', C.CR4_MCE],
  ['PGE', C.CR4_PGE],
  ['CMOV', C.CR4_PCE],
  ['FXSR', C.CR4_OSFXSR],
  ['SSE', C.CR4_OSXMMEXCPT],
  ['UMIP', C.CR4_UMIP],
  ['FSGSBASE', C.CR4_FSGSBASE],
  ['PCID', C.CR4_PCIDE],
  ['XSAVE', C.CR4_OSXSAVE],
  ['SMEP', C.CR4_SMEP],
  ['SMAP', C.CR4_SMAP],
];
const EFER_BITS: readonly (readonly [Feature, bigint])[] = [
  ['SYSCALL', C.EFER_SCE],
  ['LM', C.EFER_LME],
  ['NX', C.EFER_NXE],
];

const allowed = (bits: readonly (readonly [Feature, bigint])[], model: CpuModel): bigint =>
  bits.reduce((all, [feature, bit]) => (model.features.includes(feature) ? all | bit : all), 0n);

export function powerOnState(cpu: Cpu, model: CpuModel): void {
  const s = cpu.state;
  s.setU32(L.EFLAGS, 2);
  s.setU64(L.RIP, 0xfff0n);
  for (const seg of [L.ES, L.SS, L.DS, L.FS, L.GS]) {
    cpu.setSegment(seg, { selector: 0, base: 0n, limit: 0xffff, rights: DATA });
  }
  cpu.setSegment(L.CS, { selector: 0xf000, base: 0xffff0000n, limit: 0xffff, rights: DATA });
  cpu.setSegment(L.LDTR, { selector: 0, base: 0n, limit: 0xffff, rights: LDT });
  cpu.setSegment(L.TR, { selector: 0, base: 0n, limit: 0xffff, rights: TSS_BUSY });
  cpu.setSegment(L.FLAT, { selector: 0, base: 0n, limit: 0xffffffff, rights: DATA | 0xc000 });
  s.setU32(L.GDTR_LIMIT, 0xffff);
  s.setU32(L.IDTR_LIMIT, 0xffff);
  s.setU64(L.CR0, 0x60000010n);
  s.setU64(L.DR + 6 * 8, 0xffff0ff0n);
  s.setU64(L.DR + 7 * 8, 0x400n);
  s.setU64(L.RDX, BigInt(signature(model)));
  // Enabled, write-back: as firmware leaves them to the kernels that we start without one.
  if (model.features.includes('MTRR')) s.setU64(L.MTRR_DEFAULT, 0xc06n);
  s.setU64(L.XCR0, 1n);
  s.setU64(L.CR4_ALLOWED, allowed(CR4_BITS, model));
  s.setU64(L.EFER_ALLOWED, allowed(EFER_BITS, model));
  s.setU64(L.PAT, 0x0007040600070406n);
  s.setU64(L.MISC_ENABLE, 1n);
  s.setU32(L.MXCSR, 0x1f80);
  s.setU16(L.FCW, 0x37f);
  s.setU16(L.FTW, 0xffff);
}
