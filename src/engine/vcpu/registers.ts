/** `Registers` from and to the state page. */

import type { Cpu } from '../microcode/cpu.ts';
import * as L from './layout.ts';
import type { Registers, Segment } from './vcpu.ts';

const DEBUG_REGISTERS = [0, 1, 2, 3, 6, 7];

export function readRegisters(cpu: Cpu): Registers {
  const s = cpu.state;
  const segment = (n: number): Segment => ({
    selector: cpu.selector(n),
    base: cpu.base(n),
    limit: cpu.limit(n),
    rights: cpu.rights(n),
  });
  return {
    gpr: Array.from({ length: 16 }, (_, n) => cpu.gpr(n)),
    rip: s.u64(L.RIP),
    rflags: BigInt(cpu.rflags),
    segments: [L.ES, L.CS, L.SS, L.DS, L.FS, L.GS].map(segment),
    ldtr: segment(L.LDTR),
    tr: segment(L.TR),
    gdtr: { base: s.u64(L.GDTR_BASE), limit: s.u32(L.GDTR_LIMIT) },
    idtr: { base: s.u64(L.IDTR_BASE), limit: s.u32(L.IDTR_LIMIT) },
    cr0: s.u64(L.CR0),
    cr2: s.u64(L.CR2),
    cr3: s.u64(L.CR3),
    cr4: s.u64(L.CR4),
    dr: DEBUG_REGISTERS.map((n) => s.u64(L.DR + n * 8)),
    efer: s.u64(L.EFER),
    fsBase: cpu.base(L.FS),
    gsBase: cpu.base(L.GS),
    kernelGsBase: s.u64(L.KERNEL_GS_BASE),
    xmm: Array.from({ length: 16 }, (_, n) => ({
      lo: s.u64(L.XMM + n * L.XMM_STRIDE),
      hi: s.u64(L.XMM + n * L.XMM_STRIDE + 8),
    })),
    mxcsr: s.u32(L.MXCSR),
    x87: Array.from({ length: 8 }, (_, n) => ({
      significand: s.u64(L.X87 + n * L.X87_STRIDE),
      signExponent: s.u16(L.X87 + n * L.X87_STRIDE + 8),
    })),
    fcw: s.u16(L.FCW),
    fsw: s.u16(L.FSW),
    ftw: s.u16(L.FTW),
    fip: s.u64(L.FIP),
    fdp: s.u64(L.FDP),
    fop: s.u16(L.FOP),
  };
}

/** Sets what is given. The caller derives the mode and flushes the TLB. */
export function writeRegisters(cpu: Cpu, r: Partial<Registers>): void {
  const s = cpu.state;
  const set64 = (at: number, value: bigint | undefined): void => {
    if (value !== undefined) s.setU64(at, BigInt.asUintN(64, value));
  };
  r.gpr?.forEach((value, n) => set64(L.GPR + n * 8, value));
  set64(L.RIP, r.rip);
  for (const [at, value] of [
    [L.CR0, r.cr0],
    [L.CR2, r.cr2],
    [L.CR3, r.cr3],
    [L.CR4, r.cr4],
    [L.EFER, r.efer],
    [L.KERNEL_GS_BASE, r.kernelGsBase],
    [L.FIP, r.fip],
    [L.FDP, r.fdp],
  ] as const) {
    set64(at, value);
  }
  r.dr?.forEach((value, i) => set64(L.DR + DEBUG_REGISTERS[i]! * 8, value));
  r.segments?.forEach((seg, n) => cpu.setSegment(n, seg));
  if (r.ldtr) cpu.setSegment(L.LDTR, r.ldtr);
  if (r.tr) cpu.setSegment(L.TR, r.tr);
  set64(L.segment(L.FS) + L.SEG_BASE, r.fsBase);
  set64(L.segment(L.GS) + L.SEG_BASE, r.gsBase);
  for (const [base, limit, table] of [
    [L.GDTR_BASE, L.GDTR_LIMIT, r.gdtr],
    [L.IDTR_BASE, L.IDTR_LIMIT, r.idtr],
  ] as const) {
    if (!table) continue;
    set64(base, table.base);
    s.setU32(limit, table.limit);
  }
  r.xmm?.forEach(({ lo, hi }, n) => {
    set64(L.XMM + n * L.XMM_STRIDE, lo);
    set64(L.XMM + n * L.XMM_STRIDE + 8, hi);
  });
  r.x87?.forEach(({ significand, signExponent }, n) => {
    set64(L.X87 + n * L.X87_STRIDE, significand);
    s.setU16(L.X87 + n * L.X87_STRIDE + 8, signExponent);
  });
  if (r.mxcsr !== undefined) s.setU32(L.MXCSR, r.mxcsr);
  if (r.fcw !== undefined) s.setU16(L.FCW, r.fcw);
  if (r.fsw !== undefined) s.setU16(L.FSW, r.fsw);
  if (r.ftw !== undefined) s.setU16(L.FTW, r.ftw);
  if (r.fop !== undefined) s.setU16(L.FOP, r.fop);
  // Last: RFLAGS.VM and AC decide modes.
  if (r.rflags !== undefined) cpu.rflags = Number(BigInt.asUintN(32, r.rflags));
}
