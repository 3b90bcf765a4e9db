/**
 * Placing things in guest RAM: bytes little-endian, and room for what must not overlap.
 */

import { err, ok, type Result } from '../device/state.ts';
import { HIGH_RAM_START, LOW_RAM_END } from '../pc/memory-map.ts';
import { type Gpa, gpa } from '../units.ts';

export const PAGE = 4096;

export function alignUp(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

export function alignDown(n: number, to: number): number {
  return Math.floor(n / to) * to;
}

/** A zero-terminated ASCII string. */
export function cString(text: string): Uint8Array {
  return Uint8Array.from([...text].map((c) => c.charCodeAt(0)).concat(0));
}

/** Fields of a structure, each [bytes, value], one after the other and little-endian. */
export function struct(...fields: readonly (readonly [bytes: 1 | 2 | 4 | 8, value: number])[]) {
  const bytes: number[] = [];
  for (const [size, value] of fields) {
    for (let i = 0; i < size; i++) bytes.push(Math.floor(value / 2 ** (8 * i)) % 256);
  }
  return Uint8Array.from(bytes);
}

export interface Extent {
  readonly start: number;
  readonly end: number;
}

/** Is [start, end) RAM that a kernel may be loaded into? */
export function isLoadable({ start, end }: Extent, memoryBytes: number): boolean {
  return (start >= 0 && end <= LOW_RAM_END) || (start >= HIGH_RAM_START && end <= memoryBytes);
}

/** The first free place for `length` bytes in conventional memory, above the vectors and BIOS data. */
export function placeLow(length: number, taken: readonly Extent[]): Result<Gpa> {
  const FIRST = 0x1000;
  let start = FIRST;
  for (const { start: from, end } of [...taken].sort((a, b) => a.start - b.start)) {
    if (end <= start || from >= LOW_RAM_END) continue;
    if (from >= start + length) break;
    start = alignUp(end, 16);
  }
  if (start + length > LOW_RAM_END) {
    return err('kernel: leaves no conventional memory for the boot information');
  }
  return ok(gpa(start));
}

export function hex(n: number): string {
  return '0x' + n.toString(16);
}

/** The places that `isLoadable` accepts, for an error message. */
export function describeLoadable(memoryBytes: number): string {
  return `[0, ${hex(LOW_RAM_END)}) or [${hex(HIGH_RAM_START)}, ${hex(memoryBytes)})`;
}
