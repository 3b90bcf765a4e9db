/** Symbols from whatever file one has: an ELF image (vmlinux, a kernel of one's own) or a System.map. */

import { type ByteSource, fileSource, memorySource } from './elf/byte-source.ts';
import { ElfFile, isElf } from './elf/elf-file.ts';
import { elfSymbols } from './elf/symtab.ts';
import { SymbolError } from './program.ts';
import { SymbolTable } from './symbol-table.ts';
import { parseSystemMap } from './system-map.ts';

export { SymbolError };

/** A System.map is some 5 MB. */
const TEXT_MAX = 256 * 1024 * 1024;

/** `name` is for the error. */
export const loadSymbols = (file: Uint8Array, name: string): SymbolTable =>
  readSymbols(memorySource(file, name));

/** Of a debug file only the symbol table is read. */
export function loadSymbolFile(path: string): SymbolTable {
  const source = fileSource(path);
  try {
    return readSymbols(source);
  } finally {
    source.close();
  }
}

function readSymbols(source: ByteSource): SymbolTable {
  const elf = isElf(source.read(0, Math.min(64, source.size)));
  if (!elf && source.size > TEXT_MAX) throw noSymbols(source.name);
  const symbols = elf
    ? elfSymbols(new ElfFile(source))
    : parseSystemMap(new TextDecoder('latin1').decode(source.read(0, source.size)));
  if (symbols.length === 0) throw noSymbols(source.name);
  return new SymbolTable(symbols);
}

const noSymbols = (name: string): SymbolError =>
  new SymbolError(
    `'${name}': expected an ELF file with a symbol table or a System.map, found no symbols`,
  );

/**
 * How far a Linux guest moved itself: what it told the CPU as its system call entry (IA32_LSTAR, SDM
 * Vol. 3A §5.8.8), against where that was linked.
 */
export function linuxSlide(table: SymbolTable, lstar: bigint): bigint | undefined {
  const linked = table.symbol('entry_SYSCALL_64')?.start;
  return linked === undefined ? undefined : BigInt.asUintN(64, lstar - linked);
}
