/**
 * Relocations of a file that is not linked (System V psABI AMD64 §4.4.1, i386 §4.4): kernel modules
 * leave those of their debug sections to whoever reads them. Only what gcc emits there is known.
 */

import { type ElfFile, EM_X86_64, type Section, SHT_REL, SHT_RELA } from './elf-file.ts';
import type { RawSymbol } from './symtab.ts';

const X86_64 = { R64: 1, PC32: 2, R32: 10, R32S: 11, PC64: 24 } as const;
const I386 = { R32: 1, PC32: 2 } as const;

export interface Layout {
  /** Where the guest has each section that is loaded, by index. */
  readonly addresses: ReadonlyMap<number, bigint>;
  readonly symbols: readonly RawSymbol[];
}

/** The section's bytes as if it had been linked there; a copy. */
export function relocated(
  elf: ElfFile,
  section: Section,
  { addresses, symbols }: Layout,
): Uint8Array {
  const bytes = Uint8Array.from(elf.content(section));
  const view = new DataView(bytes.buffer);
  const own = addresses.get(section.index) ?? 0n;
  for (const table of elf.sections) {
    if (table.info !== section.index) continue;
    if (table.type !== SHT_RELA && table.type !== SHT_REL) continue;
    const withAddend = table.type === SHT_RELA;
    const list = elf.content(table);
    const entries = new DataView(list.buffer, list.byteOffset, list.byteLength);
    const each = (elf.wide ? 16 : 8) + (withAddend ? (elf.wide ? 8 : 4) : 0);
    for (let i = 0; i + each <= list.length; i += each) {
      const offset = elf.wide ? Number(entries.getBigUint64(i, true)) : entries.getUint32(i, true);
      const info = elf.wide ? entries.getUint32(i + 8, true) : entries.getUint32(i + 4, true);
      const type = elf.wide ? info : info & 0xff;
      const index = elf.wide ? entries.getUint32(i + 12, true) : info >>> 8;
      const size = sizeOf(elf.machine, type);
      if (size === 0 || offset + size > bytes.length) continue;
      const symbol = symbols[index];
      if (!symbol) continue;
      const addend = withAddend
        ? elf.wide
          ? entries.getBigInt64(i + 16, true)
          : BigInt(entries.getInt32(i + 8, true))
        : BigInt(view.getInt32(offset, true));
      let value = (addresses.get(symbol.section) ?? 0n) + symbol.value + addend;
      if (isRelative(elf.machine, type)) value -= own + BigInt(offset);
      if (size === 8) view.setBigUint64(offset, BigInt.asUintN(64, value), true);
      else view.setUint32(offset, Number(BigInt.asUintN(32, value)), true);
    }
  }
  return bytes;
}

function sizeOf(machine: number, type: number): 0 | 4 | 8 {
  if (machine !== EM_X86_64) return type === I386.R32 || type === I386.PC32 ? 4 : 0;
  if (type === X86_64.R64 || type === X86_64.PC64) return 8;
  return type === X86_64.PC32 || type === X86_64.R32 || type === X86_64.R32S ? 4 : 0;
}

const isRelative = (machine: number, type: number): boolean =>
  machine === EM_X86_64 ? type === X86_64.PC32 || type === X86_64.PC64 : type === I386.PC32;
