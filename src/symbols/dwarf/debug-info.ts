/**
 * The debug information of one file: its units, and what units refer to outside themselves (strings,
 * addresses, each other, the file that dwz put in common: DWARF 5 §7.3.6).
 */

import { textAt } from '../elf/elf-file.ts';
import { SymbolError } from '../program.ts';
import { AT, UT } from './constants.ts';
import type { Die } from './die.ts';
import type { FormValue } from './forms.ts';
import { Reader } from './reader.ts';
import type { DebugSections } from './sections.ts';
import { readUnitHeader, Unit } from './unit.ts';

/** Units kept in memory: some 60 KB each in a kernel, and several times that once looked at. */
const UNITS_KEPT = 192;
/** Before DWARF 5 the header does not say whether a unit is split: of so many the entry is asked. */
const OLDER_UNITS_ASKED = 16;
/** The longest header: 64-bit DWARF, a type unit. */
const HEADER_MAX = 40;

export class DebugInfo {
  readonly sections: DebugSections;
  readonly units: readonly Unit[];
  readonly #signatures = new Map<bigint, Unit>();
  /** In order of use. */
  readonly #used = new Set<Unit>();
  readonly #alternate: () => DebugInfo | undefined;
  #last: Unit | undefined;

  /** `alternate` finds the file named in .gnu_debugaltlink, when something refers to it. */
  constructor(sections: DebugSections, alternate: () => DebugInfo | undefined = () => undefined) {
    this.sections = sections;
    this.#alternate = alternate;
    const units: Unit[] = [];
    for (const section of ['.debug_info', '.debug_types'] as const) {
      const size = sections.size(section);
      for (let at = 0; at < size; ) {
        const bytes = sections.part(section, at, Math.min(HEADER_MAX, size - at));
        const reader = new Reader(bytes, `${section} of '${sections.elf.name}'`, at);
        const header = readUnitHeader(reader, section, at);
        if (header.size > size - at) throw reader.error(`a unit of at most ${size - at} bytes`);
        const unit = new Unit(this, header, units.length);
        if (header.signature !== undefined) this.#signatures.set(header.signature, unit);
        units.push(unit);
        at += header.size;
      }
    }
    this.units = units;
  }

  /** The unit an offset into .debug_info is in. */
  unitAt(offset: number): Unit | undefined {
    let low = 0;
    let high = this.units.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { section, offset: start } = this.units[middle]!.header;
      if (section === '.debug_info' && start <= offset) low = middle + 1;
      else high = middle;
    }
    const unit = this.units[low - 1];
    return unit && offset < unit.header.offset + unit.header.size ? unit : undefined;
  }

  dieAt(offset: number): Die {
    const unit = this.unitAt(offset);
    if (!unit) {
      throw new SymbolError(
        `'${this.sections.elf.name}': expected an entry at 0x${offset.toString(16)} of .debug_info, found no unit there`,
      );
    }
    return unit.die(offset - unit.header.offset);
  }

  text(unit: Unit, value: FormValue): string | undefined {
    switch (value.kind) {
      case 'text':
        return value.value;
      case 'string':
        return textAt(this.sections.bytes('.debug_str'), value.offset);
      case 'line string':
        return textAt(this.sections.bytes('.debug_line_str'), value.offset);
      case 'alternate string':
        return textAt(this.#common().sections.bytes('.debug_str'), value.offset);
      case 'string index': {
        const { offsetSize } = unit.header;
        const base = unit.base(AT.STR_OFFSETS_BASE) ?? 8;
        const reader = this.sections.reader('.debug_str_offsets', base + value.index * offsetSize);
        return textAt(this.sections.bytes('.debug_str'), reader.offset(offsetSize));
      }
      default:
        return undefined;
    }
  }

  indexedAddress(unit: Unit, index: number): bigint {
    const { addressSize } = unit.header;
    const base = unit.base(AT.ADDR_BASE) ?? unit.base(AT.GNU_ADDR_BASE) ?? 8;
    return this.sections.reader('.debug_addr', base + index * addressSize).unsigned(addressSize);
  }

  referred(unit: Unit, value: FormValue): Die | undefined {
    switch (value.kind) {
      case 'unit reference':
        return unit.die(value.offset);
      case 'reference':
        return this.dieAt(value.offset);
      case 'alternate reference':
        return this.#common().dieAt(value.offset);
      case 'signature': {
        const found = this.#signatures.get(value.value);
        return found?.die(found.header.typeOffset);
      }
      default:
        return undefined;
    }
  }

  /** Keeps the units used lately, and lets go of others. */
  touch(unit: Unit): void {
    if (unit === this.#last) return;
    this.#last = unit;
    this.#used.delete(unit);
    this.#used.add(unit);
    if (this.#used.size <= UNITS_KEPT) return;
    for (const oldest of this.#used) {
      this.#used.delete(oldest);
      oldest.drop();
      return;
    }
  }

  readerOf(bytes: Uint8Array, section: string, origin: number): Reader {
    return new Reader(bytes, `${section} of '${this.sections.elf.name}'`, origin);
  }

  /** Names of .dwo files: the part of the debug information that is not here. */
  *splitNames(): Generator<string> {
    let older = 0;
    for (const unit of this.units) {
      const { type, version } = unit.header;
      if (version >= 5 ? type !== UT.SKELETON : ++older > OLDER_UNITS_ASKED) continue;
      const name = unit.splitName;
      if (name !== undefined) yield name;
    }
  }

  #common(): DebugInfo {
    const found = this.#alternate();
    if (found) return found;
    throw new SymbolError(
      `'${this.sections.elf.name}': expected the file that its .gnu_debugaltlink names beside it or in the debug directories`,
    );
  }
}
