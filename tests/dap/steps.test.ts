/**
 * Steps by the line, both ways, on the demo guest: over calls and interrupts, into and out of functions,
 * in optimised code with inlined calls; and that the way back leads over the same lines as the way
 * there.
 */

import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type Client, demoSession } from './client.ts';

const GUEST = join(import.meta.dirname, '../../guests/demo');
const thread = { threadId: 1 };
let client: Client;

afterEach(async () => {
  client.close();
  await client.ended;
});

interface Frame {
  readonly name: string;
  readonly line: number;
  readonly source?: { readonly name: string };
}

/** "seal_entry log.c:52", from the innermost frame on. */
async function stack(levels = 1): Promise<string[]> {
  const { stackFrames } = await client.ask<{ stackFrames: Frame[] }>('stackTrace', {
    ...thread,
    levels,
  });
  return stackFrames.map(({ name, source, line }) => `${name} ${source?.name}:${line}`);
}
const here = async (): Promise<string> => (await stack())[0]!;

async function icount(): Promise<number> {
  return (await client.ask<{ icount: number }>('retrovisor/position')).icount;
}

async function stopAt(file: string, line: number, hitCondition = '1'): Promise<void> {
  const source = { path: join(GUEST, file) };
  await client.ask('setBreakpoints', { source, breakpoints: [{ line, hitCondition }] });
  await client.go('continue', thread);
  await client.ask('setBreakpoints', { source, breakpoints: [] });
}

describe('over', () => {
  test('a call is one step, there and back', async () => {
    client = await demoSession();
    await stopAt('log.c', 52);
    const before = await icount();
    await client.go('next', thread);
    expect(await here()).toBe('seal_entry log.c:53');
    expect((await icount()) - before).toBeGreaterThan(1000);
    await client.go('stepBack', thread);
    expect(await here()).toBe('seal_entry log.c:52');
    expect(await icount()).toBe(before);
  });

  test('from the last line of a function to its caller, and back in from the first', async () => {
    client = await demoSession();
    await stopAt('list.c', 20);
    await client.go('next', thread);
    expect(await here()).toBe('queue_pop list.c:21');
    await client.go('next', thread);
    // What comes behind the call is an inlined function's.
    expect((await stack(2)).at(-1)).toMatch(/^job_take jobs\.c:/);
    await client.go('retrovisor/stepBackIn', {});
    expect(await here()).toBe('queue_pop list.c:21');
    // Back from the first line: the line of the call.
    const inside = async () => (await stack(2)).some((one) => one.startsWith('queue_pop'));
    for (let steps = 0; steps < 12 && (await inside()); steps++) {
      await client.go('stepBack', thread);
    }
    expect(await here()).toMatch(/^job_take jobs\.c:/);
  });

  test('the way back leads over the lines of the way there', async () => {
    client = await demoSession();
    await stopAt('log.c', 60, '3');
    const there = [await here()];
    const marks = [await icount()];
    for (let steps = 0; steps < 10; steps++) {
      await client.go('next', thread);
      there.push(await here());
      marks.push(await icount());
    }
    expect(new Set(there).size).toBeGreaterThan(3);
    for (let steps = there.length - 2; steps >= 0; steps--) {
      await client.go('stepBack', thread);
      expect([await here(), await icount()]).toEqual([there[steps], marks[steps]]);
    }
  });

  test('an interrupt that comes in between is passed, both ways', async () => {
    client = await demoSession();
    // The timer comes while task A computes its checksum.
    await stopAt('log.c', 52, '4');
    const { interrupts } = await client.ask<{ interrupts: number }>('retrovisor/position');
    let passed = 0;
    for (let steps = 0; steps < 60 && passed === 0; steps++) {
      const before = [await here(), await icount()];
      const position = await client.ask<{ interrupts: number }>('retrovisor/position');
      await client.go('next', thread);
      const after = await client.ask<{ interrupts: number }>('retrovisor/position');
      if (after.interrupts === position.interrupts) continue;
      passed++;
      expect(await here()).not.toMatch(/interrupt|scheduler/);
      await client.go('stepBack', thread);
      expect([await here(), await icount()]).toEqual(before);
    }
    expect(passed).toBe(1);
    expect(interrupts).toBeGreaterThan(0);
  });
});

describe('in and out', () => {
  test('in is behind the prologue, out is behind the call, and back again', async () => {
    client = await demoSession();
    await stopAt('log.c', 52);
    await client.go('stepIn', thread);
    expect((await stack(2)).map((one) => one.split(' ')[0])).toEqual([
      'checksum_payload',
      'seal_entry',
    ]);
    const inside = await icount();
    await client.go('stepOut', thread);
    expect(await here()).toBe('seal_entry log.c:52');
    await client.go('retrovisor/stepBackIn', {});
    expect(await here()).toMatch(/^checksum_payload /);
    await client.go('retrovisor/stepBackOut', {});
    expect(await here()).toBe('seal_entry log.c:52');
    expect(await icount()).toBeLessThan(inside);
  });

  test('restarting a frame is going to where it began', async () => {
    client = await demoSession();
    await stopAt('log.c', 53);
    const { stackFrames } = await client.ask<{ stackFrames: { id: number }[] }>(
      'stackTrace',
      thread,
    );
    await client.go('restartFrame', { frameId: stackFrames[0]!.id });
    expect(await here()).toBe('seal_entry log.c:52');
    await client.go('stepBack', thread);
    expect(await here()).toMatch(/^writer_task log\.c:/);
  });

  test('of inlined calls, in optimised code', async () => {
    client = await demoSession();
    await client.ask('setFunctionBreakpoints', { breakpoints: [{ name: 'swap' }] });
    await client.go('continue', thread);
    const [inner, outer] = await stack(2);
    expect(inner).toMatch(/^swap \[inlined\] jobs\.c:/);
    await client.ask('setFunctionBreakpoints', { breakpoints: [] });
    await client.go('stepOut', thread);
    expect(await here()).toMatch(new RegExp(`^${outer!.split(' ')[0]} `));
  });
});

describe('the bug, walked back', () => {
  test('from the crash to the line that made it', async () => {
    client = await demoSession();
    await client.ask('setExceptionBreakpoints', { filters: ['panic'] });
    await client.go('continue', thread);
    const frames = await stack(8);
    expect(frames.map((one) => one.split(' ')[0])).toEqual([
      ...['panic_exception', 'interrupt_dispatch', 'interrupt_entry', 'queue_pop', 'job_take'],
      ...['worker_task', 'task_main'],
    ]);
    await client.ask('setExceptionBreakpoints', { filters: [] });
    const stopped = await client.go('retrovisor/lastWrite', { expression: 'job_queue.head' });
    expect(stopped.description).toMatch(/^In the past, at 9\d\.\d %/);
    expect(await here()).toBe('queue_pop list.c:18');
    await client.go('retrovisor/lastWrite', { expression: 'node->next', bytes: 8 });
    const [at, caller] = await stack(2);
    expect(at).toMatch(/^format_entry log\.c:/);
    expect(caller).toMatch(/^seal_entry log\.c:/);
  });
});
