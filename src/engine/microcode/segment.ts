/**
 * Loading segment registers. SDM Vol. 2B MOV, POP, LDS; Vol. 3A §5.6 to §5.8 (privilege checks),
 * §20.1 (real mode), §3.4.4 (64-bit mode).
 */

import * as L from '../vcpu/layout.ts';
import {
  type Cpu,
  CR4_VME,
  canonical,
  FL_VIF,
  FL_VIP,
  GP,
  RIGHTS_DB,
  RIGHTS_G,
  RIGHTS_L,
  RIGHTS_NULL,
  RIGHTS_P,
  SS,
} from './cpu.ts';
import {
  type Descriptor,
  fetchDescriptor,
  type Hidden,
  isNull,
  markAccessed,
  selectorError,
} from './descriptor.ts';
import { Fault } from './microcode.ts';

export const NP = 11;
export const TS = 10;

/** A data segment of 8086 kind: present, writable, accessed. */
const RIGHTS_REAL = 0x93;
const RIGHTS_V86 = 0xf3;

/** ES, DS, FS or GS with a null selector. Intel clears the base, in 64-bit mode too. */
export const nullSegment = (selector: number): Hidden => ({
  selector,
  base: 0n,
  limit: 0,
  rights: RIGHTS_NULL,
});

/** SS with a null selector, which 64-bit mode allows below CPL 3. Its DPL still is the CPL. */
export const nullStack = (selector: number, cpl: number): Hidden => ({
  selector,
  base: 0n,
  limit: 0,
  rights: cpl << 5,
});

/** Virtual-8086 mode: SDM Vol. 3A §20.2.1. */
export const v86Segment = (selector: number): Hidden => ({
  selector,
  base: BigInt(selector << 4),
  limit: 0xffff,
  rights: RIGHTS_V86,
});

/** Real mode changes selector and base only; the limit stays what protected mode may have made it. */
export function realSegment(cpu: Cpu, seg: number, selector: number): Hidden {
  if (cpu.v86) return v86Segment(selector);
  const rights = cpu.rights(seg);
  return {
    selector,
    base: BigInt(selector << 4),
    limit: rights & RIGHTS_P ? cpu.limit(seg) : 0xffff,
    rights: RIGHTS_REAL | (rights & (RIGHTS_G | RIGHTS_DB)),
  };
}

/** Checks and fetches what goes into ES, DS, FS or GS. `vector` is #GP, or #TS in a task switch. */
export function dataSegment(cpu: Cpu, selector: number, cpl: number, vector = GP, ext = 0): Hidden {
  if (isNull(selector)) return nullSegment(selector);
  const d = fetchDescriptor(cpu, selector, vector, ext);
  const outer = Math.max(cpl, selector & 3) > d.dpl;
  if (d.system || !d.readable || (outer && !d.conforming)) {
    throw new Fault(vector, selectorError(selector, ext));
  }
  if (!d.present) throw new Fault(NP, selectorError(selector, ext));
  markAccessed(cpu, d);
  return d.hidden();
}

/** Checks what goes into SS at privilege `cpl`; a null selector is the caller's business. */
export function stackDescriptor(
  cpu: Cpu,
  selector: number,
  cpl: number,
  vector: number,
  ext: number,
): Descriptor {
  const d = fetchDescriptor(cpu, selector, vector, ext);
  if ((selector & 3) !== cpl || !d.writableData || d.dpl !== cpl) {
    throw new Fault(vector, selectorError(selector, ext));
  }
  if (!d.present) throw new Fault(SS, selectorError(selector, ext));
  return d;
}

/** SS by MOV, POP or LSS. */
function stackSegment(cpu: Cpu, selector: number): Hidden {
  const { cpl } = cpu;
  if (isNull(selector)) {
    if (!cpu.code64 || cpl === 3 || (selector & 3) !== cpl) throw new Fault(GP, 0);
    return nullStack(selector, cpl);
  }
  const d = stackDescriptor(cpu, selector, cpl, GP, 0);
  markAccessed(cpu, d);
  return d.hidden();
}

/** What the segment register `seg` is to hold; faults are thrown and nothing has changed. */
export function segmentFor(cpu: Cpu, seg: number, selector: number): Hidden {
  if (cpu.realOrV86) return realSegment(cpu, seg, selector);
  return seg === L.SS ? stackSegment(cpu, selector) : dataSegment(cpu, selector, cpu.cpl);
}

/** Sets a segment register; what the mode key says of stack size and flatness may change. */
export function setSegment(cpu: Cpu, seg: number, to: Hidden): void {
  cpu.setSegment(seg, to);
  if (seg === L.SS || !cpu.code64) cpu.access.modeChanged();
}

/**
 * ES, DS, FS and GS lose what the new, less privileged program may not see: data and nonconforming
 * code of a DPL below CPL. SDM Vol. 2B RET, IRET, "RETURN-TO-OUTER-PRIVILEGE-LEVEL".
 */
export function hideInnerSegments(cpu: Cpu, cpl: number): void {
  for (const seg of [L.ES, L.DS, L.FS, L.GS]) {
    const rights = cpu.rights(seg);
    if (!(rights & RIGHTS_P) || ((rights >> 5) & 3) >= cpl || (rights & 0x0c) === 0x0c) continue;
    const at = L.segment(seg);
    cpu.state.setU32(at + L.SEG_SELECTOR, 0);
    cpu.state.setU32(at + L.SEG_RIGHTS, RIGHTS_NULL);
  }
}

/** #GP(0) where an instruction pointer is not in the code segment that is about to hold it. */
export function checkEntry(code: Hidden, longMode: boolean, rip: bigint, ext = 0): void {
  if (longMode && code.rights & RIGHTS_L) {
    if (!canonical(rip)) throw new Fault(GP, ext);
  } else if (rip > BigInt(code.limit)) throw new Fault(GP, ext);
}

/**
 * Entered with VIF and VIP both set, virtual-8086 mode has #GP(0) before its first instruction: the
 * virtual interrupt can be taken. SDM Vol. 3B §20.3.2.
 */
export function virtualInterruptDue(cpu: Cpu): boolean {
  const flags = cpu.rflags;
  return cpu.v86 && (cpu.cr4 & CR4_VME) !== 0n && (flags & FL_VIF) !== 0 && (flags & FL_VIP) !== 0;
}
