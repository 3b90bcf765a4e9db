/** Register values at RESET. SDM Vol. 3A table 9-1. */

import type { Cpu } from '../microcode/cpu.ts';
import * as L from './layout.ts';

/** Present, R/W, accessed: all segments, CS too. */
const DATA = 0x93;
const LDT = 0x82;
const TSS_BUSY = 0x8b;

export function powerOnState(cpu: Cpu): void {
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
  // Family 6, model 28, stepping 10: what CPUID leaf 1 gives.
  s.setU64(L.RDX, 0x106can);
  s.setU64(L.PAT, 0x0007040600070406n);
  s.setU64(L.MISC_ENABLE, 1n);
  s.setU32(L.MXCSR, 0x1f80);
  s.setU16(L.FCW, 0x37f);
  s.setU16(L.FTW, 0xffff);
}
