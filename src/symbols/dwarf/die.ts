/** A debugging information entry (DWARF 5 §2.1): a place in a unit, read when it is asked something. */

import type { Abbreviation } from './abbreviations.ts';
import { AT } from './constants.ts';
import { type FormValue, readForm, skipForm } from './forms.ts';
import type { Unit } from './unit.ts';

/** Entries that refer to each other in a circle are damaged. */
const REFERENCES_MAX = 16;

export class Die {
  readonly unit: Unit;
  /** From the unit's start. */
  readonly offset: number;
  readonly abbreviation: Abbreviation;
  /** Where its attributes begin. */
  readonly #data: number;

  private constructor(unit: Unit, offset: number, abbreviation: Abbreviation, data: number) {
    this.unit = unit;
    this.offset = offset;
    this.abbreviation = abbreviation;
    this.#data = data;
  }

  /** Undefined for the null entry that ends a list of siblings, and behind the unit's end. */
  static at(unit: Unit, offset: number): Die | undefined {
    if (offset >= unit.header.size) return undefined;
    const reader = unit.reader(offset);
    const code = reader.uleb();
    if (code === 0) return undefined;
    const abbreviation = unit.abbreviations.get(code);
    if (!abbreviation) throw reader.error(`an abbreviation ${code}`);
    return new Die(unit, offset, abbreviation, reader.at);
  }

  get tag(): number {
    return this.abbreviation.tag;
  }

  /** Tells entries of one file apart. */
  get id(): number {
    const types = this.unit.header.section === '.debug_types' ? 2 ** 48 : 0;
    return types + this.unit.header.offset + this.offset;
  }

  has(name: number): boolean {
    return this.abbreviation.names.includes(name);
  }

  attribute(name: number): FormValue | undefined {
    const { names, forms, offsets, constants } = this.abbreviation;
    const index = names.indexOf(name);
    if (index < 0) return undefined;
    // Start from the last attribute before it whose place is known.
    let from = index;
    while (offsets[from]! < 0) from--;
    const reader = this.unit.reader(this.#data + offsets[from]!);
    for (let i = from; i < index; i++) skipForm(reader, forms[i]!, this.unit.header);
    return readForm(reader, forms[index]!, constants[index], this.unit.header);
  }

  get name(): string | undefined {
    return this.text(AT.NAME);
  }

  text(name: number): string | undefined {
    const value = this.attribute(name);
    return value && this.unit.info.text(this.unit, value);
  }

  flag(name: number): boolean {
    const value = this.attribute(name);
    return value?.kind === 'flag' && value.value;
  }

  /** A constant that is never negative: sizes, counts, lines. */
  number(name: number): number | undefined {
    const value = this.attribute(name);
    if (value?.kind !== 'constant' && value?.kind !== 'data') return undefined;
    return Number(value.value);
  }

  sectionOffset(name: number): number | undefined {
    const value = this.attribute(name);
    if (value?.kind === 'section offset') return value.offset;
    // DWARF 3 wrote offsets as plain data.
    return value?.kind === 'data' ? Number(value.value) : undefined;
  }

  /** As linked. */
  address(name: number): bigint | undefined {
    const value = this.attribute(name);
    if (value?.kind === 'address') return value.value;
    if (value?.kind === 'address index')
      return this.unit.info.indexedAddress(this.unit, value.index);
    return undefined;
  }

  reference(name: number): Die | undefined {
    const value = this.attribute(name);
    return value && this.unit.info.referred(this.unit, value);
  }

  /** Through the entry it is a copy or a completion of, where it does not say itself. */
  inherited<T>(ask: (die: Die) => T | undefined): T | undefined {
    let die: Die | undefined = this;
    for (let i = 0; die && i < REFERENCES_MAX; i++) {
      const answer = ask(die);
      if (answer !== undefined) return answer;
      die = die.reference(AT.ABSTRACT_ORIGIN) ?? die.reference(AT.SPECIFICATION);
    }
    return undefined;
  }

  /** The last of the entries that this one is a copy or a completion of. */
  get origin(): Die {
    let die: Die = this;
    for (let i = 0; i < REFERENCES_MAX; i++) {
      const next = die.reference(AT.ABSTRACT_ORIGIN) ?? die.reference(AT.SPECIFICATION);
      if (!next) break;
      die = next;
    }
    return die;
  }

  *children(): Generator<Die> {
    if (!this.abbreviation.children) return;
    let at = this.#end();
    for (;;) {
      const child = Die.at(this.unit, at);
      if (!child) return;
      yield child;
      at = child.#next();
    }
  }

  /** Behind this entry and all below it. */
  #next(): number {
    if (!this.abbreviation.children) return this.#end();
    const sibling = this.attribute(AT.SIBLING);
    if (sibling?.kind === 'unit reference' && sibling.offset > this.offset) return sibling.offset;
    let at = this.#end();
    for (let depth = 1; depth > 0; ) {
      const die = Die.at(this.unit, at);
      if (!die) {
        // The null entry takes a byte; behind the unit's end there are none.
        if (at >= this.unit.header.size) return at;
        depth--;
        at++;
      } else {
        if (die.abbreviation.children) depth++;
        at = die.#end();
      }
    }
    return at;
  }

  /** Behind its attributes. */
  #end(): number {
    const { size, forms, offsets } = this.abbreviation;
    if (size >= 0) return this.#data + size;
    let from = forms.length - 1;
    while (offsets[from]! < 0) from--;
    const reader = this.unit.reader(this.#data + offsets[from]!);
    for (let i = from; i < forms.length; i++) skipForm(reader, forms[i]!, this.unit.header);
    return reader.at;
  }
}
