/** What "target = value" would write to the guest. */

import { type Edit, ExpressionError } from '../program.ts';
import { sizeOf } from '../values/types.ts';
import type { GuestValue } from '../values/value.ts';
import type { Evaluator } from './evaluate.ts';

export function assignment(
  evaluator: Evaluator,
  target: GuestValue,
  value: GuestValue,
  column: number,
): readonly Edit[] {
  const { bare, state } = target;
  const what = target.expression === undefined ? 'the value' : `'${target.expression}'`;
  if (state === 'optimised out' || state === 'unreadable') {
    throw new ExpressionError(`${what} is ${state} here: there is nothing to write to`, column);
  }
  if (bare.kind === 'array') return text(target, value, column);
  if (bare.kind === 'struct' || bare.kind === 'union') return copy(target, value, column);
  if (!target.assignable) throw new ExpressionError(`${what} cannot be written to`, column);
  const source = evaluator.decayed(value);
  if (bare.kind === 'base' && bare.encoding === 'float') {
    const number = source.float ?? Number(evaluator.number(source, column));
    return target.edits(floatBits(number, bare.size, column));
  }
  const number = evaluator.number(source, column);
  const bits = target.bitField?.size ?? (sizeOf(target.ctype) ?? 0) * 8;
  if (bare.kind === 'base' && bare.encoding === 'bool')
    return target.edits(number === 0n ? 0n : 1n);
  const fits = BigInt.asUintN(bits, number) === number || BigInt.asIntN(bits, number) === number;
  if (!fits) throw new ExpressionError(`expected a number of ${bits} bits, got ${number}`, column);
  return target.edits(BigInt.asUintN(bits, number));
}

/** A char array takes a text that fits, with its zero. */
function text(target: GuestValue, value: GuestValue, column: number): readonly Edit[] {
  const { bare } = value;
  const own = target.bare;
  const size = sizeOf(target.ctype) ?? 0;
  const at = target.storage.address;
  const isText = bare.kind === 'array' && own.kind === 'array' && sizeOf(own.element) === 1;
  if (!isText || at === undefined || value.storage.address !== undefined) {
    return copy(target, value, column);
  }
  const bytes = value.storage.bytes(bare.count ?? 0);
  if (bytes.length > size) {
    throw new ExpressionError(`expected at most ${size - 1} characters`, column);
  }
  return [{ kind: 'memory', at, bytes: Uint8Array.from(bytes) }];
}

function copy(target: GuestValue, value: GuestValue, column: number): readonly Edit[] {
  const size = sizeOf(target.ctype);
  const at = target.storage.address;
  if (target.type !== value.type || size === undefined || at === undefined) {
    throw new ExpressionError(`expected a '${target.type}', got '${value.type}'`, column);
  }
  const bytes = value.storage.bytes(size);
  if (bytes.length < size) throw new ExpressionError('the value is not all known', column);
  return [{ kind: 'memory', at, bytes: Uint8Array.from(bytes) }];
}

function floatBits(number: number, size: number, column: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  if (size === 4) {
    view.setFloat32(0, number, true);
    return BigInt(view.getUint32(0, true));
  }
  if (size !== 8) throw new ExpressionError('cannot write a long double', column);
  view.setFloat64(0, number, true);
  return view.getBigUint64(0, true);
}
