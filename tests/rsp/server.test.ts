/** The socket: who is let in, who is not, and what is left when one goes. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseListen } from '../../src/cli/gdb.ts';
import { frame } from '../../src/gdbstub/framing.ts';
import { GdbServer } from '../../src/gdbstub/server.ts';
import { formatMark } from '../../src/target/index.ts';
import { ReplayTarget } from '../../src/target/replay-target.ts';
import { toyRecording, toyTimeline } from '../replay/toy/toy-timeline.ts';

let folder: string;
let server: GdbServer;
let target: ReplayTarget;
let path: string;
let refused: string[];
let leaving: Promise<void>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'retrovisor-gdb-'));
  path = join(folder, 's');
  refused = [];
  let detached = () => {};
  leaving = new Promise((resolve) => {
    detached = resolve;
  });
  target = new ReplayTarget(toyTimeline(toyRecording(7, 2000)));
  server = new GdbServer(target, {
    onRefused: (why) => refused.push(why),
    onDetach: () => detached(),
  });
  await server.listen({ path });
});

afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Sends bytes and collects all that comes until `enough` of it has, or the other side closes. */
function talk(
  bytes: string | Uint8Array,
  enough?: RegExp,
): Promise<{ text: string; socket: Socket }> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    let text = '';
    socket.on('error', reject);
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (enough?.test(text)) resolve({ text, socket });
    });
    socket.on('close', () => resolve({ text, socket }));
    socket.write(bytes);
  });
}

test('a web browser is cut off', async () => {
  const { text } = await talk('POST / HTTP/1.1\r\n\r\n$g#67');
  expect(text).toBe('');
  expect(refused).toEqual(['it does not speak the gdb remote protocol']);
});

test('a second client is told that there is a first', async () => {
  const first = await talk(frame('qC'), /QC1/);
  const second = await talk(frame('qC'));
  expect(second.text).toContain('$E.another debugger is attached#');
  expect(refused).toEqual(['another debugger is attached']);
  first.socket.destroy();
  await leaving;
  const third = await talk(frame('qC'), /QC1/);
  expect(third.text).toContain('QC1');
  third.socket.destroy();
});

test('a client that vanishes leaves the recording as it was', async () => {
  const bytes = Buffer.concat([frame('s'), frame('P10=0020000000000000'), frame('qC')]);
  const { socket } = await talk(bytes, /QC1/);
  expect(target.diversion).toBeDefined();
  socket.destroy();
  await leaving;
  expect(target.diversion).toBeUndefined();
  expect(formatMark(target.when().mark)).toBe('1');
});

test('detaching closes the connection', async () => {
  const { text } = await talk(frame('D'));
  expect(text).toContain('$OK#9a');
});

test.each([
  [':1234', { host: '127.0.0.1', port: 1234 }],
  ['[::1]:99', { host: '::1', port: 99 }],
  ['0.0.0.0:0', { host: '0.0.0.0', port: 0 }],
  ['/run/gdb:1', { path: '/run/gdb:1' }],
  ['gdb.sock', { path: 'gdb.sock' }],
])('--listen %s', (text, expected) => {
  expect(parseListen(text)).toEqual(expected);
});

test.each(['', 'host:port', ':70000'])('--listen %j is refused', (text) => {
  expect(() => parseListen(text)).toThrow(/expected/);
});
