/**
 * A small emitter of ACPI Machine Language: the terms that our DSDT needs, each returning its bytes
 * (ACPI Specification 4.0 chapter 19, "ACPI Machine Language (AML) Specification").
 */

export type Aml = readonly number[];

/** NameSeg: four characters, padded with underscores; with `\` or without. */
export function nameString(path: string): Aml {
  const absolute = path.startsWith('\\');
  const segments = path.replace('\\', '').split('.');
  if (segments.length > 2) throw new Error(`aml: more than two segments in ${path}`);
  const DUAL_NAME_PREFIX = 0x2e;
  return [
    ...(absolute ? [0x5c] : []),
    ...(segments.length === 2 ? [DUAL_NAME_PREFIX] : []),
    ...segments.flatMap((segment) => ascii(segment.padEnd(4, '_'))),
  ];
}

export function integer(n: number): Aml {
  if (n === 0) return [0x00]; // ZeroOp
  if (n === 1) return [0x01]; // OneOp
  if (n <= 0xff) return [0x0a, n];
  if (n <= 0xffff) return [0x0b, ...le(n, 2)];
  return [0x0c, ...le(n, 4)];
}

export function name(path: string, value: Aml): Aml {
  return [0x08, ...nameString(path), ...value];
}

export function scope(path: string, ...terms: readonly Aml[]): Aml {
  return [0x10, ...packed([...nameString(path), ...terms.flat()])];
}

export function device(path: string, ...terms: readonly Aml[]): Aml {
  return [0x5b, 0x82, ...packed([...nameString(path), ...terms.flat()])];
}

/** A method that is not serialised. */
export function method(path: string, args: number, ...terms: readonly Aml[]): Aml {
  return [0x14, ...packed([...nameString(path), args, ...terms.flat()])];
}

export function pkg(...elements: readonly Aml[]): Aml {
  if (elements.length > 255) throw new Error(`aml: package of ${elements.length}`);
  return [0x12, ...packed([elements.length, ...elements.flat()])];
}

export function buffer(bytes: readonly number[]): Aml {
  return [0x11, ...packed([...integer(bytes.length), ...bytes])];
}

export function returnTerm(value: Aml): Aml {
  return [0xa4, ...value];
}

export function ifTerm(predicate: Aml, ...terms: readonly Aml[]): Aml {
  return [0xa0, ...packed([...predicate, ...terms.flat()])];
}

export function store(value: Aml, target: Aml): Aml {
  return [0x70, ...value, ...target];
}

export const ARG0: Aml = [0x68];

/** EISAID("PNP0A03"): three letters of five bits and four hex digits, as a big-endian doubleword. */
export function eisaId(id: string): Aml {
  const match = /^([A-Z]{3})([0-9A-F]{4})$/.exec(id);
  if (match === null) throw new Error(`aml: ${id} is not an EISA id`);
  const letters = [...match[1]!].reduce((bits, c) => (bits << 5) | (c.charCodeAt(0) - 0x40), 0);
  const product = Number.parseInt(match[2]!, 16);
  return [0x0c, letters >> 8, letters & 0xff, product >> 8, product & 0xff];
}

/** PkgLength counts its own bytes (§19.2.4). */
function packed(body: readonly number[]): number[] {
  if (body.length + 1 < 0x40) return [body.length + 1, ...body];
  for (let extra = 1; extra <= 3; extra++) {
    const total = body.length + 1 + extra;
    if (total >= 2 ** (4 + 8 * extra)) continue;
    return [(extra << 6) | (total & 15), ...le(Math.floor(total / 16), extra), ...body];
  }
  throw new Error(`aml: a term of ${body.length} bytes`);
}

export function le(value: number, bytes: number): number[] {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 2 ** (8 * i)) % 256);
}

export function ascii(text: string): number[] {
  return [...text].map((c) => c.charCodeAt(0));
}
