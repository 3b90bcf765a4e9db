/** Symbols from whatever file one has: an ELF image (vmlinux, a kernel of one's own) or a System.map. */

import { ElfFile, isElf } from './elf.ts';
import { SymbolError } from './program.ts';
import { SymbolTable } from './symbol-table.ts';
import { parseSystemMap } from './system-map.ts';

export { SymbolError };

/** `name` is for the error. */
export function loadSymbols(file: Uint8Array, name: string): SymbolTable {
  const symbols = isElf(file)
    ? readElf(file, name)
    : parseSystemMap(new TextDecoder('latin1').decode(file));
  if (symbols.length === 0) {
    throw new SymbolError(
      `'${name}': expected an ELF file with a symbol table or a System.map, found no symbols`,
    );
  }
  return new SymbolTable(symbols);
}

function readElf(file: Uint8Array, name: string) {
  try {
    return new ElfFile(file).symbols();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SymbolError(`'${name}': expected a whole ELF file, found one that is cut off`);
  }
}

/**
 * How far a Linux guest moved itself: what it told the CPU as its system call entry (IA32_LSTAR, SDM
 * Vol. 3A §5.8.8), against where that was linked.
 */
export function linuxSlide(table: SymbolTable, lstar: bigint): bigint | undefined {
  const linked = table.symbol('entry_SYSCALL_64')?.start;
  return linked === undefined ? undefined : BigInt.asUintN(64, lstar - linked);
}
