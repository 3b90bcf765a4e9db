/**
 * Descriptor-table registers and the task register: LGDT LIDT SGDT SIDT LLDT SLDT LTR STR.
 * SDM Vol. 2A and 2B under their names; Vol. 3A §2.4.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { retire } from './code-segment.ts';
import { type Cpu, CR4_UMIP, canonical, GP } from './cpu.ts';
import {
  BUSY,
  type Descriptor,
  fetchDescriptor,
  isNull,
  selectorError,
  setBusy,
  TYPE_LDT,
  TYPE_TSS16,
  TYPE_TSS32,
} from './descriptor.ts';
import { Fault, type Microcode } from './microcode.ts';
import { NP, nullSegment } from './segment.ts';
import { storeWord } from './segment-move.ts';

export const UD = 6;

export function requireCpl0(cpu: Cpu): void {
  if (cpu.cpl !== 0) throw new Fault(GP, 0);
}

/** SGDT, SIDT, SLDT, STR and SMSW outside CPL 0 are #GP(0) under CR4.UMIP. */
export function requireUmip(cpu: Cpu): void {
  if (cpu.cr4 & CR4_UMIP) requireCpl0(cpu);
}

function requireProtected(cpu: Cpu): void {
  if (cpu.realOrV86) throw new Fault(UD);
}

/** A pseudo-descriptor: 16 bits of limit, then a base of 8 bytes in 64-bit mode, else of 4. */
const baseBytes = (insn: Instruction): 4 | 8 => (insn.codeSize === 8 ? 8 : 4);

export const loadTable =
  (base: number, limit: number): Microcode =>
  (cpu, insn) => {
    requireCpl0(cpu);
    const newLimit = cpu.readOperand(insn, 2);
    let newBase = cpu.readOperand(insn, baseBytes(insn), 2n);
    // With a 16-bit operand the 80286 had 24 bits of base.
    if (insn.codeSize !== 8 && insn.size === 2) newBase &= 0xffffffn;
    if (!canonical(newBase)) throw new Fault(GP, 0);
    cpu.state.setU64(base, newBase);
    cpu.state.setU32(limit, Number(newLimit));
    retire(cpu, insn);
  };

export const storeTable =
  (base: number, limit: number): Microcode =>
  (cpu, insn) => {
    requireUmip(cpu);
    const bytes = baseBytes(insn);
    const at = cpu.operandAddress(insn, bytes + 2, true);
    cpu.access.probeWrite(at, bytes + 2, 'program');
    cpu.writeOperand(insn, 2, BigInt(cpu.state.u32(limit)));
    cpu.writeOperand(insn, bytes, cpu.state.u64(base), 2n);
  };

/** A system descriptor, which in IA-32e mode has 16 bytes. */
function systemSegment(cpu: Cpu, d: Descriptor): bigint {
  if (!cpu.longMode) return BigInt(d.base);
  const error = selectorError(d.selector, 0);
  fetchDescriptor(cpu, d.selector, GP, 0, 16);
  const high = cpu.readSystem(d.at.value + 8n, 8);
  const base = ((high & 0xffffffffn) << 32n) | BigInt(d.base);
  if ((high >> 40n) & 0x1fn || !canonical(base)) throw new Fault(GP, error);
  return base;
}

export function loadLdt(cpu: Cpu, insn: Instruction): void {
  requireProtected(cpu);
  requireCpl0(cpu);
  const selector = Number(cpu.readRm(insn, 0, 2));
  if (isNull(selector)) {
    cpu.setSegment(L.LDTR, nullSegment(selector));
  } else {
    const error = selectorError(selector, 0);
    if (selector & 4) throw new Fault(GP, error);
    const d = fetchDescriptor(cpu, selector, GP);
    if (!d.system || d.type !== TYPE_LDT) throw new Fault(GP, error);
    const base = systemSegment(cpu, d);
    if (!d.present) throw new Fault(NP, error);
    cpu.setSegment(L.LDTR, { selector, base, limit: d.limit, rights: d.rights });
  }
  retire(cpu, insn);
}

export function loadTask(cpu: Cpu, insn: Instruction): void {
  requireProtected(cpu);
  requireCpl0(cpu);
  const selector = Number(cpu.readRm(insn, 0, 2));
  const error = selectorError(selector, 0);
  if (isNull(selector) || selector & 4) throw new Fault(GP, error);
  const d = fetchDescriptor(cpu, selector, GP);
  const available = d.type === TYPE_TSS32 || (d.type === TYPE_TSS16 && !cpu.longMode);
  if (!d.system || !available) throw new Fault(GP, error);
  const base = systemSegment(cpu, d);
  if (!d.present) throw new Fault(NP, error);
  setBusy(cpu, d, true);
  cpu.setSegment(L.TR, { selector, base, limit: d.limit, rights: d.rights | BUSY });
  retire(cpu, insn);
}

/** SLDT and STR. */
export const storeSelector =
  (seg: number): Microcode =>
  (cpu, insn) => {
    requireProtected(cpu);
    requireUmip(cpu);
    storeWord(cpu, insn, cpu.selector(seg));
  };
