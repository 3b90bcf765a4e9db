/** The line number program run to its end (DWARF 5 §6.2.5): rows in typed arrays, sorted by address. */

import { SymbolError } from '../program.ts';
import { AT } from './constants.ts';
import { type LineHeader, linePath, readLineHeader } from './line-header.ts';
import type { Reader } from './reader.ts';
import type { Unit } from './unit.ts';

const LNS = {
  COPY: 1,
  ADVANCE_PC: 2,
  ADVANCE_LINE: 3,
  SET_FILE: 4,
  SET_COLUMN: 5,
  NEGATE_STMT: 6,
  SET_BASIC_BLOCK: 7,
  CONST_ADD_PC: 8,
  FIXED_ADVANCE_PC: 9,
  SET_PROLOGUE_END: 10,
  SET_EPILOGUE_BEGIN: 11,
  SET_ISA: 12,
} as const;
const LNE = { END_SEQUENCE: 1, SET_ADDRESS: 2, DEFINE_FILE: 3, SET_DISCRIMINATOR: 4 } as const;

/** CONTINUES: the line goes on, in another of its basic blocks as discriminators tell. */
export const ROW = { STATEMENT: 1, END: 2, PROLOGUE_END: 4, CONTINUES: 8 } as const;

/** The largest unit of a kernel has some 100,000. */
const ROWS_MAX = 8_000_000;

/** Addresses are relative to `base`, which a double holds exactly. */
export class LineTable {
  readonly base: bigint;
  readonly count: number;
  readonly addresses: Float64Array;
  readonly lines: Uint32Array;
  readonly columns: Uint16Array;
  readonly files: Uint16Array;
  readonly flags: Uint8Array;
  /** By a row's file number; undefined for a number that the header does not have. */
  readonly paths: readonly (string | undefined)[];

  constructor(base: bigint, rows: Rows, paths: readonly (string | undefined)[]) {
    this.base = base;
    this.paths = paths;
    // Sequences are sorted in themselves, and not among each other. What was thrown away by the
    // linker begins at 0 or at the highest address.
    const kept = rows.sequences.filter(({ start, end }) => start < end && !isDead(rows, start));
    kept.sort((a, b) => rows.addresses[a.start]! - rows.addresses[b.start]!);
    const count = kept.reduce((sum, { start, end }) => sum + end - start, 0);
    this.count = count;
    this.addresses = new Float64Array(count);
    this.lines = new Uint32Array(count);
    this.columns = new Uint16Array(count);
    this.files = new Uint16Array(count);
    this.flags = new Uint8Array(count);
    let to = 0;
    for (const { start, end } of kept) {
      for (let from = start; from < end; from++, to++) {
        this.addresses[to] = rows.addresses[from]!;
        this.lines[to] = rows.lines[from]!;
        this.columns[to] = Math.min(rows.columns[from]!, 0xffff);
        this.files[to] = Math.min(rows.files[from]!, 0xffff);
        this.flags[to] = rows.flags[from]!;
      }
    }
  }

  /** The row that covers an address: of those that begin at it, the last one that is a statement. */
  rowAt(address: number): number | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.addresses[middle]! <= address) low = middle + 1;
      else high = middle;
    }
    let row = low - 1;
    // A sequence may end where the next one begins: either may come first.
    while (row > 0 && this.flags[row]! & ROW.END && this.addresses[row - 1] === address) row--;
    if (row < 0 || this.flags[row]! & ROW.END) return undefined;
    // Of several rows at one address a statement says more than the continuation of one.
    let better = row;
    while (
      !(this.flags[better]! & ROW.STATEMENT) &&
      this.addresses[better - 1] === this.addresses[row]
    ) {
      better--;
      if (this.lines[better] === 0 || this.flags[better]! & ROW.END) return row;
    }
    const { STATEMENT, CONTINUES } = ROW;
    const begins = (this.flags[better]! & (STATEMENT | CONTINUES)) === STATEMENT;
    return begins ? better : row;
  }

  /** Where the code of a row ends: the next row that begins elsewhere. */
  rowEnd(row: number): number {
    let next = row + 1;
    while (next < this.count && this.addresses[next] === this.addresses[row]) next++;
    return this.addresses[next] ?? this.addresses[row]!;
  }

  address(row: number): bigint {
    return BigInt.asUintN(64, this.base + BigInt(this.addresses[row]!));
  }
}

interface Sequence {
  readonly start: number;
  readonly end: number;
}

interface Rows {
  readonly addresses: number[];
  readonly lines: number[];
  readonly columns: number[];
  readonly files: number[];
  readonly flags: number[];
  readonly sequences: Sequence[];
  readonly dead: Set<number>;
}

const isDead = (rows: Rows, start: number): boolean => rows.dead.has(start);

/** Undefined for a unit without one. `zeroIsDead`: no code is at 0, as in all that is linked. */
export function readLineTable(
  unit: Unit,
  base: bigint,
  zeroIsDead: boolean,
): LineTable | undefined {
  const offset = unit.root.sectionOffset(AT.STMT_LIST);
  if (offset === undefined) return undefined;
  const reader = lineReader(unit, offset);
  const directory = unit.directory;
  const { addressSize } = unit.header;
  const header = readLineHeader(unit.info, reader, { directory, name: unit.name, addressSize });
  const paths = header.files.map((file) => file && linePath(header, file, directory));
  return new LineTable(base, run(reader, header, base, zeroIsDead), paths);
}

/** The unit's part of .debug_line. */
export function lineReader(unit: Unit, offset: number): Reader {
  const { sections } = unit.info;
  const size = sections.size('.debug_line');
  if (offset >= size) {
    throw new SymbolError(
      `'${sections.elf.name}': expected a line program at 0x${offset.toString(16)} of .debug_line, which has ${size} bytes`,
    );
  }
  const head = sections.part('.debug_line', offset, Math.min(12, size - offset));
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const short = head.length >= 4 ? view.getUint32(0, true) : 0;
  const long = short === 0xffff_ffff && head.length >= 12;
  const length = long ? 12 + Number(view.getBigUint64(4, true)) : 4 + short;
  const bytes = sections.part('.debug_line', offset, Math.min(length, size - offset));
  return unit.info.readerOf(bytes, '.debug_line', offset);
}

function run(reader: Reader, header: LineHeader, base: bigint, zeroIsDead: boolean): Rows {
  const rows: Rows = {
    addresses: [],
    lines: [],
    columns: [],
    files: [],
    flags: [],
    sequences: [],
    dead: new Set(),
  };
  const { lineBase, lineRange, opcodeBase, minimumInstructionLength } = header;
  const operations = Math.max(1, header.operationsPerInstruction);
  const initial = header.defaultIsStatement ? ROW.STATEMENT : 0;
  const highest = (1n << BigInt(header.addressSize * 8)) - 1n;
  let address = 0;
  let index = 0;
  let file = 1;
  let line = 1;
  let column = 0;
  let statement: number = initial;
  let prologueEnd = 0;
  let start = 0;
  let dead = zeroIsDead;
  let discriminator = 0;
  let discriminated = false;
  let lastLine = 0;
  let lastFile = 0;

  // Where several operations share an instruction (VLIW) the index counts them.
  const advance = (count: number): void => {
    if (operations === 1) {
      address += count * minimumInstructionLength;
      return;
    }
    address += minimumInstructionLength * Math.floor((index + count) / operations);
    index = (index + count) % operations;
  };
  const emit = (end: number): void => {
    if (rows.lines.length >= ROWS_MAX) throw reader.error('the end of a line program');
    rows.addresses.push(address);
    rows.lines.push(line);
    rows.columns.push(column);
    rows.files.push(file);
    const continues = discriminated && line === lastLine && file === lastFile;
    rows.flags.push(statement | prologueEnd | end | (continues ? ROW.CONTINUES : 0));
    prologueEnd = 0;
    discriminator = 0;
    lastLine = line;
    lastFile = file;
  };
  const advanceLine = (by: number): void => {
    line += by;
    if (by !== 0) discriminated = discriminator !== 0;
  };

  reader.at = header.start;
  while (reader.at < header.end) {
    const opcode = reader.u8();
    if (opcode >= opcodeBase) {
      if (lineRange === 0) throw reader.error('a line range above 0');
      const adjusted = opcode - opcodeBase;
      advance(Math.floor(adjusted / lineRange));
      advanceLine(lineBase + (adjusted % lineRange));
      emit(0);
      continue;
    }
    switch (opcode) {
      case 0: {
        const length = reader.uleb();
        const next = reader.at + length;
        if (length === 0) break;
        switch (reader.u8()) {
          case LNE.END_SEQUENCE:
            emit(ROW.END);
            if (dead) rows.dead.add(start);
            rows.sequences.push({ start, end: rows.lines.length });
            start = rows.lines.length;
            address = 0;
            index = 0;
            file = 1;
            line = 1;
            column = 0;
            statement = initial;
            dead = zeroIsDead;
            discriminated = false;
            lastLine = 0;
            break;
          case LNE.SET_DISCRIMINATOR:
            discriminator = reader.uleb();
            discriminated ||= discriminator !== 0;
            break;
          case LNE.SET_ADDRESS: {
            const linked = reader.unsigned(length - 1);
            dead = (zeroIsDead && linked === 0n) || linked >= highest - 1n;
            address = Number(BigInt.asIntN(64, linked - base));
            index = 0;
            break;
          }
        }
        // Also over what this version does not know.
        if (next < reader.at || next > header.end) throw reader.error('an extended opcode');
        reader.at = next;
        break;
      }
      case LNS.COPY:
        emit(0);
        break;
      case LNS.ADVANCE_PC:
        advance(reader.uleb());
        break;
      case LNS.ADVANCE_LINE:
        advanceLine(reader.sleb());
        break;
      case LNS.SET_FILE:
        file = reader.uleb();
        break;
      case LNS.SET_COLUMN:
        column = reader.uleb();
        break;
      case LNS.NEGATE_STMT:
        statement ^= ROW.STATEMENT;
        break;
      case LNS.SET_BASIC_BLOCK:
      case LNS.SET_EPILOGUE_BEGIN:
        break;
      case LNS.CONST_ADD_PC:
        if (lineRange === 0) throw reader.error('a line range above 0');
        advance(Math.floor((255 - opcodeBase) / lineRange));
        break;
      case LNS.FIXED_ADVANCE_PC:
        address += reader.u16();
        index = 0;
        break;
      case LNS.SET_PROLOGUE_END:
        prologueEnd = ROW.PROLOGUE_END;
        break;
      case LNS.SET_ISA:
        reader.uleb();
        break;
      default:
        for (let i = 0; i < (header.operandCounts[opcode] ?? 0); i++) reader.uleb();
    }
  }
  return rows;
}
