/**
 * Where an address of the guest is: through the guest's page tables (KVM_TRANSLATE), a memory slot, and
 * the host's page tables. The last step is /proc/self/pagemap (Documentation/admin-guide/mm/pagemap.rst),
 * which shows page frames to root only.
 */

import { closeSync, openSync, readSync } from 'node:fs';
import type { Gpa, Gva } from '../units.ts';
import type { Address } from './host.ts';
import { PAGE, type Slot } from './ram.ts';
import type { KvmVm } from './vm.ts';

export interface Where {
  /** Undefined if the guest has nothing there. */
  readonly gpa: Gpa | undefined;
  /** Undefined if no RAM is behind it: an access would be an MMIO exit. */
  readonly slot: Slot | undefined;
  /** In this process. */
  readonly hva: Address | undefined;
  /** Undefined if the page is not there yet, or is not ours to know. */
  readonly hpa: bigint | undefined;
}

export function whereIs(vm: KvmVm, at: Gva): Where {
  const gpa = vm.translate(at);
  const slot = vm.ram.slots.find(
    ({ start, end }) => gpa !== undefined && gpa >= start && gpa < end,
  );
  if (gpa === undefined || !slot) return { gpa, slot, hva: undefined, hpa: undefined };
  const hva = vm.system.host.address(vm.ram.bytes) + BigInt(gpa);
  return { gpa, slot, hva, hpa: hostPhysical(hva) };
}

const PRESENT = 1n << 63n;
const FRAME = (1n << 55n) - 1n;

function hostPhysical(hva: Address): bigint | undefined {
  const entry = new BigUint64Array(1);
  let fd: number;
  try {
    fd = openSync('/proc/self/pagemap', 'r');
  } catch {
    return undefined;
  }
  try {
    const page = hva / BigInt(PAGE);
    readSync(fd, entry, 0, 8, Number(page * 8n));
  } finally {
    closeSync(fd);
  }
  const [value = 0n] = entry;
  const frame = value & FRAME;
  // Without CAP_SYS_ADMIN frames read as 0.
  if ((value & PRESENT) === 0n || frame === 0n) return undefined;
  return frame * BigInt(PAGE) + (hva % BigInt(PAGE));
}
