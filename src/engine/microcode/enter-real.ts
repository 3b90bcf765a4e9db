/**
 * Event delivery in real mode, through the interrupt vector table. SDM Vol. 3A §20.1.4; Vol. 2A
 * "INT n", REAL-ADDRESS-MODE. Error codes are not pushed.
 */

import * as L from '../vcpu/layout.ts';
import { enterCode } from './code-segment.ts';
import { type Cpu, FL_AC, FL_IF, FL_RF, FL_TF, GP } from './cpu.ts';
import type { Event } from './event.ts';
import { currentStack, StackWriter } from './far-stack.ts';
import { Fault } from './microcode.ts';
import { realSegment } from './segment.ts';

export function enterReal(cpu: Cpu, event: Event): void {
  const { state } = cpu;
  if (event.vector * 4 + 3 > state.u32(L.IDTR_LIMIT)) throw new Fault(GP, 0);
  const at = state.u64(L.IDTR_BASE) + BigInt(event.vector * 4);
  const pointer = Number(cpu.readSystem(at, 4));
  const stack = new StackWriter(cpu, currentStack(cpu));
  stack.push(2, BigInt(event.flags & 0xffff));
  stack.push(2, BigInt(cpu.selector(L.CS)));
  stack.push(2, event.rip & 0xffffn);
  stack.commit();
  state.setU64(L.RSP, stack.rsp);
  state.setU32(L.EFLAGS, state.u32(L.EFLAGS) & ~(FL_IF | FL_TF | FL_RF | FL_AC));
  enterCode(cpu, realSegment(cpu, L.CS, pointer >>> 16), BigInt(pointer & 0xffff));
}
