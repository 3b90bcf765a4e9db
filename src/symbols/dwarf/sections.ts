/**
 * The debug sections of one file. Most are read whole when first asked for; .debug_info and
 * .debug_line, which make up most of a kernel's debug file, are read by the unit.
 */

import { type ElfFile, ET_REL, type Section, SHT_NOBITS } from '../elf/elf-file.ts';
import { type Layout, relocated } from '../elf/relocate.ts';
import { SymbolError } from '../program.ts';
import { Reader } from './reader.ts';

const NONE = new Uint8Array(0);

export class DebugSections {
  readonly elf: ElfFile;
  readonly #layout: Layout | undefined;
  readonly #whole = new Map<string, Uint8Array>();
  readonly #found = new Map<string, Section | undefined>();

  /** `layout`: where the sections of a file that is not linked were put. */
  constructor(elf: ElfFile, layout?: Layout) {
    this.elf = elf;
    this.#layout = elf.type === ET_REL ? layout : undefined;
  }

  has(name: string): boolean {
    return this.#section(name) !== undefined;
  }

  size(name: string): number {
    const section = this.#section(name);
    // A debug file has only the headers of what the program loads.
    if (!section || section.type === SHT_NOBITS) return 0;
    return this.#isDirect(section) ? section.size : this.bytes(name).length;
  }

  /** All of a section; empty if there is none. */
  bytes(name: string): Uint8Array {
    const known = this.#whole.get(name);
    if (known) return known;
    const section = this.#section(name);
    const bytes = !section
      ? NONE
      : this.#layout
        ? relocated(this.elf, section, this.#layout)
        : this.elf.content(section);
    this.#whole.set(name, bytes);
    return bytes;
  }

  /** Part of a section, read for the purpose if the section is not in memory anyway. */
  part(name: string, offset: number, length: number): Uint8Array {
    const section = this.#section(name);
    if (section && this.#isDirect(section) && !this.#whole.has(name)) {
      return this.elf.part(section, offset, length);
    }
    const bytes = this.bytes(name);
    if (offset < 0 || length < 0 || offset + length > bytes.length) {
      throw new SymbolError(
        `'${this.elf.name}': expected ${length} bytes at 0x${offset.toString(16)} of ${name}, which has ${bytes.length}`,
      );
    }
    return bytes.subarray(offset, offset + length);
  }

  /** Reads from an offset to the end of a section. */
  reader(name: string, offset = 0): Reader {
    return new Reader(this.bytes(name), `${name} of '${this.elf.name}'`, 0, offset);
  }

  #isDirect(section: Section): boolean {
    return !this.#layout && !this.elf.isPacked(section);
  }

  #section(name: string): Section | undefined {
    if (!this.#found.has(name)) {
      const old = name.replace('.debug_', '.zdebug_');
      this.#found.set(name, this.elf.section(name) ?? this.elf.section(old));
    }
    return this.#found.get(name);
  }
}
