/** What may happen to a reader of a damaged recording: a clear error, or an honest replay. */

import { mark } from '../../src/replay/mark.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { RecordingError } from '../../src/trace/error.ts';
import { Recording } from '../../src/trace/recording.ts';
import { TOY_RAM_BYTES, ToyVcpu } from '../replay/toy/toy-vcpu.ts';
import { mutate } from './mutate.ts';

export type Outcome = 'refused' | 'diverged' | 'replayed' | 'other guest';

/** Opens and replays a file that may be anything; throws if that goes wrong in a way it must not. */
export function survive(file: Uint8Array): Outcome {
  try {
    const recording = Recording.fromBytes(file);
    // Who makes a vCPU for a recording goes by its header.
    if (recording.guest.memoryBytes !== TOY_RAM_BYTES) return 'other guest';
    const stop = new ReplaySession(recording, new ToyVcpu()).advance(mark(Number.MAX_SAFE_INTEGER));
    return stop.kind === 'divergence' ? 'diverged' : 'replayed';
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    if (error.message.includes('\n') || error.message.length > 400) {
      throw new Error(`not one line: ${error.message}`);
    }
    return 'refused';
  }
}

/** `count` mutations from `seed` on; says which one went wrong. */
export function surviveMutations(file: Uint8Array, seed: number, count: number) {
  const outcomes: Record<Outcome, number> = {
    refused: 0,
    diverged: 0,
    replayed: 0,
    'other guest': 0,
  };
  for (let i = 0; i < count; i++) {
    try {
      outcomes[survive(mutate(file, seed + i))]++;
    } catch (error) {
      throw new Error(`mutation ${seed + i}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return outcomes;
}
