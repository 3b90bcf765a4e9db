/** Values on one line, as people read them: names for numbers, text for bytes, symbols for pointers. */

import type { FormatOptions } from '../program.ts';
import { type EnumType, sizeOf, strip } from './types.ts';
import type { GuestValue } from './value.ts';

const TEXT_MAX = 200;
const SUMMARY_MAX = 120;
const ELEMENTS_MAX = 32;
const DEPTH_MAX = 2;

export function formatValue(value: GuestValue, options: FormatOptions, depth = 0): string {
  const { state } = value;
  if (state === 'optimised out') return '<optimised out>';
  if (state === 'unreadable') return unreadable(value);
  const { bare } = value;
  switch (bare.kind) {
    case 'base':
      if (state === 'partly') return '<partly optimised out>';
      return bare.encoding === 'float' ? float(value, bare.size) : base(value, options);
    case 'enum':
      return state === 'partly' ? '<partly optimised out>' : enumeration(value, bare, options);
    case 'pointer':
      return state === 'partly' ? '<partly optimised out>' : pointer(value);
    case 'array':
      return array(value, options, depth);
    case 'struct':
    case 'union':
      return struct(value, options, depth);
    case 'function': {
      const { address } = value;
      const name = address === undefined ? undefined : value.space.symbolAt(address);
      return `{${value.type}}${address === undefined ? '' : ` ${hex(address)}`}${name ? ` <${name}>` : ''}`;
    }
    case 'void':
      return 'void';
  }
}

function unreadable({ storage }: GuestValue): string {
  const { address } = storage;
  return address === undefined ? '<unreadable>' : `<unreadable at ${hex(address)}>`;
}

const hex = (value: bigint): string => `0x${BigInt.asUintN(64, value).toString(16)}`;

function base(value: GuestValue, options: FormatOptions): string {
  const { bare, integer } = value;
  if (bare.kind !== 'base') return '?';
  if (integer === undefined) {
    const bytes = value.storage.bytes(bare.size);
    return `0x${Buffer.from(bytes).reverse().toString('hex')}`;
  }
  if (bare.encoding === 'bool')
    return integer === 0n ? 'false' : integer === 1n ? 'true' : `${integer}`;
  const width = value.bitField?.size ?? bare.size * 8;
  const number = options.hex ? `0x${BigInt.asUintN(width, integer).toString(16)}` : `${integer}`;
  const isChar = bare.encoding === 'char' || bare.encoding === 'unsigned char';
  return isChar && bare.size === 1 && !value.bitField
    ? `${number} '${character(integer)}'`
    : number;
}

function float(value: GuestValue, size: number): string {
  const number = value.float;
  if (number === undefined) return '?';
  // As many digits as tell the value from its neighbours.
  return size === 4 ? `${Number(number.toPrecision(9))}` : `${number}`;
}

function enumeration(value: GuestValue, type: EnumType, options: FormatOptions): string {
  const number = value.integer;
  if (number === undefined) return '?';
  return enumText(type, number, options);
}

/** By name; as flags where the enumerators are bits; else the number. */
export function enumText(type: EnumType, number: bigint, options: FormatOptions = {}): string {
  const exact = type.enumerators.find((one) => one.value === number);
  if (exact) return exact.name;
  const text = options.hex ? hex(number) : `${number}`;
  const flags = type.enumerators.filter(({ value }) => value !== 0n);
  const isFlags = areFlags(flags.map(({ value }) => value));
  if (!isFlags || number <= 0n) return text;
  let rest = number;
  const names: string[] = [];
  for (const { name, value } of flags) {
    if ((rest & value) !== value) continue;
    names.push(name);
    rest &= ~value;
  }
  if (names.length === 0) return text;
  if (rest !== 0n) names.push(`0x${rest.toString(16)}`);
  return `(${names.join(' | ')})`;
}

/** Single bits, and masks that have no bit in common with others: else they are counted. */
function areFlags(values: readonly bigint[]): boolean {
  let seen = 0n;
  for (const value of new Set(values)) {
    if (!isBits(value) || (seen & value) !== 0n) return false;
    seen |= value;
  }
  return seen !== 0n;
}

/** One bit, or a run of bits: a mask. */
function isBits(value: bigint): boolean {
  if (value <= 0n) return false;
  const lowest = value & -value;
  const run = value / lowest + 1n;
  return (run & (run - 1n)) === 0n;
}

function pointer(value: GuestValue): string {
  const { bare, integer, space } = value;
  if (bare.kind !== 'pointer' || integer === undefined) return '?';
  const number = hex(integer);
  if (integer === 0n) return number;
  const to = strip(bare.to);
  if (to.kind === 'base' && to.size === 1 && to.encoding.endsWith('char')) {
    const bytes = space.readMemory(integer, TEXT_MAX + 1);
    if (bytes.length > 0) return `${number} ${quoted(bytes, true)}`;
  }
  const name = space.symbolAt(integer);
  return name ? `${number} <${name}>` : number;
}

function array(value: GuestValue, options: FormatOptions, depth: number): string {
  const { bare } = value;
  if (bare.kind !== 'array') return '?';
  const element = strip(bare.element);
  const count = bare.count ?? 0;
  if (element.kind === 'base' && element.size === 1 && element.encoding.endsWith('char')) {
    const bytes = value.storage.bytes(Math.min(count, TEXT_MAX + 1));
    if (bytes.length > 0 || count === 0) return quoted(bytes, false, count);
  }
  if (depth >= DEPTH_MAX) return '{…}';
  const parts: string[] = [];
  let length = 0;
  for (let i = 0; i < count; ) {
    const one = value.element(i)!;
    const text = formatValue(one, options, depth + 1);
    let run = 1;
    while (i + run < count && run < 10_000 && same(one, value.element(i + run)!)) run++;
    parts.push(run > 3 ? `${text} <repeats ${run} times>` : Array(run).fill(text).join(', '));
    i += run;
    length += text.length + 2;
    if (i < count && (length > SUMMARY_MAX || parts.length >= ELEMENTS_MAX)) {
      parts.push('…');
      break;
    }
  }
  return `{${parts.join(', ')}}`;
}

function same(a: GuestValue, b: GuestValue): boolean {
  const size = sizeOf(a.ctype) ?? 0;
  const left = a.storage.bytes(size);
  const right = b.storage.bytes(size);
  return left.length === size && right.length === size && Buffer.compare(left, right) === 0;
}

function struct(value: GuestValue, options: FormatOptions, depth: number): string {
  const { bare } = value;
  if (bare.kind !== 'struct' && bare.kind !== 'union') return '?';
  if (bare.incomplete) return '<incomplete type>';
  const nodes = bare.name === 'list_head' || bare.name === 'hlist_head' ? value.indexed : undefined;
  if (nodes !== undefined && value.storage.address !== undefined) {
    return `list of ${nodes} ${nodes === 1 ? 'node' : 'nodes'}`;
  }
  if (depth >= DEPTH_MAX) return '{…}';
  const parts: string[] = [];
  let length = 0;
  for (const member of bare.members) {
    if (length > SUMMARY_MAX) {
      parts.push('…');
      break;
    }
    const text = formatValue(value.fieldOf(member), options, depth + 1);
    parts.push(member.name === undefined ? text : `${member.name} = ${text}`);
    length += parts.at(-1)!.length + 2;
  }
  return `{${parts.join(', ')}}`;
}

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
  27: '\\e',
  34: '\\"',
  92: '\\\\',
};

function character(code: bigint): string {
  const byte = Number(BigInt.asUintN(8, code));
  if (byte === 39) return "\\'";
  return byte === 34 ? '"' : escaped(byte);
}

function escaped(byte: number): string {
  const known = ESCAPES[byte];
  if (known !== undefined) return known;
  if (byte >= 32 && byte < 127) return String.fromCharCode(byte);
  return `\\${byte.toString(8).padStart(3, '0')}`;
}

/** Up to the first zero of a pointer's text; an array's up to the zeros at its end. */
function quoted(bytes: Uint8Array, ends: boolean, whole = bytes.length): string {
  let end = bytes.length;
  if (ends) {
    const zero = bytes.indexOf(0);
    if (zero >= 0) end = zero;
  } else {
    while (end > 0 && bytes[end - 1] === 0) end--;
  }
  const more = ends ? end > TEXT_MAX : whole > bytes.length || end > TEXT_MAX;
  let text = '';
  for (const byte of bytes.subarray(0, Math.min(end, TEXT_MAX))) text += escaped(byte);
  return `"${text}"${more ? '…' : ''}`;
}
