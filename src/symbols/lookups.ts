/** Functions by address and by name, over one image. */

import { AT, TAG } from './dwarf/constants.ts';
import type { Die } from './dwarf/die.ts';
import {
  entryOf,
  functionDies,
  functionScopesAt,
  hasLocationLists,
  inlinedCopies,
} from './dwarf/functions.ts';
import { ROW } from './dwarf/line-table.ts';
import { rangesOf } from './dwarf/ranges.ts';
import type { Image } from './image.ts';
import type { ProgramFunction, SourcePlace } from './program.ts';
import type { SourcePaths } from './source-paths.ts';

const textOf = (die: Die, name: number): string | undefined =>
  die.inherited((entry) => entry.text(name));

export const functionName = (die: Die): string => textOf(die, AT.NAME) ?? '?';

export function functionsAt(image: Image, at: bigint, paths: SourcePaths): ProgramFunction[] {
  const linked = image.toLinked(at);
  const unit = image.unitAt(linked);
  if (!unit) return [];
  const found = functionScopesAt(unit, linked).map((die) => describe(image, die, paths));
  return found.reverse();
}

/** All with that name that have code. */
export function functionsNamed(image: Image, name: string, paths: SourcePaths): ProgramFunction[] {
  const found = new Map<string, ProgramFunction>();
  for (const die of image.info ? image.names.lookUp(name, 'function') : []) {
    for (const copy of codeOf(die)) {
      const described = describe(image, copy, paths);
      if (described.ranges.length > 0) found.set(`${described.entry}`, described);
    }
  }
  const symbol = image.symbols.symbol(name);
  if (found.size === 0 && symbol && symbol.kind !== 'data') {
    const start = image.toGuest(symbol.start);
    found.set(name, {
      name,
      declared: undefined,
      inlined: false,
      calledFrom: undefined,
      ranges: [{ start, end: start + (symbol.size || 1n) }],
      entry: start,
      body: start,
    });
  }
  return [...found.values()].sort((a, b) => (a.entry < b.entry ? -1 : 1));
}

/** The entry itself if it has code, and the copies of it in its unit. */
function* codeOf(die: Die): Generator<Die> {
  if (rangesOf(die).length > 0) yield die;
  if (die.has(AT.ABSTRACT_ORIGIN) || !die.has(AT.INLINE)) return;
  for (const other of functionDies(die.unit)) {
    const isCopy =
      other.id !== die.id && other.has(AT.ABSTRACT_ORIGIN) && other.origin.id === die.id;
    if (isCopy && rangesOf(other).length > 0) yield other;
    yield* inlinedCopies(other, die.id);
  }
}

function describe(image: Image, die: Die, paths: SourcePaths): ProgramFunction {
  const entry = entryOf(die) ?? 0n;
  const inlined = die.tag === TAG.INLINED_SUBROUTINE;
  return {
    name: functionName(die),
    declared: place(image, die.origin, paths, AT.DECL_FILE, AT.DECL_LINE, AT.DECL_COLUMN),
    inlined,
    calledFrom: inlined ? callPlace(image, die, paths) : undefined,
    ranges: rangesOf(die).map(({ start, end }) => ({
      start: image.toGuest(start),
      end: image.toGuest(end),
    })),
    entry: image.toGuest(entry),
    body: image.toGuest(inlined ? entry : bodyOf(image, die, entry)),
  };
}

export const callPlace = (image: Image, die: Die, paths: SourcePaths): SourcePlace | undefined =>
  place(image, die, paths, AT.CALL_FILE, AT.CALL_LINE, AT.CALL_COLUMN);

function place(
  image: Image,
  die: Die,
  paths: SourcePaths,
  ...[file, line, column]: [number, number, number]
): SourcePlace | undefined {
  const number = die.number(file);
  const path = number === undefined ? undefined : image.lines(die.unit)?.paths[number];
  if (path === undefined) return undefined;
  return { file: paths.local(path), line: die.number(line) ?? 0, column: die.number(column) ?? 0 };
}

/**
 * Where the prologue is over: where the compiler says so, or at the second line of the function. With
 * optimisation there is nothing to wait for.
 */
function bodyOf(image: Image, die: Die, entry: bigint): bigint {
  if (hasLocationLists(die)) return entry;
  const table = image.lines(die.unit);
  const range = rangesOf(die).find(({ start, end }) => entry >= start && entry < end);
  if (!table || !range) return entry;
  const last = Number(BigInt.asIntN(64, range.end - table.base));
  const from = Number(BigInt.asIntN(64, entry - table.base));
  const first = table.rowAt(from);
  if (first === undefined) return entry;
  let second: bigint | undefined;
  for (let row = first; row < table.count && table.addresses[row]! < last; row++) {
    if (table.flags[row]! & ROW.END) break;
    if (table.flags[row]! & ROW.PROLOGUE_END) return table.address(row);
    const isLater = table.addresses[row]! > from && table.lines[row]! > 0;
    if (isLater && table.flags[row]! & ROW.STATEMENT) second ??= table.address(row);
  }
  return second ?? entry;
}
