/**
 * A running guest that is walked back in: the echo guest at a prompt, the demo guest under
 * breakpoints. Everything that happened must afterwards be in a recording that replays.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { planGuest } from '../../src/cli/live-guest.ts';
import { openLive } from '../../src/cli/live-target.ts';
import { createVcpu } from '../../src/engine/index.ts';
import { gva } from '../../src/engine/units.ts';
import { TypedInput } from '../../src/live/guest-input.ts';
import { formatMark, mark } from '../../src/replay/mark.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { loadSymbols } from '../../src/symbols/load.ts';
import { Recording } from '../../src/trace/recording.ts';

const folder = mkdtempSync(join(tmpdir(), 'retrovisor-live-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Guest {
  readonly kernel: string;
  readonly memoryMib: number;
  readonly at?: number;
  readonly append?: string;
}

let count = 0;
async function live({ kernel, memoryMib, at, append = '' }: Guest) {
  const path = join(folder, `${++count}.retro`);
  const input = new TypedInput();
  const plan = await planGuest({
    ...{ kernel, memoryMib, append, initrd: undefined, cpu: undefined, name: undefined },
    ...{ serial: { kind: 'none' }, rtc: new Date(0), accel: 'jit', until: undefined },
    at: at as never,
  });
  const { target, close } = await openLive(plan, { path, input });
  return { path, target, close, input };
}

const ECHO = { kernel: 'guests/tiny/echo.bin', memoryMib: 16, at: 0x7c00 };
const DEMO = { kernel: 'guests/demo/demo.elf', memoryMib: 32, append: 'bug=off stay' };

/** Replays a closed recording from its start, hashes and end and all. */
function verify(path: string): { icount: number; hash: string } {
  const recording = Recording.open(path);
  const vcpu = createVcpu({ memoryBytes: recording.guest.memoryBytes });
  const session = new ReplaySession(recording, vcpu);
  const stop = session.advance(mark(Number.MAX_SAFE_INTEGER));
  expect(stop).toEqual({ kind: 'end' });
  recording.close();
  return { icount: vcpu.icount, hash: vcpu.stateHash() };
}

describe('a guest at a prompt', () => {
  test('is typed at, paused, walked back, resumed, and ends in a recording that replays', async () => {
    const { path, target, close } = await live(ECHO);
    const prompt = [{ kind: 'console', text: 'echo until q\n' }] as const;
    expect(await target.run(prompt)).toMatchObject({ reason: 'hit' });
    expect(target.consoleText()).toBe('echo until q\n');

    target.live.type(Buffer.from('ab'));
    expect(await target.run([{ kind: 'console', text: 'ab' }])).toMatchObject({ reason: 'hit' });
    const typed = target.mark;
    expect(await target.reverseContinue(prompt)).toMatchObject({ reason: 'hit' });
    expect(target.consoleText()).toBe('echo until q\n');
    expect(await target.seekTo(target.end)).toMatchObject({ reason: 'reached' });
    expect(target.consoleText()).toBe('echo until q\nab');

    target.live.type(Buffer.from('cq'));
    expect(await target.run([])).toMatchObject({ reason: 'end' });
    expect(target.live.ended).toBe('poweroff');
    expect(target.consoleText()).toContain('abc\nbye');
    expect(await target.seekTo(typed)).toMatchObject({ reason: 'reached' });
    expect(target.consoleText()).toBe('echo until q\nab');
    const end = await close();
    expect(verify(path)).toEqual({ icount: end.icount, hash: end.stateHash });
  });

  test('waits while nobody types, and can be stopped meanwhile', async () => {
    const { path, target, close } = await live(ECHO);
    await target.run([{ kind: 'console', text: 'echo until q\n' }]);
    let asked = 0;
    const stop = await target.run([], { cancelled: () => ++asked > 3 });
    expect(stop.reason).toBe('cancelled');
    // It stands in front of the HLT that nothing has ended yet.
    const here = target.mark;
    expect(await target.reverseStep(1)).toMatchObject({ reason: 'reached' });
    expect(await target.seekTo(here)).toMatchObject({ reason: 'reached' });
    target.live.type(Buffer.from('q'));
    expect(await target.run([])).toMatchObject({ reason: 'end' });
    const end = await close();
    expect(verify(path)).toEqual({ icount: end.icount, hash: end.stateHash });
  });

  test('is ended by whoever has it, where it stands', async () => {
    const { path, target, close } = await live(ECHO);
    await target.run([{ kind: 'console', text: 'until' }]);
    const end = await close();
    expect(end.reason).toBe('interrupted');
    expect(verify(path)).toEqual({ icount: end.icount, hash: end.stateHash });
  });
});

describe('a guest under breakpoints', () => {
  const symbols = loadSymbols(readFileSync(DEMO.kernel), DEMO.kernel);
  const address = (name: string) => gva(symbols.address(name)!);

  test('stops where a replay of its recording stops, forwards and backwards', async () => {
    const { path, target, close } = await live(DEMO);
    const conditions = [{ kind: 'address', gva: address('job_submit') }] as const;
    const stops: string[] = [];
    for (let i = 0; i < 5; i++) {
      const stop = await target.run(conditions);
      expect(stop.reason).toBe('hit');
      expect(target.registers().rip).toBe(conditions[0].gva);
      stops.push(formatMark(stop.mark));
    }
    const back: string[] = [];
    for (let i = 0; i < 4; i++)
      back.push(formatMark((await target.reverseContinue(conditions)).mark));
    expect(back).toEqual(stops.slice(0, 4).reverse());
    const end = await close();
    expect(verify(path)).toEqual({ icount: end.icount, hash: end.stateHash });
  });

  test('steps in the present as it does in the past', async () => {
    const { path, target, close } = await live(DEMO);
    await target.run([{ kind: 'address', gva: address('scheduler_tick') }]);
    const forward: string[] = [];
    for (let i = 0; i < 50; i++) forward.push(formatMark((await target.step(1)).mark));
    await target.seekTo(target.end);
    const present = target.mark;
    await target.step(1);
    expect(formatMark(target.mark)).not.toBe(formatMark(present));
    await target.reverseStep(1);
    expect(formatMark(target.mark)).toBe(formatMark(present));
    await close();
    expect(forward).toHaveLength(50);
    expect(new Set(forward).size).toBe(50);
    verify(path);
  });

  test('what is written to it is a diversion, and the guest runs on as if nothing had been', async () => {
    const { path, target, close } = await live(DEMO);
    await target.run([{ kind: 'address', gva: address('job_submit') }]);
    target.writeRegisters({ rip: 0x1234n });
    expect(target.diversion).toBeDefined();
    await target.endDiversion();
    expect(target.registers().rip).toBe(address('job_submit'));
    expect(await target.run([{ kind: 'address', gva: address('job_take') }])).toMatchObject({
      reason: 'hit',
    });
    await close();
    verify(path);
  });

  test('a seek into the future runs there', async () => {
    const { path, target, close } = await live(DEMO);
    expect(await target.seekTo(mark(3_000_000))).toEqual({
      reason: 'reached',
      mark: mark(3_000_000),
    });
    await close();
    verify(path);
  });
});
