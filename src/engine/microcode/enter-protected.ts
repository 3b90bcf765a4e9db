/**
 * Event delivery in legacy protected and virtual-8086 mode, through interrupt, trap and task gates
 * of 16 and 32 bits. SDM Vol. 3A §6.11, §6.12; Vol. 2A "INT n", PROTECTED-MODE.
 */

import * as L from '../vcpu/layout.ts';
import { checkPresent, codeDescriptor, codeHidden, enterCode } from './code-segment.ts';
import { type Cpu, FL_IF, FL_NT, FL_RF, FL_TF, FL_VM, GP } from './cpu.ts';
import {
  type Descriptor,
  descriptor,
  markAccessed,
  selectorError,
  TYPE_INTERRUPT16,
  TYPE_INTERRUPT32,
  TYPE_TASK_GATE,
  TYPE_TRAP16,
  TYPE_TRAP32,
} from './descriptor.ts';
import { type Event, idtError } from './event.ts';
import { currentStack, StackWriter } from './far-stack.ts';
import { Fault } from './microcode.ts';
import { checkEntry, NP, nullSegment } from './segment.ts';
import { switchTask, taskDescriptor } from './task.ts';
import { innerStack } from './tss.ts';

const GATES = [
  TYPE_TASK_GATE,
  TYPE_INTERRUPT16,
  TYPE_TRAP16,
  TYPE_INTERRUPT32,
  TYPE_TRAP32,
] as const;

/** The gate of a vector, in the IDT and of a type that may be there. */
function fetchGate(cpu: Cpu, event: Event): Descriptor {
  const { state } = cpu;
  const bad = event.vector * 8 + 7 > state.u32(L.IDTR_LIMIT);
  if (bad) throw new Fault(GP, idtError(event));
  const gate = descriptor(cpu, 0, L.IDTR_BASE, event.vector * 8);
  if (!gate.system || !(GATES as readonly number[]).includes(gate.type)) {
    throw new Fault(GP, idtError(event));
  }
  if (event.software && gate.dpl < cpu.cpl) throw new Fault(GP, idtError(event));
  if (!gate.present) throw new Fault(NP, idtError(event));
  return gate;
}

export function enterProtected(cpu: Cpu, event: Event): void {
  const { ext } = event;
  const gate = fetchGate(cpu, event);
  const selector = gate.low >>> 16;
  if (gate.type === TYPE_TASK_GATE) {
    const tss = taskDescriptor(cpu, selector, 'call', ext);
    const { rip, flags, error } = event;
    switchTask(cpu, { tss, kind: 'call', rip, flags, ext, error });
    return;
  }
  const wide = (gate.type & 8) !== 0;
  const offset = (gate.low & 0xffff) | (wide ? gate.high & 0xffff0000 : 0);
  const target = codeDescriptor(cpu, selector, ext);
  const { cpl, v86 } = cpu;
  if (target.dpl > cpl) throw new Fault(GP, selectorError(selector, ext));
  checkPresent(target, ext);
  const inner = !target.conforming && target.dpl < cpl;
  // Virtual-8086 mode is left to privilege level 0 only.
  if (v86 && !(inner && target.dpl === 0)) throw new Fault(GP, selectorError(selector, ext));
  const newCpl = inner ? target.dpl : cpl;

  const to = inner ? innerStack(cpu, newCpl, ext) : currentStack(cpu, ext);
  const stack = new StackWriter(cpu, to);
  const bytes = wide ? 4 : 2;
  if (v86) {
    for (const seg of [L.GS, L.FS, L.DS, L.ES]) stack.push(bytes, BigInt(cpu.selector(seg)));
  }
  if (inner) {
    stack.push(bytes, BigInt(cpu.selector(L.SS)));
    stack.push(bytes, cpu.state.u64(L.RSP));
  }
  stack.push(bytes, BigInt(event.flags));
  stack.push(bytes, BigInt(cpu.selector(L.CS)));
  stack.push(bytes, event.rip);
  if (event.error !== undefined) stack.push(bytes, BigInt(event.error));
  const code = codeHidden(target, newCpl);
  checkEntry(code, false, BigInt(offset >>> 0), ext);
  markAccessed(cpu, target);

  stack.commit();
  cpu.state.setU64(L.RSP, stack.rsp);
  if (v86) for (const seg of [L.GS, L.FS, L.DS, L.ES]) cpu.setSegment(seg, nullSegment(0));
  if (inner) cpu.setSegment(L.SS, to.segment);
  clearFlags(cpu, (gate.type & 1) === 0);
  enterCode(cpu, code, BigInt(offset >>> 0));
}

/** A handler starts without TF, NT, RF and VM; behind an interrupt gate without IF too. */
export function clearFlags(cpu: Cpu, interruptGate: boolean): void {
  const clear = FL_TF | FL_NT | FL_RF | FL_VM | (interruptGate ? FL_IF : 0);
  cpu.state.setU32(L.EFLAGS, cpu.state.u32(L.EFLAGS) & ~clear);
}
