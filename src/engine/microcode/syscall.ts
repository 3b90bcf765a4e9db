/**
 * Fast system calls and the base registers of IA-32e mode: SYSCALL SYSRET SYSENTER SYSEXIT SWAPGS
 * RDFSBASE and its kin. SDM Vol. 2B under their names; Vol. 3A §5.8.7, §5.8.8. Intel's SYSCALL: in
 * 64-bit mode only.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { nextRip } from './code-segment.ts';
import { type Cpu, CR4_FSGSBASE, canonical, FL_IF, FL_RF, FL_VM, GP } from './cpu.ts';
import { suppressStep } from './debug.ts';
import { Fault, type Microcode } from './microcode.ts';
import { UD } from './tables.ts';

/** Flat segments as these instructions load them, without looking at a descriptor. */
const CODE64 = 0xa09b;
const CODE32 = 0xc09b;
const STACK = 0xc093;
const EFER_SCE_BIT = 1;

function flat(cpu: Cpu, seg: number, selector: number, rights: number): void {
  const dpl = (selector & 3) << 5;
  cpu.setSegment(seg, { selector, base: 0n, limit: 0xffffffff, rights: rights | dpl });
}

function requireSyscall(cpu: Cpu): void {
  if (!cpu.code64 || !(cpu.state.u32(L.EFER) & EFER_SCE_BIT)) throw new Fault(UD);
}

export function syscall(cpu: Cpu, insn: Instruction): void {
  requireSyscall(cpu);
  const { state } = cpu;
  const flags = cpu.rflags;
  state.setU64(L.RCX, nextRip(cpu, insn));
  state.setU64(L.R11, BigInt(flags));
  const kept = flags & ~(state.u32(L.SFMASK) | FL_RF);
  cpu.access.setFlagWord(kept & 0x8d5);
  state.setU32(L.EFLAGS, (kept & 0x3f7700) | 2);
  const selector = state.u16(L.STAR + 4);
  flat(cpu, L.CS, selector & 0xfffc, CODE64);
  flat(cpu, L.SS, (selector + 8) & 0xfffc, STACK);
  state.setU64(L.RIP, state.u64(L.LSTAR));
  suppressStep(cpu, flags);
  cpu.access.modeChanged();
}

export function sysret(cpu: Cpu, insn: Instruction): void {
  requireSyscall(cpu);
  if (cpu.cpl !== 0) throw new Fault(GP, 0);
  const { state } = cpu;
  const rcx = state.u64(L.RCX);
  const selector = state.u16(L.STAR + 6);
  if (insn.size === 8) {
    if (!canonical(rcx)) throw new Fault(GP, 0);
    flat(cpu, L.CS, ((selector + 16) & 0xffff) | 3, CODE64);
    state.setU64(L.RIP, rcx);
  } else {
    flat(cpu, L.CS, selector | 3, CODE32);
    state.setU64(L.RIP, rcx & 0xffffffffn);
  }
  flat(cpu, L.SS, ((selector + 8) & 0xffff) | 3, STACK);
  // RF and VM are cleared; 3C7FD7H has the rest.
  const flags = state.u32(L.R11) & 0x3c7fd7;
  cpu.access.setFlagWord(flags & 0x8d5);
  state.setU32(L.EFLAGS, (flags & 0x3f7700) | 2);
  cpu.access.modeChanged();
}

export function sysenter(cpu: Cpu): void {
  const { state } = cpu;
  const selector = state.u16(L.SYSENTER_CS) & 0xfffc;
  if (!cpu.protectedMode || selector === 0) throw new Fault(GP, 0);
  const { longMode } = cpu;
  state.setU32(L.EFLAGS, state.u32(L.EFLAGS) & ~(FL_VM | FL_IF | FL_RF));
  const mask = longMode ? 0xffffffffffffffffn : 0xffffffffn;
  state.setU64(L.RSP, state.u64(L.SYSENTER_ESP) & mask);
  state.setU64(L.RIP, state.u64(L.SYSENTER_EIP) & mask);
  flat(cpu, L.CS, selector, longMode ? CODE64 : CODE32);
  flat(cpu, L.SS, (selector + 8) & 0xfffc, STACK);
  cpu.access.modeChanged();
}

export function sysexit(cpu: Cpu, insn: Instruction): void {
  const { state } = cpu;
  const selector = state.u16(L.SYSENTER_CS) & 0xfffc;
  if (!cpu.protectedMode || cpu.cpl !== 0 || selector === 0) throw new Fault(GP, 0);
  const rsp = state.u64(L.RCX);
  const rip = state.u64(L.RDX);
  const wide = insn.size === 8;
  if (wide && !(canonical(rsp) && canonical(rip))) throw new Fault(GP, 0);
  const mask = wide ? 0xffffffffffffffffn : 0xffffffffn;
  state.setU64(L.RSP, rsp & mask);
  state.setU64(L.RIP, rip & mask);
  const code = selector + (wide ? 32 : 16);
  flat(cpu, L.CS, (code & 0xffff) | 3, wide ? CODE64 : CODE32);
  flat(cpu, L.SS, ((code + 8) & 0xffff) | 3, STACK);
  cpu.access.modeChanged();
}

const GS_BASE = L.segment(L.GS) + L.SEG_BASE;

export function swapGs(cpu: Cpu): void {
  if (cpu.cpl !== 0) throw new Fault(GP, 0);
  const { state } = cpu;
  const base = state.u64(GS_BASE);
  state.setU64(GS_BASE, state.u64(L.KERNEL_GS_BASE));
  state.setU64(L.KERNEL_GS_BASE, base);
}

function requireBases(cpu: Cpu): void {
  if (!(cpu.cr4 & CR4_FSGSBASE)) throw new Fault(UD);
}

/** RDFSBASE and RDGSBASE. */
export const readBase =
  (seg: number): Microcode =>
  (cpu, insn) => {
    requireBases(cpu);
    cpu.setSized(insn.regs[0], insn.size === 8 ? 8 : 4, cpu.base(seg));
  };

/** WRFSBASE and WRGSBASE. */
export const writeBase =
  (seg: number): Microcode =>
  (cpu, insn) => {
    requireBases(cpu);
    const base = cpu.sized(insn.regs[0], insn.size === 8 ? 8 : 4);
    if (!canonical(base)) throw new Fault(GP, 0);
    cpu.state.setU64(L.segment(seg) + L.SEG_BASE, base);
  };
