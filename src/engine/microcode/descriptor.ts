/**
 * Segment and system descriptors in the GDT and the LDT. SDM Vol. 3A §3.4.5 (segments), §3.5
 * (system descriptors), §5.8 (gates), §7.2.2 (TSS).
 */

import * as L from '../vcpu/layout.ts';
import type { Cpu } from './cpu.ts';
import { Fault } from './microcode.ts';
import { loadedHigh, loadedLow, Pointer } from './pointer.ts';

/** Types of system descriptors, SDM Vol. 3A table 3-2. Bit 3 tells 32-bit from 16-bit ones. */
export const TYPE_TSS16 = 1;
export const TYPE_LDT = 2;
export const TYPE_TSS16_BUSY = 3;
export const TYPE_CALL16 = 4;
export const TYPE_TASK_GATE = 5;
export const TYPE_INTERRUPT16 = 6;
export const TYPE_TRAP16 = 7;
export const TYPE_TSS32 = 9;
export const TYPE_TSS32_BUSY = 11;
export const TYPE_CALL32 = 12;
export const TYPE_INTERRUPT32 = 14;
export const TYPE_TRAP32 = 15;
/** What a TSS type has more when its task is busy. */
export const BUSY = 2;

const ACCESSED = 0x100;

/** The hidden part of a segment register and its selector. */
export interface Hidden {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  readonly rights: number;
}

/** Eight bytes of a descriptor table as two doublewords, and where they lie. */
export class Descriptor {
  readonly selector: number;
  readonly at: Pointer;
  readonly low: number;
  high: number;

  constructor(selector: number, at: Pointer, low: number, high: number) {
    this.selector = selector;
    this.at = at;
    this.low = low;
    this.high = high;
  }

  /** As `Segment.rights`: type, S, DPL, P, AVL, L, D/B, G. */
  get rights(): number {
    return (this.high >>> 8) & 0xf0ff;
  }
  get type(): number {
    return (this.high >>> 8) & 0xf;
  }
  get dpl(): number {
    return (this.high >>> 13) & 3;
  }
  get present(): boolean {
    return (this.high & 0x8000) !== 0;
  }
  /** S = 0: LDT, TSS or gate. */
  get system(): boolean {
    return (this.high & 0x1000) === 0;
  }
  get code(): boolean {
    return (this.high & 0x1800) === 0x1800;
  }
  get conforming(): boolean {
    return (this.high & 0x1c00) === 0x1c00;
  }
  get writableData(): boolean {
    return (this.high & 0x1a00) === 0x1200;
  }
  /** Data, or code that may be read. */
  get readable(): boolean {
    return (this.high & 0x1800) === 0x1000 || (this.high & 0x1a00) === 0x1a00;
  }
  get long(): boolean {
    return (this.high & 0x200000) !== 0;
  }
  get big(): boolean {
    return (this.high & 0x400000) !== 0;
  }
  get base(): number {
    const { low, high } = this;
    return ((low >>> 16) | ((high & 0xff) << 16) | (high & 0xff000000)) >>> 0;
  }
  /** In bytes, granularity applied. */
  get limit(): number {
    const raw = (this.low & 0xffff) | (this.high & 0xf0000);
    return this.high & 0x800000 ? ((raw << 12) | 0xfff) >>> 0 : raw;
  }

  /** As a segment register would hold it, under another RPL if asked. */
  hidden(selector = this.selector): Hidden {
    const { base, limit, rights } = this;
    return { selector, base: base ? BigInt(base) : 0n, limit, rights };
  }
}

/** The descriptor at `index` of the table whose base the state has at `table`. */
export function descriptor(cpu: Cpu, selector: number, table: number, index: number): Descriptor {
  const at = Pointer.of(cpu.state, table).move(index);
  at.load(cpu, 'system');
  return new Descriptor(selector, at, loadedLow(cpu), loadedHigh(cpu));
}

/** A selector as an error code names it. SDM Vol. 3A §6.13. */
export const selectorError = (selector: number, ext: number): number => (selector & 0xfffc) | ext;

export const isNull = (selector: number): boolean => (selector & 0xfffc) === 0;

/** The descriptor that a selector names, unless its `bytes` do not lie within the table. */
export function findDescriptor(cpu: Cpu, selector: number, bytes = 8): Descriptor | undefined {
  const index = selector & 0xfff8;
  const { state } = cpu;
  if (selector & 4) {
    const usable = (cpu.rights(L.LDTR) & 0x80) !== 0;
    if (!usable || index + bytes - 1 > cpu.limit(L.LDTR)) return undefined;
    return descriptor(cpu, selector, L.segment(L.LDTR) + L.SEG_BASE, index);
  }
  if (index + bytes - 1 > state.u32(L.GDTR_LIMIT)) return undefined;
  return descriptor(cpu, selector, L.GDTR_BASE, index);
}

/** The descriptor that a selector names; `vector`(selector) if it is not within the table. */
export function fetchDescriptor(
  cpu: Cpu,
  selector: number,
  vector: number,
  ext = 0,
  bytes = 8,
): Descriptor {
  const found = findDescriptor(cpu, selector, bytes);
  if (!found) throw new Fault(vector, selectorError(selector, ext));
  return found;
}

/** Sets the accessed bit of a segment that is being loaded. SDM Vol. 3A §3.4.5.1. */
export function markAccessed(cpu: Cpu, d: Descriptor): void {
  if (d.high & ACCESSED) return;
  d.high |= ACCESSED;
  cpu.writeSystem(d.at.value + 5n, 1, BigInt((d.high >>> 8) & 0xff));
}

/** Throws what writing the descriptor's access byte would throw. */
export function probeAccessByte(cpu: Cpu, d: Descriptor): void {
  cpu.access.probeWrite(BigInt.asUintN(64, d.at.value + 5n), 1, 'system');
}

/** Sets or clears the busy bit of a TSS descriptor. */
export function setBusy(cpu: Cpu, d: Descriptor, busy: boolean): void {
  d.high = busy ? d.high | (BUSY << 8) : d.high & ~(BUSY << 8);
  cpu.writeSystem(d.at.value + 5n, 1, BigInt((d.high >>> 8) & 0xff));
}
