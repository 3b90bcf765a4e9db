/** The loop around a live guest, with a guest that is a script and a console that is a list. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ConsoleInput } from '../../src/cli/console-input.ts';
import type { ConsoleOutput } from '../../src/cli/console-output.ts';
import { drive } from '../../src/cli/drive.ts';
import { Interruption } from '../../src/cli/signals.ts';
import type { MachineStop } from '../../src/engine/machine.ts';
import { type Icount, icount, ticks } from '../../src/engine/units.ts';
import { type DrivenMachine, IdlePause, nextSlice, Pacer } from '../../src/live/pacing.ts';

/** Typed bytes as a console would hand them over. */
class TypedInput {
  interactive = false;
  exitAsked = false;
  ended = true;
  pending: number[] = [];
  waits: number[] = [];
  onWait = () => {};
  get hasPending() {
    return this.pending.length > 0;
  }
  take(limit: number) {
    return Uint8Array.from(this.pending.splice(0, limit));
  }
  async wait(ms: number) {
    this.waits.push(ms);
    this.onWait();
  }
  interruptWait() {}
}

/** Each call of `run` plays the next step; the last one repeats. */
class ScriptedMachine implements DrivenMachine {
  now = ticks(0);
  isIdle = false;
  vcpu = { icount: icount(0) };
  room = 16;
  received: number[] = [];
  resumed: number[] = [];
  asked: number[] = [];
  readonly script: ((until: Icount) => MachineStop)[];
  constructor(...script: ((until: Icount) => MachineStop)[]) {
    this.script = script;
  }
  run(until: Icount): MachineStop {
    this.asked.push(until);
    const step = this.script.length > 1 ? this.script.shift() : this.script[0];
    if (!step) throw new Error('no script');
    return step(until);
  }
  resumeIdle(passed: number) {
    this.resumed.push(passed);
    this.now = ticks(this.now + passed);
  }
  input(_name: string, data: Uint8Array) {
    this.received.push(...data);
    this.room -= data.length;
  }
  serialRoom() {
    return this.room;
  }
}

const input = () => new TypedInput();
let interruption: Interruption;
beforeEach(() => {
  interruption = new Interruption();
});
afterEach(() => interruption.close());

const run = (machine: ScriptedMachine, typed: TypedInput, limit = Number.MAX_SAFE_INTEGER) => {
  const pause = new IdlePause();
  return drive({
    machine,
    pause,
    input: typed as unknown as ConsoleInput,
    output: { flush: vi.fn() } as unknown as ConsoleOutput,
    interruption,
    limit: icount(limit),
    nextStop: () => icount(Number.MAX_SAFE_INTEGER),
    atBoundary: () => {},
    afterSlice: () => {},
    reached: () => false,
  });
};

/** Retires what it was asked to. */
const runs = (machine: () => ScriptedMachine) => (until: Icount) => {
  machine().vcpu.icount = until;
  return { reason: 'until' } as const;
};

test('the reason the guest ended with is the result', async () => {
  const machine = new ScriptedMachine(() => ({ reason: 'poweroff' }));
  expect(await run(machine, input())).toBe('poweroff');
});

test('--until ends at exactly its icount', async () => {
  const machine: ScriptedMachine = new ScriptedMachine(runs(() => machine));
  expect(await run(machine, input(), 3_141_592)).toBe('limit');
  expect(machine.vcpu.icount).toBe(3_141_592);
});

test('typed bytes go in as the FIFO has room, none is lost', async () => {
  const typed = input();
  typed.pending = [...Buffer.from('poweroff and a long line\n')];
  const all = [...typed.pending];
  const drains = (until: Icount): MachineStop => {
    machine.room = 16;
    machine.vcpu.icount = until;
    return typed.hasPending || machine.received.length < all.length
      ? { reason: 'until' }
      : { reason: 'poweroff' };
  };
  const machine: ScriptedMachine = new ScriptedMachine(drains);
  expect(await run(machine, typed)).toBe('poweroff');
  expect(machine.received).toEqual(all);
});

test('an idle guest without a person jumps to its alarm, and does not wait', async () => {
  const typed = input();
  typed.ended = false;
  const machine = new ScriptedMachine(
    () => ({ reason: 'idle', until: ticks(5_000_000_000) }),
    () => ({ reason: 'poweroff' }),
  );
  expect(await run(machine, typed)).toBe('poweroff');
  expect(machine.resumed).toEqual([5_000_000_000]);
  expect(typed.waits).toEqual([]);
});

test('with a person it waits, for no longer than to the alarm', async () => {
  const typed = input();
  typed.ended = false;
  typed.interactive = true;
  const machine = new ScriptedMachine(
    () => ({ reason: 'idle', until: ticks(40_000_000) }),
    () => ({ reason: 'poweroff' }),
  );
  expect(await run(machine, typed)).toBe('poweroff');
  expect(typed.waits).toEqual([40]);
  expect(machine.resumed.length).toBe(1);
  expect(machine.resumed[0]).toBeLessThanOrEqual(40_000_000);
});

test('a guest that only input can wake waits for it', async () => {
  const typed = input();
  typed.ended = false;
  typed.onWait = () => {
    typed.pending = [0x41];
  };
  const machine = new ScriptedMachine(
    () => ({ reason: 'idle', until: undefined }),
    () => ({ reason: 'poweroff' }),
  );
  expect(await run(machine, typed)).toBe('poweroff');
  expect(typed.waits).toEqual([1000]);
  expect(machine.received).toEqual([0x41]);
});

test('Ctrl-A x and a signal end it; a guest caught waiting is brought to a boundary', async () => {
  const typed = input();
  typed.ended = false;
  typed.onWait = () => {
    typed.exitAsked = true;
  };
  const machine: ScriptedMachine = new ScriptedMachine(
    () => {
      machine.isIdle = true;
      return { reason: 'idle', until: undefined };
    },
    () => ({ reason: 'halted' }),
  );
  expect(await run(machine, typed)).toBe('interrupted');
  // The second run goes no further than to the end of HLT.
  expect(machine.asked.length).toBe(2);
  expect(machine.asked[1]).toBe(1);
});

test('SIGINT interrupts', async () => {
  const machine: ScriptedMachine = new ScriptedMachine((until) => {
    machine.vcpu.icount = until;
    process.emit('SIGINT');
    return { reason: 'until' };
  });
  expect(await run(machine, input())).toBe('interrupted');
});

test('slices follow the speed, gently and within bounds', () => {
  expect(nextSlice(1_000_000, 1_000_000, 5)).toBe(1_000_000);
  expect(nextSlice(1_000_000, 1_000_000, 0.01)).toBe(4_000_000);
  expect(nextSlice(1_000_000, 1_000_000, 1000)).toBe(250_000);
  expect(nextSlice(10_000, 10_000, 1000)).toBe(10_000);
  expect(nextSlice(1_000_000, 0, 5)).toBe(1_000_000);
});

describe('an idle guest is paced', () => {
  const MS = 1_000_000;

  test('waits too short to sleep are slept off together', async () => {
    const pacer = new Pacer();
    expect([1, 2, 3].map(() => pacer.mayJump(MS))).toEqual([true, true, true]);
    expect(pacer.mayJump(MS)).toBe(false);
    const asked: number[] = [];
    await pacer.sleep(MS, async (ms) => {
      asked.push(ms);
    });
    expect(asked).toEqual([4]);
  });

  test('a wait that is cut short passes only as much as was slept', async () => {
    const pacer = new Pacer();
    const passed = await pacer.sleep(1000 * MS, async () => {});
    expect(passed).toBeGreaterThanOrEqual(0);
    expect(passed).toBeLessThan(1000 * MS);
  });

  test('without an alarm it sleeps in pieces', async () => {
    const asked: number[] = [];
    await new Pacer().sleep(Number.POSITIVE_INFINITY, async (ms) => {
      asked.push(ms);
    });
    expect(asked).toEqual([1000]);
  });
});
