/**
 * Steps back in QEMU's replay, as its gdb stub does them: from the snapshot made at the start it
 * runs forward to the instruction before. So they take longer the later they are made.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runChild } from './child.ts';
import type { GuestFiles } from './guests.ts';
import { qemuMachine } from './qemu.ts';
import { RspClient } from './rsp-client.ts';

const TIMEOUT_MS = 300_000;
const CONNECT_TRIES = 100;
const CONNECT_EVERY_MS = 50;
const STEP_TIMEOUT_MS = 60_000;
const QUICK_MS = 10_000;

/** Steps back at a place: how far into the guest, and what each took. */
export interface StepsBack {
  readonly icount: number;
  readonly ms: readonly number[];
}

/**
 * Runs on for so many milliseconds, then steps back twice, for each of `runMs`. As many as came
 * about: QEMU 7.2 may hang in a step, and is ended then.
 */
export async function qemuStepsBack(
  guest: GuestFiles,
  folder: string,
  runMs: readonly number[],
): Promise<StepsBack[]> {
  const [log, disk, socket] = ['back.rr', 'back.qcow2', 'gdb.sock'].map((f) => join(folder, f)) as [
    string,
    string,
    string,
  ];
  const made = spawnSync('qemu-img', ['create', '-f', 'qcow2', disk, '64M'], { stdio: 'ignore' });
  if (made.status !== 0) return [];
  const command = (mode: 'record' | 'replay') => [
    ...qemuMachine(guest),
    ...['-icount', `shift=auto,rr=${mode},rrfile=${log},rrsnapshot=init`],
    ...['-drive', `file=${disk},if=none,id=rr`],
  ];
  const recorded = await runChild(command('record'), { timeoutMs: TIMEOUT_MS });
  if (recorded.status !== 0) return [];
  const stub = ['-chardev', `socket,path=${socket},server=on,wait=off,id=gdb0`];
  const found: StepsBack[] = [];
  let end = () => {};
  const replay = runChild([...command('replay'), ...stub, '-gdb', 'chardev:gdb0', '-S'], {
    timeoutMs: TIMEOUT_MS,
    onStart: (kill) => {
      end = kill;
    },
  });
  try {
    const client = await connect(socket);
    try {
      await client.request('?', QUICK_MS);
      for (const ms of runMs) found.push(await stepsAfter(client, ms));
    } finally {
      client.close();
    }
  } catch {
    // What was measured before counts.
  } finally {
    end();
    await replay;
  }
  return found;
}

async function connect(socket: string): Promise<RspClient> {
  for (let tries = 0; tries < CONNECT_TRIES; tries++) {
    if (existsSync(socket)) {
      const client = await RspClient.connect(socket).catch(() => undefined);
      if (client) return client;
    }
    await new Promise((resolve) => setTimeout(resolve, CONNECT_EVERY_MS));
  }
  throw new Error('gdb stub: nobody answers');
}

async function stepsAfter(client: RspClient, runMs: number): Promise<StepsBack> {
  const timer = setTimeout(() => client.interrupt(), runMs);
  await client.request('c', runMs + STEP_TIMEOUT_MS);
  clearTimeout(timer);
  const icount = parseReplayInfo(await client.monitor('info replay', QUICK_MS));
  const ms: number[] = [];
  for (let step = 0; step < 2; step++) {
    const startedMs = performance.now();
    const reply = await client.request('bs', STEP_TIMEOUT_MS);
    if (!reply.startsWith('T') && !reply.startsWith('S')) break;
    ms.push(performance.now() - startedMs);
  }
  return { icount, ms };
}

/** "Replaying execution 'F': instruction count = 123", as QEMU's monitor has it. */
export function parseReplayInfo(text: string): number {
  return Number(/instruction count = (\d+)/.exec(text)?.[1] ?? Number.NaN);
}
