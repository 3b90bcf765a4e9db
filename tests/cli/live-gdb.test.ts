/**
 * `--gdb` on a live guest: it runs on its own until a debugger attaches, is walked back in, runs on when
 * that has left, and its console works all the while.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { createConnection, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Framing, frame } from '../../src/gdbstub/framing.ts';
import { BINARY, Folder } from './spawn.ts';

const folder = new Folder();
afterAll(() => folder.remove());
const ECHO = ['--kernel', resolve('guests/tiny/echo.bin'), '--at', '0x7c00', '-m', '16'];

class Guest {
  readonly child: ChildProcess;
  #output = '';
  #look: (() => void)[] = [];

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [BINARY, ...args], { stdio: 'pipe' });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.on('data', (data) => {
        this.#output += data;
        for (const look of this.#look) look();
      });
    }
  }

  said(what: RegExp): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (what.test(this.#output)) resolve();
      };
      this.#look.push(look);
      look();
    });
  }

  type(text: string): void {
    this.child.stdin!.write(text);
  }

  ended(): Promise<number | null> {
    return new Promise((resolve) => {
      if (this.child.exitCode !== null) resolve(this.child.exitCode);
      else this.child.once('close', (code) => resolve(code));
    });
  }
}

class Debugger {
  readonly #socket: Socket;
  readonly #framing = new Framing();
  readonly #replies: string[] = [];
  #wake: (() => void) | undefined;

  constructor(path: string) {
    this.#socket = createConnection({ path });
    this.#socket.on('data', (data) => {
      for (const received of this.#framing.feed(data)) {
        if (received.kind === 'packet') this.#replies.push(received.payload);
      }
      this.#wake?.();
    });
  }

  send(payload: string): void {
    this.#socket.write(frame(payload));
  }
  interrupt(): void {
    this.#socket.write(Uint8Array.of(3));
  }
  async reply(): Promise<string> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined && !/^O[0-9a-f]*$/.test(reply)) return reply;
      if (reply !== undefined) continue;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
  ask(payload: string): Promise<string> {
    this.send(payload);
    return this.reply();
  }
}

test('a recording guest stops for a debugger, is walked back in, and goes on', async () => {
  const path = join(folder.path, 'echo.retro');
  const socket = join(folder.path, 'echo.sock');
  const guest = new Guest(['record', ...ECHO, '-o', path, '--gdb', socket]);
  await guest.said(/echo until q/);
  const first = new Debugger(socket);
  expect(await first.ask('?')).toMatch(/^T05/);
  const here = await first.ask('p10');
  expect(await first.ask('bs')).toMatch(/^T05/);
  expect(await first.ask('bc')).toMatch(/^T05replaylog:begin/);
  expect(await first.ask('p10')).toBe('007c000000000000');
  // On to the present and into it: the guest waits for its console there.
  first.send('c');
  guest.type('ab');
  await guest.said(/\nab/);
  first.interrupt();
  expect(await first.reply()).toMatch(/^T02/);
  expect(await first.ask('bc')).toMatch(/^T05replaylog:begin/);
  expect(await first.ask('D')).toBe('OK');
  await guest.said(/the debugger has left/);
  guest.type('q');
  await guest.said(/bye/);
  expect(await guest.ended()).toBe(0);
  expect(here).not.toBe('007c000000000000');
  const verified = folder.retrovisor(['replay', path, '--verify']);
  expect(verified.status, verified.stderr).toBe(0);
});

test('with --gdb-wait the guest waits in front of its first instruction; run forgets what it kept', async () => {
  const socket = join(folder.path, 'wait.sock');
  const guest = new Guest(['run', ...ECHO, '--gdb', socket, '--gdb-wait']);
  await guest.said(/waiting for gdb/);
  const client = new Debugger(socket);
  expect(await client.ask('p10')).toBe('007c000000000000');
  expect(await client.ask('s')).toMatch(/^T05/);
  expect(await client.ask('bs')).toMatch(/^T05/);
  client.send('c');
  await guest.said(/echo until q/);
  guest.type('q');
  expect(await client.reply()).toMatch(/^T05replaylog:end/);
  expect(await client.ask('bs')).toMatch(/^T05/);
  expect(await client.ask('D')).toBe('OK');
  expect(await guest.ended()).toBe(0);
});

test('what does not go together is said', () => {
  const both = folder.retrovisor(['run', ...ECHO, '--gdb', ':0', '--until', '1000']);
  expect(both.stderr).toMatch(/--gdb or --until, not both/);
  const alone = folder.retrovisor(['run', ...ECHO, '--gdb-wait']);
  expect(alone.stderr).toMatch(/--gdb-wait expects --gdb/);
});
