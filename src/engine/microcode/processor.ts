/**
 * Instructions about the processor itself: HLT, CPUID, time stamps, random numbers, caches, MOV DR,
 * STAC and CLAC. SDM Vol. 2A and 2B under their names.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { retire } from './code-segment.ts';
import { registerBytes } from './control.ts';
import { type Cpu, CR4_DE, CR4_PCE, CR4_TSD, FL_AC, GP } from './cpu.ts';
import { DB, DR6_BD, DR7_GD, dr6Value, dr7Value, setDr6 } from './debug.ts';
import { Fault, type Microcode } from './microcode.ts';
import { split } from './pointer.ts';
import { requireCpl0, UD } from './tables.ts';

/** Halts until an interrupt; the host says how many ticks pass. */
export function halt(cpu: Cpu, insn: Instruction): void {
  requireCpl0(cpu);
  const entry = cpu.access.exit({ kind: 'hlt' });
  if (entry.kind !== 'skip') throw new Error(`hlt: expected a skip, got ${entry.kind}`);
  const { state } = cpu;
  state.setCount(L.SKIPPED, state.count(L.SKIPPED) + entry.ticks);
  state.setU32(L.HALTED, 1);
  retire(cpu, insn);
}

export function cpuid(cpu: Cpu, insn: Instruction): void {
  const { state } = cpu;
  const leaf = state.u32(L.RAX);
  const subleaf = state.u32(L.RCX);
  const entry = cpu.access.exit({ kind: 'cpuid', leaf, subleaf });
  if (entry.kind !== 'cpuid') throw new Error(`cpuid: expected registers, got ${entry.kind}`);
  const [eax, ebx, ecx, edx] = entry.regs;
  state.setU64(L.RAX, BigInt(eax >>> 0));
  state.setU64(L.RBX, BigInt(ebx >>> 0));
  state.setU64(L.RCX, BigInt(ecx >>> 0));
  state.setU64(L.RDX, BigInt(edx >>> 0));
  retire(cpu, insn);
}

/** EDX:EAX; the upper halves of RDX and RAX are cleared. */
export function setEdxEax({ state }: Cpu, low: number, high: number): void {
  state.setU32(L.RAX, low);
  state.setU32(L.RAX + 4, 0);
  state.setU32(L.RDX, high);
  state.setU32(L.RDX + 4, 0);
}

function loadTime(cpu: Cpu): void {
  if (cpu.cr4 & CR4_TSD) requireCpl0(cpu);
  const { low, high } = split(cpu.access.tsc());
  setEdxEax(cpu, low, high);
}

export function readTime(cpu: Cpu, insn: Instruction): void {
  loadTime(cpu);
  retire(cpu, insn);
}

export function readTimeAndAux(cpu: Cpu, insn: Instruction): void {
  loadTime(cpu);
  cpu.state.setU64(L.RCX, BigInt(cpu.state.u32(L.TSC_AUX)));
  retire(cpu, insn);
}

/** There are no performance counters, so every counter number is a wrong one. */
export function readCounter(cpu: Cpu): void {
  if (!(cpu.cr4 & CR4_PCE)) requireCpl0(cpu);
  throw new Fault(GP, 0);
}

/** RDRAND and RDSEED: CF says that the number is there; the other flags are cleared. */
export const random =
  (instruction: 'rdrand' | 'rdseed'): Microcode =>
  (cpu, insn) => {
    const entry = cpu.access.exit({ kind: 'random', instruction, size: insn.size });
    if (entry.kind !== 'wide') throw new Error(`${instruction}: got ${entry.kind}`);
    cpu.setSized(insn.regs[0], insn.size, BigInt.asUintN(insn.size * 8, entry.value));
    cpu.access.setFlagWord(1);
    retire(cpu, insn);
  };

/** INVD, WBINVD: there are no caches. */
export function invalidateCaches(cpu: Cpu): void {
  requireCpl0(cpu);
}

/** STAC and CLAC. */
export const setAlignmentCheck =
  (on: boolean): Microcode =>
  (cpu, insn) => {
    if (cpu.cpl !== 0) throw new Fault(UD);
    const flags = cpu.state.u32(L.EFLAGS);
    cpu.state.setU32(L.EFLAGS, on ? flags | FL_AC : flags & ~FL_AC);
    cpu.access.modeChanged();
    retire(cpu, insn);
  };

/** DR4 and DR5 are DR6 and DR7 unless CR4.DE says they are nothing. */
function debugRegister(cpu: Cpu, insn: Instruction): number {
  const n = insn.reg;
  if (n > 7 || ((n === 4 || n === 5) && cpu.cr4 & CR4_DE)) throw new Fault(UD);
  requireCpl0(cpu);
  if (cpu.state.u32(L.DR + 7 * 8) & DR7_GD) {
    setDr6(cpu, DR6_BD);
    throw new Fault(DB);
  }
  return n === 4 || n === 5 ? n + 2 : n;
}

export function moveFromDebug(cpu: Cpu, insn: Instruction): void {
  const n = debugRegister(cpu, insn);
  cpu.setSized(L.GPR + insn.rm * 8, registerBytes(insn), cpu.state.u64(L.DR + n * 8));
  retire(cpu, insn);
}

export function moveToDebug(cpu: Cpu, insn: Instruction): void {
  const n = debugRegister(cpu, insn);
  let value = cpu.sized(L.GPR + insn.rm * 8, registerBytes(insn));
  if (n >= 6) {
    if (value >> 32n) throw new Fault(GP, 0);
    const low = Number(value);
    value = BigInt(n === 6 ? dr6Value(low) : dr7Value(low));
  }
  cpu.state.setU64(L.DR + n * 8, value);
  cpu.access.modeChanged();
  retire(cpu, insn);
}
