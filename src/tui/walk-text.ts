/** Page walks and mappings as lines. */

import type { Mapping, Walk } from '../target/index.ts';
import { type Line, line, span } from './text.ts';

const hex16 = (value: bigint): string => value.toString(16).padStart(16, '0');

export function walkLines({ entries, gpa, page, writable, user, executable }: Walk): Line[] {
  const lines: Line[] = entries.map(({ name, at, value }) => [
    span(name.padEnd(7), 'strong'),
    span(`at ${hex16(at)}  `, 'address'),
    span(`${hex16(value)}  `),
    span(flagsOf(value), 'dim'),
  ]);
  if (entries.length === 0) lines.push(line('paging is off'));
  const rights = rightsOf({ writable, user, executable });
  const leads =
    gpa === undefined ? 'not present' : `GPA ${hex16(gpa)}, page of ${page / 1024n} KiB, ${rights}`;
  return [...lines, [], line(leads, gpa === undefined ? 'bad' : 'good')];
}

export function mappingLine(mapping: Mapping): Line {
  const { gva, gpa, length } = mapping;
  const size = length >= 1n << 20n ? `${length >> 20n} MiB` : `${length >> 10n} KiB`;
  return [
    span(hex16(gva), 'address'),
    span(` .. ${hex16(gva + length - 1n)}  `),
    span(size.padStart(9)),
    span(`  GPA ${hex16(gpa)}  ${rightsOf(mapping)}`),
  ];
}

function rightsOf({
  writable,
  user,
  executable,
}: Pick<Mapping, 'writable' | 'user' | 'executable'>) {
  return `r${writable ? 'w' : '-'}${executable ? 'x' : '-'} ${user ? 'user' : 'supervisor'}`;
}

/** Bits of a paging entry (SDM Vol. 3A table 4-19). */
const FLAGS = ['P', 'RW', 'US', 'PWT', 'PCD', 'A', 'D', 'PS', 'G'];

function flagsOf(value: bigint): string {
  const set = FLAGS.filter((_, bit) => ((value >> BigInt(bit)) & 1n) !== 0n);
  return [...set, ...((value >> 63n) & 1n ? ['XD'] : [])].join(' ');
}
