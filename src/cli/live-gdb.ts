/**
 * `--gdb` on `record` and `run`: a guest that runs, with a gdb stub at it. Without a debugger it goes its
 * own way and its console works as ever; it stops when one attaches, can be walked back in as far as
 * it has come, and goes on when told or when the debugger leaves. `run` keeps what is needed for
 * that in a file that goes with it.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Option } from 'commander';
import type { ListenAt } from '../gdbstub/server.ts';
import { ConsoleInput } from './console-input.ts';
import { UsageError } from './errors.ts';
import { mips } from './format.ts';
import { architectureOf, parseListen, startServer } from './gdb.ts';
import type { GuestOptions } from './guest-options.ts';
import type { GuestPlan } from './live-guest.ts';
import type { LiveSummary } from './live-run.ts';
import type { Output } from './output.ts';
import { Interruption } from './signals.ts';

export const gdbOption = (): Option =>
  new Option('--gdb <HOST:PORT|PATH>', 'serve the running guest to gdb there, e.g. :1234');
export const gdbWaitOption = (): Option =>
  new Option('-S, --gdb-wait', 'with --gdb: the guest waits for gdb before it starts');

export interface GdbAsked {
  readonly at: ListenAt;
  readonly wait: boolean;
}

/** What the options say; undefined without `--gdb`. */
export function gdbAsked(
  { gdb, gdbWait = false }: { readonly gdb?: string; readonly gdbWait?: boolean },
  guest: GuestOptions,
): GdbAsked | undefined {
  if (gdb === undefined) {
    if (gdbWait) throw new UsageError('--gdb-wait expects --gdb beside it');
    return undefined;
  }
  if (guest.until !== undefined) {
    throw new UsageError('--gdb or --until, not both: a debugger stops the guest where it likes');
  }
  return { at: parseListen(gdb, '--gdb'), wait: gdbWait };
}

export interface LiveTotals {
  readonly exits: number;
  readonly interrupts: number;
  readonly bytes: number;
}

/** `path` is the recording's; without one it is forgotten at the end. */
export async function runWithGdb(
  plan: GuestPlan,
  path: string | undefined,
  { at, wait }: GdbAsked,
  output: Output,
): Promise<{ live: LiveSummary; totals: LiveTotals }> {
  const { openLive } = await import('./live-target.ts');
  const folder = path === undefined ? mkdtempSync(join(tmpdir(), 'retrovisor-run-')) : undefined;
  const file = path ?? join(folder!, 'run.retro');
  const interruption = new Interruption();
  const input = new ConsoleInput(plan.options.serial.kind === 'stdio');
  const startedMs = performance.now();
  try {
    const { target, close } = await openLive(plan, { path: file, input, output });
    let attached = false;
    let failure: { readonly error: unknown } | undefined;
    let finish = (): void => {};
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    interruption.onAsked(finish);
    input.onExit = finish;
    const look = (): void => {
      // With a debugger attached, the end is something to look back from.
      if (target.live.ended && !attached) finish();
    };
    const kernel = plan.files.find(({ role }) => role === 'kernel')?.bytes;
    const server = await startServer(target, at, output, {
      architecture: architectureOf('auto', plan.options.cpu?.name ?? '', kernel),
      alone: async (control) => {
        try {
          await target.run([], control);
          look();
        } catch (error) {
          failure = { error };
          finish();
        }
      },
      onAttach: () => {
        attached = true;
      },
      onDetach: () => {
        attached = false;
        look();
      },
    });
    if (!wait) server.letGo();
    await over;
    await server.close();
    if (failure) throw failure.error;
    const { reason, icount, stateHash, ...totals } = await close();
    const seconds = (performance.now() - startedMs) / 1000;
    const signalled = interruption.asked;
    return {
      live: { reason, signalled, icount, stateHash, seconds, mips: mips(icount, seconds) },
      totals,
    };
  } finally {
    input.close();
    interruption.close();
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  }
}
