/**
 * `retrovisor exits --live --kernel FILE …`: a guest is run, and its exits are counted as they happen,
 * with the host's time inside the guest and outside. The table is drawn again every second. Under KVM
 * these are a real hypervisor's exits.
 */

import type { ExitStatus } from './errors.ts';
import { traceOf } from './exit-trace.ts';
import type { GuestOptions } from './guest-options.ts';
import { asFailure } from './kvm-guest.ts';
import { planGuest } from './live-guest.ts';
import { ending, NO_HOOKS, runLive, statusAfter } from './live-run.ts';
import { type Output, writeAll } from './output.ts';

const EVERY_MS = 1000;
const CLEAR = '\x1b[H\x1b[J';

export async function watchGuest(guest: GuestOptions, output: Output): Promise<ExitStatus> {
  // The table has the terminal; a console that goes to a file still does.
  const serial = guest.serial.kind === 'stdio' ? ({ kind: 'none' } as const) : guest.serial;
  const plan = await planGuest({ ...guest, serial });
  const trace = await traceOf(plan, () => {});
  const drawing = process.stdout.isTTY && !output.json;
  let drawnMs = performance.now();
  const show = (): void => {
    for (const line of trace.summary()) output.line(line);
  };
  const result = await runLive(plan, output, {
    ...NO_HOOKS,
    tapFor: (vcpu) => {
      trace.follow(vcpu);
      return undefined;
    },
    afterSlice: () => {
      const nowMs = performance.now();
      if (!drawing || nowMs - drawnMs < EVERY_MS) return;
      drawnMs = nowMs;
      writeAll(1, CLEAR);
      show();
    },
  }).catch((error) => {
    throw asFailure(error);
  });
  if (drawing) writeAll(1, CLEAR);
  show();
  output.document({ reason: result.reason, byReason: trace.document() });
  output.note(ending(result.reason));
  return statusAfter(result);
}
