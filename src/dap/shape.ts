/**
 * Are the arguments of a request what its declaration says? Checked against the shapes generated from
 * the protocol, so that a handler can believe the types it is written with.
 */

import { SHAPES } from './protocol.gen.ts';

type Shapes = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Nesting of values; real requests have four levels or so. */
const DEPTH_MAX = 16;

/**
 * What is wrong, or undefined. `type` is "number", "string[]?", a shape's name. JSON's null stands for
 * a field that is not there, as some clients send it.
 */
export function mismatch(
  value: unknown,
  type: string,
  where: string,
  own: Shapes = {},
  depth = 0,
): string | undefined {
  const optional = type.endsWith('?');
  const plain = optional ? type.slice(0, -1) : type;
  if (value === undefined || value === null) {
    return optional || plain === 'any' ? undefined : `${where}: expected ${plain}, got nothing`;
  }
  if (plain === '' || plain === 'any') return undefined;
  if (depth > DEPTH_MAX) return `${where}: nested too deeply`;
  if (plain.endsWith('[]')) {
    if (!Array.isArray(value)) return wrong(value, 'a list', where);
    const element = plain.slice(0, -2);
    for (const [i, item] of value.entries()) {
      const found = mismatch(item, element, `${where}[${i}]`, own, depth + 1);
      if (found) return found;
    }
    return undefined;
  }
  if (plain === 'number') {
    return Number.isFinite(value) ? undefined : wrong(value, 'a number', where);
  }
  if (plain === 'string' || plain === 'boolean') {
    return typeof value === plain ? undefined : wrong(value, `a ${plain}`, where);
  }
  const shape = own[plain] ?? SHAPES[plain];
  if (!shape) throw new Error(`no shape ${plain}`);
  if (typeof value !== 'object' || Array.isArray(value)) return wrong(value, 'an object', where);
  for (const [field, fieldType] of Object.entries(shape)) {
    const item = (value as Record<string, unknown>)[field];
    const found = mismatch(item, fieldType, `${where}.${field}`, own, depth + 1);
    if (found) return found;
  }
  return undefined;
}

function wrong(value: unknown, expected: string, where: string): string {
  const got = JSON.stringify(value) ?? typeof value;
  return `${where}: expected ${expected}, got ${got.length > 60 ? `${got.slice(0, 60)}…` : got}`;
}
