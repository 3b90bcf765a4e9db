/**
 * `Z` and `z`: breakpoints and watchpoints, with the conditions and commands that gdb sends along
 * (gdb manual E.2 "Packets", `Z0` to `Z4`):
 *
 *     Z TYPE , ADDR , KIND [; X LEN , BYTECODE ...] [; cmds: PERSIST , X LEN , BYTECODE ...]
 */

import { holds } from '../agent.ts';
import { BREAK_KINDS, type Break } from '../breakpoints.ts';
import { bytesOf, parseCount, parseHex } from '../hex.ts';
import { E_MALFORMED, errorText, OK, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';

/** KIND is a length for watchpoints and an instruction's shape for others. */
function parsePoint(head: string): Break | undefined {
  const [type = '', address = '', size = '', ...more] = head.split(',');
  const kind = /^[0-4]$/.test(type) ? BREAK_KINDS[Number(type)] : undefined;
  const at = parseHex(address);
  const length = parseCount(size);
  if (!kind || at === undefined || length === undefined || more.length > 0) return undefined;
  const isWatch = kind === 'watch' || kind === 'rwatch' || kind === 'awatch';
  return { kind, at, length: isWatch ? length : 1 };
}

/** "X5,2200012727X3,…": any number of expressions, one behind the other. */
function parseExpressions(text: string): Uint8Array[] | undefined {
  const found: Uint8Array[] = [];
  for (let rest = text; rest !== ''; ) {
    const head = /^X([0-9a-f]{1,4}),/i.exec(rest);
    if (!head) return undefined;
    const digits = 2 * Number.parseInt(head[1]!, 16);
    const code = bytesOf(rest.slice(head[0].length, head[0].length + digits));
    if (!code || 2 * code.length !== digits) return undefined;
    found.push(code);
    rest = rest.slice(head[0].length + digits);
    if (rest.startsWith(';') && rest !== ';') rest = rest.slice(1);
  }
  return found;
}

interface Extras {
  readonly conditions: readonly Uint8Array[];
  readonly commands: readonly Uint8Array[];
}

function parseExtras(text: string): Extras | undefined {
  const cmds = text.indexOf('cmds:');
  const before = (cmds < 0 ? text : text.slice(0, cmds)).replace(/;$/, '');
  const conditions = parseExpressions(before);
  if (!conditions || cmds < 0) return conditions && { conditions, commands: [] };
  const list = /^cmds:[01],?(.*)$/s.exec(text.slice(cmds));
  const commands = list ? parseExpressions(list[1]!) : undefined;
  return commands && { conditions, commands };
}

/** Is any condition true (gdb sends one for each of its breakpoints here)? Then commands run. */
function whenOf(stub: Stub, { conditions, commands }: Extras): (() => boolean) | undefined {
  if (conditions.length === 0 && commands.length === 0) return undefined;
  return () => {
    // An expression that cannot be evaluated stops: gdb then shows why by evaluating it itself.
    const stops =
      conditions.length === 0 || conditions.some((code) => holds(code, stub.agent, true));
    if (!stops || commands.length === 0) return stops;
    for (const code of commands) holds(code, stub.agent, true);
    return false;
  };
}

function insert(stub: Stub, args: string): string {
  const [head = '', ...rest] = args.split(';');
  const point = parsePoint(head);
  const extras = parseExtras(rest.join(';'));
  if (!point || !extras) return E_MALFORMED;
  if (stub.breakpoints.set({ ...point, when: whenOf(stub, extras) }) === 'set') return OK;
  return errorText(`a watchpoint of ${point.length} bytes: expected at most 131072`);
}

export const breakpointPackets: readonly Packet[] = [
  {
    name: 'Z',
    supported: ['swbreak+', 'hwbreak+', 'ConditionalBreakpoints+', 'BreakpointCommands+'],
    handle: insert,
  },
  {
    name: 'z',
    handle: (stub, args) => {
      const point = parsePoint(args.split(';')[0]!);
      if (!point) return E_MALFORMED;
      stub.breakpoints.remove(point);
      return OK;
    },
  },
];
