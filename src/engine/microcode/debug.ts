/**
 * Debug registers. SDM Vol. 3A chapter 17.2 and 17.3; Vol. 2B "MOV—Move to/from Debug Registers".
 *
 * The run loop asks `instructionBreakpointHit` before an instruction, collects what
 * `dataBreakpointHits` and the I/O instructions find in DEBUG_HITS while one executes, and raises
 * what `takeDebugTrap` returns behind it.
 */

import * as L from '../vcpu/layout.ts';
import { type Cpu, CR4_DE, FL_RF, FL_TF } from './cpu.ts';

export const DB = 1;

/** B0..B3 say which breakpoint matched, whether enabled or not; these say what else it was. */
export const DR6_BD = 1 << 13;
export const DR6_BS = 1 << 14;
export const DR6_BT = 1 << 15;
/** In DEBUG_HITS only: the instruction has cleared TF on its way to a handler, so it does not trap. */
export const NO_STEP = 1 << 30;
/** Bits that can change: B0..B3, BD, BS, BT. The rest of bits 4..31 read as one but for bit 12. */
const DR6_WRITABLE = 0xe00f;
const DR6_FIXED = 0xffff0ff0;
const DR7_WRITABLE = 0xffff23ff;
const DR7_FIXED = 0x400;
export const DR7_GD = 1 << 13;
const DR7_ENABLE_ANY = 0xff;

const DR6 = L.DR + 6 * 8;
const DR7 = L.DR + 7 * 8;

/** R/Wn of DR7. */
const ON_EXECUTE = 0;
const ON_WRITE = 1;
const ON_IO = 2;
const ON_ACCESS = 3;

/** LENn of DR7 in bytes; 2 is 8 bytes in IA-32e mode and reserved before it. */
const LENGTHS = [1, 2, 8, 4] as const;

export const dr6Value = (value: number): number => ((value & DR6_WRITABLE) | DR6_FIXED) >>> 0;
export const dr7Value = (value: number): number => ((value & DR7_WRITABLE) | DR7_FIXED) >>> 0;

interface Breakpoint {
  readonly bit: number;
  readonly on: number;
  readonly length: number;
  readonly at: bigint;
}

/** Breakpoints that L or G enables. */
function enabled(cpu: Cpu): Breakpoint[] {
  const dr7 = cpu.state.u32(DR7);
  if ((dr7 & DR7_ENABLE_ANY) === 0) return [];
  const found: Breakpoint[] = [];
  for (let n = 0; n < 4; n++) {
    if (((dr7 >> (n * 2)) & 3) === 0) continue;
    const on = (dr7 >> (16 + n * 4)) & 3;
    const length = LENGTHS[(dr7 >> (18 + n * 4)) & 3]!;
    // The address is aligned to the length: its low bits are not compared.
    const at = cpu.state.u64(L.DR + n * 8) & ~BigInt(length - 1);
    found.push({ bit: 1 << n, on, length, at });
  }
  return found;
}

/** Linear addresses of the enabled instruction breakpoints: where blocks must end. */
export function instructionBreakpoints(cpu: Cpu): bigint[] {
  return enabled(cpu)
    .filter((b) => b.on === ON_EXECUTE)
    .map((b) => b.at);
}

/** Ranges of the enabled data breakpoints: their pages must go the slow way. */
export function dataBreakpoints(cpu: Cpu): { at: bigint; length: number }[] {
  return enabled(cpu)
    .filter((b) => b.on === ON_WRITE || b.on === ON_ACCESS)
    .map(({ at, length }) => ({ at, length }));
}

/**
 * Is there an instruction breakpoint on the instruction at RIP? Sets DR6 if so: raise #DB as a
 * fault. RF suppresses it, and so does the shadow of MOV SS.
 */
export function instructionBreakpointHit(cpu: Cpu): boolean {
  const { state } = cpu;
  if ((state.u32(DR7) & DR7_ENABLE_ANY) === 0) return false;
  if (state.u32(L.EFLAGS) & FL_RF || state.u32(L.SHADOW) === L.SHADOW_MOV_SS) return false;
  const linear = cpu.code64 ? cpu.rip : (cpu.base(L.CS) + cpu.rip) & 0xffffffffn;
  let hits = 0;
  for (const b of enabled(cpu)) {
    if (b.on === ON_EXECUTE && b.length === 1 && b.at === linear) hits |= b.bit;
  }
  if (hits) setDr6(cpu, hits);
  return hits !== 0;
}

/** B0..B3 of the data breakpoints that an access touches. */
export function dataBreakpointHits(cpu: Cpu, gva: bigint, bytes: number, write: boolean): number {
  let hits = 0;
  for (const b of enabled(cpu)) {
    if (b.on !== ON_ACCESS && !(write && b.on === ON_WRITE)) continue;
    if (gva < b.at + BigInt(b.length) && b.at < gva + BigInt(bytes)) hits |= b.bit;
  }
  return hits;
}

/** B0..B3 of the I/O breakpoints that a port access touches; they exist with CR4.DE. */
export function ioBreakpointHits(cpu: Cpu, port: number, bytes: number): number {
  if ((cpu.state.u32(DR7) & DR7_ENABLE_ANY) === 0 || !(cpu.cr4 & CR4_DE)) return 0;
  let hits = 0;
  for (const b of enabled(cpu)) {
    if (b.on !== ON_IO) continue;
    const at = Number(b.at & 0xffffn);
    if (port < at + b.length && at < port + bytes) hits |= b.bit;
  }
  return hits;
}

/**
 * Debug traps of the instruction that has just retired: single step, data and I/O breakpoints, task
 * switch. `tf` is RFLAGS.TF as it was before that instruction. Returns whether #DB is to be raised
 * as a trap, with DR6 set. Behind MOV SS they wait for the next instruction.
 */
export function takeDebugTrap(cpu: Cpu, tf: boolean): boolean {
  const { state } = cpu;
  if (state.u32(L.SHADOW) === L.SHADOW_MOV_SS) return false;
  const raised = state.u32(L.DEBUG_HITS);
  const hits = (raised & ~NO_STEP) | (tf && !(raised & NO_STEP) ? DR6_BS : 0);
  if (raised) state.setU32(L.DEBUG_HITS, 0);
  if (hits === 0) return false;
  setDr6(cpu, hits);
  return true;
}

/**
 * INT n and SYSCALL leave TF to their handlers, which clear it: they do not trap. `flags` are those
 * before. SDM Vol. 3B §17.3.1.4.
 */
export function suppressStep(cpu: Cpu, flags: number): void {
  if (!(flags & FL_TF) || cpu.state.u32(L.EFLAGS) & FL_TF) return;
  cpu.state.setU32(L.DEBUG_HITS, cpu.state.u32(L.DEBUG_HITS) | NO_STEP);
}

export const trapFlag = (cpu: Cpu): boolean => (cpu.state.u32(L.EFLAGS) & FL_TF) !== 0;

/** Records why #DB is raised; B0..B3 are replaced, the other bits stick until software clears them. */
export function setDr6(cpu: Cpu, hits: number): void {
  const sticky = hits & 0xf ? cpu.state.u32(DR6) & ~0xf : cpu.state.u32(DR6);
  cpu.state.setU64(DR6, BigInt(dr6Value(sticky | hits)));
}

/** Entering the #DB handler clears GD, so that it may use the debug registers. SDM Vol. 3B §17.2.4. */
export function clearGeneralDetect(cpu: Cpu): void {
  cpu.state.setU64(DR7, BigInt(dr7Value(cpu.state.u32(DR7) & ~DR7_GD)));
}
