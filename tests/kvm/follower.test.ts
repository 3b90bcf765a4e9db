/**
 * Our machine under KVM, followed exit by exit on a vCPU of ours: the tiny guests run to their ends,
 * show the exits that they show under the JIT, and whatever goes another way is found out.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { planBoot } from '../../src/engine/boot/plan.ts';
import { KVM_CPU } from '../../src/engine/cpu-models.ts';
import { createVcpu } from '../../src/engine/create.ts';
import type { Entry, GuestExit } from '../../src/engine/exit.ts';
import { KvmVcpu } from '../../src/engine/kvm/kvm-vcpu.ts';
import { seenCpuid } from '../../src/engine/kvm/seen-cpuid.ts';
import { Machine, type MachineStop } from '../../src/engine/machine.ts';
import type { MachineTap } from '../../src/engine/tap.ts';
import { gpa, icount } from '../../src/engine/units.ts';
import type { Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { Follower } from '../../src/replay/follower.ts';
import { assemble } from '../../src/testing/assemble.ts';
import { describeExit } from '../../src/trace/describe.ts';
import { kvmMissing } from './lab.ts';

const MEMORY_BYTES = 16 << 20;
const EVERY = 1;
const TINY = join(import.meta.dirname, '../../guests/tiny');
const tiny = (name: string) => new Uint8Array(readFileSync(join(TINY, `${name}.bin`)));
const expected = (name: string) => readFileSync(join(TINY, `${name}.expected`), 'latin1');

/** Exits as text, in the order in which they were answered. */
class Log implements MachineTap {
  readonly lines: string[] = [];
  exit(exit: GuestExit, reply: Entry): void {
    // How long HLT lasts is guest time, which the backends count differently.
    const value = 'value' in reply ? ` -> ${reply.value}` : '';
    this.lines.push(`${describeExit(exit)}${value}`);
  }
  interrupt(vector: number): void {
    this.lines.push(`interrupt ${vector}`);
  }
  nmi(): void {}
  dma(): void {}
  input(): void {}
}

const open: KvmVcpu[] = [];
afterEach(() => {
  for (const vcpu of open.splice(0)) vcpu.close();
});

interface Followed {
  readonly leader: KvmVcpu;
  readonly follower: Follower;
  readonly log: Log;
  /** Runs to the end, comparing as it goes. */
  run(): { stop: MachineStop; console: string };
}

async function follow(image: Uint8Array, options: { kickMs?: number } = {}): Promise<Followed> {
  const plan = bootPlan(image);
  const leader = await KvmVcpu.create({ memoryBytes: MEMORY_BYTES, ...options });
  open.push(leader);
  const vcpu = createVcpu({ memoryBytes: MEMORY_BYTES, cpu: KVM_CPU });
  new Machine(vcpu, { rtcStart: 0, cpu: KVM_CPU }).powerOn(plan);
  const log = new Log();
  const { answer: cpuid } = await seenCpuid();
  const follower = new Follower({ leader, vcpu, cpuid, tap: log });
  const { machine, console } = machineOf(leader, follower);
  machine.powerOn(plan);
  const run = () => {
    for (;;) {
      const stop = machine.run(icount(leader.icount + EVERY));
      // HLT has not retired yet.
      if (stop.reason === 'halted') machine.run(icount(leader.icount + 1));
      const hash = follower.compare();
      if (stop.reason === 'until') continue;
      expect(hash).toBe(follower.vcpu.stateHash());
      return { stop, console: console() };
    }
  };
  return { leader, follower, log, run };
}

function bootPlan(kernel: Uint8Array) {
  const plan = planBoot({ kernel, at: gpa(0x7c00), memoryBytes: MEMORY_BYTES });
  if (!plan.ok) throw new Error(plan.error);
  return plan.value;
}

function machineOf(vcpu: Vcpu, tap: MachineTap) {
  let text = '';
  const machine = new Machine(vcpu, {
    rtcStart: 0,
    cpu: KVM_CPU,
    tap,
    transmitted: (_port, byte) => {
      text += String.fromCharCode(byte);
    },
  });
  return { machine, console: () => text };
}

/** The same guest on the JIT, with devices of its own. */
function onJit(image: Uint8Array): string[] {
  const log = new Log();
  const vcpu = createVcpu({ memoryBytes: MEMORY_BYTES, cpu: KVM_CPU });
  const { machine } = machineOf(vcpu, log);
  machine.powerOn(bootPlan(image));
  machine.run(icount(10_000_000));
  return log.lines;
}

/** A boot sector of ours that ends in HLT with interrupts off. */
const sector = (code: string) => assemble(`${code}; cli; hlt`, { bits: 16 });

describe.skipIf(kvmMissing !== undefined)('a machine under KVM, followed', () => {
  // Interrupts, a console, and every mode on the way to long mode and back.
  test.each(['hello16', 'modes'])('%s ends as expected, states and exits alike', async (name) => {
    const { follower, log, run } = await follow(tiny(name));
    const { stop, console } = run();
    expect(stop.reason).toBe('halted');
    expect(console.replaceAll('\r', '')).toBe(expected(name).replaceAll('\r', ''));
    expect(follower.agreedAt).toBeGreaterThan(100);
    expect(log.lines).toEqual(onJit(tiny(name)));
  });

  test('a guest that waits without an exit is interrupted, and that is found by its state', async () => {
    const { follower, leader, log, run } = await follow(
      sector(`
        start: cli; xor ax, ax; mov ds, ax; mov ss, ax; mov sp, 0x7000
        mov word ptr [0x80], (handler - start) + 0x7c00; mov word ptr [0x82], 0
        mov al, 0x11; out 0x20, al; mov al, 0x20; out 0x21, al; mov al, 4; out 0x21, al
        mov al, 1; out 0x21, al; mov al, 0xfe; out 0x21, al
        mov al, 0x34; out 0x43, al; mov al, 0x9c; out 0x40, al; mov al, 0x2e; out 0x40, al
        xor ecx, ecx; sti
        l: .rept 400; inc ecx; .endr
        inc dword ptr [0x608]; cmp byte ptr [0x604], 3; jb l
        jmp done
        handler: inc byte ptr [0x604]; push ax; mov al, 0x20; out 0x20, al; pop ax; iret
        done: nop`),
      { kickMs: 2 },
    );
    expect(run().stop.reason).toBe('halted');
    expect(log.lines.filter((line) => line === 'interrupt 32')).toHaveLength(3);
    // How often it has gone round is the same on both.
    const [ours, theirs] = [follower.vcpu, leader].map((vcpu) => vcpu.ram.peek(gpa(0x608), 4));
    expect(ours).toEqual(theirs);
    expect(follower.agreedAt).toBe(follower.vcpu.icount);
  });

  test('CPUID says the same on both, leaf for leaf', async () => {
    // Leaves 0 to 17H and 80000000H to 80000009H, subleaf 0; all four registers go to ports.
    const show =
      'push eax; out 0x80, eax; mov eax, ebx; out 0x81, eax; mov eax, ecx; out 0x82, eax';
    const leaves = (from: number, to: number) => `
      mov edi, ${from}
      1: mov eax, edi; xor ecx, ecx; cpuid; ${show}; pop eax; mov eax, edx; out 0x83, eax
      inc edi; cmp edi, ${to}; jne 1b`;
    const code = `mov sp, 0x7000; ${leaves(0, 0x18)}; ${leaves(0x8000_0000, 0x8000_000a)}
      mov eax, 4; mov ecx, 2; cpuid; ${show}; mov eax, 7; mov ecx, 1; cpuid; ${show}`;
    const { run, log } = await follow(sector(code.replaceAll('1:', '1:;')));
    expect(run().stop.reason).toBe('halted');
    expect(log.lines.filter((line) => line.startsWith('cpuid')).length).toBe(36);
  });

  test('a guest that reads time stamps unasked is found out', async () => {
    const { run } = await follow(sector('rdtsc; out 0x80, eax; rdtsc; out 0x80, eax'));
    expect(run).toThrow(/^at exit 1 \(icount .*expected .* KVM came with .*RDTSC/);
  });

  test('one that keeps what it read to itself, by the next state hash', async () => {
    const { run } = await follow(
      sector('rdtsc; mov [0x600], eax; xor eax, eax; xor edx, edx; out 0x80, al'),
    );
    expect(run).toThrow(/instead of|expected/);
  });

  test('a difference in RAM is named by its address', async () => {
    const image = sector('out 0x80, al; out 0x81, al');
    const { leader, follower, run } = await follow(image);
    leader.ram.poke(gpa(0x12345), new Uint8Array([0x5a]));
    expect(run).toThrow(/\[0x12345\] is 0x5a instead of 0x0/);
    expect(follower.agreedAt).toBe(0);
  });

  test('and one in a register by its name', async () => {
    const { leader, run } = await follow(sector('out 0x80, al'));
    const { gpr } = leader.registers();
    leader.setRegisters({ gpr: gpr.map((value, n) => (n === 3 ? 0x77n : value)) });
    expect(run).toThrow(/gpr\.3 is 0x77 instead of 0x0/);
  });
});
