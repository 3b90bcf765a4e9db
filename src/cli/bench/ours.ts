/** Retrovisor as a contender: its own command line, in a process of its own, as the peers are. */

import { fileURLToPath } from 'node:url';
import { FailureError } from '../errors.ts';
import type { ChildResult } from './child.ts';
import type { GuestFiles } from './guests.ts';

/** src/cli/bench/ours.js → src/cli/main.js, in what the build made. */
const MAIN = fileURLToPath(new URL('../main.js', import.meta.url));

export const retrovisor = (...args: string[]): string[] => [process.execPath, MAIN, ...args];

/** So that two runs are the same guest. */
const RTC = 'base=2024-01-01';

function guestArgs({ kernel, initrd, append, memoryMib }: GuestFiles): string[] {
  return [
    ...['--kernel', kernel, '--append', append, '-m', String(memoryMib)],
    ...(initrd === undefined ? [] : ['--initrd', initrd]),
    ...['--rtc', RTC, '--serial', 'none', '--name', 'bench', '--json'],
  ];
}

export const runCommand = (guest: GuestFiles) => retrovisor('run', ...guestArgs(guest));

export const recordCommand = (guest: GuestFiles, path: string) =>
  retrovisor('record', ...guestArgs(guest), '-o', path);

export const replayCommand = (path: string) => retrovisor('replay', path, '--verify', '--json');

/** A part of the benchmark that has a process to itself (part.ts). */
export const partCommand = (part: object) =>
  retrovisor('bench', '--part', JSON.stringify(part), '--json');

/** The JSON document that a command of ours printed; whatever went wrong there is said here. */
export function documentOf<T>(what: string, { status, stdout, stderr, timedOut }: ChildResult): T {
  if (timedOut) throw new FailureError(`bench: ${what} did not end in time`);
  if (status !== 0) {
    const last = stderr.trim().split('\n').at(-1) ?? '';
    throw new FailureError(`bench: ${what} ended with status ${status ?? 'signal'}: ${last}`);
  }
  return JSON.parse(stdout) as T;
}
