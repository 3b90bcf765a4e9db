/** What lldb asks beyond gdb's packets (LLDB, docs/resources/lldbgdbremote.md). */

import { pageWalk } from '../../target/index.ts';
import { hexText, parseHex } from '../hex.ts';
import { E_MALFORMED, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';

const about = ({ architecture: { triple, pointerBytes } }: Stub): string =>
  `triple:${hexText(triple)};endian:little;ptrsize:${pointerBytes};`;

/** lldb walks on from region to region, so a hole needs an end: the table that is missing. */
function region(stub: Stub, args: string): string {
  const at = args.startsWith(':') ? parseHex(args.slice(1)) : undefined;
  if (at === undefined) return E_MALFORMED;
  const { gpa, page, writable, executable } = pageWalk(stub.target, at);
  const start = at & ~(page - 1n);
  const range = `start:${start.toString(16)};size:${page.toString(16)};`;
  if (gpa === undefined) return range;
  return `${range}permissions:r${writable ? 'w' : ''}${executable ? 'x' : ''};`;
}

export const lldbPackets: readonly Packet[] = [
  {
    name: 'qHostInfo',
    handle: about,
  },
  {
    name: 'qProcessInfo',
    handle: (stub) => `pid:1;${about(stub)}`,
  },
  { name: 'qMemoryRegionInfo', handle: region },
];
