/** Addresses ↔ source lines, over all images. */

import { functionAt, functionScopesAt } from './dwarf/functions.ts';
import { type LineTable, ROW } from './dwarf/line-table.ts';
import { rangesOf } from './dwarf/ranges.ts';
import type { Unit } from './dwarf/unit.ts';
import type { Image } from './image.ts';
import type { AddressRange, LineAddresses, SourceLine } from './program.ts';
import type { SourcePaths } from './source-paths.ts';

/** A breakpoint on a comment goes to the next line with code, if that is not far. */
const SEARCH_DOWN = 50;

export interface Row {
  readonly image: Image;
  readonly unit: Unit;
  readonly table: LineTable;
  readonly row: number;
}

export function rowAt(image: Image, at: bigint): Row | undefined {
  const linked = image.toLinked(at);
  const unit = image.unitAt(linked);
  const table = unit && image.lines(unit);
  const row = table?.rowAt(relative(table, linked));
  return row === undefined || !unit || !table ? undefined : { image, unit, table, row };
}

const relative = (table: LineTable, linked: bigint): number =>
  Number(BigInt.asIntN(64, linked - table.base));

export function lineAt(image: Image, at: bigint, paths: SourcePaths): SourceLine | undefined {
  const found = rowAt(image, at);
  if (!found) return undefined;
  const { table, row } = found;
  const path = table.paths[table.files[row]!];
  const line = table.lines[row]!;
  if (path === undefined || line === 0) return undefined;
  const start = image.toGuest(table.address(row));
  return {
    file: paths.local(path),
    line,
    column: table.columns[row]!,
    isStatement: (table.flags[row]! & ROW.STATEMENT) !== 0,
    start,
    end: start + BigInt(table.rowEnd(row) - table.addresses[row]!),
  };
}

/** The rows around an address that have its line, or none, in the same function. */
export function stepRange(image: Image, at: bigint): AddressRange | undefined {
  const found = rowAt(image, at);
  if (!found) return undefined;
  const { unit, table, row } = found;
  const same = (other: number): boolean =>
    (table.flags[other]! & ROW.END) === 0 &&
    ((table.lines[other] === table.lines[row] && table.files[other] === table.files[row]) ||
      table.lines[other] === 0);
  let first = row;
  let last = row;
  // Of several rows at one address the last one is that address's line.
  const rowOf = (other: number): number => {
    let final = other;
    while (final + 1 < table.count && table.addresses[final + 1] === table.addresses[final]) {
      final++;
    }
    return table.flags[final]! & ROW.END ? other : final;
  };
  while (first > 0 && same(rowOf(first - 1))) first--;
  while (last + 1 < table.count && same(rowOf(last + 1))) last++;
  let start = image.toGuest(table.address(first));
  let end = image.toGuest(BigInt.asUintN(64, table.base + BigInt(table.rowEnd(last))));
  const linked = image.toLinked(at);
  const around = functionAt(unit, linked);
  const range = around && rangesOf(around).find((r) => linked >= r.start && linked < r.end);
  if (range) {
    if (image.toGuest(range.start) > start) start = image.toGuest(range.start);
    if (image.toGuest(range.end) < end) end = image.toGuest(range.end);
  }
  return { start, end };
}

/** Files of an image that a path means: all those that are most like it. */
export function filesLike(image: Image, file: string, paths: SourcePaths): number[] {
  let best = 1;
  let found: number[] = [];
  image.files.paths.forEach((path, i) => {
    const likeness = paths.likeness(path, file);
    if (likeness < best) return;
    if (likeness > best) found = [];
    best = likeness;
    found.push(i);
  });
  return found;
}

interface Match {
  readonly line: number;
  readonly column: number;
  readonly file: string;
  readonly address: bigint;
}

export function addressesOf(
  images: readonly Image[],
  paths: SourcePaths,
  asked: { readonly file: string; readonly line: number; readonly column?: number },
): LineAddresses | undefined {
  const { file, line, column } = asked;
  let best = line + SEARCH_DOWN + 1;
  let matches: Match[] = [];
  for (const image of images) {
    for (const { unit, table, numbers, path } of tablesWith(image, file, paths)) {
      const within = rowsOfLine(table, numbers, line, best);
      if (within === undefined) continue;
      if (within.line < best) matches = [];
      best = within.line;
      for (const row of startsOf(unit, table, within.rows, column)) {
        matches.push({
          line: best,
          column: table.columns[row]!,
          file: paths.local(path),
          address: image.toGuest(table.address(row)),
        });
      }
    }
  }
  const [first] = matches;
  if (!first) return undefined;
  const addresses = [...new Set(matches.map(({ address }) => address))];
  addresses.sort((a, b) => (a < b ? -1 : 1));
  return {
    file: first.file,
    line: best,
    column: column === undefined ? 0 : first.column,
    addresses,
  };
}

export function linesOf(image: Image, file: string, paths: SourcePaths): Set<number> {
  const found = new Set<number>();
  for (const { table, numbers } of tablesWith(image, file, paths)) {
    for (let row = 0; row < table.count; row++) {
      if (table.flags[row]! & ROW.END || !numbers.has(table.files[row]!)) continue;
      if (table.flags[row]! & ROW.STATEMENT && table.lines[row]! > 0) found.add(table.lines[row]!);
    }
  }
  return found;
}

/** Line tables that may have rows of a file, and the numbers it has there. */
function* tablesWith(image: Image, file: string, paths: SourcePaths) {
  const { files, info } = image;
  for (const index of filesLike(image, file, paths)) {
    const path = files.paths[index]!;
    for (const number of files.units[index]!) {
      const unit = info!.units[number]!;
      const table = image.lines(unit);
      if (!table) continue;
      const numbers = new Set<number>();
      table.paths.forEach((other, i) => {
        if (other === path) numbers.add(i);
      });
      yield { unit, table, numbers, path };
    }
  }
}

/** Rows of the first line from `line` on that has statements, if that is at most `limit`. */
function rowsOfLine(
  table: LineTable,
  numbers: ReadonlySet<number>,
  line: number,
  limit: number,
): { line: number; rows: number[] } | undefined {
  let best = limit;
  let rows: number[] = [];
  for (let row = 0; row < table.count; row++) {
    const here = table.lines[row]!;
    if (here < line || here > best || !numbers.has(table.files[row]!)) continue;
    if (table.flags[row]! & ROW.END || !(table.flags[row]! & ROW.STATEMENT)) continue;
    if (here < best) rows = [];
    best = here;
    rows.push(row);
  }
  return rows.length > 0 ? { line: best, rows } : undefined;
}

/**
 * One row for each place the line begins: rows that follow another of the line without interruption
 * are its continuation, and in one function or inlined copy the first is enough.
 */
function startsOf(
  unit: Unit,
  table: LineTable,
  rows: readonly number[],
  column: number | undefined,
): number[] {
  const wanted = column === undefined ? rows : rows.filter((row) => table.columns[row] === column);
  const perFunction = new Map<number, number>();
  for (const row of wanted.length > 0 ? wanted : rows) {
    const around = functionScopesAt(unit, table.address(row)).at(-1);
    const key = around?.offset ?? -1 - row;
    const known = perFunction.get(key);
    if (known === undefined || table.addresses[row]! < table.addresses[known]!) {
      perFunction.set(key, row);
    }
  }
  return [...perFunction.values()];
}
