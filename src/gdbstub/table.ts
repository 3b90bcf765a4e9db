/** All packets, and how a payload finds its own. */

import type { Packet } from './packet.ts';
import { breakpointPackets } from './packets/breakpoints.ts';
import { btracePackets } from './packets/btrace.ts';
import { executionPackets } from './packets/execution.ts';
import { lldbPackets } from './packets/lldb.ts';
import { memoryPackets } from './packets/memory.ts';
import { monitorPackets } from './packets/monitor.ts';
import { qemuPackets } from './packets/qemu.ts';
import { registerPackets } from './packets/registers.ts';
import { restartPackets } from './packets/restart.ts';
import { sessionPackets, threadPackets } from './packets/session.ts';
import { tracepointPackets } from './packets/tracepoints.ts';
import { xferPackets } from './packets/xfer.ts';

export const PACKETS: readonly Packet[] = [
  ...sessionPackets(() => PACKETS.flatMap(({ supported = [] }) => supported)),
  ...registerPackets,
  ...memoryPackets,
  ...executionPackets,
  ...breakpointPackets,
  ...threadPackets,
  ...xferPackets,
  ...monitorPackets,
  ...btracePackets,
  ...tracepointPackets,
  ...restartPackets,
  ...qemuPackets,
  ...lldbPackets,
];

/** By first letter, longest name first. */
const BY_LETTER = new Map<string, readonly Packet[]>();
for (const letter of new Set(PACKETS.map(({ name }) => name[0]!))) {
  const packets = PACKETS.filter(({ name }) => name.startsWith(letter));
  BY_LETTER.set(
    letter,
    packets.sort((a, b) => b.name.length - a.name.length),
  );
}

/**
 * The packet that a payload is, and what follows its name. Names of several letters end at a
 * separator or at the end ("vCont" is not the start of "vControl"); those of one letter need none.
 */
export function lookUp(payload: string): { packet: Packet; args: string } | undefined {
  for (const packet of BY_LETTER.get(payload[0] ?? '') ?? []) {
    const { name } = packet;
    if (!payload.startsWith(name)) continue;
    const next = payload[name.length];
    const open = name.length === 1 || /[:?]$/.test(name);
    if (open ? !/^[qQv]$/.test(name) : next === undefined || !/[A-Za-z0-9_]/.test(next)) {
      return { packet, args: payload.slice(name.length) };
    }
  }
  return undefined;
}
