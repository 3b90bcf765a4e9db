/** Names for addresses, from an ELF64 file's symbol table. (System V gABI, chapter 4.) */

const SHT_SYMTAB = 2;
const STT_OBJECT = 1;
const STT_FUNC = 2;
const SYMBOL_BYTES = 24;

interface Named {
  readonly name: string;
  readonly start: bigint;
  readonly size: bigint;
}

/** Returns what names an address: "queue_pop+0x3b"; the bare address where no symbol covers it. */
export function symbolNames(file: Buffer): (at: bigint) => string {
  const all = readSymbols(file);
  return (at) => {
    const found = all.find(({ start, size }) => at >= start && at < start + size);
    if (!found) return `0x${at.toString(16)}`;
    const offset = at - found.start;
    return offset === 0n ? found.name : `${found.name}+0x${offset.toString(16)}`;
  };
}

function readSymbols(file: Buffer): Named[] {
  const number = (at: number): number => Number(file.readBigUInt64LE(at));
  const sectionAt = (index: number): number => number(0x28) + index * file.readUInt16LE(0x3a);
  const found: Named[] = [];
  for (let index = 0; index < file.readUInt16LE(0x3c); index++) {
    const section = sectionAt(index);
    if (file.readUInt32LE(section + 4) !== SHT_SYMTAB) continue;
    const names = number(sectionAt(file.readUInt32LE(section + 0x28)) + 0x18);
    const start = number(section + 0x18);
    for (let at = start; at < start + number(section + 0x20); at += SYMBOL_BYTES) {
      const type = (file[at + 4] ?? 0) & 0xf;
      if (type !== STT_FUNC && type !== STT_OBJECT) continue;
      const name = names + file.readUInt32LE(at);
      found.push({
        name: file.toString('latin1', name, file.indexOf(0, name)),
        start: file.readBigUInt64LE(at + 8),
        size: file.readBigUInt64LE(at + 16),
      });
    }
  }
  return found;
}
