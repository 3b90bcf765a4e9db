/** Replays a recording from start to end and compares everything there is to compare. */

import type { Divergence } from './divergence.ts';
import { mark } from './mark.ts';
import type { ReplaySession } from './session.ts';
import type { Work } from './work.ts';

export interface Verdict {
  readonly icount: number;
  readonly stateHash: string;
  /** Null if the replay did what the recording says, to its end. */
  readonly divergence: Divergence | null;
  readonly cancelled: boolean;
}

const SLICE = 20_000_000;

/** The session is at its start. An incomplete recording is verified up to where it ends. */
export function* verify(session: ReplaySession, slice = SLICE): Work<Verdict> {
  const { vcpu, recording } = session;
  const total = recording.lastIcount;
  const verdict = (divergence: Divergence | null, cancelled = false): Verdict => ({
    icount: vcpu.icount,
    stateHash: vcpu.stateHash(),
    divergence,
    cancelled,
  });
  for (;;) {
    const stop = session.advance(mark(vcpu.icount + slice));
    if (stop.kind === 'end') return verdict(null);
    if (stop.kind === 'divergence') return verdict(stop.divergence);
    if (stop.kind !== 'reached') throw new Error(`a ${stop.kind} stop that nobody asked for`);
    if (yield { done: vcpu.icount, total }) return verdict(null, true);
  }
}
