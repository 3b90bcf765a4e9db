/** Replays a recording from its start to its end, checking all there is to check. */

import { icount } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { Divergence } from '../replay/divergence.ts';
import type { Recording } from '../trace/recording.ts';
import { mips } from './format.ts';
import { breathe, type Interruption } from './signals.ts';

export interface Verified {
  /** Where the replay ended: the recording's end, its last whole chunk, or the divergence. */
  readonly icount: number;
  readonly stateHash: string;
  readonly divergence: Divergence | null;
  readonly interrupted: boolean;
  readonly seconds: number;
  readonly mips: number;
}

export interface VerifyOptions {
  readonly recording: Recording;
  /** Fresh; the replay owns it. */
  readonly vcpu: Vcpu;
  readonly interruption?: Interruption;
  /** Called now and then with the icount reached. */
  readonly onProgress?: (at: number) => void;
}

/** Small enough that Ctrl-C is heard, large enough that nothing is lost by it. */
const STRIDE = 20_000_000;

export async function verify(options: VerifyOptions): Promise<Verified> {
  const { recording, vcpu, interruption, onProgress } = options;
  const { ReplaySession } = await import('../replay/session.ts');
  const startedMs = performance.now();
  const session = new ReplaySession(recording, vcpu);
  let divergence: Divergence | null = null;
  let interrupted = false;
  for (let target = STRIDE; ; target += STRIDE) {
    const stop = session.advance({ icount: icount(target), step: 0 });
    if (stop.kind === 'divergence') divergence = stop.divergence;
    if (stop.kind !== 'reached') break;
    onProgress?.(vcpu.icount);
    interrupted = interruption?.asked === true;
    if (interrupted) break;
    await breathe();
  }
  const seconds = (performance.now() - startedMs) / 1000;
  return {
    icount: vcpu.icount,
    stateHash: vcpu.stateHash(),
    divergence,
    interrupted,
    seconds,
    mips: mips(vcpu.icount, seconds),
  };
}
