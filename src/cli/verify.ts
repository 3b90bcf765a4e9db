/** Replays a recording from its start to its end, checking all there is to check, and takes the time. */

import { createVcpu } from '../engine/index.ts';
import { icount } from '../engine/units.ts';
import type { Divergence } from '../replay/divergence.ts';
import { KeyStates } from '../replay/key-states.ts';
import { Pace } from '../replay/pace.ts';
import { ReplaySession } from '../replay/session.ts';
import type { WorkControl } from '../replay/work.ts';
import type { Recording } from '../trace/recording.ts';
import { vcpuOf } from './cpu-option.ts';
import { mips } from './format.ts';
import type { Accel } from './guest-options.ts';
import { keyStatesOf } from './key-states.ts';
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

/** Instructions between two looks at whether to give up, at the most. */
const STRIDE = 20_000_000;

/** With a `path`, key states are left beside the recording: all of it is run anyway. */
export async function verify(
  recording: Recording,
  accel: Accel,
  control: WorkControl = {},
  path?: string,
): Promise<Verified> {
  loadPrebuiltModule();
  const vcpu = createVcpu({ ...vcpuOf(recording), accel });
  const total = recording.lastIcount;
  const startedMs = performance.now();
  const session = new ReplaySession(recording, vcpu);
  const keys = path === undefined ? undefined : keyStatesOf(path);
  if (keys) KeyStates.of(session, keys);
  let divergence: Divergence | null = null;
  let cancelled = false;
  const pace = new Pace(STRIDE);
  while (!cancelled) {
    const before = vcpu.icount;
    pace.begin();
    const stop = session.advance({ icount: icount(before + pace.slice), step: 0 });
    pace.end(vcpu.icount - before);
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
