/** Replays a recording from its start to its end, checking all there is to check, and takes the time. */

import { createVcpu } from '../engine/index.ts';
import { icount } from '../engine/units.ts';
import type { Divergence } from '../replay/divergence.ts';
import { ReplaySession } from '../replay/session.ts';
import type { WorkControl } from '../replay/work.ts';
import type { Recording } from '../trace/recording.ts';
import { vcpuOf } from './cpu-option.ts';
import { mips } from './format.ts';
import type { Accel } from './guest-options.ts';
import { loadPrebuiltModule } from './prebuilt.ts';
import { breathe } from './signals.ts';

export interface Verified {
  /** Where the replay ended: the recording's end, its last whole chunk, or the divergence. */
  readonly icount: number;
  readonly stateHash: string;
  readonly divergence: Divergence | null;
  readonly cancelled: boolean;
  readonly seconds: number;
  readonly mips: number;
}

/** Small enough that Ctrl-C is heard, large enough that nothing is lost by it. */
const STRIDE = 20_000_000;

export async function verify(
  recording: Recording,
  accel: Accel,
  control: WorkControl = {},
): Promise<Verified> {
  loadPrebuiltModule();
  const vcpu = createVcpu({ ...vcpuOf(recording), accel });
  const total = recording.lastIcount;
  const startedMs = performance.now();
  const session = new ReplaySession(recording, vcpu);
  let divergence: Divergence | null = null;
  let cancelled = false;
  while (!cancelled) {
    const stop = session.advance({ icount: icount(vcpu.icount + STRIDE), step: 0 });
    if (stop.kind === 'divergence') divergence = stop.divergence;
    if (stop.kind !== 'reached') break;
    control.onProgress?.({ done: vcpu.icount, total });
    await breathe();
    cancelled = control.cancelled?.() === true;
  }
  const stateHash = vcpu.stateHash();
  const seconds = (performance.now() - startedMs) / 1000;
  const at = vcpu.icount;
  return { icount: at, stateHash, divergence, cancelled, seconds, mips: mips(at, seconds) };
}
