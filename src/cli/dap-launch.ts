/** Starts the guest of a `launch` request: recorded as it runs, with the editor at it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command, CommanderError } from 'commander';
import type { LaunchArguments } from '../dap/host.ts';
import { TypedInput } from '../live/guest-input.ts';
import { UsageError } from './errors.ts';
import { addGuestOptions, type GuestOptions, guestOptions } from './guest-options.ts';
import { planGuest } from './live-guest.ts';
import { type OpenedLive, openLive } from './live-target.ts';
import { checkWritable } from './record.ts';

export interface Launched extends OpenedLive {
  /** The recording. */
  readonly path: string;
  readonly kernel: { readonly name: string; readonly bytes: Uint8Array };
}

/** `place` makes paths absolute. */
export async function launchGuest(
  args: LaunchArguments,
  place: (path: string) => string,
): Promise<Launched> {
  const options = launchOptions(args, place);
  const temporary =
    args.record === undefined ? mkdtempSync(join(tmpdir(), 'retrovisor-')) : undefined;
  const path = temporary ? join(temporary, 'guest.retro') : place(args.record!);
  const remove = (): void => {
    if (temporary) rmSync(temporary, { recursive: true, force: true });
  };
  try {
    if (!temporary) checkWritable(path);
    const input = new TypedInput();
    const plan = await planGuest(options);
    const kernel = plan.files.find(({ role }) => role === 'kernel');
    if (!kernel) throw new Error('a plan without a kernel');
    const { target, close } = await openLive(plan, { path, input });
    return {
      ...{ path, target, kernel },
      close: async () => {
        input.end();
        try {
          return await close();
        } finally {
          remove();
        }
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

/** As on the command line, with its words for what is wrong. */
function launchOptions(args: LaunchArguments, place: (path: string) => string): GuestOptions {
  const { kernel, initrd, append, memory, rtc, cpu, name, accel } = args;
  const given: readonly (readonly [string, string | undefined])[] = [
    ['--kernel', place(kernel)],
    ['--initrd', initrd === undefined ? undefined : place(initrd)],
    ['--append', append],
    ['--memory', memory === undefined ? undefined : String(memory)],
    ['--rtc', rtc],
    ['--cpu', cpu],
    ['--name', name],
    ['--accel', accel],
  ];
  const argv = given.flatMap(([option, value]) =>
    value === undefined ? [] : [`${option}=${value}`],
  );
  const command = addGuestOptions(new Command('launch'))
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    command.parse(argv, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const text = error.message.replace(/^error: option '(?:-m, )?--(\w+) <[^']*' argument/, '$1');
    throw new UsageError(`launch: ${text}`);
  }
  return { ...guestOptions(command.opts(), 'launch'), serial: { kind: 'none' } };
}
