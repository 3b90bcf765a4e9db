/**
 * Dialogues with the stub, packet by packet, compared whole with the files in dialogues/. `npm run
 * bless` writes them anew; what changes is then for a person to read.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import type { DebugTarget } from '../../src/target/index.ts';
import { Client } from './client.ts';
import { demoTarget } from './demo.ts';

let target: DebugTarget;

beforeAll(() => {
  target = demoTarget();
});

/** Packets to send, in order; a line in quotes goes through `monitor`. */
const DIALOGUES: Readonly<Record<string, readonly string[]>> = {
  attach: [
    'qSupported:multiprocess+;swbreak+;hwbreak+;qRelocInsn+;vContSupported+;no-resumed+',
    'vMustReplyEmpty',
    'QStartNoAckMode',
    '!',
    'Hg0',
    'qXfer:features:read:target.xml:0,40',
    'qXfer:features:read:other.xml:0,40',
    'qTStatus',
    '?',
    'qfThreadInfo',
    'qsThreadInfo',
    'qThreadExtraInfo,1',
    'Hc-1',
    'qC',
    'qAttached',
    'qOffsets',
    'qSymbol::',
    'T1',
    'T2',
    'qXfer:threads:read::0,1000',
    'D',
  ],
  'registers and memory': [
    'p10',
    'p0',
    'p999',
    'pxyz',
    'm100020,8',
    'm100020,0',
    'mffffffffffffff00,8',
    'x100020,4',
    'M100020,2:zz',
    'M100020,4:00',
    'qCRC:100020,10',
    'qSearch:memory:100000;1000;Retro',
    'qSearch:memory:104000;1000;demo kernel',
    'qqemu.PhyMemMode',
    'Qqemu.PhyMemMode:1',
    'm100020,8',
    'Qqemu.PhyMemMode:7',
    'Qqemu.PhyMemMode:0',
    'qMemoryRegionInfo:100020',
  ],
  'steps in both directions': [
    'qSupported:swbreak+;hwbreak+',
    'vCont?',
    'bs',
    'vCont;s:1;c',
    's',
    'bs',
    'vCont;s:p1.1',
    'vCont;s:0001',
    'vCont;r100020,100030:1',
    'bs',
    'bc',
    'vCont;x',
    'vCont',
  ],
  'breakpoints and watchpoints': [
    'qSupported:swbreak+;hwbreak+',
    // kmain, queue_push and the length of job_queue.
    'Z0,100445,1',
    'c',
    'z0,100445,1',
    'Z1,10214e,1',
    'c',
    'z1,10214e,1',
    'Z2,110260,4',
    'c',
    'bc',
    'bc',
    'c',
    'Z3,110260,4',
    'c',
    'z3,110260,4',
    'z2,110260,4',
    'Z5,0,1',
    'Z0,0',
    'Z2,0,ffffffff',
  ],
  'conditions and commands': [
    'qSupported:swbreak+;hwbreak+',
    // if queue->length == 20, as gdb compiled it for queue_push.
    'Z0,10214e,1;X16,26000622100222d81608021a2210021922142a201327',
    'c',
    'm110260,4',
    'Z0,10214e,1;X1,99',
    'Z0,10214e,1;X99,99',
    'z0,10214e,1',
  ],
  'writing is a diversion': [
    'P10=4545100000000000',
    'p10',
    '"diversion',
    'M110260,4:63000000',
    'm110260,4',
    's',
    'bs',
    '"diversion end',
    'p10',
    'm110260,4',
    'P5c=0000000000000000',
  ],
  monitor: ['"when', '"bogus', '"seek 999G', '"seek exit:3', '"when', '"phys maybe', '"page-walk'],
  tracepoints: [
    'QTinit',
    // seal_entry.
    'QTDP:1:00000000001023b1:E:0:0-',
    'QTDP:-1:00000000001023b1:R0100',
    'QTDP:zz',
    'QTStart',
    'qTStatus',
    'QTStop',
    'qTStatus',
    'qTP:1:00000000001023b1',
    'QTFrame:0',
    'p10',
    'QTFrame:pc:1023b1',
    'QTFrame:tdp:2',
    'QTFrame:7fff',
    'QTFrame:ffffffff',
    'p10',
    'qTfP',
  ],
  'branch trace': [
    'qXfer:btrace-conf:read::0,fff',
    'Qbtrace:bts',
    'qXfer:btrace-conf:read::0,fff',
    's',
    's',
    's',
    'qXfer:btrace:read:all:0,ffff',
    'qXfer:btrace:read:delta:0,ffff',
    'Qbtrace:off',
  ],
  'run again': ['vRun;;', 'vRun;;353025', 'vRun;;626f677573', 'vRun;zz'],
};

describe('dialogues', () => {
  test.each(Object.entries(DIALOGUES))('%s', async (name, packets) => {
    await target.seekTo(target.start);
    const client = new Client(target);
    for (const packet of packets) {
      if (packet.startsWith('"')) await client.monitor(packet.slice(1));
      else await client.ask(packet);
    }
    await client.connection.end();
    const file = `dialogues/${name.replaceAll(' ', '-')}.txt`;
    await expect(`${client.transcript.join('\n')}\n`).toMatchFileSnapshot(file);
  });
});

describe('an interrupt', () => {
  test.each(['c', 'bc'])('stops %s', async (packet) => {
    await target.seekTo(target.resolve('50%'));
    const client = new Client(target);
    // A condition that never holds keeps it busy.
    await client.ask('Z0,100e5f,1;X3,220027');
    const reply = client.ask(packet);
    client.connection.feed(Uint8Array.of(3));
    expect(await reply).toMatch(/^T02/);
    expect(await client.ask('?')).toMatch(/^T02/);
    await client.connection.end();
  });
});
