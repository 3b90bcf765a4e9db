/**
 * One unit of .debug_info (DWARF 5 §7.5.1): its header, and its entries on demand. A unit's bytes and
 * abbreviations are kept while it is one of those used lately.
 */

import { type Abbreviations, readAbbreviations } from './abbreviations.ts';
import { AT, UT } from './constants.ts';
import type { DebugInfo } from './debug-info.ts';
import { Die } from './die.ts';
import { Reader } from './reader.ts';

export interface UnitHeader {
  readonly section: '.debug_info' | '.debug_types';
  /** In its section. */
  readonly offset: number;
  /** All of it, with the header. */
  readonly size: number;
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  readonly type: number;
  readonly abbreviations: number;
  /** Where the first entry is, from the unit's start. */
  readonly first: number;
  /** Of a type unit: its name, and where the type is from the unit's start. */
  readonly signature: bigint | undefined;
  readonly typeOffset: number;
}

/** Reads the header at the reader's place and leaves the reader behind the unit. */
export function readUnitHeader(
  reader: Reader,
  section: UnitHeader['section'],
  origin: number,
): UnitHeader {
  const start = reader.at;
  const { length, offsetSize } = reader.initialLength();
  const size = reader.at - start + length;
  const version = reader.u16();
  if (version < 2 || version > 5) throw reader.error(`DWARF 2 to 5, not version ${version},`);
  let type: number = section === '.debug_types' ? UT.TYPE : UT.COMPILE;
  let addressSize: number;
  let abbreviations: number;
  if (version >= 5) {
    type = reader.u8();
    addressSize = reader.u8();
    abbreviations = reader.offset(offsetSize);
    // The id that a skeleton has in common with its .dwo.
    if (type === UT.SKELETON || type === UT.SPLIT_COMPILE) reader.skip(8);
  } else {
    abbreviations = reader.offset(offsetSize);
    addressSize = reader.u8();
  }
  if (![1, 2, 4, 8].includes(addressSize)) {
    throw reader.error(`addresses of 1, 2, 4 or 8 bytes, not ${addressSize},`);
  }
  const isType = type === UT.TYPE || type === UT.SPLIT_TYPE;
  const signature = isType ? reader.u64() : undefined;
  const typeOffset = isType ? reader.offset(offsetSize) : 0;
  const first = reader.at - start;
  return {
    section,
    offset: origin + start,
    size,
    version,
    offsetSize,
    addressSize,
    type,
    abbreviations,
    first,
    signature,
    typeOffset,
  };
}

export class Unit {
  readonly info: DebugInfo;
  readonly header: UnitHeader;
  readonly index: number;
  #root: Die | undefined;
  #bytes: Uint8Array | undefined;
  #abbreviations: Abbreviations | undefined;
  /** What else was worked out about the unit: it goes when its bytes go. */
  readonly memo = new Map<string, unknown>();

  constructor(info: DebugInfo, header: UnitHeader, index: number) {
    this.info = info;
    this.header = header;
    this.index = index;
  }

  get bytes(): Uint8Array {
    this.info.touch(this);
    const { section, offset, size } = this.header;
    this.#bytes ??= this.info.sections.part(section, offset, size);
    return this.#bytes;
  }

  get abbreviations(): Abbreviations {
    this.info.touch(this);
    this.#abbreviations ??= readAbbreviations(
      this.info.sections.reader('.debug_abbrev', this.header.abbreviations),
      this.header,
    );
    return this.#abbreviations;
  }

  /** The unit itself. */
  get root(): Die {
    this.#root ??= this.die(this.header.first);
    return this.#root;
  }

  get name(): string {
    return this.root.name ?? '';
  }

  get directory(): string {
    return this.root.text(AT.COMP_DIR) ?? '';
  }

  /** At an offset from the unit's start. Throws `SymbolError` where there is no entry. */
  die(offset: number): Die {
    const found = Die.at(this, offset);
    if (!found) throw this.reader(offset).error('an entry');
    return found;
  }

  reader(offset: number): Reader {
    const { section, offset: origin } = this.header;
    return new Reader(this.bytes, `${section} of '${this.info.sections.elf.name}'`, origin, offset);
  }

  /** Where this unit's part of a table of offsets or addresses begins. */
  base(attribute: number): number | undefined {
    return this.root.sectionOffset(attribute);
  }

  /** The name of the .dwo file where the rest is, if the unit is split. */
  get splitName(): string | undefined {
    return this.root.text(AT.DWO_NAME) ?? this.root.text(AT.GNU_DWO_NAME);
  }

  once<T>(key: string, make: () => T): T {
    this.info.touch(this);
    if (!this.memo.has(key)) this.memo.set(key, make());
    return this.memo.get(key) as T;
  }

  /** Lets go of what can be read again. */
  drop(): void {
    this.#bytes = undefined;
    this.#abbreviations = undefined;
    this.#root = undefined;
    this.memo.clear();
  }
}
