/**
 * `retrovisor record --tui`: a guest that runs in the terminal interface while it is recorded. What is
 * typed goes to it; paused, it can be walked back in, and resumed. However the terminal goes away, the
 * recording is completed.
 */

import { TypedInput } from '../live/guest-input.ts';
import type { ExitStatus } from './errors.ts';
import { UsageError } from './errors.ts';
import { bytes, plural } from './format.ts';
import { GuestNames, kernelSymbols } from './guest-symbols.ts';
import type { GuestPlan } from './live-guest.ts';
import { ending } from './live-run.ts';
import { openLive } from './live-target.ts';
import type { Output } from './output.ts';
import { checkTerminal, onTerminal, showInterface } from './tui.ts';

export async function recordInTerminal(
  plan: GuestPlan,
  path: string,
  output: Output,
): Promise<ExitStatus> {
  if (!onTerminal()) throw new UsageError('record --tui expects a terminal on stdin and stdout');
  if (output.json) throw new UsageError('record --tui has no --json; record has');
  checkTerminal();
  const input = new TypedInput();
  const { target, close } = await openLive(plan, { path, input });
  const kernel = plan.files.find(({ role }) => role === 'kernel');
  const names = new GuestNames(undefined, kernel && kernelSymbols(kernel.bytes, kernel.name));
  try {
    await showInterface({ target, names, path }, output);
  } finally {
    input.end();
    const { reason, icount, bytes: size } = await close();
    const ended = `${ending(reason)} after ${plural(icount, 'instruction')}`;
    output.note(`${ended}; ${path}: ${bytes(size)}`);
    output.note(`next: retrovisor ${path}`);
  }
  return 0;
}
