/**
 * Event delivery in IA-32e mode, through 16-byte gates. SDM Vol. 3A §6.14; Vol. 2A "INT n",
 * IA-32e-MODE. Every system call of an old binary, every page fault and interrupt of a 64-bit
 * kernel passes here, so what always holds is not looked at.
 */

import * as L from '../vcpu/layout.ts';
import { checkPresent, codeDescriptor, codeHidden, enterCode } from './code-segment.ts';
import { type Cpu, canonical, GP, SS } from './cpu.ts';
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
import { NP, nullStack } from './segment.ts';
import { longStackPointer } from './tss.ts';

export function enterLong(cpu: Cpu, event: Event): void {
  const { state, access } = cpu;
  const { vector, ext, error } = event;
  if (vector * 16 + 15 > state.u32(L.IDTR_LIMIT)) throw new Fault(GP, idtError(event));
  const at = state.u64(L.IDTR_BASE) + BigInt(vector * 16);
  const gate = descriptor(cpu, 0, at);
  const { type } = gate;
  if (!gate.system || (type !== TYPE_INTERRUPT32 && type !== TYPE_TRAP32)) {
    throw new Fault(GP, idtError(event));
  }
  const { cpl } = cpu;
  if (event.software && gate.dpl < cpl) throw new Fault(GP, idtError(event));
  if (!gate.present) throw new Fault(NP, idtError(event));
  const high = cpu.readSystem(at + 8n, 4);
  const offset = (high << 32n) | BigInt(((gate.high & 0xffff0000) | (gate.low & 0xffff)) >>> 0);

  const selector = gate.low >>> 16;
  const target = codeDescriptor(cpu, selector, ext);
  if (target.dpl > cpl || !target.long || target.big) {
    throw new Fault(GP, selectorError(selector, ext));
  }
  checkPresent(target, ext);
  const inner = !target.conforming && target.dpl < cpl;
  const newCpl = inner ? target.dpl : cpl;

  const ist = gate.high & 7;
  const oldRsp = state.u64(L.RSP);
  const top = (inner || ist ? longStackPointer(cpu, newCpl, ist, ext) : oldRsp) & ~0xfn;
  const rsp = BigInt.asUintN(64, top - (error === undefined ? 40n : 48n));
  if (!canonical(rsp) || !canonical(top - 1n)) throw new Fault(SS, ext);
  if (!canonical(offset)) throw new Fault(GP, ext);

  const privilege = newCpl === 3 ? 'program' : 'system';
  // The first push has the highest address; if it is in the frame's only page, the rest is too.
  access.probeWrite(top - 8n, 8, privilege);
  if (Number(rsp & 0xfffn) > 0x1000 - 48) {
    for (let slot = top - 16n; slot >= rsp; slot -= 8n) access.probeWrite(slot, 8, privilege);
  }
  markAccessed(cpu, target);

  access.write(top - 8n, 8, BigInt(cpu.selector(L.SS)), privilege);
  access.write(top - 16n, 8, oldRsp, privilege);
  access.write(top - 24n, 8, BigInt(event.flags), privilege);
  access.write(top - 32n, 8, BigInt(cpu.selector(L.CS)), privilege);
  access.write(top - 40n, 8, event.rip, privilege);
  if (error !== undefined) access.write(rsp, 8, BigInt(error), privilege);
  state.setU64(L.RSP, rsp);
  if (inner) cpu.setSegment(L.SS, nullStack(newCpl, newCpl));
  clearFlags(cpu, type === TYPE_INTERRUPT32);
  enterCode(cpu, codeHidden(target, newCpl), offset);
}
