/**
 * Where things lie in guest physical memory, and the map of it that boot protocols hand to kernels.
 */

import { type Gpa, gpa } from '../units.ts';

/** Conventional memory ends where the extended BIOS data area of a real PC begins. */
export const LOW_RAM_END = 0x9_fc00;
/** [A0000, C0000) is the display's window and not RAM, here without anything behind it. */
export const VGA_START = 0xa_0000;
/** Option ROMs would follow; then the area that is searched for the RSDP. */
export const ACPI_START = 0xe_0000;
export const ACPI_END = 0xf_0000;
export const HIGH_RAM_START = 0x10_0000;
/** The local APIC, the I/O APIC and the PCI windows need the end of the first 4 GiB. */
export const RAM_BYTES_MAX = 0xe000_0000;
/** Below this even a small kernel with its tables has no room. */
export const RAM_BYTES_MIN = 0x20_0000;

/** Address range types (ACPI Specification 4.0 §14.1, table 14-1). */
export const RangeType = { RAM: 1, RESERVED: 2, ACPI: 3 } as const;
export type RangeType = (typeof RangeType)[keyof typeof RangeType];

export interface MemoryRange {
  readonly at: Gpa;
  readonly length: number;
  readonly type: RangeType;
}

/** The map, sorted and without overlaps (INT 15H function E820H). */
export function memoryMap(memoryBytes: number): readonly MemoryRange[] {
  const range = (start: number, end: number, type: RangeType): MemoryRange => ({
    at: gpa(start),
    length: end - start,
    type,
  });
  return [
    range(0, LOW_RAM_END, RangeType.RAM),
    range(LOW_RAM_END, VGA_START, RangeType.RESERVED),
    range(ACPI_START, ACPI_END, RangeType.ACPI),
    range(ACPI_END, HIGH_RAM_START, RangeType.RESERVED),
    range(HIGH_RAM_START, memoryBytes, RangeType.RAM),
  ];
}

/** PCI devices' memory: from above RAM to the APICs. */
export function pciWindow(memoryBytes: number): { readonly start: number; readonly end: number } {
  const aboveRam = Math.ceil(memoryBytes / 0x1000_0000) * 0x1000_0000;
  return { start: Math.max(0xc000_0000, aboveRam), end: 0xfec0_0000 };
}
