/** What names in an expression mean: variables of the frame from the inside out, of the file, of the program. */

import { AT, TAG } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import { X86_64 } from './dwarf/registers.ts';
import { BuiltinTypes } from './expression/builtin-types.ts';
import type { Names } from './expression/evaluate.ts';
import type { TypeText } from './expression/syntax.ts';
import type { ProgramFrame } from './frames.ts';
import type { Image } from './image.ts';
import type { Guest } from './program.ts';
import { AssembledStorage, integerBytes } from './values/storage.ts';
import { type CType, constantOf, type Types } from './values/types.ts';
import { GuestValue, type ValueSpace } from './values/value.ts';
import { declaredIn, isDeclaration, nameOf, variableValue } from './variables.ts';

/** The program as seen from a frame. */
export interface View {
  readonly guest: Guest;
  readonly frame: ProgramFrame | undefined;
  /** That of the frame first. */
  readonly images: readonly Image[];
  readonly space: ValueSpace;
  typesOf(image: Image): Types;
  perCpuBase(cpu: number | undefined): bigint | undefined;
}

/** General registers have parts with names of their own (SDM Vol. 1 §3.4.1). */
type Part = readonly [whole: string, offset: number, size: number];
const PARTS = partsOfRegisters();

function partsOfRegisters(): ReadonlyMap<string, Part> {
  const found = new Map<string, Part>();
  const add = (whole: string, [dword, word, low, high]: readonly string[]): void => {
    if (dword) found.set(dword, [whole, 0, 4]);
    if (word) found.set(word, [whole, 0, 2]);
    if (low) found.set(low, [whole, 0, 1]);
    if (high) found.set(high, [whole, 1, 1]);
  };
  for (const letter of 'abcd') {
    add(`r${letter}x`, [`e${letter}x`, `${letter}x`, `${letter}l`, `${letter}h`]);
  }
  for (const name of ['si', 'di', 'bp', 'sp']) add(`r${name}`, [`e${name}`, name, `${name}l`]);
  for (let i = 8; i < 16; i++) add(`r${i}`, [`r${i}d`, `r${i}w`, `r${i}b`]);
  return found;
}

/** gdb's names for what every machine has. */
const ALIASES: Readonly<Record<string, readonly [string, string]>> = {
  pc: ['rip', 'eip'],
  sp: ['rsp', 'esp'],
  fp: ['rbp', 'ebp'],
};

export function namesOf(view: View): Names {
  const { guest, frame, space } = view;
  const builtin = new BuiltinTypes(space.pointerSize);
  return {
    space,
    variable: (name, within) => findVariable(view, name, within, builtin),
    type: (name, keyword) => findType(view, name, keyword),
    register: (name) => registerValue(name, guest, frame, space, builtin),
    mark: (name) => (name === 'icount' ? guest.icount : undefined),
    perCpuBase: (cpu) => view.perCpuBase(cpu),
  };
}

function findVariable(
  view: View,
  name: string,
  within: string | undefined,
  builtin: BuiltinTypes,
): GuestValue | undefined {
  if (within === undefined) {
    const local = localVariable(view, name);
    if (local) return local;
  }
  for (const image of view.images) {
    const found = globalVariable(view, image, name, within);
    if (found) return found;
  }
  return within === undefined ? bareSymbol(view, name, builtin) : undefined;
}

function localVariable(view: View, name: string): GuestValue | undefined {
  const { frame } = view;
  const image = frame?.image;
  if (!frame || !image) return undefined;
  for (let i = frame.scopes.length - 1; i >= 0; i--) {
    for (const die of declaredIn(frame.scopes[i]!)) {
      if (nameOf(die) === name) return entryAsValue(view, image, die, frame);
    }
  }
  return undefined;
}

function globalVariable(
  view: View,
  image: Image,
  name: string,
  within: string | undefined,
): GuestValue | undefined {
  if (!image.info) return undefined;
  const found: Die[] = [];
  for (const die of image.names.lookUp(name, 'variable', 'enumerator', 'function')) {
    if (die.tag === TAG.VARIABLE && isDeclaration(die)) continue;
    found.push(die);
  }
  const own = view.frame?.outermost?.unit;
  // A file's own variable hides another file's of that name; those of no file come before statics.
  const rank = (die: Die): number =>
    (die.unit === own ? 0 : 4) + (die.has(AT.LOCATION) ? 0 : 2) + (die.flag(AT.EXTERNAL) ? 0 : 1);
  const candidates = within === undefined ? found : found.filter((die) => isIn(die, within));
  const [best] = candidates.sort((a, b) => rank(a) - rank(b));
  if (best) return entryAsValue(view, image, best, undefined);
  return within === undefined ? undefined : staticOf(view, image, name, within);
}

const isIn = (die: Die, within: string): boolean => {
  const { name } = die.unit;
  return name === within || name.endsWith(`/${within}`);
};

/** A static variable inside a function. */
function staticOf(view: View, image: Image, name: string, within: string): GuestValue | undefined {
  for (const die of image.names.lookUp(within, 'function')) {
    for (const child of declaredIn(die)) {
      if (nameOf(child) === name) return entryAsValue(view, image, child, undefined);
    }
  }
  return undefined;
}

function entryAsValue(
  view: View,
  image: Image,
  die: Die,
  frame: ProgramFrame | undefined,
): GuestValue | undefined {
  const { guest, space } = view;
  const types = view.typesOf(image);
  if (die.tag === TAG.ENUMERATOR) {
    const value = constantOf(die);
    const type = value === undefined ? undefined : enumOf(types, die, value);
    return type && GuestValue.integer(value!, type, space).withExpression(nameOf(die));
  }
  if (die.tag === TAG.SUBPROGRAM) {
    const entry = die.address(AT.LOW_PC) ?? image.symbols.symbol(nameOf(die))?.start;
    if (entry === undefined) return undefined;
    return GuestValue.inMemory(types.at(die), image.toGuest(entry), space, nameOf(die));
  }
  return variableValue(die, {
    guest,
    image,
    types,
    space,
    frame,
    perCpuBase: () => view.perCpuBase(undefined),
  });
}

/** Enumerators do not know their enumeration: it is the one in the unit that has them. */
function enumOf(types: Types, die: Die, value: bigint): CType {
  for (const parent of die.unit.root.children()) {
    if (parent.tag !== TAG.ENUMERATION_TYPE || parent.offset > die.offset) continue;
    const type = types.at(parent);
    const name = nameOf(die);
    if (type.kind !== 'enum') continue;
    if (type.enumerators.some((one) => one.name === name && one.value === value)) return type;
  }
  return { kind: 'base', name: 'int', size: 4, encoding: 'signed' };
}

/** Without debug information its type is not known; its address is. */
function bareSymbol(view: View, name: string, builtin: BuiltinTypes): GuestValue | undefined {
  for (const image of view.images) {
    const symbol = image.symbols.symbol(name);
    if (!symbol) continue;
    const at = image.toGuest(symbol.start);
    const declared = symbol.kind === 'code' ? undefined : declarationOf(image, name);
    if (declared) {
      return GuestValue.inMemory(view.typesOf(image).of(declared), at, view.space, name);
    }
    const returns = builtin.int;
    const type: CType =
      symbol.kind === 'data'
        ? { kind: 'void' }
        : { kind: 'function', returns, parameters: [], variadic: false, prototyped: false };
    return GuestValue.inMemory(type, at, view.space, name);
  }
  return undefined;
}

/** The linker's own variables are declared in C and defined nowhere. */
function declarationOf(image: Image, name: string): Die | undefined {
  if (!image.info) return undefined;
  for (const die of image.names.lookUp(name, 'declaration')) return die;
  return undefined;
}

function findType(view: View, name: string, keyword: TypeText['keyword']): CType | undefined {
  for (const image of view.images) {
    if (!image.info) continue;
    const types = view.typesOf(image);
    const found =
      keyword === undefined
        ? (types.named(name, 'typedef') ?? types.named(name, 'base'))
        : types.named(name, keyword);
    if (found) return found;
  }
  return undefined;
}

function registerValue(
  asked: string,
  guest: Guest,
  frame: ProgramFrame | undefined,
  space: ValueSpace,
  builtin: BuiltinTypes,
): GuestValue | undefined {
  const lower = asked.toLowerCase();
  const name = ALIASES[lower]?.[guest.bits === 64 ? 0 : 1] ?? lower;
  const read = (one: string): bigint | undefined =>
    frame ? frame.register(one) : guest.register(one);
  // In a 32-bit guest EAX is the whole.
  const part = guest.bits === 64 || !name.startsWith('e') ? PARTS.get(name) : undefined;
  const whole = part ? read(part[0]) : undefined;
  const value = whole === undefined ? read(name) : whole >> BigInt(part![1] * 8);
  const known =
    value !== undefined ||
    guest.register(name) !== undefined ||
    (part && guest.register(part[0]) !== undefined);
  if (!known) return undefined;
  const size = part ? part[2] : sizeOfRegister(name, guest.bits);
  const type = typeOfRegister(name, size, builtin);
  const expression = `$${name}`;
  if (value === undefined) {
    const gaps = new Uint8Array(size).fill(1);
    const storage = new AssembledStorage(new Uint8Array(size), gaps);
    return new GuestValue({ type, storage, space, expression });
  }
  const number = X86_64.names.indexOf(name);
  const isWhole = !part && number >= 0 && guest.bits === 64 && (!frame || frame.by === 'registers');
  const storage = new AssembledStorage(
    integerBytes(value, size),
    undefined,
    isWhole ? number : undefined,
  );
  return new GuestValue({ type, storage, space, expression });
}

function sizeOfRegister(name: string, bits: number): number {
  if (name.startsWith('xmm')) return 16;
  if (/^st\d$/.test(name)) return 10;
  if (/^[cdefgs]s$/.test(name) || name === 'eflags') return 4;
  return bits === 64 ? 8 : 4;
}

function typeOfRegister(name: string, size: number, builtin: BuiltinTypes): CType {
  if (/^(?:[er]ip)$/.test(name)) return builtin.pointerTo({ kind: 'void' });
  if (/^[er](?:sp|bp)$/.test(name)) return builtin.pointerTo({ kind: 'void' });
  if (size === 16) return { kind: 'base', name: 'unsigned __int128', size, encoding: 'unsigned' };
  if (size === 10) return { kind: 'base', name: 'long double', size, encoding: 'float' };
  const names: Readonly<Record<number, string>> = { 1: 'char', 2: 'short', 4: 'int', 8: 'long' };
  return { kind: 'base', name: names[size] ?? 'long', size, encoding: 'signed' };
}
