/** A typed value of the guest: what it is, where it is, what it is made of. */

import type { Edit, FormatOptions, Member, Value } from '../program.ts';
import { formatValue } from './format.ts';
import { walkList } from './lists.ts';
import { fromInteger, type Gap, integerBytes, MemoryStorage, type Storage } from './storage.ts';
import {
  type BareType,
  type CType,
  type MemberType,
  sizeOf,
  strip,
  type Types,
  typeName,
} from './types.ts';

/** The world around values. */
export interface ValueSpace {
  readonly pointerSize: 4 | 8;
  readonly types: Types | undefined;
  readMemory(at: bigint, length: number): Uint8Array;
  /** "queue_pop+0x3b" */
  symbolAt(at: bigint): string | undefined;
  /** A register of the cursor's frame by DWARF's number, for an assignment: its name and value. */
  writable(register: number): { readonly name: string; readonly value: bigint } | undefined;
}

export interface BitField {
  readonly offset: number;
  readonly size: number;
}

export interface ValueParts {
  readonly type: CType;
  readonly storage: Storage;
  readonly space: ValueSpace;
  readonly expression?: string | undefined;
  readonly bitField?: BitField | undefined;
  /** Of a list: what it is said to hold. */
  readonly elements?: readonly GuestValue[];
}

/** An array without a count shows this many. */
const OPEN_ARRAY = 0;
const CHILDREN_MAX = 1_000_000;

export class GuestValue implements Value {
  readonly ctype: CType;
  readonly storage: Storage;
  readonly space: ValueSpace;
  readonly expression: string | undefined;
  readonly bitField: BitField | undefined;
  readonly #given: readonly GuestValue[] | undefined;
  #listed: readonly GuestValue[] | undefined;

  constructor(parts: ValueParts) {
    this.ctype = parts.type;
    this.storage = parts.storage;
    this.space = parts.space;
    this.expression = parts.expression;
    this.bitField = parts.bitField;
    this.#given = parts.elements;
  }

  /** Of a plain integer, as C would compute it. */
  static integer(value: bigint, type: CType, space: ValueSpace): GuestValue {
    return new GuestValue({ type, storage: fromInteger(value, sizeOf(type) ?? 8), space });
  }

  static inMemory(
    type: CType,
    address: bigint,
    space: ValueSpace,
    expression?: string,
  ): GuestValue {
    const storage = new MemoryStorage(address, (at, length) => space.readMemory(at, length));
    return new GuestValue({ type, storage, space, expression });
  }

  get bare(): BareType {
    return strip(this.ctype);
  }

  get type(): string {
    return typeName(this.ctype);
  }

  get state(): 'known' | 'partly' | Gap {
    if (this.#given) return 'known';
    if (this.bitField) {
      return this.storage.bits(this.bitField.offset, this.bitField.size).gap ?? 'known';
    }
    const size = this.size;
    // Of large things in memory the first byte stands for the rest.
    const { address } = this.storage;
    if (address !== undefined) return this.storage.state(Math.min(size ?? 0, 16));
    return this.storage.state(size ?? 0);
  }

  get address(): bigint | undefined {
    return this.bitField ? undefined : this.storage.address;
  }

  get size(): number | undefined {
    return sizeOf(this.ctype);
  }

  get reference(): bigint | undefined {
    const { bare } = this;
    if (bare.kind === 'pointer') return this.integer;
    if (bare.kind === 'array' || bare.kind === 'struct' || bare.kind === 'union') {
      return this.address;
    }
    return bare.kind === 'function' ? this.address : undefined;
  }

  get integer(): bigint | undefined {
    const { bare } = this;
    const signed =
      (bare.kind === 'base' && (bare.encoding === 'signed' || bare.encoding === 'char')) ||
      (bare.kind === 'enum' && bare.signed);
    if (bare.kind === 'base' && (bare.encoding === 'float' || bare.encoding === 'complex')) {
      return undefined;
    }
    if (bare.kind !== 'base' && bare.kind !== 'enum' && bare.kind !== 'pointer') return undefined;
    const field = this.bitField ?? { offset: 0, size: bare.size * 8 };
    const { value, gap } = this.storage.bits(field.offset, field.size);
    if (gap !== undefined) return undefined;
    return signed ? BigInt.asIntN(field.size, value) : value;
  }

  get float(): number | undefined {
    const { bare } = this;
    if (bare.kind !== 'base' || bare.encoding !== 'float') return undefined;
    const bytes = this.storage.bytes(bare.size);
    if (bytes.length < bare.size) return undefined;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bare.size === 4) return view.getFloat32(0, true);
    if (bare.size === 8) return view.getFloat64(0, true);
    return bare.size >= 10 ? extended(view) : undefined;
  }

  get named(): number {
    const { bare } = this;
    if (this.#given) return 0;
    if (bare.kind === 'struct' || bare.kind === 'union') return bare.members.length;
    if (bare.kind !== 'pointer') return 0;
    const to = strip(bare.to);
    if (to.kind === 'void' || to.kind === 'function' || this.integer === undefined) return 0;
    if (this.integer === 0n) return 0;
    return to.kind === 'struct' || to.kind === 'union' ? to.members.length : 1;
  }

  get indexed(): number {
    if (this.#given) return this.#given.length;
    const { bare } = this;
    if (bare.kind === 'array') return Math.min(bare.count ?? OPEN_ARRAY, CHILDREN_MAX);
    return this.#list.length;
  }

  children(start = 0, count = CHILDREN_MAX): readonly Member[] {
    const found: Member[] = [];
    const { named, indexed } = this;
    const end = Math.min(start + count, named + indexed);
    for (let i = Math.max(0, start); i < end; i++) {
      found.push(i < named ? this.#namedChild(i) : this.#indexedChild(i - named));
    }
    return found;
  }

  get assignable(): boolean {
    const { bare } = this;
    if (bare.kind !== 'base' && bare.kind !== 'enum' && bare.kind !== 'pointer') return false;
    if (this.storage.address !== undefined) return true;
    const { register } = this.storage;
    return register !== undefined && this.space.writable(register) !== undefined;
  }

  format(options: FormatOptions = {}): string {
    return formatValue(this, options);
  }

  /** A member by name, of the struct itself or of an unnamed one in it. */
  member(name: string): GuestValue | undefined {
    const path = memberPath(this.bare, name);
    let value: GuestValue | undefined = this;
    for (const member of path ?? []) value = value?.fieldOf(member);
    return path ? value : undefined;
  }

  element(index: number): GuestValue | undefined {
    const { bare } = this;
    if (this.#given) return this.#given[index];
    if (bare.kind === 'array') {
      const size = sizeOf(bare.element);
      if (size === undefined) return undefined;
      return new GuestValue({
        type: bare.element,
        storage: this.storage.at(index * size),
        space: this.space,
        expression: this.expression && `${atom(this.expression)}[${index}]`,
      });
    }
    return undefined;
  }

  /** What a pointer points to. */
  pointee(): GuestValue | undefined {
    const { bare } = this;
    const address = this.integer;
    if (bare.kind !== 'pointer' || address === undefined) return undefined;
    const expression = this.expression && `*${atom(this.expression)}`;
    return GuestValue.inMemory(bare.to, address, this.space, expression);
  }

  fieldOf(member: MemberType): GuestValue {
    const { name, type, offset, bits } = member;
    const own = this.expression;
    const through = own?.startsWith('*') ? `${own.slice(1)}->` : own && `${atom(own)}.`;
    // A bit field counts from the struct's start.
    return new GuestValue({
      type,
      storage: bits ? this.storage : this.storage.at(offset),
      space: this.space,
      expression: name === undefined ? own : through && `${through}${name}`,
      bitField: bits && { offset: bits.offset, size: bits.size },
    });
  }

  withExpression(expression: string | undefined): GuestValue {
    const { ctype: type, storage, space, bitField } = this;
    const elements = this.#given;
    return new GuestValue({
      type,
      storage,
      space,
      expression,
      bitField,
      ...(elements ? { elements } : {}),
    });
  }

  /** What writing an integer (or the bits of a float) into it takes. */
  edits(value: bigint): readonly Edit[] {
    const { address, register } = this.storage;
    const size = this.size ?? 0;
    const field = this.bitField ?? { offset: 0, size: size * 8 };
    const mask = (1n << BigInt(field.size)) - 1n;
    if (address !== undefined) {
      const first = Math.floor(field.offset / 8);
      const last = Math.ceil((field.offset + field.size) / 8);
      const old = this.storage.bits(first * 8, (last - first) * 8).value;
      const shift = BigInt(field.offset - first * 8);
      const merged = (old & ~(mask << shift)) | ((value & mask) << shift);
      return [
        {
          kind: 'memory',
          at: BigInt.asUintN(64, address + BigInt(first)),
          bytes: integerBytes(merged, last - first),
        },
      ];
    }
    const place = register === undefined ? undefined : this.space.writable(register);
    if (!place) return [];
    const shift = BigInt(field.offset);
    const merged = (place.value & ~(mask << shift)) | ((value & mask) << shift);
    return [{ kind: 'register', name: place.name, value: merged }];
  }

  get #list(): readonly GuestValue[] {
    this.#listed ??= walkList(this);
    return this.#listed;
  }

  #namedChild(index: number): Member {
    const { bare } = this;
    if (bare.kind === 'pointer') {
      const to = strip(bare.to);
      const target = this.pointee()!;
      if (to.kind !== 'struct' && to.kind !== 'union') {
        return { name: `*${this.expression ?? ''}`, value: target, expression: target.expression };
      }
      return memberEntry(target, to.members[index]!);
    }
    return memberEntry(this, (bare as { members: readonly MemberType[] }).members[index]!);
  }

  #indexedChild(index: number): Member {
    const value =
      this.bare.kind === 'array' || this.#given ? this.element(index)! : this.#list[index]!;
    return { name: `[${index}]`, value, expression: value.expression };
  }
}

function memberEntry(of: GuestValue, member: MemberType): Member {
  const value = of.fieldOf(member);
  return {
    name: member.name ?? `<${strip(member.type).kind}>`,
    value,
    expression: value.expression,
  };
}

/** The way to a member, through unnamed structs and unions. */
export function memberPath(type: CType, name: string, depth = 0): MemberType[] | undefined {
  const bare = strip(type);
  if ((bare.kind !== 'struct' && bare.kind !== 'union') || depth > 16) return undefined;
  for (const member of bare.members) if (member.name === name) return [member];
  for (const member of bare.members) {
    if (member.name !== undefined) continue;
    const rest = memberPath(member.type, name, depth + 1);
    if (rest) return [member, ...rest];
  }
  return undefined;
}

/** In parentheses where what follows would bind to a part of it. */
export const atom = (expression: string): string =>
  /^(?:\w|[$@])[\w$]*(?:(?:\.|->)\w+|\[\w+\])*$/.test(expression) ? expression : `(${expression})`;

/** x87's 80 bits (SDM Vol. 1 §4.2.2). */
function extended(view: DataView): number {
  const significand = view.getBigUint64(0, true);
  const top = view.getUint16(8, true);
  const exponent = top & 0x7fff;
  const sign = top & 0x8000 ? -1 : 1;
  if (exponent === 0x7fff) {
    return BigInt.asUintN(63, significand) === 0n ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return sign * Number(significand) * 2 ** (exponent - 16383 - 63);
}
