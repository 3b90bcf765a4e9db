/** `QTDP` to `QTFrame`: tracepoints (gdb manual E.7 "Tracepoint Packets"). */

import { holds } from '../agent.ts';
import { bytesOf, parseCount, parseHex } from '../hex.ts';
import { E_MALFORMED, OK, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';

/** "N:ADDR:E|D:STEP:PASS[:Flen][:Xlen,BYTES][-]"; with "-N" its actions follow, which we need not. */
function define(stub: Stub, args: string): string {
  if (args.startsWith(':-')) return OK;
  const fields = args.slice(1).replace(/-$/, '').split(':');
  const [n, address, enabled, , pass = '0', ...more] = fields;
  const number = parseCount(n ?? '');
  const at = parseHex(address ?? '');
  const passes = parseCount(pass);
  if (number === undefined || at === undefined || passes === undefined) return E_MALFORMED;
  if (enabled !== 'E' && enabled !== 'D') return E_MALFORMED;
  const condition = more.find((field) => field.startsWith('X'))?.split(',')[1];
  const code = condition === undefined ? undefined : bytesOf(condition);
  if (condition !== undefined && !code) return E_MALFORMED;
  const when = code ? { when: () => holds(code, stub.agent, false) } : {};
  stub.tracepoints.define({ number, at, passes, enabled: enabled === 'E', ...when });
  return OK;
}

async function frame(
  stub: Stub,
  args: string,
  control: Parameters<Packet['handle']>[2],
): Promise<string> {
  const [what = '', ...values] = args.slice(1).split(':');
  const [a, b] = values.map(parseHex);
  const { tracepoints } = stub;
  const patient = stub.patient(control);
  if (/^f+$/i.test(what)) {
    await tracepoints.deselect(patient);
    return 'F-1';
  }
  const n = parseCount(what);
  const found =
    n !== undefined
      ? await tracepoints.select(n, patient)
      : await tracepoints.find((candidate) => {
          switch (what) {
            case 'pc':
              return candidate.at === a;
            case 'tdp':
              return BigInt(candidate.tracepoint) === a;
            case 'range':
              return a !== undefined && b !== undefined && candidate.at >= a && candidate.at <= b;
            case 'outside':
              return a !== undefined && b !== undefined && (candidate.at < a || candidate.at > b);
            default:
              return false;
          }
        }, patient);
  if (!found) return 'F-1';
  return `F${found.n.toString(16)}T${found.frame.tracepoint.toString(16)}`;
}

function status({ tracepoints }: Stub): string {
  const frames = tracepoints.frameCount.toString(16);
  const counts = `tframes:${frames};tcreated:${frames};tsize:100000;tfree:100000;circular:0;disconn:0`;
  return `${tracepoints.running ? 'T1' : 'T0;tstop::0'};${counts}`;
}

function enable(stub: Stub, args: string, enabled: boolean): string {
  const [n = '', address = ''] = args.slice(1).split(':');
  const number = parseCount(n);
  const at = parseHex(address);
  if (number === undefined || at === undefined) return E_MALFORMED;
  stub.tracepoints.enable(number, at, enabled);
  return OK;
}

export const tracepointPackets: readonly Packet[] = [
  {
    name: 'QTinit',
    supported: ['ConditionalTracepoints+', 'EnableDisableTracepoints+'],
    handle: async (stub, _, control) => {
      await stub.tracepoints.deselect(control);
      stub.tracepoints.clear();
      return OK;
    },
  },
  { name: 'QTDP', handle: define },
  // Trace state variables: gdb defines its own at every start.
  { name: 'QTDV', handle: () => OK },
  { name: 'QTro', handle: () => OK },
  { name: 'QTBuffer', handle: () => OK },
  { name: 'QTNotes', handle: () => OK },
  { name: 'QTDisconnected', handle: () => OK },
  { name: 'QTEnable', handle: (stub, args) => enable(stub, args, true) },
  { name: 'QTDisable', handle: (stub, args) => enable(stub, args, false) },
  {
    name: 'QTStart',
    handle: (stub) => {
      stub.tracepoints.start();
      return OK;
    },
  },
  {
    name: 'QTStop',
    handle: async (stub, _, control) => {
      await stub.tracepoints.stop(stub.patient(control));
      return OK;
    },
  },
  { name: 'QTFrame', handle: frame },
  { name: 'qTStatus', handle: status },
  {
    name: 'qTP',
    handle: ({ tracepoints }, args) => {
      const number = parseCount(args.slice(1).split(':')[0] ?? '');
      return number === undefined ? E_MALFORMED : `V${tracepoints.hits(number).toString(16)}:0`;
    },
  },
  // What another debugger has left behind: nothing, they are the connection's.
  { name: 'qTfP', handle: () => 'l' },
  { name: 'qTsP', handle: () => 'l' },
  { name: 'qTfV', handle: () => 'l' },
  { name: 'qTsV', handle: () => 'l' },
];
