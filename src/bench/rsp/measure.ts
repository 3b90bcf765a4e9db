/**
 * The gdb stub beside QEMU's: packets a second over a socket, one after the other as gdb sends them.
 * Turn and turn about, so that what disturbs one disturbs the other; medians of several rounds; and
 * the server's own CPU time for each packet, in which other work on the host does not show.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Guest, type Served, serveOurs, serveQemu } from './servers.ts';
import { blockingWire, SilentError, type Wire } from './wire.ts';

export interface Rate {
  /** Answers a second. */
  readonly perSecond: number;
  /** CPU time of the server for one of them, in microseconds. */
  readonly cpuMicroseconds: number;
}

export interface RspRow {
  readonly name: string;
  readonly ours: Rate;
  /** Undefined if it did not answer. */
  readonly qemu: Rate | undefined;
  /** Times as many a second as QEMU; and QEMU's CPU time divided by ours. */
  readonly faster: number | undefined;
  readonly cheaper: number | undefined;
}

export interface RspBench {
  readonly guest: Guest;
  /** Our command line, as one spawns it. */
  readonly command: readonly string[];
  readonly rounds: number;
  readonly said?: (what: string) => void;
}

interface Peer {
  readonly served: Served;
  readonly wire: Wire;
  /** QEMU 7.2 takes packets of 4 KiB: 4 KiB of memory as hex digits are two of them. */
  readonly memoryPackets: readonly string[];
}

/** How long an action is repeated in a round; one that takes longer is done once. */
const WINDOW_MS = 400;
/** Instructions to go forward before going back to a breakpoint. */
const AWAY = 200;
const RIP = 16;

interface Action {
  readonly name: string;
  /** Not timed. */
  readonly before?: (peer: Peer) => void;
  readonly run: (peer: Peer) => void;
  readonly after?: (peer: Peer) => void;
  readonly once?: boolean;
  /** What one `run` counts for; 1 if not said. */
  readonly answers?: number;
}

/** Packets that are sent before their replies are waited for. */
const STREAM = 16;

const ACTIONS: readonly Action[] = [
  { name: 'registers (g)', run: ({ wire }) => expectHex(wire.ask('g')) },
  {
    name: 'memory, 4 KiB (m)',
    run: ({ wire, memoryPackets }) => {
      for (const packet of memoryPackets) expectHex(wire.ask(packet));
    },
  },
  {
    name: `registers, ${STREAM} packets at a time`,
    run: ({ wire }) => void wire.stream(['g'], STREAM),
    answers: STREAM,
  },
  {
    name: `memory, ${STREAM} times 4 KiB at a time`,
    run: ({ wire, memoryPackets }) => void wire.stream(memoryPackets, STREAM),
    answers: STREAM,
  },
  { name: 'stepi (s)', run: ({ wire }) => expectStop(wire.ask('s')) },
  { name: 'reverse-stepi (bs)', run: ({ wire }) => expectStop(wire.ask('bs')) },
  {
    name: `reverse-continue over ${AWAY} instructions (bc)`,
    before: (peer) => {
      const place = ripOf(peer).toString(16);
      for (let n = 0; n < AWAY; n++) expectStop(peer.wire.ask('s'));
      peer.wire.ask(`Z0,${place},1`);
    },
    run: ({ wire }) => expectStop(wire.ask('bc')),
    after: (peer) => void peer.wire.ask(`z0,${ripOf(peer).toString(16)},1`),
    once: true,
  },
];

export async function measureRsp({ guest, command, rounds, said }: RspBench): Promise<RspRow[]> {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-rsp-'));
  const serving: Served[] = [];
  try {
    said?.('recording the guest, here and under QEMU');
    const ours = await serveOurs(command, guest, folder);
    serving.push(ours);
    const qemu = await serveQemu(guest, folder);
    serving.push(qemu);
    const peers = await attach(ours, qemu);
    const rows: RspRow[] = [];
    for (const action of ACTIONS) {
      const rates = { ours: [] as Rate[], qemu: [] as Rate[] };
      let answers = true;
      // Once for nothing: code is still being compiled, caches are cold.
      if (!action.once) for (const peer of [peers.ours, peers.qemu]) timed(peer, action);
      for (let round = 1; round <= rounds; round++) {
        said?.(`${action.name}: round ${round} of ${rounds}`);
        rates.ours.push(timed(peers.ours, action)!);
        const theirs: Rate | undefined = answers ? timed(peers.qemu, action) : undefined;
        if (theirs) rates.qemu.push(theirs);
        answers = theirs !== undefined;
      }
      rows.push(rowOf(action.name, rates));
      // A stub that is stuck answers nothing else either.
      if (!answers) break;
    }
    return rows;
  } finally {
    for (const served of serving) await served.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both at the same instruction: where ours is in the middle of its recording, reached from the start. */
async function attach(ours: Served, qemu: Served): Promise<{ ours: Peer; qemu: Peer }> {
  const ourWire = await blockingWire(ours.socket);
  ourWire.ask(`qRcmd,${Buffer.from('seek 50%').toString('hex')}`);
  const place = ripOf({ wire: ourWire });
  ourWire.ask(`qRcmd,${Buffer.from('seek start').toString('hex')}`);
  const qemuWire = await blockingWire(qemu.socket);
  for (const wire of [ourWire, qemuWire]) {
    const point = `1,${place.toString(16)},1`;
    wire.ask(`Z${point}`);
    expectStop(wire.ask('c'));
    if (ripOf({ wire }) !== place) throw new Error('a stub did not stop at the breakpoint');
    wire.ask(`z${point}`);
  }
  const code = place & ~0xfffn;
  const read = (at: bigint, bytes: number): string => `m${at.toString(16)},${bytes.toString(16)}`;
  return {
    ours: { served: ours, wire: ourWire, memoryPackets: [read(code, 4096)] },
    qemu: {
      served: qemu,
      wire: qemuWire,
      memoryPackets: [read(code, 2048), read(code + 2048n, 2048)],
    },
  };
}

/** Undefined if the stub is stuck. */
function timed(peer: Peer, { before, run, after, once, answers = 1 }: Action): Rate | undefined {
  try {
    before?.(peer);
    const cpu = peer.served.cpu();
    const start = performance.now();
    let n = 0;
    do {
      run(peer);
      n += answers;
    } while (!once && performance.now() - start < WINDOW_MS);
    const seconds = (performance.now() - start) / 1000;
    const rate = { perSecond: n / seconds, cpuMicroseconds: (peer.served.cpu() - cpu) / n };
    after?.(peer);
    return rate;
  } catch (error) {
    if (error instanceof SilentError) return undefined;
    throw error;
  }
}

function rowOf(name: string, rates: { ours: readonly Rate[]; qemu: readonly Rate[] }): RspRow {
  const ours = middle(rates.ours);
  const qemu = rates.qemu.length > 0 ? middle(rates.qemu) : undefined;
  return {
    ...{ name, ours, qemu },
    faster: qemu && ours.perSecond / qemu.perSecond,
    cheaper: qemu && qemu.cpuMicroseconds / ours.cpuMicroseconds,
  };
}

const middle = (rates: readonly Rate[]): Rate => ({
  perSecond: median(rates.map(({ perSecond }) => perSecond)),
  cpuMicroseconds: median(rates.map(({ cpuMicroseconds }) => cpuMicroseconds)),
});

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

/** RIP is register 16 in both descriptions; QEMU's stub answers `p` as well. */
function ripOf({ wire }: Pick<Peer, 'wire'>): bigint {
  const hex = wire.ask(`p${RIP.toString(16)}`);
  return Buffer.from(hex, 'hex').readBigUInt64LE();
}

function expectHex(reply: string): void {
  if (reply.startsWith('E') || reply.length < 16) throw new Error(`not bytes: ${reply}`);
}

function expectStop(reply: string): void {
  if (!reply.startsWith('T05')) throw new Error(`not a stop: ${reply}`);
}
