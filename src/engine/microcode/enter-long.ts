/**
 * Event delivery in IA-32e mode, through 16-byte gates. SDM Vol. 3A §6.14; Vol. 2A "INT n",
 * IA-32e-MODE. Every system call of an old binary, every page fault and interrupt of a 64-bit
 * kernel passes here, so what always holds is not looked at.
 */

import * as L from '../vcpu/layout.ts';
import { checkPresent, codeDescriptor, codeHidden, enterCode } from './code-segment.ts';
import { type Cpu, GP, SS } from './cpu.ts';
import {
  descriptor,
  markAccessed,
  selectorError,
  TYPE_INTERRUPT32,
  TYPE_TRAP32,
} from './descriptor.ts';
import { clearFlags } from './enter-protected.ts';
import { type Event, idtError } from './event.ts';
import { Fault } from './microcode.ts';
import { loadedLow, Pointer, split } from './pointer.ts';
import { NP, nullStack } from './segment.ts';
import { longStackPointer } from './tss.ts';

export function enterLong(cpu: Cpu, event: Event): void {
  const { state } = cpu;
  const { vector, ext, error } = event;
  if (vector * 16 + 15 > state.u32(L.IDTR_LIMIT)) throw new Fault(GP, idtError(event));
  const gate = descriptor(cpu, 0, L.IDTR_BASE, vector * 16);
  const { type } = gate;
  if (!gate.system || (type !== TYPE_INTERRUPT32 && type !== TYPE_TRAP32)) {
    throw new Fault(GP, idtError(event));
  }
  const { cpl } = cpu;
  if (event.software && gate.dpl < cpl) throw new Fault(GP, idtError(event));
  if (!gate.present) throw new Fault(NP, idtError(event));
  gate.at.move(8).load(cpu, 'system');
  const offset = new Pointer(
    ((gate.high & 0xffff0000) | (gate.low & 0xffff)) >>> 0,
    loadedLow(cpu),
  );

  const selector = gate.low >>> 16;
  const target = codeDescriptor(cpu, selector, ext);
  if (target.dpl > cpl || !target.long || target.big) {
    throw new Fault(GP, selectorError(selector, ext));
  }
  checkPresent(target, ext);
  const inner = !target.conforming && target.dpl < cpl;
  const newCpl = inner ? target.dpl : cpl;

  const ist = gate.high & 7;
  const old = Pointer.of(state, L.RSP);
  const rsp = inner || ist ? longStackPointer(cpu, newCpl, ist, ext) : Pointer.of(state, L.RSP);
  rsp.low = (rsp.low & ~0xf) >>> 0;
  const bytes = error === undefined ? 40 : 48;
  if (!new Pointer(rsp.low, rsp.high).move(-bytes).spans(bytes)) throw new Fault(SS, ext);
  if (!offset.canonical) throw new Fault(GP, ext);
  markAccessed(cpu, target);

  // What a push that faults leaves below the stack is nobody's, so they need no probing.
  const privilege = newCpl === 3 ? 'program' : 'system';
  const rip = split(event.rip);
  rsp.push(cpu, cpu.selector(L.SS), 0, privilege);
  rsp.push(cpu, old.low, old.high, privilege);
  rsp.push(cpu, event.flags, 0, privilege);
  rsp.push(cpu, cpu.selector(L.CS), 0, privilege);
  rsp.push(cpu, rip.low, rip.high, privilege);
  if (error !== undefined) rsp.push(cpu, error, 0, privilege);
  rsp.store(state, L.RSP);
  if (inner) cpu.setSegment(L.SS, nullStack(newCpl, newCpl));
  clearFlags(cpu, type === TYPE_INTERRUPT32);
  enterCode(cpu, codeHidden(target, newCpl), offset.value);
}
