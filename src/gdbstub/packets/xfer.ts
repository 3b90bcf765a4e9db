/** `qXfer`: documents that gdb reads piece by piece (gdb manual E.6). */

import { parseRange } from '../hex.ts';
import { E_MALFORMED, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';
import { targetXml } from '../target-xml.ts';

/** What `annex` holds; undefined if there is no such annex. */
type Source = (stub: Stub, annex: string) => string | undefined;

/**
 * To gdb, an address outside of the map does not exist, and the addresses it has are virtual: all
 * of them may. The upper half is a region of its own because a length has 64 bits.
 */
const MEMORY_MAP = `<?xml version="1.0"?>
<!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" "http://sourceware.org/gdb/gdb-memory-map.dtd">
<memory-map>
<memory type="ram" start="0x0" length="0x8000000000000000"/>
<memory type="ram" start="0x8000000000000000" length="0x8000000000000000"/>
</memory-map>
`;

const THREADS = `<?xml version="1.0"?>
<threads>
<thread id="1" core="0" name="vCPU 0"/>
</threads>
`;

function object(name: string, source: Source): Packet {
  return {
    name: `qXfer:${name}:read:`,
    supported: [`qXfer:${name}:read+`],
    handle: (stub, args) => {
      const colon = args.lastIndexOf(':');
      const range = colon < 0 ? undefined : parseRange(args.slice(colon + 1));
      if (!range) return E_MALFORMED;
      const text = source(stub, args.slice(0, colon));
      if (text === undefined) return 'E00';
      const at = Number(range.at);
      const part = text.slice(at, at + range.length);
      return `${at + part.length < text.length ? 'm' : 'l'}${part}`;
    },
  };
}

export const xferPackets: readonly Packet[] = [
  object('features', ({ architecture }, annex) =>
    annex === 'target.xml' ? targetXml(architecture) : undefined,
  ),
  object('threads', (_, annex) => (annex === '' ? THREADS : undefined)),
  object('memory-map', (_, annex) => (annex === '' ? MEMORY_MAP : undefined)),
];
