/**
 * JMP far and CALL far: direct, through call gates, through task gates and TSS descriptors.
 * SDM Vol. 2A "CALL", "JMP"; Vol. 3A §5.8.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { callGate, jumpGate } from './call-gate.ts';
import { checkDirect, codeHidden, enterCode, nextRip } from './code-segment.ts';
import { type Cpu, GP } from './cpu.ts';
import {
  BUSY,
  type Descriptor,
  fetchDescriptor,
  type Hidden,
  isNull,
  markAccessed,
  selectorError,
  TYPE_CALL16,
  TYPE_CALL32,
  TYPE_TASK_GATE,
  TYPE_TSS16,
  TYPE_TSS32,
} from './descriptor.ts';
import { currentStack, StackWriter } from './far-stack.ts';
import { Fault } from './microcode.ts';
import { checkEntry, NP, realSegment } from './segment.ts';
import { switchTask, taskDescriptor } from './task.ts';

interface Target {
  readonly selector: number;
  readonly offset: bigint;
}

/** JMP ptr16:16, ptr16:32. */
export const jumpFarDirect = (cpu: Cpu, insn: Instruction): void =>
  transfer(cpu, insn, pointerOf(insn), 'jump');
/** CALL ptr16:16, ptr16:32. */
export const callFarDirect = (cpu: Cpu, insn: Instruction): void =>
  transfer(cpu, insn, pointerOf(insn), 'call');
/** JMP m16:16, m16:32, m16:64. */
export const jumpFarMemory = (cpu: Cpu, insn: Instruction): void =>
  transfer(cpu, insn, readFarPointer(cpu, insn), 'jump');
/** CALL m16:16, m16:32, m16:64. */
export const callFarMemory = (cpu: Cpu, insn: Instruction): void =>
  transfer(cpu, insn, readFarPointer(cpu, insn), 'call');

const pointerOf = (insn: Instruction): Target => ({
  selector: insn.imm2 & 0xffff,
  offset: BigInt.asUintN(insn.size * 8, insn.imm),
});

/** A far pointer in memory: offset, then selector. */
export function readFarPointer(cpu: Cpu, insn: Instruction): Target {
  const offset = cpu.readOperand(insn, insn.size);
  return { selector: Number(cpu.readOperand(insn, 2, BigInt(insn.size))), offset };
}

function transfer(cpu: Cpu, insn: Instruction, to: Target, kind: 'jump' | 'call'): void {
  if (cpu.realOrV86) {
    arrive(cpu, insn, realSegment(cpu, L.CS, to.selector), to.offset, kind);
    return;
  }
  if (isNull(to.selector)) throw new Fault(GP, 0);
  const d = fetchDescriptor(cpu, to.selector, GP);
  if (!d.system) {
    if (!d.code) throw new Fault(GP, selectorError(to.selector, 0));
    checkDirect(cpu, d);
    const code = codeHidden(d, cpu.cpl);
    arrive(cpu, insn, code, to.offset, kind, d);
    return;
  }
  throughSystem(cpu, insn, d, kind);
}

/** Loads CS:RIP at the same privilege; CALL pushes the return address first. */
function arrive(
  cpu: Cpu,
  insn: Instruction,
  code: Hidden,
  offset: bigint,
  kind: 'jump' | 'call',
  d?: Descriptor,
): void {
  if (kind === 'jump') {
    checkEntry(code, cpu.longMode, offset);
    if (d) markAccessed(cpu, d);
    enterCode(cpu, code, offset);
    return;
  }
  const stack = new StackWriter(cpu, currentStack(cpu));
  stack.push(insn.size, BigInt(cpu.selector(L.CS)));
  stack.push(insn.size, nextRip(cpu, insn));
  checkEntry(code, cpu.longMode, offset);
  if (d) markAccessed(cpu, d);
  stack.commit();
  cpu.state.setU64(L.RSP, stack.rsp);
  enterCode(cpu, code, offset);
}

/** A gate or a TSS: its DPL must allow both CPL and RPL. */
function throughSystem(cpu: Cpu, insn: Instruction, d: Descriptor, kind: 'jump' | 'call'): void {
  const { selector, type } = d;
  const error = selectorError(selector, 0);
  const gate = type === TYPE_CALL32 || (type === TYPE_CALL16 && !cpu.longMode);
  const task = !cpu.longMode && (type & ~BUSY & ~8) === TYPE_TSS16;
  const taskGate = !cpu.longMode && type === TYPE_TASK_GATE;
  if (!gate && !task && !taskGate) throw new Fault(GP, error);
  if (d.dpl < Math.max(cpu.cpl, selector & 3)) throw new Fault(GP, error);
  if (task && type !== TYPE_TSS16 && type !== TYPE_TSS32) throw new Fault(GP, error);
  if (gate) {
    if (kind === 'jump') jumpGate(cpu, d);
    else callGate(cpu, insn, d);
    return;
  }
  if (!d.present) throw new Fault(NP, error);
  const tss = taskDescriptor(cpu, taskGate ? d.low >>> 16 : selector, kind, 0);
  switchTask(cpu, { tss, kind, rip: nextRip(cpu, insn), flags: cpu.rflags, ext: 0 });
}
