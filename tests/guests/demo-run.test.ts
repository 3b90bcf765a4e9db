/** The demo guest on our machine: it crashes as its README tells, and without the bug it does not. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createVcpu, Machine, type MachineStop, planBoot } from '../../src/engine/index.ts';
import { icount } from '../../src/engine/units.ts';

const folder = join(import.meta.dirname, '../../guests/demo');
const image = readFileSync(join(folder, 'demo.elf'));
const LIMIT = 60_000_000;
const memoryBytes = 32 << 20;

interface Run {
  readonly machine: Machine;
  readonly console: () => string;
  /** Runs until the console ends in `text`; gives the icount, or undefined at the guest's end. */
  readonly until: (text: string) => number | undefined;
  readonly toEnd: () => MachineStop['reason'];
}

function boot(append: string, kernel: Uint8Array = new Uint8Array(image)): Run {
  let text = '';
  const machine = new Machine(createVcpu({ memoryBytes }), {
    rtcStart: 0,
    transmitted: (_, byte) => {
      text += String.fromCharCode(byte);
    },
  });
  const plan = planBoot({ kernel, append, memoryBytes });
  if (!plan.ok) throw new Error(plan.error);
  machine.powerOn(plan.value);
  const run = (to: number) => machine.run(icount(Math.min(to, LIMIT))).reason;
  return {
    machine,
    console: () => text.replaceAll('\r', ''),
    until: (wanted) => {
      while (!text.includes(wanted)) {
        const stop = run(machine.vcpu.icount + 10_000);
        if (stop !== 'until' || machine.vcpu.icount >= LIMIT) return undefined;
      }
      return machine.vcpu.icount;
    },
    toEnd: () => run(LIMIT),
  };
}

test('the wild pointer is followed millions of instructions after it was written', () => {
  const guest = boot('');
  const cause = guest.until('task A: wrote log 104');
  expect(cause).toBeGreaterThan(3_000_000);
  expect(guest.toEnd()).toBe('halted');
  expect(guest.console()).toMatch(
    /\*\*\* PANIC: page fault: read of ffff9000002e2e2e, which is not mapped\n {4}in task 1 \(worker\), tick \d+, RIP 0{10}10[0-9a-f]{4}\n/,
  );
  expect(guest.console()).toMatch(/\*\*\* halted\n$/);
  for (const line of quotedInReadme()) expect(withoutTick(guest.console())).toContain(line);
  const { icount: end } = guest.machine.vcpu;
  expect(end - cause!).toBeGreaterThan(3_000_000);
  expect(end).toBeLessThan(30_000_000);
});

test('with bug=off all jobs are done and the machine powers off', () => {
  const guest = boot('bug=off');
  expect(guest.toEnd()).toBe('poweroff');
  expect(guest.console()).toContain('task B: all 128 jobs done');
  expect(guest.console()).not.toContain('PANIC');
});

test('Multiboot starts it as PVH does', () => {
  const guest = boot('bug=off');
  expect(guest.until('booted by PVH, 32 MiB')).toBeDefined();
  const kernel = new Uint8Array(image);
  const note = image.indexOf(Buffer.from('\x12\0\0\0Xen\0', 'latin1'));
  kernel.fill(0, note, note + 4); // a note of another type is no PVH entry
  const other = boot('bug=off', kernel);
  expect(other.until('booted by Multiboot, 3')).toBeDefined();
  for (const run of [guest, other]) expect(run.until('bug=off\r\npaging')).toBeDefined();
});

test('the shell answers, and crash crashes', () => {
  const guest = boot('bug=off stay');
  guest.until('type help and Enter');
  guest.machine.input('com1', Buffer.from('ps\r'));
  expect(guest.until('3 idle')).toBeDefined();
  guest.machine.input('com1', Buffer.from('crash\r'));
  expect(guest.toEnd()).toBe('halted');
  expect(guest.console()).toMatch(/demo> crash\n\*\*\* PANIC: page fault: write to 0{14}18, /);
  expect(guest.console()).toContain('in task 2 (shell)');
});

const withoutTick = (text: string): string => text.replace(/tick \d+/, 'tick N');

/** The console as the README's "What you see" shows it: an indented block. */
function quotedInReadme(): string[] {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const section = /## What you see\n([\s\S]*?)\n## /.exec(readme)?.[1] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('    '));
  expect(lines.length).toBeGreaterThan(4);
  return lines.map((line) => withoutTick(line.slice(4)));
}

test('two machines in one process, turn and turn about, are each as if alone', () => {
  const ends = (run: Run) => [run.machine.vcpu.icount, run.machine.vcpu.stateHash(), run.console()];
  const alone = ['', 'bug=off'].map((append) => {
    const guest = boot(append);
    guest.toEnd();
    return ends(guest);
  });
  const pair = ['', 'bug=off'].map((append) => boot(append));
  const running = new Set(pair);
  for (let turn = 0; running.size > 0; turn++) {
    for (const guest of running) {
      const { vcpu } = guest.machine;
      // Turns of different lengths, so that the two are never at the same place.
      const stop = guest.machine.run(icount(vcpu.icount + 100_000 + 7_001 * (turn % 13)));
      if (stop.reason !== 'until' || vcpu.icount >= LIMIT) running.delete(guest);
    }
  }
  expect(pair.map(ends)).toEqual(alone);
  expect(alone[0]).not.toEqual(alone[1]);
});
