/** The conversation itself: what both sides can do, threads, and how it ends. */

import { PACKET_BYTES_MAX } from '../framing.ts';
import { hexText } from '../hex.ts';
import { E_MALFORMED, OK, type Packet } from '../packet.ts';
import { isOurs, mayBeOurs } from '../thread-id.ts';

/** gdb's list, "swbreak+;hwbreak+;xmlRegisters=i386": the names it says yes to. */
function announced(args: string): Set<string> {
  const features = args.replace(/^:/, '').split(';');
  return new Set(features.filter((f) => f.endsWith('+')).map((f) => f.slice(0, -1)));
}

/** One reply for all packets: the table is handed in by whoever has it. */
export function sessionPackets(supported: () => readonly string[]): readonly Packet[] {
  return [
    {
      name: 'qSupported',
      handle: (stub, args) => {
        stub.features = announced(args);
        return [`PacketSize=${PACKET_BYTES_MAX.toString(16)}`, ...supported()].join(';');
      },
    },
    {
      name: 'QStartNoAckMode',
      supported: ['QStartNoAckMode+'],
      handle: (stub) => {
        stub.noAck = true;
        return OK;
      },
    },
    { name: '!', handle: () => OK },
    { name: 'D', handle: () => ({ kind: 'bye', reply: OK }) },
    { name: 'k', handle: () => ({ kind: 'bye' }) },
    { name: 'vKill', handle: () => ({ kind: 'bye', reply: OK }) },
    // Ctrl-C as a packet is for non-stop mode; while the guest stands there is nothing to stop.
    { name: 'vCtrlC', handle: () => OK },
    { name: 'vMustReplyEmpty', handle: () => undefined },
    { name: 'qAttached', handle: () => '1' },
    { name: 'qSymbol', handle: () => OK },
  ];
}

/** vCPUs as threads. */
export const threadPackets: readonly Packet[] = [
  {
    name: 'H',
    handle: (_, args) => (/^[cgm]/.test(args) && mayBeOurs(args.slice(1)) ? OK : E_MALFORMED),
  },
  { name: 'T', handle: (_, args) => (isOurs(args) ? OK : E_MALFORMED) },
  { name: 'qC', handle: () => 'QC1' },
  { name: 'qfThreadInfo', handle: () => 'm1' },
  { name: 'qsThreadInfo', handle: () => 'l' },
  { name: 'qThreadExtraInfo', handle: () => hexText('vCPU 0') },
];
