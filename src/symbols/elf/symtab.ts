/** The symbol table of an ELF file (System V gABI, "Symbol Table"). */

import type { GuestSymbol } from '../symbol-table.ts';
import { type ElfFile, ET_REL, SHT_SYMTAB, textAt } from './elf-file.ts';

const STT_NOTYPE = 0;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const PER_CPU = '.data..percpu';
const SHN_UNDEF = 0;
const SHN_LORESERVE = 0xff00;

export interface RawSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly type: number;
  readonly section: number;
}

/** All of the table, in its order: relocations refer to it by index. */
export function rawSymbols(elf: ElfFile): RawSymbol[] {
  const table = elf.sections.find(({ type }) => type === SHT_SYMTAB);
  const names = table && elf.sections[table.link];
  if (!table || !names) return [];
  const bytes = elf.content(table);
  const texts = elf.content(names);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const each = elf.wide ? 24 : 16;
  const found: RawSymbol[] = [];
  for (let at = 0; at + each <= bytes.length; at += each) {
    found.push({
      name: textAt(texts, view.getUint32(at, true)),
      type: view.getUint8(at + (elf.wide ? 4 : 12)) & 0xf,
      section: view.getUint16(at + (elf.wide ? 6 : 14), true),
      value: elf.wide ? view.getBigUint64(at + 8, true) : BigInt(view.getUint32(at + 4, true)),
      size: elf.wide ? view.getBigUint64(at + 16, true) : BigInt(view.getUint32(at + 8, true)),
    });
  }
  return found;
}

/**
 * Functions, objects and the labels of assembly code. `addresses`: where each section of a file that
 * is not linked was put.
 */
export function elfSymbols(elf: ElfFile, addresses?: ReadonlyMap<number, bigint>): GuestSymbol[] {
  const found: GuestSymbol[] = [];
  const perCpu = elf.section(PER_CPU)?.index;
  for (const { name, type, section, value, size } of rawSymbols(elf)) {
    const kind = type === STT_FUNC ? 'code' : type === STT_OBJECT ? 'data' : 'label';
    if (type !== STT_FUNC && type !== STT_OBJECT && type !== STT_NOTYPE) continue;
    // Constants of the assembler are no addresses.
    if (section === SHN_UNDEF || section >= SHN_LORESERVE) continue;
    // Linux links its per-CPU variables at 0: they are offsets, and would claim the null page.
    if (section === perCpu) continue;
    if (name === '' || name.startsWith('.L')) continue;
    let start = value;
    if (elf.type === ET_REL) {
      const base = addresses?.get(section);
      if (base === undefined) continue;
      start += base;
    }
    found.push({ name, start, size, kind });
  }
  return found;
}
