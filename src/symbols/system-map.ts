/**
 * Linux's `System.map` (and `/proc/kallsyms`): one symbol a line, "ffffffff81000000 T _text". The
 * letter is nm's: t and T are code, a and A are constants; there are no sizes.
 */

import type { GuestSymbol, SymbolTable } from './symbol-table.ts';

const LINE = /^([0-9a-f]{8,16}) ([A-Za-z?]) (\S+)/;

/** Lines that are none of it are left out. */
export function parseSystemMap(text: string): GuestSymbol[] {
  const found: GuestSymbol[] = [];
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    if (!match) continue;
    const [, address = '', type = '', name = ''] = match;
    // Per-CPU offsets and constants would claim the bottom of memory.
    if (type.toLowerCase() === 'a') continue;
    found.push({ name, start: BigInt(`0x${address}`), size: 0n, kind: symbolKind(type) });
  }
  return found;
}

/** By nm's letter. */
export const symbolKind = (type: string): GuestSymbol['kind'] =>
  /[tw]/i.test(type) ? 'code' : 'data';

/** The same the other way, with the addresses that the guest has. */
export function systemMap(table: SymbolTable): string {
  return table
    .all()
    .map(({ name, start, kind }) => {
      const letter = kind === 'code' ? 't' : 'd';
      return `${start.toString(16).padStart(16, '0')} ${letter} ${name}\n`;
    })
    .join('');
}
