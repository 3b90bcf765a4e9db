/** QEMU as a peer: its command lines for the modes that we have counterparts of. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { GuestFiles } from './guests.ts';

export const QEMU = 'qemu-system-x86_64';

/** "7.2.22"; undefined without QEMU. */
export function qemuVersion(): string | undefined {
  const { status, stdout } = spawnSync(QEMU, ['--version'], { encoding: 'utf8' });
  return status === 0 ? (/version ([\d.]+)/.exec(stdout)?.[1] ?? 'unknown') : undefined;
}

/**
 * `run`: the translator alone. `count`: the same, with exact time (one instruction is one tick, as
 * with us). `record` and `replay`: deterministic, with the log in the folder.
 */
export type QemuMode = 'run' | 'count' | 'record' | 'replay';

function icountOf(mode: QemuMode, log: string): string[] {
  switch (mode) {
    case 'run':
      return [];
    case 'count':
      return ['-icount', 'shift=0'];
    case 'record':
    case 'replay':
      return ['-icount', `shift=auto,rr=${mode},rrfile=${log}`];
  }
}

export function qemuCommand(guest: GuestFiles, mode: QemuMode, folder: string): string[] {
  const log = join(folder, `qemu-${guest.guest}.rr`);
  return [...qemuMachine(guest), ...icountOf(mode, log)];
}

/** The guest without a mode: no network, the console on standard output, power-off ends it. */
export function qemuMachine({ kernel, initrd, append, memoryMib }: Omit<GuestFiles, 'guest'>) {
  return [
    ...[QEMU, '-accel', 'tcg', '-nographic', '-no-reboot', '-net', 'none'],
    ...['-m', String(memoryMib), '-kernel', kernel, '-append', append],
    ...(initrd === undefined ? [] : ['-initrd', initrd]),
  ];
}
