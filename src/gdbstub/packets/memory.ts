/**
 * `m` `M` `x` `X`, `qSearch:memory`, `qCRC`: memory, virtual through the guest's own tables as they
 * are now, or physical (`Qqemu.PhyMemMode:1`, as QEMU's users know it). Reading has no side effect
 * on the guest: what is no RAM cannot be read.
 */

import { crc32 } from '../crc.ts';
import { binary, bytesIn, bytesOf, parseHex, parseRange } from '../hex.ts';
import { E_FAULT, E_MALFORMED, hexBytes, OK, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';

const READ_MAX = 0xf000;
const PAGE = 4096n;
/** `find` over more than this is a mistake more often than a wish. */
const SEARCH_MAX = 1n << 32n;

function write(stub: Stub, at: bigint, bytes: Uint8Array): string {
  if (bytes.length === 0) return OK;
  // Asked first: a write that fails must not leave the recording.
  if (stub.read(at, bytes.length).length < bytes.length) return E_FAULT;
  const range = { space: stub.space, at, length: bytes.length };
  return stub.target.writeMemory(range, bytes) === bytes.length ? OK : E_FAULT;
}

/** "ADDR,LENGTH:REST" */
function rangeAndRest(args: string) {
  const colon = args.indexOf(':');
  const range = colon < 0 ? undefined : parseRange(args.slice(0, colon));
  return range && { ...range, rest: args.slice(colon + 1) };
}

/** The first match at or after an address; over pages that are not there it goes on. */
function search(
  stub: Stub,
  first: bigint,
  length: bigint,
  pattern: Uint8Array,
): bigint | undefined {
  const needle = Buffer.from(pattern);
  const end = first + length;
  for (let at = first; at + BigInt(needle.length) <= end; ) {
    const part = PAGE - (at % PAGE);
    const wanted = Number(part < end - at ? part : end - at) + needle.length - 1;
    const room = Number(end - at < BigInt(wanted) ? end - at : BigInt(wanted));
    const found = Buffer.from(stub.read(at, room)).indexOf(needle);
    if (found >= 0) return at + BigInt(found);
    at += part;
  }
  return undefined;
}

export const memoryPackets: readonly Packet[] = [
  {
    name: 'm',
    looks: true,
    handle: (stub, args) => {
      const range = parseRange(args);
      if (!range) return E_MALFORMED;
      const bytes = stub.read(range.at, Math.min(range.length, READ_MAX));
      return bytes.length === 0 && range.length > 0 ? E_FAULT : hexBytes(bytes);
    },
  },
  {
    name: 'x',
    looks: true,
    supported: ['binary-upload+'],
    handle: (stub, args) => {
      const range = parseRange(args);
      if (!range) return E_MALFORMED;
      const bytes = stub.read(range.at, Math.min(range.length, READ_MAX));
      return bytes.length === 0 && range.length > 0 ? E_FAULT : `b${binary(bytes)}`;
    },
  },
  {
    name: 'M',
    handle: (stub, args) => {
      const range = rangeAndRest(args);
      const bytes = range && bytesOf(range.rest);
      if (!range || bytes?.length !== range.length) return E_MALFORMED;
      return write(stub, range.at, bytes);
    },
  },
  {
    name: 'X',
    handle: (stub, args) => {
      const range = rangeAndRest(args);
      const bytes = range && bytesIn(range.rest);
      if (!range || bytes?.length !== range.length) return E_MALFORMED;
      return write(stub, range.at, bytes);
    },
  },
  {
    name: 'qSearch:memory:',
    handle: (stub, args) => {
      const [at = '', length = '', ...pattern] = args.split(';');
      const first = parseHex(at);
      const size = parseHex(length);
      const bytes = bytesIn(pattern.join(';'));
      if (first === undefined || size === undefined || bytes.length === 0) return E_MALFORMED;
      if (size > SEARCH_MAX) return E_MALFORMED;
      const found = search(stub, first, size, bytes);
      return found === undefined ? '0' : `1,${found.toString(16)}`;
    },
  },
  {
    name: 'qCRC',
    handle: (stub, args) => {
      const range = parseRange(args.slice(1));
      if (!range) return E_MALFORMED;
      const bytes = stub.read(range.at, range.length);
      if (bytes.length < range.length) return E_FAULT;
      return `C${crc32(bytes).toString(16)}`;
    },
  },
];
