/**
 * The vCPU as microcode sees it: registers, modes, memory through segmentation and paging, exits.
 * The part that needs generated code or the host comes in as `Access`.
 */

import type { Instruction } from '../decode/instruction.ts';
import type { Entry, GuestExit } from '../exit.ts';
import * as L from '../vcpu/layout.ts';
import { State } from '../vcpu/state.ts';
import { Fault } from './microcode.ts';

/** How an access is made: as the running program, or as the processor itself (descriptor tables). */
export type Privilege = 'program' | 'system';

export interface Access {
  /** Linear memory through the TLB. Throws Fault(#PF, …) with CR2 set, or ExitPending. Never crosses 8 bytes. */
  read(gva: bigint, bytes: 1 | 2 | 4 | 8, privilege: Privilege): bigint;
  write(gva: bigint, bytes: 1 | 2 | 4 | 8, value: bigint, privilege: Privilege): void;
  /**
   * The same for eight bytes, with address and value in halves of 32 bits: BigInt arithmetic is slow,
   * and events and their returns are hot. What was loaded is in `WIDE` of the state.
   */
  loadWide(low: number, high: number, privilege: Privilege): void;
  storeWide(
    low: number,
    high: number,
    valueLow: number,
    valueHigh: number,
    privilege: Privilege,
  ): void;
  /** Throws what `write` would throw, and changes nothing. */
  probeWrite(gva: bigint, bytes: number, privilege: Privilege): void;
  probeRead(gva: bigint, bytes: number, privilege: Privilege): void;
  /** Leaves to the host; returns once the host has answered. */
  exit(exit: GuestExit): Entry;
  /** Retired instructions before this one, as a number. */
  icount(): number;
  /** Time Stamp Counter at this instruction. */
  tsc(): bigint;
  /** Lazy flags settled into the six bits, and written. */
  flagWord(): number;
  setFlagWord(word: number): void;
  /**
   * Drops TLB entries. `page`: INVLPG; `nonglobal`: MOV CR3; `all`: everything, globals too; `none`:
   * MOV CR3 that keeps them all, so only what was derived for the old PCID goes.
   */
  flushTlb(what: 'page' | 'nonglobal' | 'all' | 'none', gva?: bigint, pcid?: number): void;
  /** Recomputes what is derived from CR0, CR4, EFER, CS, SS, CPL and RFLAGS.AC; call after changing any. */
  modeChanged(): void;
}

export const CR0_PE = 1n << 0n;
export const CR0_MP = 1n << 1n;
export const CR0_EM = 1n << 2n;
export const CR0_TS = 1n << 3n;
export const CR0_ET = 1n << 4n;
export const CR0_NE = 1n << 5n;
export const CR0_WP = 1n << 16n;
export const CR0_AM = 1n << 18n;
export const CR0_NW = 1n << 29n;
export const CR0_CD = 1n << 30n;
export const CR0_PG = 1n << 31n;
export const CR4_VME = 1n << 0n;
export const CR4_PVI = 1n << 1n;
export const CR4_TSD = 1n << 2n;
export const CR4_DE = 1n << 3n;
export const CR4_PSE = 1n << 4n;
export const CR4_PAE = 1n << 5n;
export const CR4_MCE = 1n << 6n;
export const CR4_PGE = 1n << 7n;
export const CR4_PCE = 1n << 8n;
export const CR4_OSFXSR = 1n << 9n;
export const CR4_OSXMMEXCPT = 1n << 10n;
export const CR4_UMIP = 1n << 11n;
export const CR4_FSGSBASE = 1n << 16n;
export const CR4_PCIDE = 1n << 17n;
export const CR4_OSXSAVE = 1n << 18n;
export const CR4_SMEP = 1n << 20n;
export const CR4_SMAP = 1n << 21n;
export const EFER_SCE = 1n << 0n;
export const EFER_LME = 1n << 8n;
export const EFER_LMA = 1n << 10n;
export const EFER_NXE = 1n << 11n;

export const FL_TF = 1 << 8;
export const FL_IF = 1 << 9;
export const FL_DF = 1 << 10;
export const FL_IOPL = 3 << 12;
export const FL_NT = 1 << 14;
export const FL_RF = 1 << 16;
export const FL_VM = 1 << 17;
export const FL_AC = 1 << 18;
export const FL_VIF = 1 << 19;
export const FL_VIP = 1 << 20;
export const FL_ID = 1 << 21;

export const GP = 13;
export const SS = 12;

export class Cpu {
  readonly memory: ArrayBuffer;
  readonly state: State;
  readonly access: Access;

  constructor(memory: ArrayBuffer, access: Access) {
    this.memory = memory;
    this.state = new State(memory);
    this.access = access;
  }

  // --- modes ----------------------------------------------------------------------------------------

  get cr0(): bigint {
    return this.state.u64(L.CR0);
  }
  get cr4(): bigint {
    return this.state.u64(L.CR4);
  }
  get efer(): bigint {
    return this.state.u64(L.EFER);
  }
  get protectedMode(): boolean {
    return (this.state.u32(L.CR0) & 1) !== 0;
  }
  get v86(): boolean {
    return (this.state.u32(L.EFLAGS) & FL_VM) !== 0;
  }
  /** Real-address or virtual-8086 mode: segment registers are paragraphs, not selectors. */
  get realOrV86(): boolean {
    return !this.protectedMode || this.v86;
  }
  /** IA-32e mode: EFER.LMA. */
  get longMode(): boolean {
    return (this.state.u32(L.EFER) & 0x400) !== 0;
  }
  /** 64-bit submode: LMA and CS.L. */
  get code64(): boolean {
    return this.longMode && (this.rights(L.CS) & RIGHTS_L) !== 0;
  }
  /** Current privilege level: 0 in real mode, 3 in virtual-8086 mode, else SS.DPL. */
  get cpl(): number {
    if (!this.protectedMode) return 0;
    if (this.v86) return 3;
    return (this.rights(L.SS) >> 5) & 3;
  }
  get iopl(): number {
    return (this.state.u32(L.EFLAGS) >> 12) & 3;
  }

  // --- registers ------------------------------------------------------------------------------------

  /** General register by number, 64 bits. */
  gpr(n: number): bigint {
    return this.state.u64(L.GPR + n * 8);
  }
  setGpr(n: number, value: bigint): void {
    this.state.setU64(L.GPR + n * 8, value);
  }
  /** Low 32 bits as an unsigned number. */
  gpr32(n: number): number {
    return this.state.u32(L.GPR + n * 8);
  }
  /** Writes with the rules of an operand size: 4 zero-extends, 1 and 2 leave the rest. */
  setSized(offset: number, bytes: number, value: bigint): void {
    const s = this.state;
    if (bytes === 8) s.setU64(offset, value);
    else if (bytes === 4) s.setU64(offset, value & 0xffffffffn);
    else if (bytes === 2) s.setU16(offset, Number(value & 0xffffn));
    else s.setU8(offset, Number(value & 0xffn));
  }
  sized(offset: number, bytes: number): bigint {
    const s = this.state;
    if (bytes === 8) return s.u64(offset);
    if (bytes === 4) return BigInt(s.u32(offset));
    return BigInt(bytes === 2 ? s.u16(offset) : s.u8(offset));
  }

  /** RFLAGS as PUSHF would show it, VM and RF included. */
  get rflags(): number {
    return this.state.u32(L.EFLAGS) | this.access.flagWord();
  }
  /** All of RFLAGS; reserved bits are forced. The caller has masked what may not change. */
  set rflags(value: number) {
    this.access.setFlagWord(value & 0x8d5);
    this.state.setU32(L.EFLAGS, (value & 0x3f7700) | 2);
    this.access.modeChanged();
  }

  /** RIP of the instruction being executed; a routine that branches sets it. */
  get rip(): bigint {
    return this.state.u64(L.RIP);
  }
  set rip(value: bigint) {
    this.state.setU64(L.RIP, value);
  }

  // --- segments -------------------------------------------------------------------------------------

  selector(seg: number): number {
    return this.state.u32(L.segment(seg) + L.SEG_SELECTOR);
  }
  rights(seg: number): number {
    return this.state.u32(L.segment(seg) + L.SEG_RIGHTS);
  }
  base(seg: number): bigint {
    return this.state.u64(L.segment(seg) + L.SEG_BASE);
  }
  limit(seg: number): number {
    return this.state.u32(L.segment(seg) + L.SEG_LIMIT);
  }
  /** Sets selector and hidden part. Call `access.modeChanged` after CS or SS. */
  setSegment(
    seg: number,
    to: { selector: number; base: bigint; limit: number; rights: number },
  ): void {
    const at = L.segment(seg);
    this.state.setU32(at + L.SEG_SELECTOR, to.selector);
    this.state.setU32(at + L.SEG_RIGHTS, to.rights);
    this.state.setU32(at + L.SEG_LIMIT, to.limit);
    this.state.setU64(at + L.SEG_BASE, to.base);
  }

  /**
   * Linear address of `seg:offset` for an access of `bytes`, checked as SDM Vol. 3A §5.3 and §5.5
   * ask: limit, type, null; in 64-bit mode canonical form only. #SS for the stack segment, else #GP.
   */
  linear(seg: number, offset: bigint, bytes: number, write: boolean): bigint {
    const vector = seg === L.SS ? SS : GP;
    if (this.code64) {
      const base = seg === L.FS || seg === L.GS ? this.base(seg) : 0n;
      const at = BigInt.asUintN(64, base + offset);
      if (!canonical(at) || !canonical(at + BigInt(bytes - 1))) throw new Fault(vector, 0);
      return at;
    }
    if (!segmentAllows(this.rights(seg), this.limit(seg), Number(offset), bytes, write)) {
      throw new Fault(vector, 0);
    }
    return (this.base(seg) + offset) & 0xffffffffn;
  }

  read(seg: number, offset: bigint, bytes: 1 | 2 | 4 | 8): bigint {
    return this.access.read(this.linear(seg, offset, bytes, false), bytes, 'program');
  }
  write(seg: number, offset: bigint, bytes: 1 | 2 | 4 | 8, value: bigint): void {
    this.access.write(this.linear(seg, offset, bytes, true), bytes, value, 'program');
  }
  /** Descriptor tables and TSS: supervisor accesses whatever the CPL. */
  readSystem(gva: bigint, bytes: 1 | 2 | 4 | 8): bigint {
    return this.access.read(BigInt.asUintN(64, gva), bytes, 'system');
  }
  writeSystem(gva: bigint, bytes: 1 | 2 | 4 | 8, value: bigint): void {
    this.access.write(BigInt.asUintN(64, gva), bytes, value, 'system');
  }

  // --- operands of the instruction --------------------------------------------------------------------

  /** Effective address of the memory operand, wrapped to the address size, without segment base. */
  effective(insn: Instruction): bigint {
    const s = this.state;
    const sum = s.u64(insn.base) + (s.u64(insn.index) << BigInt(insn.scale)) + BigInt(insn.disp);
    return BigInt.asUintN(insn.addressSize * 8, sum);
  }
  /** Linear address of the memory operand plus `delta`, checked for `bytes`. */
  operandAddress(insn: Instruction, bytes: number, write: boolean, delta = 0n): bigint {
    const offset = BigInt.asUintN(insn.addressSize * 8, this.effective(insn) + delta);
    if (insn.stackFault && this.code64) {
      const at = BigInt.asUintN(64, offset);
      if (!canonical(at)) throw new Fault(SS, 0);
      return at;
    }
    return this.linear(insn.segment, offset, bytes, write);
  }
  readOperand(insn: Instruction, bytes: 1 | 2 | 4 | 8, delta = 0n): bigint {
    return this.access.read(this.operandAddress(insn, bytes, false, delta), bytes, 'program');
  }
  writeOperand(insn: Instruction, bytes: 1 | 2 | 4 | 8, value: bigint, delta = 0n): void {
    this.access.write(this.operandAddress(insn, bytes, true, delta), bytes, value, 'program');
  }
  /** A general register or memory operand named by ModRM.rm. */
  readRm(insn: Instruction, field: number, bytes: 1 | 2 | 4 | 8): bigint {
    return insn.form === 'reg'
      ? this.sized(insn.regs[field]!, bytes)
      : this.readOperand(insn, bytes);
  }
}

/** Access-rights bits as `Segment.rights` has them: descriptor bits 40..55 shifted down. */
export const RIGHTS_P = 0x80;
export const RIGHTS_S = 0x10;
export const RIGHTS_L = 0x2000;
export const RIGHTS_DB = 0x4000;
export const RIGHTS_G = 0x8000;
export const RIGHTS_CODE = 0x08;
/** Of data: expand down. Of code: conforming. */
export const RIGHTS_EXPAND_DOWN = 0x04;
/** Of data: writable. Of code: readable. */
export const RIGHTS_RW = 0x02;
/** Hidden part of a segment register that holds a null selector: nothing may be accessed. */
export const RIGHTS_NULL = 0;

const quadword = new BigUint64Array(1);
const halves = new Int32Array(quadword.buffer);

/** 48-bit canonical form. SDM Vol. 1 §3.3.7.1. */
export function canonical(gva: bigint): boolean {
  quadword[0] = gva;
  return canonicalHigh(halves[1]!);
}

/** The same by the upper half alone: bits 47..63 are all equal. */
export function canonicalHigh(high: number): boolean {
  const top = high >> 15;
  return top === 0 || top === -1;
}

/** Legacy limit and type check of a data access. SDM Vol. 3A §5.3, §5.5. */
export function segmentAllows(
  rights: number,
  limit: number,
  offset: number,
  bytes: number,
  write: boolean,
): boolean {
  if (!(rights & RIGHTS_P)) return false;
  if (rights & RIGHTS_CODE) {
    if (write || !(rights & RIGHTS_RW)) return false;
  } else if (write && !(rights & RIGHTS_RW)) return false;
  const last = offset + bytes - 1;
  if (!(rights & RIGHTS_CODE) && rights & RIGHTS_EXPAND_DOWN) {
    const top = rights & RIGHTS_DB ? 0xffffffff : 0xffff;
    return offset > limit && last <= top;
  }
  return last <= limit;
}
