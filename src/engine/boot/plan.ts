/**
 * Direct boot: from a kernel file to what has to be in RAM and registers before its first
 * instruction, as the boot protocol of its format says. Pure: bytes in, a plan out.
 *
 * The files come from anywhere, so that every size and offset in them is checked before it is used,
 * and what is wrong is one line.
 */

import { err, type Result } from '../device/state.ts';
import type { PowerOnState } from '../machine.ts';
import { RAM_BYTES_MAX, RAM_BYTES_MIN } from '../pc/memory-map.ts';
import type { Gpa } from '../units.ts';
import { isBzImage, planBzImage } from './bzimage.ts';
import { isElf, parseElf } from './elf.ts';
import { isBootSector, planFlat } from './flat.ts';
import { findMultibootHeader, planMultiboot } from './multiboot.ts';
import { findPvhEntry, planPvh } from './pvh.ts';

export interface BootRequest {
  readonly kernel: Uint8Array;
  readonly initrd?: Uint8Array;
  /** The kernel's command line. */
  readonly append?: string;
  readonly memoryBytes: number;
  /** Takes the kernel file as a flat image for this address, started there in real mode. */
  readonly at?: Gpa;
}

export type BootFormat = 'bzImage-64' | 'bzImage-32' | 'pvh' | 'multiboot' | 'flat';

export interface BootPlan extends PowerOnState {
  readonly format: BootFormat;
}

export function planBoot(request: BootRequest): Result<BootPlan> {
  const { kernel, memoryBytes, at, append = '' } = request;
  if (!Number.isInteger(memoryBytes) || memoryBytes < RAM_BYTES_MIN) {
    return err(
      `too little memory: at least ${mib(RAM_BYTES_MIN)} are needed, got ${mib(memoryBytes)}`,
    );
  }
  if (memoryBytes > RAM_BYTES_MAX) {
    return err(
      `too much memory: at most ${mib(RAM_BYTES_MAX)} fit below 4 GiB, got ${mib(memoryBytes)}`,
    );
  }
  if (memoryBytes % 4096 !== 0) return err(`memory of ${memoryBytes} bytes is not whole pages`);
  if (kernel.length === 0) return err('kernel: the file is empty');
  if (!isPrintable(append)) return err('command line: a control or non-ASCII character in it');

  if (at !== undefined) return planFlat({ ...request, at });
  if (isBzImage(kernel)) return planBzImage(request);
  if (isElf(kernel)) {
    const elf = parseElf(kernel, memoryBytes);
    if (!elf.ok) return elf;
    const pvhEntry = findPvhEntry(elf.value);
    if (!pvhEntry.ok) return pvhEntry;
    if (pvhEntry.value !== undefined) return planPvh(request, elf.value, pvhEntry.value);
    const header = findMultibootHeader(kernel);
    if (header !== undefined) return planMultiboot(request, header, elf.value);
    return err('kernel: an ELF file with neither a PVH entry note nor a Multiboot header');
  }
  const header = findMultibootHeader(kernel);
  if (header !== undefined) return planMultiboot(request, header, undefined);
  if (isBootSector(kernel)) return planFlat(request);
  return err(
    'kernel: not a bzImage, a PVH or Multiboot ELF, or a boot sector (a flat image needs --at)',
  );
}

function isPrintable(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

function mib(bytes: number): string {
  return `${Number((bytes / 2 ** 20).toFixed(2))} MiB`;
}
