/** Just enough of ELF64 for tests that look into the demo guest. (System V gABI, chapters 4 and 5.) */

export interface ElfSection {
  readonly name: string;
  readonly type: number;
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

export interface ElfSegment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
  readonly memorySize: number;
}

export interface Elf {
  readonly bytes: Buffer;
  readonly entry: number;
  readonly segments: readonly ElfSegment[];
  readonly sections: readonly ElfSection[];
  readonly symbols: ReadonlyMap<string, number>;
}

export const PT_LOAD = 1;
export const PT_NOTE = 4;

const SHT_SYMTAB = 2;

export function readElf(bytes: Buffer): Elf {
  const number = (at: number): number => Number(bytes.readBigUInt64LE(at));
  if (bytes.toString('latin1', 0, 5) !== '\x7fELF\x02') throw new Error('not a 64-bit ELF');
  const table = (at: number, count: number, size: number): number[] =>
    Array.from({ length: count }, (_, index) => at + index * size);

  const segments = table(number(32), bytes.readUInt16LE(56), bytes.readUInt16LE(54)).map((at) => ({
    type: bytes.readUInt32LE(at),
    offset: number(at + 8),
    address: number(at + 24),
    fileSize: number(at + 32),
    memorySize: number(at + 40),
  }));

  const headers = table(number(40), bytes.readUInt16LE(60), bytes.readUInt16LE(58));
  const bodyOf = (header: number): Buffer =>
    bytes.subarray(number(header + 24), number(header + 24) + number(header + 32));
  const names = bodyOf(headers[bytes.readUInt16LE(62)]!);
  const sections = headers.map((at) => ({
    name: cString(names, bytes.readUInt32LE(at)),
    type: bytes.readUInt32LE(at + 4),
    address: number(at + 16),
    offset: number(at + 24),
    size: number(at + 32),
  }));

  const symbols = new Map<string, number>();
  for (const [index, section] of sections.entries()) {
    if (section.type !== SHT_SYMTAB) continue;
    const strings = bodyOf(headers[bytes.readUInt32LE(headers[index]! + 40)]!);
    for (const at of table(section.offset, section.size / 24, 24)) {
      symbols.set(cString(strings, bytes.readUInt32LE(at)), number(at + 8));
    }
  }
  return { bytes, entry: number(24), segments, sections, symbols };
}

function cString(bytes: Buffer, at: number): string {
  return bytes.toString('latin1', at, bytes.indexOf(0, at));
}
