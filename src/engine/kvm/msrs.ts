/**
 * Model-specific registers: those that a vCPU keeps itself, and the filter that sends accesses to
 * all others, and every write, to us. The same line as the soft vCPU draws (microcode/msr.ts).
 */

import { CONSTANTS, STRUCTS } from './abi.ts';
import type { Host } from './host.ts';
import { Struct } from './struct.ts';

const range = (first: number, last: number): number[] =>
  Array.from({ length: last - first + 1 }, (_, n) => first + n);

export const IA32_TSC = 0x10;
export const IA32_TSC_ADJUST = 0x3b;

/** Kept by KVM, and readable by the guest without an exit. */
export const KEPT_MSRS: readonly number[] = [
  ...range(0x174, 0x176), // SYSENTER
  0x1a0, // IA32_MISC_ENABLE
  ...range(0x200, 0x20f), // MTRRs
  0x250,
  0x258,
  0x259,
  ...range(0x268, 0x26f),
  0x277, // IA32_PAT
  0x2ff,
  ...range(0xc000_0080, 0xc000_0084), // EFER, SYSCALL
  ...range(0xc000_0100, 0xc000_0103), // FS, GS, kernel GS, TSC_AUX
];

/** Constants of the CPU model, where KVM has some of its own: answered by us. */
export const CONSTANT_MSRS: ReadonlyMap<number, bigint> = new Map([
  [0x17, 0n], // IA32_PLATFORM_ID
  [0x79, 0n], // IA32_BIOS_UPDT_TRIG
  [0x8b, 0n], // IA32_BIOS_SIGN_ID
  [0xfe, 0x508n], // IA32_MTRRCAP
]);

/** Calls `set` with a kvm_msr_filter: reads of KEPT_MSRS are allowed, all else is not. */
export function setMsrFilter(host: Host, set: (filter: Uint8Array) => void): void {
  const filter = new Struct('kvm_msr_filter');
  filter.setU32('flags', CONSTANTS.KVM_MSR_FILTER_DEFAULT_DENY);
  [
    [0x174, 0x200],
    [0x200, 0x300],
    [0xc000_0080, 0xc000_0108],
  ].forEach(([base = 0, end = 0], n) => {
    // Whole longs: the kernel copies them.
    const bitmap = new Uint8Array(Math.ceil((end - base) / 64) * 8);
    for (const msr of KEPT_MSRS) {
      if (msr >= base && msr < end) bitmap[(msr - base) >> 3]! |= 1 << ((msr - base) & 7);
    }
    const at = STRUCTS.kvm_msr_filter.ranges + n * STRUCTS.kvm_msr_filter_range.size;
    const entry = new Struct('kvm_msr_filter_range', { within: filter.bytes, at });
    entry.setU32('flags', CONSTANTS.KVM_MSR_FILTER_READ);
    entry.setU32('nmsrs', end - base);
    entry.setU32('base', base);
    entry.setU64('bitmap', host.address(bitmap));
  });
  set(filter.bytes);
}

/** A kvm_msrs for these registers, with these values. */
export function msrList(entries: readonly (readonly [number, bigint])[]): Struct<'kvm_msrs'> {
  const { size } = STRUCTS.kvm_msr_entry;
  const list = new Struct('kvm_msrs', { extra: entries.length * size });
  list.setU32('nmsrs', entries.length);
  entries.forEach(([msr, value], n) => {
    const entry = msrEntry(list, n);
    entry.setU32('index', msr);
    entry.setU64('data', value);
  });
  return list;
}

export function msrEntry(list: Struct<'kvm_msrs'>, n: number): Struct<'kvm_msr_entry'> {
  const at = STRUCTS.kvm_msrs.size + n * STRUCTS.kvm_msr_entry.size;
  return new Struct('kvm_msr_entry', { within: list.bytes, at });
}
