/** The header of a line number program (DWARF 5 §6.2.4, and that of versions 2 to 4): files and settings. */

import { textAt } from '../elf/elf-file.ts';
import type { DebugInfo } from './debug-info.ts';
import { readForm } from './forms.ts';
import type { Reader } from './reader.ts';

export interface LineFile {
  readonly name: string;
  readonly directory: number;
}

export interface LineHeader {
  readonly version: number;
  readonly offsetSize: 4 | 8;
  readonly addressSize: number;
  readonly minimumInstructionLength: number;
  readonly operationsPerInstruction: number;
  readonly defaultIsStatement: boolean;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  /** How many operands each standard opcode has, by opcode. */
  readonly operandCounts: readonly number[];
  /** Directory 0 is the unit's own. */
  readonly directories: readonly string[];
  /** By the number that rows use; versions before 5 count from 1. */
  readonly files: readonly (LineFile | undefined)[];
  /** Of the program, in the reader's bytes. */
  readonly start: number;
  readonly end: number;
}

const LNCT = { PATH: 1, DIRECTORY: 2 } as const;
/** A kernel's units have some 1,500 files. */
const ENTRIES_MAX = 1_000_000;

export function readLineHeader(
  info: DebugInfo,
  reader: Reader,
  unit: { readonly directory: string; readonly name: string; readonly addressSize: number },
): LineHeader {
  const { length, offsetSize } = reader.initialLength();
  const end = reader.at + length;
  if (end > reader.end) throw reader.error(`a line program of ${length} bytes`);
  const version = reader.u16();
  if (version < 2 || version > 5) throw reader.error(`line program 2 to 5, not ${version},`);
  let addressSize = unit.addressSize;
  if (version >= 5) {
    addressSize = reader.u8();
    reader.skip(1); // the size of segment selectors
  }
  const headerLength = reader.offset(offsetSize);
  const start = reader.at + headerLength;
  if (start > end) throw reader.error('a line program behind its header');
  const minimumInstructionLength = reader.u8();
  const operationsPerInstruction = version >= 4 ? reader.u8() : 1;
  const defaultIsStatement = reader.u8() !== 0;
  const lineBase = reader.i8();
  const lineRange = reader.u8();
  const opcodeBase = reader.u8();
  const operandCounts = [0];
  for (let i = 1; i < opcodeBase; i++) operandCounts.push(reader.u8());
  const settings = {
    version,
    offsetSize,
    addressSize,
    minimumInstructionLength,
    operationsPerInstruction,
    defaultIsStatement,
    lineBase,
    lineRange,
    opcodeBase,
    operandCounts,
    start,
    end,
  };
  if (version >= 5) {
    const directories = readEntries(info, reader, settings).map(({ name }) => name);
    return { ...settings, directories, files: readEntries(info, reader, settings) };
  }
  return { ...settings, ...readOldTables(reader, unit) };
}

function readOldTables(
  reader: Reader,
  unit: { readonly directory: string; readonly name: string },
) {
  const directories = [unit.directory];
  for (let name = reader.string(); name !== ''; name = reader.string()) directories.push(name);
  const files: (LineFile | undefined)[] = [undefined];
  for (let name = reader.string(); name !== ''; name = reader.string()) {
    files.push({ name, directory: reader.uleb() });
    reader.uleb(); // modification time
    reader.uleb(); // length
  }
  return { directories, files };
}

/** A table that describes its own columns. */
function readEntries(
  info: DebugInfo,
  reader: Reader,
  sizes: { readonly addressSize: number; readonly offsetSize: 4 | 8; readonly version: number },
): LineFile[] {
  const columns = Array.from({ length: reader.u8() }, () => ({
    content: reader.uleb(),
    form: reader.uleb(),
  }));
  const count = reader.uleb();
  if (count > ENTRIES_MAX) throw reader.error(`less than ${count} files`);
  const found: LineFile[] = [];
  if (columns.length === 0) return found;
  for (let i = 0; i < count; i++) {
    let name = '';
    let directory = 0;
    for (const { content, form } of columns) {
      const value = readForm(reader, form, undefined, sizes);
      if (content === LNCT.PATH) {
        if (value.kind === 'text') name = value.value;
        else if (value.kind === 'line string') {
          name = textAt(info.sections.bytes('.debug_line_str'), value.offset);
        } else if (value.kind === 'string') {
          name = textAt(info.sections.bytes('.debug_str'), value.offset);
        }
      } else if (content === LNCT.DIRECTORY) {
        if (value.kind === 'constant' || value.kind === 'data') directory = Number(value.value);
      }
    }
    found.push({ name, directory });
  }
  return found;
}

/** The whole path of a file, with "." and ".." taken out. */
export function linePath(
  { directories }: LineHeader,
  { name, directory }: LineFile,
  compilation: string,
): string {
  let path = name;
  const folder = directories[directory];
  if (!path.startsWith('/') && folder) path = `${folder}/${path}`;
  if (!path.startsWith('/') && directory !== 0) {
    const own = directories[0] || compilation;
    if (own) path = `${own}/${path}`;
  }
  if (!path.startsWith('/') && compilation.startsWith('/')) path = `${compilation}/${path}`;
  return normalPath(path);
}

export function normalPath(path: string): string {
  if (!/(?:^|\/)\.{0,2}(?:\/|$)/.test(path)) return path;
  const absolute = path.startsWith('/');
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop();
    else if (part !== '..' || !absolute) parts.push(part);
  }
  return (absolute ? '/' : '') + parts.join('/');
}
