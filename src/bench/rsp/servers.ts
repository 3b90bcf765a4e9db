/**
 * The two stubs that are compared, each in a process of its own, on the same guest: ours on a
 * recording of ours, and QEMU's on one of QEMU's (QEMU, docs/system/replay.rst: reverse debugging needs
 * a snapshot at the start, and a disk image to keep it in).
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Guest {
  readonly kernel: string;
  readonly initrd: string;
  /** What the guest prints when enough of it is recorded. */
  readonly until: string;
}

export interface Served {
  readonly socket: string;
  /** CPU time of all its threads up to now, in microseconds. */
  cpu(): number;
  stop(): Promise<void>;
}

const APPEND = 'console=ttyS0 nokaslr panic=-1';
const MEMORY = '256';
const PATIENCE_MS = 300_000;

export const QEMU = 'qemu-system-x86_64';

/** QEMU's version if it can be the peer, with its tool for the disk image. */
export function qemuVersion(): string | undefined {
  const { stdout } = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  const version = /version (\S+)/.exec(stdout ?? '')?.[1];
  return version && spawnSync('qemu-img', ['--version']).status === 0 ? version : undefined;
}

/** `command` is our own command line, e.g. node and dist/src/cli/main.js. */
export async function serveOurs(
  command: readonly string[],
  guest: Guest,
  folder: string,
): Promise<Served> {
  const file = join(folder, 'bench.retro');
  const [node = '', ...main] = command;
  const record = [
    ...['record', '--kernel', guest.kernel, '--initrd', guest.initrd, '--append', APPEND],
    ...['-m', MEMORY, '--serial', 'none', '--until', `console:"${guest.until}"`],
    ...['-o', file, '--quiet'],
  ];
  const done = spawnSync(node, [...main, ...record], { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`recording failed: ${done.stderr}`);
  const socket = join(folder, 'ours.sock');
  return await served(node, [...main, 'gdb', file, '--listen', socket, '--quiet'], socket);
}

export async function serveQemu(guest: Guest, folder: string): Promise<Served> {
  const disk = join(folder, 'snapshots.qcow2');
  const log = join(folder, 'qemu.rr');
  const console = join(folder, 'qemu.console');
  spawnSync('qemu-img', ['create', '-f', 'qcow2', disk, '16M']);
  const machine = (mode: string): string[] => [
    ...['-m', MEMORY, '-kernel', guest.kernel, '-initrd', guest.initrd, '-append', APPEND],
    ...['-display', 'none', '-monitor', 'none', '-serial', `file:${console}`, '-no-reboot'],
    ...['-net', 'none', '-drive', `file=${disk},if=none,id=rr`],
    ...['-icount', `shift=auto,rr=${mode},rrfile=${log},rrsnapshot=init`],
  ];
  const recorder = spawn(QEMU, machine('record'), { stdio: 'ignore' });
  await eventually(() => existsSync(console) && readFileSync(console).includes(guest.until));
  await ended(recorder, 'SIGTERM');
  const socket = join(folder, 'qemu.sock');
  const gdb = ['-S', '-gdb', `unix:${socket},server=on,wait=off`];
  return await served(QEMU, [...machine('replay'), ...gdb], socket);
}

async function served(command: string, args: readonly string[], socket: string): Promise<Served> {
  const child = spawn(command, args, { stdio: 'ignore' });
  await eventually(() => existsSync(socket));
  return {
    socket,
    cpu: () => cpuOf(child.pid!),
    // A replaying QEMU does not always hear of a SIGTERM.
    stop: () => ended(child, 'SIGKILL'),
  };
}

/** proc_pid_schedstat: "time spent on the cpu (in nanoseconds)" comes first. */
function cpuOf(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const times = readdirSync(tasks).map((task) =>
    Number(readFileSync(join(tasks, task, 'schedstat'), 'utf8').split(' ')[0]),
  );
  return times.reduce((sum, time) => sum + time, 0) / 1000;
}

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill(signal);
  await gone;
}

async function eventually(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 50) {
    if (waited > PATIENCE_MS) throw new Error('the peer of the gdb benchmark did not start');
    await sleep(50);
  }
}
