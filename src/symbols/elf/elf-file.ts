/**
 * Section headers and contents of an ELF file, 32 and 64 bit, little endian (System V gABI, chapter 4).
 * Nothing but the headers is read before it is asked for.
 */

import { inflateSync } from 'node:zlib';
import { SymbolError } from '../program.ts';
import type { ByteSource } from './byte-source.ts';

export interface Section {
  readonly index: number;
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly addr: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  /** Of relocations: the section they change. */
  readonly info: number;
}

export const SHT_SYMTAB = 2;
export const SHT_RELA = 4;
export const SHT_NOTE = 7;
export const SHT_NOBITS = 8;
export const SHT_REL = 9;
export const SHF_ALLOC = 2;
export const SHF_EXECINSTR = 4;
const SHF_COMPRESSED = 0x800;
const ELFCOMPRESS_ZLIB = 1;
const SHN_XINDEX = 0xffff;

/** A file whose symbols and debug information stay to be linked: a kernel module. */
export const ET_REL = 1;
export const EM_386 = 3;
export const EM_X86_64 = 62;

/** What a section may unpack to. */
const UNPACKED_MAX = 0x7fff_ffff;

export const isElf = (file: Uint8Array): boolean =>
  file.length >= 52 &&
  file[0] === 0x7f &&
  file[1] === 0x45 &&
  file[2] === 0x4c &&
  file[3] === 0x46 &&
  file[5] === 1;

/** Throws `SymbolError` where the file is shorter than its headers say. */
export class ElfFile {
  readonly name: string;
  readonly wide: boolean;
  readonly type: number;
  readonly machine: number;
  readonly sections: readonly Section[];
  readonly #source: ByteSource;
  readonly #unpacked = new Map<number, Uint8Array>();

  constructor(source: ByteSource) {
    this.#source = source;
    this.name = source.name;
    const header = source.size >= 52 ? source.read(0, Math.min(64, source.size)) : undefined;
    if (!header || !isElf(header)) {
      throw new SymbolError(`'${source.name}': expected a little-endian ELF file`);
    }
    this.wide = header[4] === 2;
    if (this.wide && header.length < 64) source.read(0, 64);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    this.type = view.getUint16(16, true);
    this.machine = view.getUint16(18, true);
    this.sections = this.#readSections(view);
  }

  section(name: string): Section | undefined {
    return this.sections.find((section) => section.name === name);
  }

  /** A section's bytes, unpacked; none for one that takes no room in the file. */
  content(section: Section): Uint8Array {
    if (section.type === SHT_NOBITS) return new Uint8Array(0);
    if (!this.isPacked(section)) return this.#source.read(section.offset, section.size);
    const known = this.#unpacked.get(section.index);
    if (known) return known;
    const bytes = this.#unpack(section);
    this.#unpacked.set(section.index, bytes);
    return bytes;
  }

  /** A part of a section that is not packed. */
  part(section: Section, offset: number, length: number): Uint8Array {
    if (offset < 0 || offset + length > section.size) {
      throw new SymbolError(
        `'${this.name}': expected ${length} bytes at ${offset} of ${section.name}, which has ${section.size}`,
      );
    }
    return this.#source.read(section.offset + offset, length);
  }

  isPacked(section: Section): boolean {
    return (section.flags & SHF_COMPRESSED) !== 0 || section.name.startsWith('.zdebug_');
  }

  close(): void {
    this.#source.close();
  }

  /** Chdr in front of the data (gABI, "Section Compression"), or GNU's older "ZLIB" and a length. */
  #unpack(section: Section): Uint8Array {
    const packed = this.#source.read(section.offset, section.size);
    const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
    const old = section.name.startsWith('.zdebug_');
    const head = old ? 12 : this.wide ? 24 : 12;
    if (packed.length < head) throw this.#damaged(section, 'a compression header');
    if (!old && view.getUint32(0, true) !== ELFCOMPRESS_ZLIB) {
      throw this.#damaged(section, `zlib, not compression ${view.getUint32(0, true)}`);
    }
    const size = old
      ? Number(view.getBigUint64(4))
      : this.wide
        ? Number(view.getBigUint64(8, true))
        : view.getUint32(4, true);
    if (size > UNPACKED_MAX) throw this.#damaged(section, 'less than 2 GiB');
    try {
      return inflateSync(packed.subarray(head), { maxOutputLength: Math.max(size, 1) });
    } catch {
      throw this.#damaged(section, `${size} bytes packed by zlib`);
    }
  }

  #damaged(section: Section, expected: string): SymbolError {
    return new SymbolError(`'${this.name}': expected ${expected} in section ${section.name}`);
  }

  #readSections(header: DataView): Section[] {
    const wide = this.wide;
    const table = wide ? Number(header.getBigUint64(0x28, true)) : header.getUint32(0x20, true);
    const each = header.getUint16(wide ? 0x3a : 0x2e, true);
    let count = header.getUint16(wide ? 0x3c : 0x30, true);
    let nameIndex = header.getUint16(wide ? 0x3e : 0x32, true);
    if (table === 0) return [];
    const size = wide ? 64 : 40;
    if (each < size) {
      throw new SymbolError(
        `'${this.name}': expected section headers of ${size} bytes, got ${each}`,
      );
    }
    const first = this.#rawSection(table);
    if (count === 0) count = first.size;
    if (nameIndex === SHN_XINDEX) nameIndex = first.link;
    this.#source.read(table, 0);
    if (count * each > this.#source.size - table) {
      throw new SymbolError(
        `'${this.name}': expected ${count} section headers at ${table}, found a file that is cut off`,
      );
    }
    const raw = Array.from({ length: count }, (_, i) => this.#rawSection(table + i * each));
    const names = raw[nameIndex];
    const texts =
      names && names.type !== SHT_NOBITS
        ? this.#source.read(names.offset, names.size)
        : new Uint8Array(0);
    return raw.map(({ nameAt, ...section }, index) => ({
      index,
      name: textAt(texts, nameAt),
      ...section,
    }));
  }

  #rawSection(at: number) {
    const bytes = this.#source.read(at, this.wide ? 64 : 40);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const nameAt = view.getUint32(0, true);
    const type = view.getUint32(4, true);
    if (!this.wide) {
      return {
        nameAt,
        type,
        flags: view.getUint32(8, true),
        addr: BigInt(view.getUint32(12, true)),
        offset: view.getUint32(16, true),
        size: view.getUint32(20, true),
        link: view.getUint32(24, true),
        info: view.getUint32(28, true),
      };
    }
    return {
      nameAt,
      type,
      flags: view.getUint32(8, true),
      addr: view.getBigUint64(16, true),
      offset: Number(view.getBigUint64(24, true)),
      size: Number(view.getBigUint64(32, true)),
      link: view.getUint32(40, true),
      info: view.getUint32(44, true),
    };
  }
}

/** A zero-terminated text; up to the end where the terminator is missing. */
export function textAt(bytes: Uint8Array, at: number): string {
  if (at >= bytes.length) return '';
  const end = bytes.indexOf(0, at);
  const { buffer, byteOffset, length } = bytes;
  const whole = bytes instanceof Buffer ? bytes : Buffer.from(buffer, byteOffset, length);
  return whole.toString('latin1', at, end < 0 ? length : end);
}
