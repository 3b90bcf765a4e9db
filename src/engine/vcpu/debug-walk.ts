/** The debugger's page walk: no TLB, no A or D bits, no faults. SDM Vol. 3A chapter 4. */

import { type Cpu, CR0_PG, CR4_PAE, CR4_PSE } from '../microcode/cpu.ts';
import type { Gpa, Gva } from '../units.ts';
import * as L from './layout.ts';
import type { Ram } from './vcpu.ts';

const ADDRESS = 0xff_ffff_f000n;

export function debugTranslate(cpu: Cpu, ram: Ram, at: Gva): Gpa | undefined {
  if (!(cpu.cr0 & CR0_PG)) return Number(at & 0xffffffffn) as Gpa;
  const cr3 = cpu.state.u64(L.CR3);
  const entry = (table: bigint, index: bigint, bytes: 4 | 8): bigint => {
    const b = ram.peek(Number(table + index * BigInt(bytes)) as Gpa, bytes);
    const view = new DataView(b.buffer, b.byteOffset, bytes);
    return bytes === 8 ? view.getBigUint64(0, true) : BigInt(view.getUint32(0, true));
  };
  if (!cpu.longMode && !(cpu.cr4 & CR4_PAE)) {
    const pde = entry(cr3 & 0xfffff000n, (at >> 22n) & 1023n, 4);
    if (!(pde & 1n)) return undefined;
    if (pde & 0x80n && cpu.cr4 & CR4_PSE) {
      return Number((pde & 0xffc00000n) | ((pde & 0x1fe000n) << 19n) | (at & 0x3fffffn)) as Gpa;
    }
    const pte = entry(pde & 0xfffff000n, (at >> 12n) & 1023n, 4);
    return pte & 1n ? (Number((pte & 0xfffff000n) | (at & 0xfffn)) as Gpa) : undefined;
  }
  let table = cr3 & ADDRESS;
  let shift = 39n;
  if (!cpu.longMode) {
    const pdpte = entry(cr3 & 0xffffffe0n, (at >> 30n) & 3n, 8);
    if (!(pdpte & 1n)) return undefined;
    table = pdpte & ADDRESS;
    shift = 21n;
  }
  for (; ; shift -= 9n) {
    const pte = entry(table, (at >> shift) & 511n, 8);
    if (!(pte & 1n)) return undefined;
    if (shift === 12n || (shift < 39n && pte & 0x80n)) {
      const mask = (1n << shift) - 1n;
      return Number((pte & ADDRESS & ~mask) | (at & mask)) as Gpa;
    }
    table = pte & ADDRESS;
  }
}
