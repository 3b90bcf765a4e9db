/**
 * Does a guest stay below long mode all its life? Then debuggers are told of a 32-bit machine. Known for
 * CPU models without long mode and for Linux kernels built for 32 bits; anything else may go there.
 */

import { InvalidArgumentError, Option } from 'commander';
import { cpuModel } from '../engine/cpu-models.ts';

export const ARCHITECTURES = ['auto', 'amd64', 'i386', 'i8086'] as const;
export type ArchitectureName = (typeof ARCHITECTURES)[number];

export const archOption = (): Option =>
  new Option('--arch <NAME>', `what gdb takes the guest for: ${ARCHITECTURES.join(', ')}`)
    .argParser((name) => {
      const known = ARCHITECTURES.find((one) => one === name);
      if (!known) throw new InvalidArgumentError(`expected ${ARCHITECTURES.join(', ')}`);
      return known;
    })
    .default('auto');

/** Documentation/arch/x86/boot.rst: "HdrS", protocol version, xloadflags with XLF_KERNEL_64. */
const HEADER_AT = 0x202;
const VERSION_AT = 0x206;
const XLOADFLAGS_AT = 0x236;
const XLOADFLAGS_SINCE = 0x20c;
const XLF_KERNEL_64 = 1;

export function is32Bit(cpuName: string, kernel: Uint8Array | undefined): boolean {
  if (cpuModel(cpuName)?.features.includes('LM') === false) return true;
  if (!kernel || kernel.length < XLOADFLAGS_AT + 2) return false;
  const view = new DataView(kernel.buffer, kernel.byteOffset, kernel.length);
  const isLinux = Buffer.from(kernel.subarray(HEADER_AT, HEADER_AT + 4)).toString() === 'HdrS';
  if (!isLinux || view.getUint16(VERSION_AT, true) < XLOADFLAGS_SINCE) return false;
  return (view.getUint16(XLOADFLAGS_AT, true) & XLF_KERNEL_64) === 0;
}
