/**
 * Instructions that read and load segment registers: MOV, PUSH, POP, LDS and its kin.
 * SDM Vol. 2B "MOV", "POP", "PUSH"; Vol. 2A "LDS/LES/LFS/LGS/LSS".
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { retire } from './code-segment.ts';
import type { Cpu } from './cpu.ts';
import { readFarPointer } from './far.ts';
import { currentStack, StackReader, StackWriter } from './far-stack.ts';
import { Fault, type Microcode } from './microcode.ts';
import { segmentFor, setSegment } from './segment.ts';

const UD = 6;

/** A 16-bit system value to r/m: all of a register, 16 bits of memory. */
export function storeWord(cpu: Cpu, insn: Instruction, value: number): void {
  if (insn.form === 'reg') cpu.setSized(insn.regs[0], insn.size, BigInt(value));
  else cpu.writeOperand(insn, 2, BigInt(value));
}

/** MOV Sreg, r/m16. Behind MOV SS nothing interrupts the next instruction. */
export function moveToSegment(cpu: Cpu, insn: Instruction): void {
  const seg = insn.reg & 7;
  if (seg > L.GS || seg === L.CS) throw new Fault(UD);
  const selector = Number(cpu.readRm(insn, 1, 2));
  setSegment(cpu, seg, segmentFor(cpu, seg, selector));
  if (seg === L.SS) cpu.state.setU32(L.SHADOW, L.SHADOW_MOV_SS);
  retire(cpu, insn);
}

/**
 * PUSH Sreg. With a 32-bit operand only 16 bits are written and the upper half of the slot keeps
 * what it held, as SDM Vol. 2B "PUSH" says of all recent processors.
 */
export const pushSegment =
  (seg: number): Microcode =>
  (cpu, insn) => {
    const stack = new StackWriter(cpu, currentStack(cpu));
    stack.push(insn.size, BigInt(cpu.selector(seg)), insn.size === 4 ? 2 : insn.size);
    stack.commit();
    cpu.state.setU64(L.RSP, stack.rsp);
  };

export const popSegment =
  (seg: number): Microcode =>
  (cpu, insn) => {
    const stack = new StackReader(cpu);
    const selector = stack.popSelector(insn.size);
    const hidden = segmentFor(cpu, seg, selector);
    // RSP first: SS decides how much of RSP a stack pointer is.
    cpu.state.setU64(L.RSP, stack.rsp);
    setSegment(cpu, seg, hidden);
    if (seg === L.SS) cpu.state.setU32(L.SHADOW, L.SHADOW_MOV_SS);
    retire(cpu, insn);
  };

/** LDS, LES, LSS, LFS, LGS: a far pointer from memory into Sreg:reg. */
export const loadFarPointer =
  (seg: number): Microcode =>
  (cpu, insn) => {
    const { selector, offset } = readFarPointer(cpu, insn);
    setSegment(cpu, seg, segmentFor(cpu, seg, selector));
    cpu.setSized(insn.regs[0], insn.size, offset);
    retire(cpu, insn);
  };
