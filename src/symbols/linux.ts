/** What is known of Linux: how far it moved itself at boot, and where each CPU has its own variables. */

import type { Image } from './image.ts';
import type { Guest } from './program.ts';
import { readWord } from './unwind/unwinder.ts';

/** KASLR moves by multiples of CONFIG_PHYSICAL_ALIGN, 2 MiB at least. */
const ALIGNMENT = 0x20_0000n;
/** Exceptions by vector, and what handles them: entry/entry_64.S since 5.8, and before. */
const HANDLERS: readonly (readonly [number, readonly string[]])[] = [
  [14, ['asm_exc_page_fault', 'page_fault']],
  [13, ['asm_exc_general_protection', 'general_protection']],
  [6, ['asm_exc_invalid_op', 'invalid_op']],
  [0, ['asm_exc_divide_error', 'divide_error']],
];

const KERNEL_HALF = 1n << 63n;

/**
 * By the handlers in the interrupt table (SDM Vol. 3A §6.14.1), against where they were linked. Undefined
 * while the guest has no table of Linux's.
 */
export function findSlide(image: Image, guest: Guest): bigint | undefined {
  const table = guest.register('idtr_base');
  if (table === undefined || image.bits !== 64 || guest.bits !== 64) return undefined;
  for (const [vector, names] of HANDLERS) {
    const gate = guest.readMemory(BigInt.asUintN(64, table + BigInt(vector * 16)), 16);
    if (gate.length < 16) continue;
    const view = new DataView(gate.buffer, gate.byteOffset, gate.byteLength);
    const low = BigInt(view.getUint16(0, true)) | (BigInt(view.getUint16(6, true)) << 16n);
    const handler = low | (BigInt(view.getUint32(8, true)) << 32n);
    for (const name of names) {
      const linked = image.symbols.symbol(name)?.start;
      if (linked === undefined || handler < KERNEL_HALF) continue;
      const slide = BigInt.asUintN(64, handler - linked);
      if (slide % ALIGNMENT === 0n && slide < 1n << 40n) return slide;
    }
  }
  return undefined;
}

/** What is added to the offset of a per-CPU variable: of one CPU, or of that at the cursor. */
export function perCpuBase(
  image: Image,
  guest: Guest,
  cpu: number | undefined,
): bigint | undefined {
  if (cpu === undefined) {
    // In user mode the kernel's GS base waits for SWAPGS.
    const bases = ['gs_base', 'k_gs_base', 'kernel_gs_base'].map((name) => guest.register(name));
    return bases.find((base) => base !== undefined && base >= KERNEL_HALF);
  }
  const table = image.symbols.symbol('__per_cpu_offset')?.start;
  if (table === undefined || cpu < 0 || cpu > 8191) return undefined;
  const base = readWord(guest, image.toGuest(table) + BigInt(cpu * 8), 8);
  return base !== undefined && base >= KERNEL_HALF ? base : undefined;
}
