/**
 * Names for a recording's addresses: from the file given with `--symbols`, or from the kernel inside
 * the recording if that is an ELF image with a symbol table. Linux moves itself at boot; how far, the
 * recording knows from what was written to IA32_LSTAR.
 */

import { readFileSync } from 'node:fs';
import { linuxSlide, loadSymbols, SymbolError } from '../symbols/load.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';
import { KIND } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import { UsageError } from './errors.ts';
import { checkInputFile } from './input-file.ts';

const IA32_LSTAR = 0xc000_0082;
const KERNEL_BYTES_MAX = 512 * 1024 * 1024;

/** Undefined if there are none to be had. */
export function guestSymbols(
  command: string,
  recording: Recording,
  path: string | undefined,
): SymbolTable | undefined {
  const table = path === undefined ? ownSymbols(recording) : givenSymbols(command, path);
  if (!table?.symbol('entry_SYSCALL_64')) return table;
  const lstar = systemCallEntry(recording);
  const slide = lstar === undefined ? undefined : linuxSlide(table, lstar);
  return slide === undefined ? table : table.slid(slide);
}

function givenSymbols(command: string, path: string): SymbolTable {
  checkInputFile(command, path);
  try {
    return loadSymbols(readFileSync(path), path);
  } catch (error) {
    if (error instanceof SymbolError) throw new UsageError(error.message);
    throw error;
  }
}

function ownSymbols(recording: Recording): SymbolTable | undefined {
  const kernel = recording.header.images.find(({ role }) => role === 'kernel');
  if (!kernel || kernel.size > KERNEL_BYTES_MAX) return undefined;
  const file = Buffer.alloc(kernel.size);
  const whole = { offset: 0, length: kernel.size };
  recording.images.read(kernel.sha256, whole, (at, bytes) => file.set(bytes, at));
  try {
    return loadSymbols(file, kernel.name);
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

/** The last address the guest wrote to IA32_LSTAR; its first may be from before it moved. */
function systemCallEntry(recording: Recording): bigint | undefined {
  let found: bigint | undefined;
  for (const chunk of recording.chunks.keys()) {
    const block = recording.block(chunk);
    const shape = block.shapes.findIndex(
      ({ kind, address }) => kind === KIND.WRMSR && address === IA32_LSTAR,
    );
    for (let i = 0; shape >= 0 && i < block.count; i++) {
      const exit = block.shapeOf[i] === shape ? block.exit(i) : undefined;
      if (exit?.kind === 'wrmsr') found = exit.value;
    }
    // It is written once, early in the boot, for each processor.
    if (found !== undefined) return found;
  }
  return found;
}
