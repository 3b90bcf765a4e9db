/**
 * Code segments as far transfers look at them, and the control transfer itself.
 * SDM Vol. 3A §5.8.1 (direct transfers), §5.8.2 (gates), §5.8.6 (returns).
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { type Cpu, GP } from './cpu.ts';
import {
  type Descriptor,
  fetchDescriptor,
  type Hidden,
  isNull,
  selectorError,
} from './descriptor.ts';
import { Fault } from './microcode.ts';
import { NP } from './segment.ts';

/** RIP behind an instruction. Behind the end of a 16-bit segment it is a limit violation, not zero. */
export function nextRip(cpu: Cpu, insn: Instruction): bigint {
  const next = cpu.rip + BigInt(insn.length);
  return BigInt.asUintN(insn.codeSize === 8 ? 64 : 32, next);
}

/** Moves RIP behind an instruction that has done its work. */
export function retire(cpu: Cpu, insn: Instruction): void {
  cpu.rip = nextRip(cpu, insn);
}

/** A code segment that is not null, of code type; `ext` for event delivery. */
export function codeDescriptor(cpu: Cpu, selector: number, ext = 0): Descriptor {
  if (isNull(selector)) throw new Fault(GP, ext);
  const d = fetchDescriptor(cpu, selector, GP, ext);
  if (!d.code) throw new Fault(GP, selectorError(selector, ext));
  return d;
}

/** L and D together are reserved while IA-32e mode is active. SDM Vol. 3A §5.2.1. */
export function checkLongBits(cpu: Cpu, d: Descriptor, ext = 0): void {
  if (cpu.longMode && d.long && d.big) throw new Fault(GP, selectorError(d.selector, ext));
}

export function checkPresent(d: Descriptor, ext = 0): void {
  if (!d.present) throw new Fault(NP, selectorError(d.selector, ext));
}

/** A code segment reached by JMP or CALL without a gate: same privilege, or conforming. */
export function checkDirect(cpu: Cpu, d: Descriptor): void {
  const { cpl } = cpu;
  const rpl = d.selector & 3;
  const reachable = d.conforming ? d.dpl <= cpl : rpl <= cpl && d.dpl === cpl;
  if (!reachable) throw new Fault(GP, selectorError(d.selector, 0));
  checkLongBits(cpu, d);
  checkPresent(d);
}

/** A code segment that RET or IRET returns to. */
export function checkReturn(cpu: Cpu, d: Descriptor): void {
  const rpl = d.selector & 3;
  const wrong = rpl < cpu.cpl || (d.conforming ? d.dpl > rpl : d.dpl !== rpl);
  if (wrong) throw new Fault(GP, selectorError(d.selector, 0));
  checkLongBits(cpu, d);
  checkPresent(d);
}

/** CS as it will be at privilege `cpl`. */
export const codeHidden = (d: Descriptor, cpl: number): Hidden =>
  d.hidden((d.selector & 0xfffc) | cpl);

/** Goes on at `rip` in a code segment. */
export function enterCode(cpu: Cpu, code: Hidden, rip: bigint): void {
  cpu.setSegment(L.CS, code);
  cpu.rip = rip;
  cpu.access.modeChanged();
}
