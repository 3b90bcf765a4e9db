/**
 * IRET, IRETD, IRETQ in every direction. SDM Vol. 2A "IRET/IRETD/IRETQ"; Vol. 3A §20.3.3 and
 * §20.2.4 (virtual-8086 mode), §7.3 (nested tasks), §6.14.3 (IA-32e mode).
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { checkReturn, codeDescriptor, codeHidden, enterCode, nextRip } from './code-segment.ts';
import {
  type Cpu,
  CR4_VME,
  FL_AC,
  FL_DF,
  FL_ID,
  FL_IF,
  FL_IOPL,
  FL_NT,
  FL_RF,
  FL_TF,
  FL_VIF,
  FL_VIP,
  FL_VM,
  GP,
} from './cpu.ts';
import { type Hidden, markAccessed } from './descriptor.ts';
import { mergedStack, StackReader, stackBytes } from './far-stack.ts';
import { Fault, TaskFault } from './microcode.ts';
import { returnStack, toOuter } from './ret.ts';
import { checkEntry, realSegment, v86Segment, virtualInterruptDue } from './segment.ts';
import { returnToTask } from './task.ts';

const ARITHMETIC = 0x8d5;

export function interruptReturn(cpu: Cpu, insn: Instruction): void {
  // NMIs are unblocked even if the return faults. SDM Vol. 3A §6.7.1.
  cpu.state.setU32(L.NMI_BLOCKED, 0);
  if (!cpu.protectedMode) returnReal(cpu, insn);
  else if (cpu.v86) returnInV86(cpu, insn);
  else if (cpu.longMode) returnLong(cpu, insn);
  else returnProtected(cpu, insn);
}

/**
 * What IRET puts into RFLAGS: the bits of `mask` from the image, the rest as they are. `enterCode`
 * follows and recomputes what depends on them.
 */
function setFlags(cpu: Cpu, image: number, mask: number, size: number): void {
  const allowed = size === 2 ? mask & 0xffff : mask;
  const value = (cpu.rflags & ~allowed) | (image & allowed);
  cpu.access.setFlagWord(value & ARITHMETIC);
  cpu.state.setU32(L.EFLAGS, (value & 0x3f7700) | 2);
}

/** The bits that a return at privilege `cpl` may change. */
function flagMask(cpu: Cpu): number {
  const { cpl, iopl } = cpu;
  let mask = ARITHMETIC | FL_TF | FL_DF | FL_NT | FL_RF | FL_AC | FL_ID;
  if (cpl <= iopl) mask |= FL_IF;
  if (cpl === 0) mask |= FL_IOPL | FL_VIF | FL_VIP;
  return mask;
}

interface Frame {
  readonly rip: bigint;
  readonly selector: number;
  readonly flags: number;
  readonly stack: StackReader;
}

function popFrame(cpu: Cpu, insn: Instruction): Frame {
  const { size } = insn;
  const stack = new StackReader(cpu);
  const rip = stack.pop(size);
  const selector = stack.popSelector(size);
  const flags = stack.popLow(size);
  return { rip, selector, flags, stack };
}

function returnReal(cpu: Cpu, insn: Instruction): void {
  const { rip, selector, flags, stack } = popFrame(cpu, insn);
  const code = realSegment(cpu, L.CS, selector);
  checkEntry(code, false, rip);
  cpu.state.setU64(L.RSP, stack.rsp);
  // 257FD5H: all but VM, VIF and VIP.
  setFlags(cpu, flags, 0x257fd5, insn.size);
  enterCode(cpu, code, rip);
}

function returnInV86(cpu: Cpu, insn: Instruction): void {
  const virtual = cpu.iopl !== 3;
  // With VME, a 16-bit IRET works on VIF in IF's stead.
  if (virtual && (!(cpu.cr4 & CR4_VME) || insn.size !== 2)) throw new Fault(GP, 0);
  const { rip, selector, flags, stack } = popFrame(cpu, insn);
  const code = v86Segment(selector);
  checkEntry(code, false, rip);
  const now = cpu.rflags;
  const masked = ARITHMETIC | FL_TF | FL_DF | FL_NT | FL_RF | FL_AC | FL_ID;
  if (!virtual) {
    cpu.state.setU64(L.RSP, stack.rsp);
    setFlags(cpu, flags, masked | FL_IF, insn.size);
  } else {
    if (flags & FL_TF || (flags & FL_IF && now & FL_VIP)) throw new Fault(GP, 0);
    cpu.state.setU64(L.RSP, stack.rsp);
    const vif = flags & FL_IF ? FL_VIF : 0;
    cpu.rflags = (now & ~((masked & 0xffff) | FL_VIF)) | (flags & masked & 0xffff) | vif;
  }
  enterCode(cpu, code, rip);
}

function returnProtected(cpu: Cpu, insn: Instruction): void {
  if (cpu.rflags & FL_NT) {
    returnToTask(cpu, nextRip(cpu, insn));
    return;
  }
  const frame = popFrame(cpu, insn);
  if (insn.size === 4 && frame.flags & FL_VM && cpu.cpl === 0) {
    returnToV86(cpu, frame);
    return;
  }
  const { selector, rip, flags, stack } = frame;
  const target = codeDescriptor(cpu, selector);
  checkReturn(cpu, target);
  const cpl = selector & 3;
  const code = codeHidden(target, cpl);
  if (cpl === cpu.cpl) {
    checkEntry(code, false, rip);
    markAccessed(cpu, target);
    cpu.state.setU64(L.RSP, stack.rsp);
    setFlags(cpu, flags, flagMask(cpu), insn.size);
    enterCode(cpu, code, rip);
    return;
  }
  const rsp = stack.pop(insn.size);
  const outer = returnStack(cpu, stack.popSelector(insn.size), code, cpl);
  checkEntry(code, false, rip);
  markAccessed(cpu, target);
  setFlags(cpu, flags, flagMask(cpu), insn.size);
  toOuter(cpu, { code, rip, stack: outer, rsp, release: 0 });
}

/** To virtual-8086 mode: SDM Vol. 3A figure 20-4 has the frame. */
function returnToV86(cpu: Cpu, frame: Frame): void {
  const { rip, selector, flags, stack } = frame;
  const rsp = stack.pop(4);
  const selectors = [L.SS, L.ES, L.DS, L.FS, L.GS].map((seg) => ({
    seg,
    selector: stack.popSelector(4),
  }));
  const code = v86Segment(selector);
  checkEntry(code, false, rip);
  for (const { seg, selector: to } of selectors) cpu.setSegment(seg, v86Segment(to));
  cpu.state.setU64(L.RSP, rsp);
  cpu.rflags = flags;
  enterCode(cpu, code, rip);
  if (virtualInterruptDue(cpu)) throw new TaskFault(GP, 0);
}

/** IA-32e mode: from 64-bit code SS:RSP is always popped. */
function returnLong(cpu: Cpu, insn: Instruction): void {
  if (cpu.state.u32(L.EFLAGS) & FL_NT) throw new Fault(GP, 0);
  const { size } = insn;
  const { rip, selector, flags, stack } = popFrame(cpu, insn);
  const target = codeDescriptor(cpu, selector);
  checkReturn(cpu, target);
  const cpl = selector & 3;
  const outer = cpl !== cpu.cpl;
  const code = codeHidden(target, cpl);
  let newStack: Hidden | undefined;
  let rsp = stack.rsp;
  if (outer || cpu.code64) {
    const popped = stack.pop(size);
    newStack = returnStack(cpu, stack.popSelector(size), code, cpl);
    rsp = mergedStack(cpu.state.u64(L.RSP), popped, stackBytes(target.long, newStack.rights));
  }
  checkEntry(code, true, rip);
  markAccessed(cpu, target);
  // Nothing may fault from here on. The mask belongs to the privilege we come from.
  const mask = flagMask(cpu);
  if (newStack && outer) {
    setFlags(cpu, flags, mask, size);
    toOuter(cpu, { code, rip, stack: newStack, rsp, release: 0 });
    return;
  }
  if (newStack) cpu.setSegment(L.SS, newStack);
  cpu.state.setU64(L.RSP, rsp);
  setFlags(cpu, flags, mask, size);
  enterCode(cpu, code, rip);
}
