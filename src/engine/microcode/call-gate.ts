/**
 * Call gates of 16, 32 and 64 bits. SDM Vol. 3A §5.8.3 to §5.8.5; Vol. 2A "CALL", CALL-GATE.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { checkPresent, codeDescriptor, codeHidden, enterCode, nextRip } from './code-segment.ts';
import { type Cpu, GP } from './cpu.ts';
import {
  type Descriptor,
  fetchDescriptor,
  type Hidden,
  markAccessed,
  selectorError,
  TYPE_CALL32,
} from './descriptor.ts';
import { currentStack, type StackBytes, StackReader, StackWriter } from './far-stack.ts';
import { Fault } from './microcode.ts';
import { checkEntry, NP } from './segment.ts';
import { innerLongStack, innerStack } from './tss.ts';

interface Entry {
  readonly target: Descriptor;
  readonly rip: bigint;
  /** Width of what a call pushes. */
  readonly bytes: StackBytes;
  /** Words or doublewords copied from the outer stack. */
  readonly parameters: number;
}

function openGate(cpu: Cpu, gate: Descriptor): Entry {
  const { selector } = gate;
  if (!gate.present) throw new Fault(NP, selectorError(selector, 0));
  const wide = gate.type === TYPE_CALL32;
  const parameters = gate.high & 0x1f;
  let rip = BigInt(((gate.low & 0xffff) | (wide ? gate.high & 0xffff0000 : 0)) >>> 0);
  if (cpu.longMode) {
    // The gate has 16 bytes, and the type field of its second half must be zero.
    fetchDescriptor(cpu, selector, GP, 0, 16);
    const high = cpu.readSystem(gate.at.value + 8n, 8);
    if ((high >> 40n) & 0x1fn) throw new Fault(GP, selectorError(selector, 0));
    rip |= (high & 0xffffffffn) << 32n;
  }
  const target = codeDescriptor(cpu, gate.low >>> 16);
  const error = selectorError(target.selector, 0);
  if (target.dpl > cpu.cpl) throw new Fault(GP, error);
  if (cpu.longMode && (!target.long || target.big)) throw new Fault(GP, error);
  return { target, rip, bytes: cpu.longMode ? 8 : wide ? 4 : 2, parameters };
}

/** JMP through a gate stays at its privilege level. */
export function jumpGate(cpu: Cpu, gate: Descriptor): void {
  const { target, rip } = openGate(cpu, gate);
  if (!target.conforming && target.dpl !== cpu.cpl) {
    throw new Fault(GP, selectorError(target.selector, 0));
  }
  checkPresent(target);
  const code = codeHidden(target, cpu.cpl);
  checkEntry(code, cpu.longMode, rip);
  markAccessed(cpu, target);
  enterCode(cpu, code, rip);
}

export function callGate(cpu: Cpu, insn: Instruction, gate: Descriptor): void {
  const { target, rip, bytes, parameters } = openGate(cpu, gate);
  checkPresent(target);
  const inner = !target.conforming && target.dpl < cpu.cpl;
  const cpl = inner ? target.dpl : cpu.cpl;
  const code = codeHidden(target, cpl);
  const { longMode } = cpu;
  let to = currentStack(cpu);
  let stack: StackWriter;
  if (inner) {
    to = longMode ? innerLongStack(cpu, cpl, 0) : innerStack(cpu, cpl, 0);
    stack = new StackWriter(cpu, to);
    stack.push(bytes, BigInt(cpu.selector(L.SS)));
    stack.push(bytes, cpu.state.u64(L.RSP));
    if (!longMode) copyParameters(cpu, stack, bytes, parameters);
  } else {
    stack = new StackWriter(cpu, to);
  }
  stack.push(bytes, BigInt(cpu.selector(L.CS)));
  stack.push(bytes, nextRip(cpu, insn));
  checkEntry(code, longMode, rip);
  markAccessed(cpu, target);

  stack.commit();
  cpu.state.setU64(L.RSP, stack.rsp);
  if (inner) cpu.setSegment(L.SS, to.segment satisfies Hidden);
  enterCode(cpu, code, rip);
}

/** Parameters keep their order, so the one pushed first by the caller goes first. */
function copyParameters(cpu: Cpu, to: StackWriter, bytes: StackBytes, count: number): void {
  const from = new StackReader(cpu);
  const values: bigint[] = [];
  for (let n = 0; n < count; n++) values.push(from.pop(bytes));
  for (const value of values.reverse()) to.push(bytes, value);
}
