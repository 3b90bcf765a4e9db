/**
 * INT n, INT3, INTO and INT1. SDM Vol. 2A "INT n/INTO/INT3/INT1"; Vol. 3A §20.3.3 and table 20-2
 * for virtual-8086 mode with and without VME.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { enterCode, nextRip, retire } from './code-segment.ts';
import { type Cpu, CR4_VME, FL_IF, FL_IOPL, FL_RF, FL_TF, FL_VIF, GP } from './cpu.ts';
import { clearGeneralDetect, DB, suppressStep } from './debug.ts';
import { enterHandler } from './deliver.ts';
import { currentStack, StackWriter } from './far-stack.ts';
import { Fault } from './microcode.ts';
import { v86Segment } from './segment.ts';
import { tss32 } from './tss.ts';

const BP = 3;
const OF = 4;
const FLAG_OF = 0x800;

export function interrupt(cpu: Cpu, insn: Instruction): void {
  const vector = Number(insn.imm & 0xffn);
  if (cpu.v86) {
    if (cpu.cr4 & CR4_VME) {
      if (!redirected(cpu, vector)) {
        enter8086(cpu, insn, vector);
        return;
      }
    }
    if (cpu.iopl !== 3) throw new Fault(GP, 0);
  }
  deliver(cpu, insn, vector, true);
}

export const breakpoint = (cpu: Cpu, insn: Instruction): void => deliver(cpu, insn, BP, true);

/** INTO: INT 4 if OF is set. */
export function interruptOnOverflow(cpu: Cpu, insn: Instruction): void {
  if (cpu.access.flagWord() & FLAG_OF) deliver(cpu, insn, OF, true);
  else retire(cpu, insn);
}

/** INT1 (ICEBP): #DB as a trap, without a look at the gate's DPL. DR6 stays as it is. */
export function interrupt1(cpu: Cpu, insn: Instruction): void {
  deliver(cpu, insn, DB, false);
  clearGeneralDetect(cpu);
}

function deliver(cpu: Cpu, insn: Instruction, vector: number, software: boolean): void {
  const flags = cpu.rflags;
  const rip = nextRip(cpu, insn);
  enterHandler(cpu, { vector, ext: software ? 0 : 1, software, error: undefined, rip, flags });
  suppressStep(cpu, flags);
}

/** Bit of the redirection bit map, which lies below the I/O map: set means through the IDT. */
function redirected(cpu: Cpu, vector: number): boolean {
  if (!tss32(cpu) || cpu.limit(L.TR) < 0x67) throw new Fault(GP, 0);
  const ioMap = Number(cpu.readSystem(cpu.base(L.TR) + 0x66n, 2));
  const at = ioMap - 32 + (vector >> 3);
  if (at > cpu.limit(L.TR)) throw new Fault(GP, 0);
  const byte = Number(cpu.readSystem(cpu.base(L.TR) + BigInt(at), 1));
  return (byte & (1 << (vector & 7))) !== 0;
}

/** Methods 5 and 6: through the 8086 program's own vector table, at linear address 0. */
function enter8086(cpu: Cpu, insn: Instruction, vector: number): void {
  const { state } = cpu;
  const pointer = Number(cpu.access.read(BigInt(vector * 4), 4, 'program'));
  const now = cpu.rflags;
  const virtual = cpu.iopl !== 3;
  let image = now;
  if (virtual) image = (now & ~FL_IF) | FL_IOPL | (now & FL_VIF ? FL_IF : 0);
  const stack = new StackWriter(cpu, currentStack(cpu));
  stack.push(2, BigInt(image & 0xffff));
  stack.push(2, BigInt(cpu.selector(L.CS)));
  stack.push(2, nextRip(cpu, insn));
  stack.commit();
  state.setU64(L.RSP, stack.rsp);
  const clear = FL_TF | FL_RF | (virtual ? FL_VIF : FL_IF);
  state.setU32(L.EFLAGS, state.u32(L.EFLAGS) & ~clear);
  suppressStep(cpu, now);
  enterCode(cpu, v86Segment(pointer >>> 16), BigInt(pointer & 0xffff));
}
