/** Steps over instructions that fault, in both directions: the handler's entry is a place to stand. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { gva } from '../../src/engine/units.ts';
import { formatMark } from '../../src/replay/mark.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { Timeline } from '../../src/replay/timeline.ts';
import { ReplayTarget } from '../../src/target/replay-target.ts';
import { Recording } from '../../src/trace/recording.ts';
import { freshVcpu, recordGuest } from '../replay/machine/record-guest.ts';

const MEMORY = 8 << 20;
/** `queue->head = node->next` in queue_pop, where the demo guest's crash is. */
const FAULT = 0x1021e9n;

let target: ReplayTarget;

beforeAll(async () => {
  const kernel = new Uint8Array(
    readFileSync(join(import.meta.dirname, '../../guests/demo/demo.elf')),
  );
  const run = { kernel, memoryBytes: MEMORY, limit: 20_000_000, hashSpacing: 500_000 };
  const recording = Recording.fromBytes(recordGuest(run).file);
  target = new ReplayTarget(new Timeline(new ReplaySession(recording, freshVcpu(MEMORY))));
  await target.seekTo(target.end);
  await target.reverseContinue([{ kind: 'address', gva: gva(FAULT) }]);
});

const here = () => ({ mark: formatMark(target.when().mark), rip: target.registers().rip });

test('a step over a fault ends in front of the handler, and back', async () => {
  const fault = here();
  expect(fault.rip).toBe(FAULT);
  await target.step(1);
  const entry = here();
  // The stub of vector 14 in entry.S; nothing has retired, so it is a landing.
  expect(entry.rip).toBe(0x1001d0n);
  expect(entry.mark).toMatch(/!1@/);
  await target.step(1);
  const inside = here();
  await target.reverseStep(1);
  expect(here()).toEqual(entry);
  await target.reverseStep(1);
  expect(here()).toEqual(fault);
  await target.step(2);
  expect(here()).toEqual(inside);
  await target.reverseStep(2);
  expect(here()).toEqual(fault);
});

test('a watchpoint that the delivery hits is a hit of that step', async () => {
  const fault = here();
  const frame = target.registers().gpr[4]! - 16n;
  const pushed = { kind: 'memory', space: 'gva', at: frame, length: 8, on: 'write' } as const;
  expect(await target.step(1, {}, [pushed])).toMatchObject({ reason: 'hit', conditions: [0] });
  await target.seekTo(target.resolve(fault.mark));
  await target.step(1);
  const stop = await target.reverseStep(1, {}, [pushed]);
  expect(stop).toMatchObject({ reason: 'hit', conditions: [0] });
  expect(here()).toEqual(fault);
});
