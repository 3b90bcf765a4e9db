/** Record, replay, compare: with the toy machine, whose every reply is random. */

import { expect, test } from 'vitest';
import { describeDivergence } from '../../src/replay/divergence.ts';
import { mark } from '../../src/replay/mark.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { Recording } from '../../src/trace/recording.ts';
import { recordToy } from './toy/toy-machine.ts';
import { ToyVcpu } from './toy/toy-vcpu.ts';

test('a replay ends in the state in which the recording ended', () => {
  const lengths = [];
  for (let seed = 1; seed <= 60; seed++) {
    const run = recordToy({ seed, instructions: 20_000 });
    const recording = Recording.fromBytes(run.file);
    expect(recording.complete).toBe(true);
    const vcpu = new ToyVcpu();
    const session = new ReplaySession(recording, vcpu);
    const stop = session.advance(mark(Number.MAX_SAFE_INTEGER));
    if (stop.kind === 'divergence')
      throw new Error(`seed ${seed}: ${describeDivergence(stop.divergence)}`);
    expect(stop.kind, `seed ${seed}`).toBe('end');
    expect(vcpu.stateHash(), `seed ${seed}`).toBe(run.finalHash);
    lengths.push(
      `${seed}:${run.reason}@${vcpu.icount} irq ${run.interrupts} exits ${recording.exits}`,
    );
  }
  console.log(lengths.join('\n'));
});
