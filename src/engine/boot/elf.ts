/**
 * ELF executables for x86, 32- and 64-bit, as far as loading needs them: the entry, the segments and
 * the notes (System V ABI, "Object Files"; the AMD64 and Intel386 supplements).
 */

import { err, ok, type Result } from '../device/state.ts';
import { describeLoadable, type Extent, hex, isLoadable } from './layout.ts';

export interface ElfSegment extends Extent {
  /** What the file has of it; the rest up to `end` is zero. */
  readonly bytes: Uint8Array;
}

export interface ElfNote {
  readonly name: string;
  readonly type: number;
  readonly description: Uint8Array;
}

export interface Elf {
  readonly class: 32 | 64;
  readonly entry: number;
  /** By physical address, without overlaps. */
  readonly segments: readonly ElfSegment[];
  readonly notes: readonly ElfNote[];
}

const PT_LOAD = 1;
const PT_NOTE = 4;
const EM_386 = 3;
const EM_X86_64 = 62;

export function isElf(file: Uint8Array): boolean {
  return file[0] === 0x7f && file[1] === 0x45 && file[2] === 0x4c && file[3] === 0x46;
}

interface ProgramHeader {
  readonly type: number;
  readonly offset: number;
  readonly paddr: number;
  readonly filesz: number;
  readonly memsz: number;
}

export function parseElf(file: Uint8Array, memoryBytes: number): Result<Elf> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const is64 = file[4] === 2;
  if (file.length < (is64 ? 64 : 52))
    return err(`ELF: ${file.length} bytes are not a whole header`);
  if (file[4] !== 1 && file[4] !== 2) return err(`ELF: class ${file[4]}, expected 1 or 2`);
  if (file[5] !== 1) return err('ELF: not little-endian');
  const type = view.getUint16(16, true);
  if (type !== 2 && type !== 3) return err(`ELF: type ${type}, expected an executable`);
  const machine = view.getUint16(18, true);
  if (machine !== EM_386 && machine !== EM_X86_64) {
    return err(`ELF: for machine ${machine}, expected x86`);
  }
  const address = (at: number) => (is64 ? wide(view, at) : view.getUint32(at, true));
  const entry = address(24);
  const tableAt = address(is64 ? 32 : 28);
  const size = view.getUint16(is64 ? 54 : 42, true);
  const count = view.getUint16(is64 ? 56 : 44, true);
  if (count === 0) return err('ELF: no program headers, so nothing to load');
  if (size < (is64 ? 56 : 32) || tableAt + size * count > file.length) {
    return err(
      `ELF: ${count} program headers of ${size} bytes at ${hex(tableAt)} are not in the file`,
    );
  }
  const segments: ElfSegment[] = [];
  const notes: ElfNote[] = [];
  for (let i = 0; i < count; i++) {
    const header = programHeader(view, tableAt + i * size, is64);
    if (header.type !== PT_LOAD && header.type !== PT_NOTE) continue;
    const bytes = content(file, header, i);
    if (!bytes.ok) return bytes;
    if (header.type === PT_NOTE) notes.push(...parseNotes(bytes.value));
    else if (header.memsz > 0) {
      const segment = load(header, bytes.value, i, memoryBytes);
      if (!segment.ok) return segment;
      segments.push(segment.value);
    }
  }
  if (segments.length === 0) return err('ELF: no segment to load');
  segments.sort((a, b) => a.start - b.start);
  for (const [i, next] of segments.slice(1).entries()) {
    if (next.start < segments[i]!.end) {
      return err(`ELF: two segments overlap at physical address ${hex(next.start)}`);
    }
  }
  return ok({ class: is64 ? 64 : 32, entry, segments, notes });
}

function programHeader(view: DataView, at: number, is64: boolean): ProgramHeader {
  const type = view.getUint32(at, true);
  if (is64) {
    return {
      type,
      offset: wide(view, at + 8),
      paddr: wide(view, at + 24),
      filesz: wide(view, at + 32),
      memsz: wide(view, at + 40),
    };
  }
  return {
    type,
    offset: view.getUint32(at + 4, true),
    paddr: view.getUint32(at + 12, true),
    filesz: view.getUint32(at + 16, true),
    memsz: view.getUint32(at + 20, true),
  };
}

/** A 64-bit field. One that no RAM and no file can reach may lose its low bits on the way. */
function wide(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function content(file: Uint8Array, header: ProgramHeader, index: number): Result<Uint8Array> {
  const { offset, filesz } = header;
  if (offset + filesz > file.length) {
    return err(
      `ELF: segment ${index} is ${filesz} bytes at ${hex(offset)}, the file has ${file.length}`,
    );
  }
  return ok(file.subarray(offset, offset + filesz));
}

function load(
  header: ProgramHeader,
  bytes: Uint8Array,
  index: number,
  memoryBytes: number,
): Result<ElfSegment> {
  const { paddr, filesz, memsz } = header;
  if (filesz > memsz) {
    return err(`ELF: segment ${index} has ${filesz} bytes in the file and ${memsz} in memory`);
  }
  const extent = { start: paddr, end: paddr + memsz };
  if (!isLoadable(extent, memoryBytes)) {
    return err(
      `ELF: segment ${index} loads at [${hex(extent.start)}, ${hex(extent.end)}), RAM is ${describeLoadable(memoryBytes)}`,
    );
  }
  return ok({ ...extent, bytes });
}

/** Notes are three words, a name and a description, each padded to four bytes. */
function parseNotes(bytes: Uint8Array): ElfNote[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const notes: ElfNote[] = [];
  for (let at = 0; at + 12 <= bytes.length; ) {
    const nameSize = view.getUint32(at, true);
    const descriptionSize = view.getUint32(at + 4, true);
    const type = view.getUint32(at + 8, true);
    const nameAt = at + 12;
    const descriptionAt = nameAt + padded(nameSize);
    const end = descriptionAt + descriptionSize;
    // A size beyond the segment ends the list; what came before it stands.
    if (nameAt + nameSize > bytes.length || end > bytes.length) break;
    const name = String.fromCharCode(...bytes.subarray(nameAt, nameAt + Math.min(nameSize, 32)));
    notes.push({
      name: name.replace(/\0+$/, ''),
      type,
      description: bytes.subarray(descriptionAt, end),
    });
    at = descriptionAt + padded(descriptionSize);
  }
  return notes;
}

function padded(size: number): number {
  return Math.ceil(size / 4) * 4;
}
