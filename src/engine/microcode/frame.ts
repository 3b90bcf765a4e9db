/** Stack instructions with more to them than one access: POP to memory, ENTER. */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import type { Cpu } from './cpu.ts';

export const stackPointer = (cpu: Cpu, insn: Instruction): bigint =>
  cpu.sized(L.RSP, insn.stackSize);

/** `at` moved by `delta` bytes, wrapped to the stack's size. */
export const moved = (insn: Instruction, at: bigint, delta: number): bigint =>
  BigInt.asUintN(insn.stackSize * 8, at + BigInt(delta));

export const setStackPointer = (cpu: Cpu, insn: Instruction, to: bigint): void =>
  cpu.setSized(L.RSP, insn.stackSize, to);

/**
 * POP Ev. An address with rSP as its base uses rSP as it is after the pop; rSP itself moves when the
 * store has gone through. SDM Vol. 2B "POP".
 */
export function popOperand(cpu: Cpu, insn: Instruction): void {
  const sp = stackPointer(cpu, insn);
  const value = cpu.read(L.SS, sp, insn.size);
  const next = moved(insn, sp, insn.size);
  if (insn.form === 'reg') {
    setStackPointer(cpu, insn, next);
    cpu.setSized(insn.regs[0], insn.size, value);
    return;
  }
  const delta = insn.base === L.RSP ? BigInt(insn.size) : 0n;
  cpu.writeOperand(insn, insn.size, value, delta);
  setStackPointer(cpu, insn, next);
}

/**
 * ENTER: pushes rBP, copies the frame pointers of the outer levels, makes a frame. The page that the
 * new rSP points to must be writable. SDM Vol. 2A "ENTER".
 */
export function enterFrame(cpu: Cpu, insn: Instruction): void {
  const { size } = insn;
  const level = insn.imm2 & 31;
  let sp = stackPointer(cpu, insn);
  const push = (value: bigint): void => {
    sp = moved(insn, sp, -size);
    cpu.write(L.SS, sp, size, value);
  };
  let outer = cpu.sized(L.RBP, insn.stackSize);
  push(cpu.sized(L.RBP, size));
  const frame = sp;
  if (level > 0) {
    for (let i = 1; i < level; i++) {
      outer = moved(insn, outer, -size);
      push(cpu.read(L.SS, outer, size));
    }
    push(frame);
  }
  const top = moved(insn, sp, -Number(insn.imm & 0xffffn));
  cpu.access.probeWrite(cpu.linear(L.SS, top, 1, true), 1, 'program');
  // By operand size, as processors do it; the manual's pseudocode goes by stack size.
  cpu.setSized(L.RBP, size, frame);
  setStackPointer(cpu, insn, top);
}
