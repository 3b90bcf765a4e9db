/** Section headers and the symbol table of an ELF file, 32 and 64 bit, little endian (System V gABI, chapter 4). */

import type { GuestSymbol } from './symbol-table.ts';

export interface Section {
  readonly name: string;
  readonly type: number;
  readonly addr: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
}

const SHT_SYMTAB = 2;
const SHT_NOBITS = 8;
const STT_NOTYPE = 0;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const SHN_UNDEF = 0;
const SHN_ABS = 0xfff1;

export const isElf = (file: Uint8Array): boolean =>
  file.length >= 52 &&
  file[0] === 0x7f &&
  file[1] === 0x45 &&
  file[2] === 0x4c &&
  file[3] === 0x46 &&
  file[5] === 1;

/** Throws a `RangeError` where the file is shorter than its headers say. */
export class ElfFile {
  readonly wide: boolean;
  readonly sections: readonly Section[];
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.wide = bytes[4] === 2;
    this.sections = this.#readSections();
  }

  section(name: string): Section | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** A section's bytes; none for one that takes no room in the file. */
  content({ type, offset, size }: Section): Uint8Array {
    if (type === SHT_NOBITS) return new Uint8Array(0);
    return this.#bytes.subarray(offset, offset + size);
  }

  /** Functions, objects and the labels of assembly code. */
  symbols(): GuestSymbol[] {
    const table = this.sections.find(({ type }) => type === SHT_SYMTAB);
    const names = table && this.sections[table.link];
    if (!table || !names) return [];
    const each = this.wide ? 24 : 16;
    const found: GuestSymbol[] = [];
    for (let at = table.offset; at + each <= table.offset + table.size; at += each) {
      const symbol = this.#symbol(at, names);
      if (symbol) found.push(symbol);
    }
    return found;
  }

  #symbol(at: number, names: Section): GuestSymbol | undefined {
    const view = this.#view;
    const info = view.getUint8(at + (this.wide ? 4 : 12));
    const index = view.getUint16(at + (this.wide ? 6 : 14), true);
    const type = info & 0xf;
    const kind = type === STT_FUNC ? 'code' : type === STT_OBJECT ? 'data' : 'label';
    if (type !== STT_FUNC && type !== STT_OBJECT && type !== STT_NOTYPE) return undefined;
    // Constants of the assembler are no addresses.
    if (index === SHN_UNDEF || index === SHN_ABS) return undefined;
    const name = this.#string(names.offset + view.getUint32(at, true));
    if (name === '' || name.startsWith('.L')) return undefined;
    return {
      name,
      start: this.wide ? view.getBigUint64(at + 8, true) : BigInt(view.getUint32(at + 4, true)),
      size: this.wide ? view.getBigUint64(at + 16, true) : BigInt(view.getUint32(at + 8, true)),
      kind,
    };
  }

  #readSections(): Section[] {
    const view = this.#view;
    const table = this.#word(this.wide ? 0x28 : 0x20);
    const each = view.getUint16(this.wide ? 0x3a : 0x2e, true);
    const count = view.getUint16(this.wide ? 0x3c : 0x30, true);
    const nameIndex = view.getUint16(this.wide ? 0x3e : 0x32, true);
    if (table === 0) return [];
    const raw = Array.from({ length: count }, (_, i) => this.#rawSection(table + i * each));
    const names = raw[nameIndex];
    return raw.map(({ nameAt, ...section }) => ({
      name: names ? this.#string(names.offset + nameAt) : '',
      ...section,
    }));
  }

  #rawSection(at: number) {
    const view = this.#view;
    const [addr, offset, size, link] = this.wide ? [16, 24, 32, 40] : [12, 16, 20, 24];
    return {
      nameAt: view.getUint32(at, true),
      type: view.getUint32(at + 4, true),
      addr: this.wide
        ? view.getBigUint64(at + addr, true)
        : BigInt(view.getUint32(at + addr, true)),
      offset: this.#word(at + offset),
      size: this.#word(at + size),
      link: view.getUint32(at + link, true),
    };
  }

  #word(at: number): number {
    return this.wide ? Number(this.#view.getBigUint64(at, true)) : this.#view.getUint32(at, true);
  }

  #string(at: number): string {
    const end = this.#bytes.indexOf(0, at);
    return new TextDecoder('latin1').decode(this.#bytes.subarray(at, end < 0 ? undefined : end));
  }
}
