/**
 * RFLAGS as programs may see and change it: PUSHF POPF CLI STI in every mode, with IOPL, virtual-8086
 * mode (VME) and protected-mode virtual interrupts (PVI). SDM Vol. 2A/2B by name; Vol. 3B §20.3.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { retire } from './code-segment.ts';
import {
  type Cpu,
  CR4_PVI,
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
import { moved, setStackPointer, stackPointer } from './frame.ts';
import { Fault } from './microcode.ts';

const ARITHMETIC = 0x8d5;

/** Who decides about IF: the flag itself, its virtual copy, or nobody here. */
type InterruptControl = 'IF' | 'VIF' | 'denied';

function interruptControl(cpu: Cpu): InterruptControl {
  if (cpu.v86) {
    if (cpu.iopl === 3) return 'IF';
    return cpu.cr4 & CR4_VME ? 'VIF' : 'denied';
  }
  if (cpu.iopl >= cpu.cpl) return 'IF';
  return cpu.cpl === 3 && cpu.cr4 & CR4_PVI ? 'VIF' : 'denied';
}

export function cli(cpu: Cpu): void {
  const control = interruptControl(cpu);
  if (control === 'denied') throw new Fault(GP, 0);
  cpu.rflags &= ~(control === 'IF' ? FL_IF : FL_VIF);
}

/** Interrupts are held off for one instruction more if they were off before. */
export function sti(cpu: Cpu, insn: Instruction): void {
  const control = interruptControl(cpu);
  const flags = cpu.rflags;
  if (control === 'denied' || (control === 'VIF' && flags & FL_VIP)) throw new Fault(GP, 0);
  if (control === 'VIF') {
    cpu.rflags = flags | FL_VIF;
  } else if (!(flags & FL_IF)) {
    cpu.rflags = flags | FL_IF;
    cpu.state.setU32(L.SHADOW, L.SHADOW_STI);
  }
  retire(cpu, insn);
}

export function pushfExact(cpu: Cpu, insn: Instruction): void {
  let image = cpu.rflags & ~(FL_VM | FL_RF);
  if (cpu.v86 && cpu.iopl < 3) {
    if (!(cpu.cr4 & CR4_VME) || insn.size !== 2) throw new Fault(GP, 0);
    image = (image & ~FL_IF) | FL_IOPL | (image & FL_VIF ? FL_IF : 0);
  }
  const to = moved(insn, stackPointer(cpu, insn), -insn.size);
  cpu.write(L.SS, to, insn.size, BigInt(image));
  setStackPointer(cpu, insn, to);
}

export function popfExact(cpu: Cpu, insn: Instruction): void {
  const virtual = cpu.v86 && cpu.iopl < 3;
  if (virtual && (!(cpu.cr4 & CR4_VME) || insn.size !== 2)) throw new Fault(GP, 0);
  const sp = stackPointer(cpu, insn);
  const image = Number(cpu.read(L.SS, sp, insn.size) & 0xffffffffn);
  const old = cpu.rflags;

  let change = ARITHMETIC | FL_TF | FL_DF | FL_NT;
  if (insn.size !== 2) change |= FL_AC | FL_ID;
  let next: number;
  if (virtual) {
    if (image & FL_TF || (image & FL_IF && old & FL_VIP)) throw new Fault(GP, 0);
    next = (old & ~(change | FL_VIF)) | (image & change) | (image & FL_IF ? FL_VIF : 0);
  } else {
    if (cpu.v86 || cpu.cpl <= cpu.iopl) change |= FL_IF;
    if (!cpu.v86 && cpu.cpl === 0) change |= FL_IOPL;
    next = (old & ~change) | (image & change);
  }
  setStackPointer(cpu, insn, moved(insn, sp, insn.size));
  cpu.rflags = next & ~FL_RF;
  retire(cpu, insn);
}
