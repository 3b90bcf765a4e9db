/** `Z` and `z`: breakpoints and watchpoints (gdb manual E.2 "Packets", `Z0` to `Z4`). */

import { BREAK_KINDS, type Break } from '../breakpoints.ts';
import { parseCount, parseHex } from '../hex.ts';
import { E_MALFORMED, errorText, OK, type Packet } from '../packet.ts';

/** "TYPE,ADDR,KIND[;…]": KIND is a length for watchpoints and an instruction's shape for others. */
function parsePoint(args: string): (Break & { rest: string }) | undefined {
  const [head = '', ...rest] = args.split(';');
  const [type = '', address = '', size = '', ...more] = head.split(',');
  const kind = /^[0-4]$/.test(type) ? BREAK_KINDS[Number(type)] : undefined;
  const at = parseHex(address);
  const length = parseCount(size);
  if (!kind || at === undefined || length === undefined || more.length > 0) return undefined;
  const isWatch = kind === 'watch' || kind === 'rwatch' || kind === 'awatch';
  return { kind, at, length: isWatch ? length : 1, rest: rest.join(';') };
}

export const breakpointPackets: readonly Packet[] = [
  {
    name: 'Z',
    supported: ['swbreak+', 'hwbreak+'],
    handle: (stub, args) => {
      const point = parsePoint(args);
      if (!point) return E_MALFORMED;
      const { rest, ...bare } = point;
      if (rest !== '') return E_MALFORMED;
      if (stub.breakpoints.set(bare) === 'too long') {
        return errorText(`a watchpoint of ${point.length} bytes: expected at most 131072`);
      }
      return OK;
    },
  },
  {
    name: 'z',
    handle: (stub, args) => {
      const point = parsePoint(args);
      if (!point) return E_MALFORMED;
      stub.breakpoints.remove(point);
      return OK;
    },
  },
];
