/** The types of C, made from entries when they are needed (DWARF 5 §5). */

import { AT, ATE, TAG } from '../dwarf/constants.ts';
import type { Die } from '../dwarf/die.ts';
import type { NameKind } from '../dwarf/name-index.ts';

export interface BaseType {
  readonly kind: 'base';
  readonly name: string;
  readonly size: number;
  readonly encoding:
    | 'signed'
    | 'unsigned'
    | 'char'
    | 'unsigned char'
    | 'bool'
    | 'float'
    | 'complex';
}

export interface PointerType {
  readonly kind: 'pointer';
  readonly size: number;
  readonly to: CType;
}

export interface ArrayType {
  readonly kind: 'array';
  readonly element: CType;
  /** Undefined for one that ends a struct and is as long as was allocated. */
  readonly count: number | undefined;
}

export interface StructType {
  readonly kind: 'struct' | 'union';
  /** Undefined for one without a name. */
  readonly name: string | undefined;
  readonly size: number;
  /** Only its name is known. */
  readonly incomplete: boolean;
  readonly members: readonly MemberType[];
}

export interface MemberType {
  /** Undefined for an unnamed struct or union, whose members are used as if they were here. */
  readonly name: string | undefined;
  readonly type: CType;
  /** In bytes; of a bit field, of the storage that holds it. */
  readonly offset: number;
  /** From the struct's start, counted from the lowest bit; of a bit field. */
  readonly bits: { readonly offset: number; readonly size: number } | undefined;
}

export interface EnumType {
  readonly kind: 'enum';
  readonly name: string | undefined;
  readonly size: number;
  readonly signed: boolean;
  readonly enumerators: readonly { readonly name: string; readonly value: bigint }[];
}

export interface TypedefType {
  readonly kind: 'typedef';
  readonly name: string;
  readonly to: CType;
}

export interface QualifiedType {
  readonly kind: 'qualified';
  readonly qualifier: 'const' | 'volatile' | 'restrict' | '_Atomic';
  readonly to: CType;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly returns: CType;
  readonly parameters: readonly CType[];
  readonly variadic: boolean;
  readonly prototyped: boolean;
}

export interface VoidType {
  readonly kind: 'void';
}

export type CType =
  | BaseType
  | PointerType
  | ArrayType
  | StructType
  | EnumType
  | TypedefType
  | QualifiedType
  | FunctionType
  | VoidType;

export const VOID: VoidType = { kind: 'void' };

/** Finds complete types by name, in other units. */
export type TypeLookUp = (name: string, kind: NameKind) => Die | undefined;

/** Types of one file; each entry becomes one object, so that types may refer to themselves. */
export class Types {
  readonly #known = new Map<number, CType>();
  readonly #lookUp: TypeLookUp;
  readonly #addressSize: number;

  constructor(addressSize: number, lookUp: TypeLookUp) {
    this.#addressSize = addressSize;
    this.#lookUp = lookUp;
  }

  /** Of a variable, member or function. */
  of(die: Die): CType {
    const type = die.inherited((entry) => entry.reference(AT.TYPE));
    return type ? this.at(type) : VOID;
  }

  named(name: string, kind: NameKind): CType | undefined {
    const die = this.#lookUp(name, kind);
    return die && this.at(die);
  }

  at(die: Die): CType {
    const known = this.#known.get(die.id);
    if (known) return known;
    const type = this.#make(die);
    this.#known.set(die.id, type);
    return type;
  }

  #make(die: Die): CType {
    // The type itself is in a unit of its own.
    const whole = die.has(AT.SIGNATURE) ? die.reference(AT.SIGNATURE) : undefined;
    if (whole && whole.id !== die.id) return this.at(whole);
    switch (die.tag) {
      case TAG.BASE_TYPE:
        return baseType(die);
      case TAG.POINTER_TYPE:
      case TAG.REFERENCE_TYPE:
      case TAG.RVALUE_REFERENCE_TYPE:
        return new LazyPointer(die.number(AT.BYTE_SIZE) ?? this.#addressSize, () => this.of(die));
      case TAG.ARRAY_TYPE:
        return this.#array(die);
      case TAG.STRUCTURE_TYPE:
      case TAG.CLASS_TYPE:
        return this.#struct(die, 'struct');
      case TAG.UNION_TYPE:
        return this.#struct(die, 'union');
      case TAG.ENUMERATION_TYPE:
        return this.#enum(die);
      case TAG.TYPEDEF:
        return new LazyTypedef(die.name ?? '?', () => this.of(die));
      case TAG.CONST_TYPE:
        return new LazyQualified('const', () => this.of(die));
      case TAG.VOLATILE_TYPE:
        return new LazyQualified('volatile', () => this.of(die));
      case TAG.RESTRICT_TYPE:
        return new LazyQualified('restrict', () => this.of(die));
      case TAG.ATOMIC_TYPE:
        return new LazyQualified('_Atomic', () => this.of(die));
      case TAG.SUBROUTINE_TYPE:
      case TAG.SUBPROGRAM:
        return new LazyFunction(this, die);
      default:
        return VOID;
    }
  }

  #array(die: Die): CType {
    const counts: (number | undefined)[] = [];
    for (const child of die.children()) {
      if (child.tag === TAG.SUBRANGE_TYPE || child.tag === TAG.ENUMERATION_TYPE) {
        counts.push(countOf(child));
      }
    }
    let type = this.of(die);
    if (counts.length === 0) counts.push(undefined);
    for (const count of counts.reverse()) type = { kind: 'array', element: type, count };
    return type;
  }

  #struct(die: Die, kind: 'struct' | 'union'): CType {
    const { name } = die;
    if (die.flag(AT.DECLARATION) && name !== undefined) {
      const whole = this.#lookUp(name, kind);
      if (whole && whole.id !== die.id) return this.at(whole);
    }
    return new LazyStruct(this, die, kind);
  }

  #enum(die: Die): CType {
    const { name } = die;
    if (die.flag(AT.DECLARATION) && name !== undefined) {
      const whole = this.#lookUp(name, 'enum');
      if (whole && whole.id !== die.id) return this.at(whole);
    }
    const underlying = strip(this.of(die));
    const size = die.number(AT.BYTE_SIZE) ?? 4;
    const enumerators: { name: string; value: bigint }[] = [];
    for (const child of die.children()) {
      const value = constantOf(child);
      if (child.tag === TAG.ENUMERATOR && value !== undefined) {
        enumerators.push({ name: child.name ?? '?', value });
      }
    }
    const negative = enumerators.some(({ value }) => value < 0n);
    const signed = negative || (underlying.kind === 'base' && underlying.encoding === 'signed');
    const width = Math.min(size, 16) * 8;
    const fitted = enumerators.map((one) => ({
      name: one.name,
      value: signed ? BigInt.asIntN(width, one.value) : BigInt.asUintN(width, one.value),
    }));
    return { kind: 'enum', name, size, signed, enumerators: fitted };
  }
}

/** DW_AT_const_value: data is signed where gcc means a signed constant of that width. */
export function constantOf(die: Die): bigint | undefined {
  const value = die.attribute(AT.CONST_VALUE);
  return value?.kind === 'constant' || value?.kind === 'data' ? value.value : undefined;
}

function countOf(range: Die): number | undefined {
  const count = range.number(AT.COUNT);
  if (count !== undefined) return count;
  const upper = range.attribute(AT.UPPER_BOUND);
  if (upper?.kind !== 'constant' && upper?.kind !== 'data') return undefined;
  // gcc writes -1 for an array of no elements.
  const last =
    upper.kind === 'data' ? BigInt.asIntN(upper.bits, upper.value) : BigInt.asIntN(64, upper.value);
  return last === -1n ? 0 : Number(upper.value) + 1;
}

function baseType(die: Die): CType {
  const size = die.number(AT.BYTE_SIZE) ?? 0;
  const name = plainName(die.name ?? '?');
  const encoding = ENCODINGS.get(die.number(AT.ENCODING) ?? 0) ?? 'unsigned';
  return { kind: 'base', name, size, encoding };
}

/** "long unsigned int" is gcc's; people write "unsigned long". */
function plainName(name: string): string {
  const words = name.split(' ');
  if (!words.includes('int') || words.length < 2) return name;
  const rest = words.filter((word) => word !== 'int' && word !== 'unsigned');
  if (rest.some((word) => word !== 'long' && word !== 'short')) return name;
  if (rest.length === 0) return name;
  return [...(words.includes('unsigned') ? ['unsigned'] : []), ...rest].join(' ');
}

const ENCODINGS: ReadonlyMap<number, BaseType['encoding']> = new Map([
  [ATE.BOOLEAN, 'bool'],
  [ATE.COMPLEX_FLOAT, 'complex'],
  [ATE.FLOAT, 'float'],
  [ATE.SIGNED, 'signed'],
  [ATE.SIGNED_CHAR, 'char'],
  [ATE.UNSIGNED, 'unsigned'],
  [ATE.UNSIGNED_CHAR, 'unsigned char'],
  [ATE.UTF, 'unsigned'],
]);

/** What a type refers to is made when it is asked for: types refer to themselves. */
class Lazy {
  readonly #make: () => CType;
  #to: CType | undefined;

  constructor(make: () => CType) {
    this.#make = make;
  }

  get to(): CType {
    this.#to ??= this.#make();
    return this.#to;
  }
}

class LazyPointer extends Lazy implements PointerType {
  readonly kind = 'pointer';
  readonly size: number;
  constructor(size: number, make: () => CType) {
    super(make);
    this.size = size;
  }
}

class LazyTypedef extends Lazy implements TypedefType {
  readonly kind = 'typedef';
  readonly name: string;
  constructor(name: string, make: () => CType) {
    super(make);
    this.name = name;
  }
}

class LazyQualified extends Lazy implements QualifiedType {
  readonly kind = 'qualified';
  readonly qualifier: QualifiedType['qualifier'];
  constructor(qualifier: QualifiedType['qualifier'], make: () => CType) {
    super(make);
    this.qualifier = qualifier;
  }
}

class LazyFunction implements FunctionType {
  readonly kind = 'function';
  readonly #types: Types;
  readonly #die: Die;
  #parameters: readonly CType[] | undefined;

  constructor(types: Types, die: Die) {
    this.#types = types;
    this.#die = die;
  }

  get returns(): CType {
    return this.#types.of(this.#die);
  }

  get parameters(): readonly CType[] {
    this.#parameters ??= [...this.#die.children()]
      .filter(({ tag }) => tag === TAG.FORMAL_PARAMETER)
      .map((child) => this.#types.of(child));
    return this.#parameters;
  }

  get variadic(): boolean {
    return [...this.#die.children()].some(({ tag }) => tag === TAG.UNSPECIFIED_PARAMETERS);
  }

  get prototyped(): boolean {
    return this.#die.flag(AT.PROTOTYPED);
  }
}

class LazyStruct implements StructType {
  readonly kind: 'struct' | 'union';
  readonly name: string | undefined;
  readonly size: number;
  readonly incomplete: boolean;
  readonly #types: Types;
  readonly #die: Die;
  #members: readonly MemberType[] | undefined;

  constructor(types: Types, die: Die, kind: 'struct' | 'union') {
    this.#types = types;
    this.#die = die;
    this.kind = kind;
    this.name = die.name;
    this.size = die.number(AT.BYTE_SIZE) ?? 0;
    this.incomplete = die.flag(AT.DECLARATION);
  }

  get members(): readonly MemberType[] {
    this.#members ??= [...this.#die.children()]
      .filter(({ tag }) => tag === TAG.MEMBER)
      .map((child) => memberOf(child, this.#types.of(child)));
    return this.#members;
  }
}

function memberOf(die: Die, type: CType): MemberType {
  const location = die.attribute(AT.DATA_MEMBER_LOCATION);
  const isNumber = location?.kind === 'constant' || location?.kind === 'data';
  const offset = isNumber ? Number(location.value) : 0;
  const size = die.number(AT.BIT_SIZE);
  if (size === undefined) return { name: die.name, type, offset, bits: undefined };
  const whole = die.number(AT.DATA_BIT_OFFSET);
  if (whole !== undefined) {
    return { name: die.name, type, offset: Math.floor(whole / 8), bits: { offset: whole, size } };
  }
  // DWARF 2 and 3 count from the highest bit of the storage unit (DWARF 5 appendix D.2.8).
  const storage = die.number(AT.BYTE_SIZE) ?? sizeOf(type) ?? 0;
  const fromTop = die.number(AT.BIT_OFFSET) ?? 0;
  return {
    name: die.name,
    type,
    offset,
    bits: { offset: offset * 8 + storage * 8 - fromTop - size, size },
  };
}

export type BareType = Exclude<CType, TypedefType | QualifiedType>;

/** Without typedefs and qualifiers. */
export function strip(type: CType): BareType {
  let found = type;
  for (let i = 0; i < 64; i++) {
    if (found.kind !== 'typedef' && found.kind !== 'qualified') return found;
    found = found.to;
  }
  return VOID;
}

/** In bytes; undefined for what has none: void, functions, incomplete types. */
export function sizeOf(type: CType, depth = 0): number | undefined {
  if (depth > 64) return undefined;
  const bare = strip(type);
  switch (bare.kind) {
    case 'base':
    case 'pointer':
    case 'enum':
      return bare.size;
    case 'struct':
    case 'union':
      return bare.incomplete ? undefined : bare.size;
    case 'array': {
      const element = sizeOf(bare.element, depth + 1);
      return element === undefined ? undefined : element * (bare.count ?? 0);
    }
    default:
      return undefined;
  }
}

function isConstArray({ qualifier, to }: QualifiedType): boolean {
  let element: CType = to;
  for (let i = 0; i < 16 && element.kind === 'array'; i++) element = element.element;
  return element !== to && element.kind === 'qualified' && element.qualifier === qualifier;
}

/** As C declares it: "int (*)[4]", "const char *". */
export function typeName(type: CType, inner = '', depth = 0): string {
  if (depth > 32) return '...';
  const join = (left: string): string =>
    inner === ''
      ? left
      : /^[[(]/.test(inner) && left.endsWith('*')
        ? left + inner
        : `${left} ${inner}`;
  const next = (to: CType, around: string): string => typeName(to, around, depth + 1);
  switch (type.kind) {
    case 'void':
      return join('void');
    case 'base':
    case 'typedef':
      return join(type.name);
    case 'struct':
    case 'union':
    case 'enum':
      return join(`${type.kind} ${type.name ?? '{...}'}`);
    case 'qualified': {
      const bare = type.to.kind === 'pointer';
      if (bare) return next(type.to, `${type.qualifier}${inner && ` ${inner}`}`);
      // An array of constants is constant itself: gcc says it twice.
      if (isConstArray(type)) return next(type.to, inner);
      return `${type.qualifier} ${next(type.to, inner)}`;
    }
    case 'pointer': {
      const to = type.to.kind === 'qualified' ? type.to.to : type.to;
      const wrapped = to.kind === 'array' || to.kind === 'function';
      const star = /^\w/.test(inner) ? `* ${inner}` : `*${inner}`;
      return next(type.to, wrapped ? `(${star})` : star);
    }
    case 'array':
      return next(type.element, `${inner}[${type.count ?? ''}]`);
    case 'function': {
      const parameters = type.parameters.map((parameter) => typeName(parameter, '', depth + 1));
      if (type.variadic) parameters.push('...');
      const list = parameters.length > 0 ? parameters.join(', ') : type.prototyped ? 'void' : '';
      return next(type.returns, `${inner}(${list})`);
    }
  }
}
