/** In what do two states of a guest differ? For people who ask why two hashes do. */

import { type Gpa, gpa } from '../engine/units.ts';
import type { Ram, Registers } from '../engine/vcpu/vcpu.ts';

export interface GuestState {
  readonly registers: Registers;
  readonly ram: Ram;
}

export interface Difference {
  /** Such as `rax`, `cs.limit` or `[0x1000]`. */
  readonly what: string;
  readonly expected: string;
  readonly actual: string;
}

const PIECE = 1 << 20;
/** Bytes of RAM that are told one by one. */
const BYTES_MAX = 8;

export function differences(expected: GuestState, actual: GuestState): Difference[] {
  const found: Difference[] = [];
  compare('', expected.registers, actual.registers, found);
  const { size } = expected.ram;
  let bytes = 0;
  for (let at = 0; at < size && bytes < BYTES_MAX; at += PIECE) {
    const length = Math.min(PIECE, size - at);
    const [a, b] = [expected.ram.peek(gpa(at), length), actual.ram.peek(gpa(at), length)];
    if (Buffer.compare(a, b) === 0) continue;
    for (let i = 0; i < length && bytes < BYTES_MAX; i++) {
      if (a[i] === b[i]) continue;
      bytes++;
      found.push({ what: `[${text(at + i)}]`, expected: text(a[i]), actual: text(b[i]) });
    }
  }
  return found;
}

/** The first byte of RAM that is not the same in both. */
export function firstDifference(a: Ram, b: Ram): Gpa | undefined {
  for (let at = 0; at < a.size; at += PIECE) {
    const length = Math.min(PIECE, a.size - at);
    const [left, right] = [a.peek(gpa(at), length), b.peek(gpa(at), length)];
    if (Buffer.compare(left, right) === 0) continue;
    return gpa(at + left.findIndex((byte, i) => byte !== right[i]));
  }
  return undefined;
}

export function describeDifferences(found: readonly Difference[]): string {
  if (found.length === 0) return 'they differ in what registers and RAM do not show';
  const LIST_MAX = 6;
  const list = found
    .slice(0, LIST_MAX)
    .map(({ what, expected, actual }) => `${what} is ${actual} instead of ${expected}`);
  const more = found.length - list.length;
  return list.join(', ') + (more > 0 ? `, and ${more} more` : '');
}

function compare(path: string, a: unknown, b: unknown, found: Difference[]): void {
  if (typeof a !== 'object' || a === null) {
    if (a !== b) found.push({ what: path, expected: text(a), actual: text(b) });
    return;
  }
  for (const key of Object.keys(a)) {
    const [left, right] = [a, b].map((o) => (o as Record<string, unknown>)[key]);
    compare(path === '' ? key : `${path}.${key}`, left, right, found);
  }
}

const text = (value: unknown): string =>
  typeof value === 'bigint' || typeof value === 'number' ? `0x${value.toString(16)}` : `${value}`;
