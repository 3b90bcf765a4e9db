/**
 * Which unit an address belongs to: .debug_aranges (DWARF 5 §6.1.2) where it is there, and the units'
 * own ranges for those it leaves out (clang writes none at all).
 */

import type { DebugInfo } from './debug-info.ts';
import { rangesOf } from './ranges.ts';
import type { Unit } from './unit.ts';

export class AddressMap {
  readonly #base: bigint;
  readonly #starts: Float64Array;
  readonly #ends: Float64Array;
  readonly #units: Int32Array;
  readonly #info: DebugInfo;

  constructor(info: DebugInfo, base: bigint) {
    this.#info = info;
    this.#base = base;
    const found: { start: number; end: number; unit: number }[] = [];
    const add = (start: bigint, length: bigint, unit: number): void => {
      if (length <= 0n || start === 0n) return;
      const from = Number(BigInt.asIntN(64, start - base));
      found.push({ start: from, end: from + Number(length), unit });
    };
    const listed = readAranges(info, add);
    for (const unit of info.units) {
      if (unit.header.section !== '.debug_info' || listed.has(unit.index)) continue;
      for (const { start, end } of rangesOf(unit.root)) add(start, end - start, unit.index);
    }
    found.sort((a, b) => a.start - b.start);
    this.#starts = Float64Array.from(found, ({ start }) => start);
    this.#ends = Float64Array.from(found, ({ end }) => end);
    this.#units = Int32Array.from(found, ({ unit }) => unit);
  }

  /** `linked`: before the guest moved anything. */
  unitAt(linked: bigint): Unit | undefined {
    const at = Number(BigInt.asIntN(64, linked - this.#base));
    let low = 0;
    let high = this.#starts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#starts[middle]! <= at) low = middle + 1;
      else high = middle;
    }
    // Ranges should not overlap; where they do the one that begins last is the narrower.
    for (let i = low - 1; i >= 0 && i > low - 8; i--) {
      if (at < this.#ends[i]!) return this.#info.units[this.#units[i]!];
    }
    return undefined;
  }
}

/** Which units have an entry there. */
function readAranges(
  info: DebugInfo,
  add: (start: bigint, length: bigint, unit: number) => void,
): Set<number> {
  const listed = new Set<number>();
  if (!info.sections.has('.debug_aranges')) return listed;
  const reader = info.sections.reader('.debug_aranges');
  while (!reader.done) {
    const start = reader.at;
    const { length, offsetSize } = reader.initialLength();
    const end = reader.at + length;
    if (end > reader.end) throw reader.error('a whole set of address ranges');
    reader.skip(2); // version
    const unit = info.unitAt(reader.offset(offsetSize));
    const addressSize = reader.u8();
    reader.skip(1); // the size of segment selectors
    // The tuples are aligned to their own size.
    const tuple = 2 * addressSize;
    if (tuple > 0) reader.skip((tuple - ((reader.at - start) % tuple)) % tuple);
    while (tuple > 0 && reader.at + tuple <= end) {
      const from = reader.unsigned(addressSize);
      const size = reader.unsigned(addressSize);
      if (from === 0n && size === 0n) break;
      if (unit) {
        listed.add(unit.index);
        add(from, size, unit.index);
      }
    }
    reader.at = end;
  }
  return listed;
}
