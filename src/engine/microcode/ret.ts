/** RET far, to the same and to outer privilege. SDM Vol. 2B "RET". */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { checkReturn, codeDescriptor, codeHidden, enterCode } from './code-segment.ts';
import { type Cpu, GP, RIGHTS_L } from './cpu.ts';
import { type Hidden, isNull, markAccessed } from './descriptor.ts';
import { mergedStack, StackReader, stackBytes } from './far-stack.ts';
import { Fault } from './microcode.ts';
import {
  checkEntry,
  hideInnerSegments,
  nullStack,
  realSegment,
  stackDescriptor,
} from './segment.ts';

export function returnFar(cpu: Cpu, insn: Instruction): void {
  const { size } = insn;
  // RET imm16 releases the callee's parameters; plain RET has no immediate.
  const release = Number(insn.imm & 0xffffn);
  const stack = new StackReader(cpu);
  const rip = stack.pop(size);
  const selector = stack.popSelector(size);
  if (cpu.realOrV86) {
    const code = realSegment(cpu, L.CS, selector);
    checkEntry(code, false, rip);
    stack.skip(release);
    cpu.state.setU64(L.RSP, stack.rsp);
    enterCode(cpu, code, rip);
    return;
  }
  const target = codeDescriptor(cpu, selector);
  checkReturn(cpu, target);
  const cpl = selector & 3;
  const code = codeHidden(target, cpl);
  if (cpl === cpu.cpl) {
    checkEntry(code, cpu.longMode, rip);
    markAccessed(cpu, target);
    stack.skip(release);
    cpu.state.setU64(L.RSP, stack.rsp);
    enterCode(cpu, code, rip);
    return;
  }
  stack.skip(release);
  const outerRsp = stack.pop(size);
  const outer = returnStack(cpu, stack.popSelector(size), code, cpl);
  checkEntry(code, cpu.longMode, rip);
  markAccessed(cpu, target);
  toOuter(cpu, { code, rip, stack: outer, rsp: outerRsp, release });
}

/** SS popped by a return to privilege `cpl`. */
export function returnStack(cpu: Cpu, selector: number, code: Hidden, cpl: number): Hidden {
  const code64 = cpu.longMode && (code.rights & RIGHTS_L) !== 0;
  if (isNull(selector)) {
    if (!code64 || cpl === 3) throw new Fault(GP, 0);
    if ((selector & 3) !== cpl) throw new Fault(GP, selector & 0xfffc);
    return nullStack(selector, cpl);
  }
  const d = stackDescriptor(cpu, selector, cpl, GP, 0);
  markAccessed(cpu, d);
  return d.hidden();
}

export interface OuterReturn {
  readonly code: Hidden;
  readonly rip: bigint;
  readonly stack: Hidden;
  readonly rsp: bigint;
  readonly release: number;
}

/**
 * Goes on at an outer privilege level. A 16-bit stack takes SP only and leaves the rest of RSP, as
 * processors do.
 */
export function toOuter(cpu: Cpu, to: OuterReturn): void {
  const { code, stack } = to;
  const bytes = stackBytes(cpu.longMode && (code.rights & RIGHTS_L) !== 0, stack.rights);
  const outer = to.release ? to.rsp + BigInt(to.release) : to.rsp;
  const rsp = mergedStack(cpu.state.u64(L.RSP), outer, bytes);
  cpu.setSegment(L.SS, stack);
  cpu.state.setU64(L.RSP, rsp);
  hideInnerSegments(cpu, code.selector & 3);
  enterCode(cpu, code, to.rip);
}
