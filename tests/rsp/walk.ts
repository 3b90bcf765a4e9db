/**
 * A random walk through the demo guest by packets, forwards and backwards, against a log that was
 * made by stepping forward only: interrupts, a page fault and context switches are on the way.
 */

import { expect } from 'vitest';
import { compareMarks, type Mark } from '../../src/target/index.ts';
import type { ReplayTarget } from '../../src/target/replay-target.ts';
import { Client, RIP } from './client.ts';
import { demoTarget } from './demo.ts';
import { Dice } from './fuzz.ts';

const LENGTH = 3000;
/** A tick of the timer, a switch of tasks, and what the guest prints. */
const FROM = 'irq:150';

interface Place {
  readonly mark: Mark;
  readonly rip: bigint;
}

async function forwardLog(target: ReplayTarget): Promise<Place[]> {
  await target.seekTo(target.resolve(FROM));
  await target.reverseStep(LENGTH / 2);
  const log: Place[] = [];
  for (let i = 0; i <= LENGTH; i++) {
    log.push({ mark: target.when().mark, rip: target.registers().rip });
    await target.step(1);
  }
  return log;
}

/** Would a breakpoint at its RIP stop here? Not if an interrupt is taken before the instruction. */
const isInFront = (log: readonly Place[], i: number): boolean =>
  log[i + 1]?.mark.icount !== log[i]!.mark.icount;

export async function randomWalk(seed: number, commands: number): Promise<void> {
  const target = demoTarget();
  const log = await forwardLog(target);
  const dice = new Dice(seed);
  const client = new Client(target);
  let at = 0;
  await target.seekTo(log[0]!.mark);
  expect(log.some((_, i) => !isInFront(log, i))).toBe(true);
  for (let n = 0; n < commands; n++) {
    const forward = at < 20 || (at < LENGTH - 20 && dice.below(2) === 0);
    if (dice.below(3) > 0) {
      at += forward ? 1 : -1;
      await client.ask(forward ? 'vCont;s:1' : 'bs');
    } else {
      const rip = log[dice.below(LENGTH)]!.rip;
      const next = hit(log, { at, rip, forward });
      if (next === undefined) continue;
      const point = `0,${rip.toString(16)},1`;
      await client.ask(`Z${point}`);
      await client.ask(forward ? 'c' : 'bc');
      await client.ask(`z${point}`);
      at = next;
    }
    const place = log[at]!;
    const here = target.when().mark;
    const where = `command ${n}, place ${at}`;
    expect(compareMarks(here, place.mark), where).toBe(0);
    expect(await client.register(RIP), where).toBe(place.rip);
  }
  await client.connection.end();
}

/** The next place, or the one before, at which a breakpoint at an address stops; inside the log. */
function hit(
  log: readonly Place[],
  { at, rip, forward }: { at: number; rip: bigint; forward: boolean },
): number | undefined {
  const step = forward ? 1 : -1;
  for (let i = at + step; i > 0 && i < LENGTH; i += step) {
    if (log[i]!.rip === rip && isInFront(log, i)) return i;
  }
  return undefined;
}
