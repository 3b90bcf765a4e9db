/**
 * Which units' line tables have a file: read from the headers of the line programs, without running
 * them. A kernel has some 3,000 units, and a header of a much used file is in most of them.
 */

import { SymbolError } from '../program.ts';
import { AT } from './constants.ts';
import type { DebugInfo } from './debug-info.ts';
import { linePath, readLineHeader } from './line-header.ts';
import { lineReader } from './line-table.ts';
import type { Unit } from './unit.ts';

export interface FileIndex {
  /** Paths as the build wrote them. */
  readonly paths: readonly string[];
  /** By path, the numbers of the units. */
  readonly units: readonly Uint32Array[];
}

/** Yields the share done, now and then. */
export function* buildFileIndex(info: DebugInfo): Generator<number, FileIndex> {
  const numbers = new Map<string, number>();
  const paths: string[] = [];
  const units: number[][] = [];
  for (const unit of info.units) {
    if (unit.index % 64 === 0) yield unit.index / info.units.length;
    for (const path of pathsOf(unit)) {
      let number = numbers.get(path);
      if (number === undefined) {
        number = paths.length;
        numbers.set(path, number);
        paths.push(path);
        units.push([]);
      }
      if (units[number]!.at(-1) !== unit.index) units[number]!.push(unit.index);
    }
  }
  return { paths, units: units.map((list) => Uint32Array.from(list)) };
}

function pathsOf(unit: Unit): Set<string> {
  const found = new Set<string>();
  const offset = unit.root.sectionOffset(AT.STMT_LIST);
  if (offset === undefined) return found;
  const { directory, name } = unit;
  try {
    const reader = lineReader(unit, offset);
    const { addressSize } = unit.header;
    const header = readLineHeader(unit.info, reader, { directory, name, addressSize });
    for (const file of header.files) if (file) found.add(linePath(header, file, directory));
  } catch (error) {
    // One damaged unit does not take the others' files away.
    if (!(error instanceof SymbolError)) throw error;
  }
  return found;
}
