/**
 * What event delivery and call gates read from the current TSS: inner stacks, interrupt stacks.
 * SDM Vol. 3A §7.2 (16- and 32-bit), §7.7 (64-bit).
 */

import * as L from '../vcpu/layout.ts';
import type { Cpu } from './cpu.ts';
import { isNull, markAccessed, selectorError } from './descriptor.ts';
import type { StackTarget } from './far-stack.ts';
import { Fault } from './microcode.ts';
import { Pointer } from './pointer.ts';
import { nullStack, stackDescriptor, TS } from './segment.ts';

/** TR holds a 32-bit (or 64-bit) TSS, not one of the 80286. */
export const tss32 = (cpu: Cpu): boolean => (cpu.rights(L.TR) & 8) !== 0;

function require(cpu: Cpu, last: number, ext: number): void {
  if (last > cpu.limit(L.TR)) throw new Fault(TS, selectorError(cpu.selector(L.TR), ext));
}

const readTss = (cpu: Cpu, offset: number, bytes: 2 | 4): bigint =>
  cpu.readSystem(cpu.base(L.TR) + BigInt(offset), bytes);

/** The stack that legacy protected mode switches to for an inner privilege level. */
export function innerStack(cpu: Cpu, cpl: number, ext: number): StackTarget {
  const wide = tss32(cpu);
  const at = wide ? cpl * 8 + 4 : cpl * 4 + 2;
  require(cpu, at + (wide ? 5 : 3), ext);
  const rsp = readTss(cpu, at, wide ? 4 : 2);
  const selector = Number(readTss(cpu, at + (wide ? 4 : 2), 2));
  if (isNull(selector)) throw new Fault(TS, ext);
  const d = stackDescriptor(cpu, selector, cpl, TS, ext);
  markAccessed(cpu, d);
  return {
    segment: d.hidden(),
    rsp,
    bytes: d.big ? 4 : 2,
    error: selectorError(selector, ext),
    privilege: 'system',
  };
}

/** RSP of IA-32e mode: an IST entry if `ist` is not zero, else the one of the privilege level. */
export function longStackPointer(cpu: Cpu, cpl: number, ist: number, ext: number): Pointer {
  const at = ist ? ist * 8 + 28 : cpl * 8 + 4;
  require(cpu, at + 7, ext);
  Pointer.of(cpu.state, L.segment(L.TR) + L.SEG_BASE)
    .move(at)
    .load(cpu, 'system');
  return Pointer.of(cpu.state, L.WIDE);
}

/** The stack that IA-32e mode switches to for an inner privilege level: SS is null. */
export function innerLongStack(cpu: Cpu, cpl: number, ext: number): StackTarget {
  return {
    segment: nullStack(cpl, cpl),
    rsp: longStackPointer(cpu, cpl, 0, ext).value,
    bytes: 8,
    error: ext,
    privilege: 'system',
  };
}
