/** The client for peers' gdb stubs, against a stub that says what the test wants. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseReplayInfo } from '../../src/cli/bench/qemu-back.ts';
import { framed, RspClient, takePacket } from '../../src/cli/bench/rsp-client.ts';

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'retrovisor-rsp-'));
});
afterEach(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A stub that answers each packet, and Ctrl-C, with these replies. */
async function stub(answer: (packet: string) => readonly string[]): Promise<RspClient> {
  const path = join(folder, 'stub.sock');
  const serve = (socket: Socket) => {
    socket.on('data', (data) => {
      const text = data.toString('latin1');
      const packet = text.includes('\x03') ? '\x03' : takePacket(text)?.packet;
      if (packet === undefined) return;
      for (const reply of answer(packet)) socket.write(`+${framed(reply)}`);
    });
  };
  server = createServer(serve);
  await new Promise<void>((resolve) => server?.listen(path, resolve));
  return await RspClient.connect(path);
}

test('requests and replies take turns', async () => {
  const client = await stub((packet) => [packet === 'bs' ? 'T05thread:01;' : `is ${packet}`]);
  expect(await client.request('?', 5000)).toBe('is ?');
  expect(await client.request('bs', 5000)).toBe('T05thread:01;');
  client.close();
});

test('a guest that runs stops at Ctrl-C', async () => {
  const client = await stub((packet) => (packet === '\x03' ? ['T02'] : []));
  const running = client.request('c', 5000);
  client.interrupt();
  expect(await running).toBe('T02');
  client.close();
});

test('what a monitor command prints comes in pieces', async () => {
  const hex = (text: string) => `O${Buffer.from(text).toString('hex')}`;
  const client = await stub(() => [hex('instruction '), hex('count = 42\n'), 'OK']);
  const text = await client.monitor('info replay', 5000);
  expect(parseReplayInfo(text)).toBe(42);
  client.close();
});

test('a stub that says nothing is given up, and so is one that hangs up', async () => {
  const client = await stub(() => []);
  await expect(client.request('bs', 50)).rejects.toThrow('no answer to bs');
  client.close();
  await expect(RspClient.connect(join(folder, 'nobody'))).rejects.toThrow('ENOENT');
});

test('frames carry their checksum', () => {
  expect(framed('g')).toBe('$g#67');
  expect(takePacket('++$OK#9a$x#78')).toEqual({ packet: 'OK', rest: '$x#78' });
  expect(takePacket('+$O')).toBeUndefined();
});
