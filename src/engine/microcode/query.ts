/**
 * Questions about selectors that fault nowhere and answer in ZF: LAR LSL VERR VERW; and ARPL.
 * SDM Vol. 2A and 2B under their names; Vol. 3A §5.10.
 */

import type { Instruction } from '../decode/instruction.ts';
import type { Cpu } from './cpu.ts';
import {
  BUSY,
  type Descriptor,
  findDescriptor,
  isNull,
  TYPE_CALL16,
  TYPE_CALL32,
  TYPE_LDT,
  TYPE_TASK_GATE,
  TYPE_TSS16,
  TYPE_TSS32,
} from './descriptor.ts';
import { Fault } from './microcode.ts';
import { UD } from './tables.ts';

const ZF = 0x40;

/** System types whose limit LSL tells, in IA-32e mode and before it. */
const LIMIT_LONG = [TYPE_LDT, TYPE_TSS32, TYPE_TSS32 | BUSY];
const LIMIT_LEGACY = [...LIMIT_LONG, TYPE_TSS16, TYPE_TSS16 | BUSY];
/** And whose rights LAR tells. */
const RIGHTS_LONG = [...LIMIT_LONG, TYPE_CALL32];
const RIGHTS_LEGACY = [...LIMIT_LEGACY, TYPE_CALL16, TYPE_CALL32, TYPE_TASK_GATE];

export function setZero(cpu: Cpu, zero: boolean): void {
  const word = cpu.access.flagWord();
  cpu.access.setFlagWord(zero ? word | ZF : word & ~ZF);
}

/** The descriptor, if CPL and RPL may see it. */
function visible(cpu: Cpu, selector: number): Descriptor | undefined {
  if (isNull(selector)) return undefined;
  const d = findDescriptor(cpu, selector);
  if (!d) return undefined;
  if (!d.conforming && d.dpl < Math.max(cpu.cpl, selector & 3)) return undefined;
  return d;
}

function selectorOperand(cpu: Cpu, insn: Instruction, field: number): number {
  if (cpu.realOrV86) throw new Fault(UD);
  return Number(cpu.readRm(insn, field, 2));
}

export function loadAccessRights(cpu: Cpu, insn: Instruction): void {
  const d = visible(cpu, selectorOperand(cpu, insn, 1));
  const types = cpu.longMode ? RIGHTS_LONG : RIGHTS_LEGACY;
  const ok = d !== undefined && (!d.system || types.includes(d.type));
  if (ok) {
    const mask = insn.size === 2 ? 0xff00 : 0xf0ff00;
    cpu.setSized(insn.regs[0], insn.size, BigInt(d.high & mask));
  }
  setZero(cpu, ok);
}

export function loadSegmentLimit(cpu: Cpu, insn: Instruction): void {
  const d = visible(cpu, selectorOperand(cpu, insn, 1));
  const types = cpu.longMode ? LIMIT_LONG : LIMIT_LEGACY;
  const ok = d !== undefined && (!d.system || types.includes(d.type));
  if (ok) cpu.setSized(insn.regs[0], insn.size, BigInt(d.limit));
  setZero(cpu, ok);
}

export function verifyRead(cpu: Cpu, insn: Instruction): void {
  const d = visible(cpu, selectorOperand(cpu, insn, 0));
  setZero(cpu, d !== undefined && !d.system && d.readable);
}

export function verifyWrite(cpu: Cpu, insn: Instruction): void {
  const d = visible(cpu, selectorOperand(cpu, insn, 0));
  setZero(cpu, d !== undefined && !d.system && d.writableData);
}

/** ARPL r/m16, r16: raises the destination's RPL to the source's. */
export function adjustRpl(cpu: Cpu, insn: Instruction): void {
  const selector = selectorOperand(cpu, insn, 0);
  const rpl = cpu.state.u16(insn.regs[1]) & 3;
  const raise = (selector & 3) < rpl;
  if (raise) {
    const value = BigInt((selector & 0xfffc) | rpl);
    if (insn.form === 'reg') cpu.setSized(insn.regs[0], 2, value);
    else cpu.writeOperand(insn, 2, value);
  }
  setZero(cpu, raise);
}
