/**
 * Names → entries, over all units of a file. A kernel's units repeat the same types thousands of times:
 * of types one complete entry is kept for each name, of functions and variables every definition.
 *
 * Keys are offsets into .debug_str: the linker stores each string once, so looking a name up is
 * searching .debug_str for it and then the table for the offset.
 */

import { SymbolError } from '../program.ts';
import { type Abbreviation, type FormSizes, readAbbreviations } from './abbreviations.ts';
import { AT, FORM, TAG } from './constants.ts';
import type { DebugInfo } from './debug-info.ts';
import type { Die } from './die.ts';
import { skipForm } from './forms.ts';
import type { Unit } from './unit.ts';

export type NameKind =
  | 'function'
  | 'variable'
  | 'typedef'
  | 'struct'
  | 'union'
  | 'enum'
  | 'base'
  | 'enumerator'
  /** A variable that is declared: of those that only the linker defines there is no more. */
  | 'declaration';

const KINDS: readonly NameKind[] = [
  'function',
  'variable',
  'typedef',
  'struct',
  'union',
  'enum',
  'base',
  'enumerator',
  'declaration',
];

const KIND_OF_TAG: ReadonlyMap<number, number> = new Map([
  [TAG.SUBPROGRAM, KINDS.indexOf('function')],
  [TAG.VARIABLE, KINDS.indexOf('variable')],
  [TAG.TYPEDEF, KINDS.indexOf('typedef')],
  [TAG.STRUCTURE_TYPE, KINDS.indexOf('struct')],
  [TAG.CLASS_TYPE, KINDS.indexOf('struct')],
  [TAG.UNION_TYPE, KINDS.indexOf('union')],
  [TAG.ENUMERATION_TYPE, KINDS.indexOf('enum')],
  [TAG.BASE_TYPE, KINDS.indexOf('base')],
  [TAG.ENUMERATOR, KINDS.indexOf('enumerator')],
]);

/** Sorted by key, then kind, then entry. */
export interface NameTables {
  /** An offset into .debug_str; names that are written in the entry itself come in `own`. */
  readonly keys: Uint32Array;
  readonly kinds: Uint8Array;
  /** Of .debug_info, which stays under 4 GiB. */
  readonly dies: Uint32Array;
  /** Short names: text → positions in `ownKinds` and `ownDies`. */
  readonly ownNames: readonly string[];
  readonly ownKinds: Uint8Array;
  readonly ownDies: Uint32Array;
}

export class NameIndex {
  readonly tables: NameTables;
  readonly #info: DebugInfo;
  readonly #own = new Map<string, number[]>();

  constructor(info: DebugInfo, tables: NameTables) {
    this.#info = info;
    this.tables = tables;
    tables.ownNames.forEach((name, i) => {
      const known = this.#own.get(name);
      if (known) known.push(i);
      else this.#own.set(name, [i]);
    });
  }

  *lookUp(name: string, ...kinds: readonly NameKind[]): Generator<Die> {
    const wanted = kinds.map((kind) => KINDS.indexOf(kind));
    const { keys, kinds: kindOf, dies, ownKinds, ownDies } = this.tables;
    for (const i of this.#own.get(name) ?? []) {
      if (wanted.includes(ownKinds[i]!)) yield this.#info.dieAt(ownDies[i]!);
    }
    for (const offset of this.#offsetsOf(name)) {
      for (let i = firstAtLeast(keys, offset); keys[i] === offset; i++) {
        if (wanted.includes(kindOf[i]!)) yield this.#info.dieAt(dies[i]!);
      }
    }
  }

  /** Names that begin with a text, each once, in no order; as many as `limit`. */
  startingWith(text: string, limit: number): { name: string; kind: NameKind }[] {
    const found = new Map<string, NameKind>();
    const { keys, kinds, ownKinds, ownNames } = this.tables;
    const bytes = this.#strings;
    const wanted = Buffer.from(text, 'latin1');
    for (let i = 0; i < keys.length && found.size < limit; i++) {
      const at = keys[i]!;
      if (at === keys[i - 1]) continue;
      let same = 0;
      while (same < wanted.length && bytes[at + same] === wanted[same]) same++;
      if (same < wanted.length) continue;
      const end = bytes.indexOf(0, at);
      const name = bytes.subarray(at, end < 0 ? undefined : end).toString('latin1');
      if (!found.has(name)) found.set(name, KINDS[kinds[i]!]!);
    }
    ownNames.forEach((name, i) => {
      if (name.startsWith(text) && found.size < limit) found.set(name, KINDS[ownKinds[i]!]!);
    });
    return [...found].map(([name, kind]) => ({ name, kind }));
  }

  get #strings(): Buffer {
    const { buffer, byteOffset, byteLength } = this.#info.sections.bytes('.debug_str');
    return Buffer.from(buffer, byteOffset, byteLength);
  }

  /** Everywhere in .debug_str that a name could be meant: the end of a longer string counts. */
  *#offsetsOf(name: string): Generator<number> {
    if (name === '') return;
    const bytes = this.#strings;
    const wanted = Buffer.from(`${name}\0`, 'latin1');
    for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + 1)) yield at;
  }
}

function firstAtLeast(sorted: Uint32Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What of an abbreviation the walk needs. */
interface Plan {
  readonly kind: number;
  readonly children: boolean;
  /** The definition of what was declared before: the name is there. */
  readonly completes: boolean;
  readonly nameIndex: number;
  readonly nameForm: number;
  readonly siblingIndex: number;
  readonly size: number;
  readonly abbreviation: Abbreviation;
}

/** Yields the share done, now and then. */
export function* buildNameIndex(info: DebugInfo): Generator<number, NameTables> {
  const found = new Found();
  const total = info.sections.size('.debug_info');
  for (const unit of info.units) {
    if (unit.index % 8 === 0) yield unit.header.offset / total;
    if (unit.header.section !== '.debug_info') continue;
    try {
      new UnitNames(unit, found).walk();
    } catch (error) {
      // One damaged unit does not take the others' names away.
      if (!(error instanceof SymbolError)) throw error;
    } finally {
      unit.drop();
    }
  }
  return found.tables();
}

class UnitNames {
  readonly #unit: Unit;
  readonly #found: Found;
  readonly #plans: (Plan | undefined)[] = [];

  constructor(unit: Unit, found: Found) {
    this.#unit = unit;
    this.#found = found;
    const { sections } = unit.info;
    const table = readAbbreviations(
      sections.reader('.debug_abbrev', unit.header.abbreviations),
      unit.header,
    );
    for (const [code, abbreviation] of table) {
      if (code < 0x10000) this.#plans[code] = planOf(abbreviation);
    }
  }

  /** The entries right below the unit, and enumerators. What has children says where they end. */
  walk(): void {
    const { header } = this.#unit;
    const reader = this.#unit.reader(header.first);
    const origin = header.offset;
    let depth = 0;
    while (!reader.done) {
      const start = reader.at;
      const code = reader.uleb();
      if (code === 0) {
        depth--;
        if (depth <= 0) return;
        continue;
      }
      const plan = this.#plans[code];
      if (!plan) throw reader.error(`an abbreviation ${code}`);
      const data = reader.at;
      if (plan.kind >= 0) {
        if (plan.nameIndex >= 0) this.#add(plan, data, origin + start);
        else if (plan.completes) this.#addCompleted(plan, origin + start);
      }
      const opens = plan.children && isOpen(plan.abbreviation.tag);
      if (plan.children && !opens && plan.siblingIndex >= 0) {
        const sibling = this.#sibling(plan, data);
        if (sibling > start && sibling <= header.size) {
          reader.at = sibling;
          continue;
        }
      }
      if (plan.size >= 0) reader.at = data + plan.size;
      else skipAll(reader, plan.abbreviation, header);
      if (!plan.children) continue;
      if (opens) depth++;
      else skipChildren(reader, this.#plans, header);
    }
  }

  #sibling({ abbreviation, siblingIndex }: Plan, data: number): number {
    const at = this.#seek(abbreviation, siblingIndex, data);
    switch (abbreviation.forms[siblingIndex]) {
      case FORM.REF4:
        return at.u32();
      case FORM.REF2:
        return at.u16();
      case FORM.REF1:
        return at.u8();
      case FORM.REF_UDATA:
        return at.uleb();
      default:
        return 0;
    }
  }

  #add(plan: Plan, data: number, die: number): void {
    const { nameForm, nameIndex, abbreviation, kind } = plan;
    if (nameForm === FORM.STRP && this.#unit.header.offsetSize === 4) {
      this.#found.add(this.#seek(abbreviation, nameIndex, data).u32(), kind, die);
      return;
    }
    const name = this.#unit.die(die - this.#unit.header.offset).name;
    if (name !== undefined) this.#found.addOwn(name, kind, die);
  }

  #addCompleted({ kind }: Plan, die: number): void {
    const declared = this.#unit.die(die - this.#unit.header.offset).reference(AT.SPECIFICATION);
    const name = declared?.attribute(AT.NAME);
    if (name?.kind === 'string' && declared?.unit.info === this.#unit.info) {
      this.#found.add(name.offset, kind, die);
      return;
    }
    const text = declared?.name;
    if (text !== undefined) this.#found.addOwn(text, kind, die);
  }

  #seek({ offsets, forms }: Abbreviation, index: number, data: number) {
    let from = index;
    while (offsets[from]! < 0) from--;
    const reader = this.#unit.reader(data + offsets[from]!);
    for (let i = from; i < index; i++) skipForm(reader, forms[i]!, this.#unit.header);
    return reader;
  }
}

/** Its children have names that are known outside. */
const isOpen = (tag: number): boolean =>
  tag === TAG.COMPILE_UNIT ||
  tag === TAG.PARTIAL_UNIT ||
  tag === TAG.ENUMERATION_TYPE ||
  tag === TAG.NAMESPACE;

function planOf(abbreviation: Abbreviation): Plan {
  const { tag, names, forms } = abbreviation;
  const nameIndex = names.indexOf(AT.NAME);
  return {
    kind: !names.includes(AT.DECLARATION)
      ? (KIND_OF_TAG.get(tag) ?? -1)
      : tag === TAG.VARIABLE
        ? KINDS.indexOf('declaration')
        : -1,
    children: abbreviation.children,
    completes: names.includes(AT.SPECIFICATION),
    nameIndex,
    nameForm: forms[nameIndex] ?? 0,
    siblingIndex: names.indexOf(AT.SIBLING),
    size: abbreviation.size,
    abbreviation,
  };
}

type UnitReader = ReturnType<Unit['reader']>;

function skipAll(reader: UnitReader, { forms }: Abbreviation, sizes: FormSizes): void {
  for (const form of forms) skipForm(reader, form, sizes);
}

function skipChildren(
  reader: UnitReader,
  plans: readonly (Plan | undefined)[],
  sizes: FormSizes,
): void {
  for (let depth = 1; depth > 0 && !reader.done; ) {
    const code = reader.uleb();
    if (code === 0) {
      depth--;
      continue;
    }
    const plan = plans[code];
    if (!plan) throw reader.error(`an abbreviation ${code}`);
    if (plan.size >= 0) reader.skip(plan.size);
    else skipAll(reader, plan.abbreviation, sizes);
    if (plan.children) depth++;
  }
}

/** What was found, growing. */
class Found {
  #keys = new Uint32Array(1 << 16);
  #kinds = new Uint8Array(1 << 16);
  #dies = new Uint32Array(1 << 16);
  #count = 0;
  /** Key and kind of the types that are there already. */
  readonly #types = new Set<number>();
  readonly #ownTypes = new Set<string>();
  readonly #ownNames: string[] = [];
  readonly #ownKinds: number[] = [];
  readonly #ownDies: number[] = [];

  add(key: number, kind: number, die: number): void {
    if (kind >= 2) {
      const type = key * 16 + kind;
      if (this.#types.has(type)) return;
      this.#types.add(type);
    }
    if (this.#count === this.#keys.length) this.#grow();
    this.#keys[this.#count] = key;
    this.#kinds[this.#count] = kind;
    this.#dies[this.#count] = die;
    this.#count++;
  }

  addOwn(name: string, kind: number, die: number): void {
    if (kind >= 2) {
      const type = `${kind} ${name}`;
      if (this.#ownTypes.has(type)) return;
      this.#ownTypes.add(type);
    }
    this.#ownNames.push(name);
    this.#ownKinds.push(kind);
    this.#ownDies.push(die);
  }

  tables(): NameTables {
    // Sorted by key; what was found first stays first.
    const sorted = Uint32Array.from({ length: this.#count }, (_, i) => i);
    const keys = this.#keys;
    sorted.sort((a, b) => keys[a]! - keys[b]! || a - b);
    return {
      keys: sorted.map((i) => this.#keys[i]!),
      kinds: Uint8Array.from(sorted, (i) => this.#kinds[i]!),
      dies: sorted.map((i) => this.#dies[i]!),
      ownNames: this.#ownNames,
      ownKinds: Uint8Array.from(this.#ownKinds),
      ownDies: Uint32Array.from(this.#ownDies),
    };
  }

  #grow(): void {
    const size = this.#keys.length * 2;
    const larger = <T extends Uint32Array | Uint8Array>(from: T, to: T): T => {
      to.set(from);
      return to;
    };
    this.#keys = larger(this.#keys, new Uint32Array(size));
    this.#kinds = larger(this.#kinds, new Uint8Array(size));
    this.#dies = larger(this.#dies, new Uint32Array(size));
  }
}
