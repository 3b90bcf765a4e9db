/**
 * CPUID for KVM, which answers the guest itself, from a table. The table is made by the function that
 * answers it elsewhere (`cpuid.ts`).
 */

import { type CpuidRegisters, type CpuModel, cpuid } from '../cpuid.ts';

export interface CpuidEntry {
  readonly leaf: number;
  /** Undefined where the leaf has no subleaves. */
  readonly subleaf: number | undefined;
  readonly registers: CpuidRegisters;
}

/** Leaves with subleaves, and how many. */
export const SUBLEAVES: ReadonlyMap<number, number> = new Map([
  [0x4, 4],
  [0x7, 2],
  [0xd, 2],
]);

export function cpuidTable(model: CpuModel): CpuidEntry[] {
  // KVM itself clears APIC with IA32_APIC_BASE.EN and sets OSXSAVE with CR4.OSXSAVE.
  const dynamic = { apicEnabled: true, osxsave: false };
  const entries: CpuidEntry[] = [];
  const add = (leaf: number, subleaf?: number) =>
    entries.push({ leaf, subleaf, registers: cpuid(model, leaf, subleaf ?? 0, dynamic) });
  for (const first of [0, 0x8000_0000]) {
    const last = cpuid(model, first, 0, dynamic)[0] >>> 0;
    for (let leaf = first; leaf <= last; leaf++) {
      const subleaves = SUBLEAVES.get(leaf);
      if (subleaves === undefined) add(leaf);
      else for (let n = 0; n < subleaves; n++) add(leaf, n);
    }
  }
  return entries;
}
