/** Interrupts, stops, breakpoints, dirty pages, checkpoints, resources. */

import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { KvmVcpu } from '../../src/engine/kvm/kvm-vcpu.ts';
import { gpa, gva, icount } from '../../src/engine/units.ts';
import { CODE_AT, closeAll, FAR, guest, kvmMissing, MEMORY, runAll } from './lab.ts';

afterEach(closeAll);

/** 16-bit: vector 0x20 leads to a handler at CODE_AT:0100 that writes AL to port 0x80. */
const IVT = `xor ax, ax; mov ds, ax; mov word ptr [0x80], 0x100; mov word ptr [0x82], ${CODE_AT >> 4};`;
const HANDLER = '.org 0x100; out 0x80, al; iret';

describe.skipIf(kvmMissing !== undefined)('interrupts', () => {
  test('enter at an exit while the window is open', async () => {
    const kvm = await guest(16, `${IVT} sti; nop; out 0x10, al; out 0x11, al; hlt; ${HANDLER}`);
    expect(kvm.run(FAR)).toMatchObject({ port: 0x10 });
    kvm.enter({ kind: 'none' });
    kvm.setIntr(true);
    expect(kvm.run(FAR)).toEqual({ kind: 'interrupt-window' });
    kvm.setIntr(false);
    kvm.inject(0x20);
    expect(kvm.run(FAR)).toMatchObject({ port: 0x80 });
    kvm.enter({ kind: 'none' });
    expect(kvm.run(FAR)).toMatchObject({ port: 0x11 });
  });

  test('wait for the window to open: behind the instruction after STI', async ({ skip }) => {
    const kvm = await guest(
      16,
      `${IVT} out 0x10, al; mov cx, 50; l: loop l; sti; nop; nop; hlt; ${HANDLER}`,
    );
    expect(kvm.run(FAR)).toMatchObject({ port: 0x10 });
    kvm.enter({ kind: 'none' });
    kvm.setIntr(true);
    const exit = kvm.run(FAR);
    // A KVM that emulates many instructions at a time looks at the window at its next exit only.
    if (exit.kind === 'hlt') skip('this KVM opens the window late, at the next exit');
    expect(exit).toEqual({ kind: 'interrupt-window' });
    const code = kvm.ram.peek(gpa(CODE_AT + Number(kvm.registers().rip) - 2), 3);
    expect([...code]).toEqual([0xfb, 0x90, 0x90]);
  });

  test('wake a halted vCPU, and a masked one sleeps on', async () => {
    const kvm = await guest(16, `${IVT} sti; hlt; out 0x12, al; cli; hlt; ${HANDLER}`);
    expect(kvm.run(FAR)).toEqual({ kind: 'hlt' });
    kvm.enter({ kind: 'skip', ticks: 7 });
    expect(kvm.run(FAR)).toEqual({ kind: 'until' });
    expect(kvm.halted).toBe(true);
    kvm.setIntr(true);
    expect(kvm.run(FAR)).toEqual({ kind: 'interrupt-window' });
    kvm.setIntr(false);
    kvm.inject(0x20);
    expect(kvm.run(FAR)).toMatchObject({ port: 0x80 });
    kvm.enter({ kind: 'none' });
    expect(kvm.run(FAR)).toMatchObject({ port: 0x12 });
    kvm.enter({ kind: 'none' });
    expect(kvm.run(FAR)).toEqual({ kind: 'hlt' });
    kvm.enter({ kind: 'skip', ticks: 0 });
    kvm.setIntr(true);
    expect(kvm.run(FAR)).toEqual({ kind: 'until' });
  });

  test('an NMI comes through vector 2 though interrupts are off', async () => {
    const ivt = IVT.replace('[0x80]', '[0x8]').replace('[0x82]', '[0xa]');
    const kvm = await guest(16, `${ivt} out 0x10, al; nop; hlt; ${HANDLER}`);
    expect(kvm.run(FAR)).toMatchObject({ port: 0x10 });
    kvm.enter({ kind: 'none' });
    kvm.nmi();
    expect(kvm.run(FAR)).toMatchObject({ port: 0x80 });
  });
});

describe.skipIf(kvmMissing !== undefined)('stops', () => {
  test('a guest that never exits is interrupted from outside', async () => {
    const kvm = await guest(16, 'l: jmp l', { kickMs: 20 });
    // Not how fast, which a busy machine decides, but that it comes back, each time.
    for (let n = 0; n < 3; n++) {
      expect(kvm.run(FAR)).toEqual({ kind: 'until' });
      expect(kvm.interrupted).toBe(true);
      expect(kvm.settled).toBe(false);
    }
    expect(kvm.icount).toBe(0);
  });

  test('counting exits: the last instruction has retired when `until` is reached', async () => {
    const kvm = await guest(64, 'in al, 0x60; out 0x61, al; hlt');
    expect(kvm.run(icount(1))).toMatchObject({ kind: 'pio', dir: 'in' });
    kvm.enter({ kind: 'value', value: 0x77 });
    expect(kvm.run(icount(1))).toEqual({ kind: 'until' });
    expect(kvm.settled).toBe(true);
    expect(kvm.registers()).toMatchObject({ rip: BigInt(CODE_AT + 2) });
    expect(kvm.registers().gpr[0]).toBe(0x77n);
  });

  test('counting instructions: exactly there', async () => {
    const options = { counting: 'instructions' } as const;
    const kvm = await guest(64, 'mov ecx, 1000; l: dec ecx; jnz l; hlt', options);
    expect(kvm.run(icount(501))).toEqual({ kind: 'until' });
    expect(kvm.icount).toBe(501);
    expect(kvm.registers().gpr[1]).toBe(750n);
  });

  test.each([16, 32, 64] as const)('breakpoints, %i-bit, that RAM does not show', async (bits) => {
    const kvm = await guest(bits, 'nop; nop; inc eax; nop; inc eax; hlt');
    const before = kvm.ram.peek(gpa(CODE_AT), 16);
    const [first, second] = [0, 1].map((n) => gva(BigInt(CODE_AT + n)));
    kvm.setBreakpoints([
      { id: 7, gva: second! },
      { id: 8, gva: first! },
    ]);
    const stop = (id: number, rip: typeof first) => ({
      kind: 'debug',
      stops: [{ kind: 'break', id, rip }],
    });
    expect(kvm.run(FAR)).toEqual(stop(8, first));
    expect(kvm.ram.peek(gpa(CODE_AT), 16)).toEqual(before);
    expect(kvm.run(FAR)).toEqual(stop(7, second));
    expect(kvm.run(FAR)).toEqual({ kind: 'hlt' });
    expect(kvm.registers().gpr[0]).toBe(2n);
  });

  test('watchpoints are refused with what to do instead', async () => {
    const kvm = await guest(16, 'hlt');
    const point = { id: 1, space: 'gpa', at: 0x500n, length: 1, on: 'write' } as const;
    expect(() => kvm.setWatchpoints([point])).toThrow(/watchpoints are for replay/);
  });
});

describe.skipIf(kvmMissing !== undefined)('state', () => {
  test('the dirty log names the pages that were written, once', async () => {
    const kvm = await guest(
      32,
      'mov byte ptr [0x5000], 1; mov byte ptr [0x7fff], 2; out 0x80, al; hlt',
    );
    kvm.vm.takeDirtyPages();
    expect(kvm.run(FAR)).toMatchObject({ kind: 'pio' });
    expect([...kvm.vm.takeDirtyPages()].sort()).toEqual([5, 7]);
    expect([...kvm.vm.takeDirtyPages()]).toEqual([]);
  });

  test('a checkpoint brings back registers and RAM', async () => {
    const kvm = await guest(64, 'out 0x80, al; inc dword ptr [0x5000]; inc eax; hlt');
    const checkpoint = kvm.checkpoint();
    const hash = kvm.stateHash();
    const first = runAll(kvm);
    const after = kvm.stateHash();
    expect(after).not.toBe(hash);
    kvm.restore(checkpoint);
    expect(kvm.stateHash()).toBe(hash);
    expect(runAll(kvm)).toEqual(first);
    expect(kvm.stateHash()).toBe(after);
  });

  test('floating-point, vector and debug registers go in and come back', async () => {
    const kvm = await guest(64, 'hlt');
    const xmm = Array.from({ length: 16 }, (_, n) => ({ lo: BigInt(n), hi: BigInt(n) << 60n }));
    const x87 = Array.from({ length: 8 }, (_, n) => ({
      significand: (1n << 63n) | BigInt(n),
      signExponent: 0x3fff + n,
    }));
    const set = { xmm, x87, fsw: 3 << 11, ftw: 0, mxcsr: 0x1fa0, fcw: 0x27f };
    kvm.setRegisters(set);
    expect(kvm.registers()).toMatchObject(set);
    const dr = [1n, 2n, 3n, 4n, 0xffff0ff0n, 0x400n];
    kvm.setRegisters({ dr });
    expect(kvm.registers().dr).toEqual(dr);
  });
});

describe.skipIf(kvmMissing !== undefined)('resources', () => {
  const descriptors = () => readdirSync('/proc/self/fd').length;
  const mappings = () => readFileSync('/proc/self/maps', 'utf8').split('\n').length;

  test('VMs come and go and leave nothing behind', async () => {
    // The first loads the library and makes what all share.
    (await KvmVcpu.create({ memoryBytes: MEMORY })).close();
    const [fds, maps] = [descriptors(), mappings()];
    const VMS = process.env['RETROVISOR_KVM_VMS'] ? Number(process.env['RETROVISOR_KVM_VMS']) : 50;
    for (let n = 0; n < VMS; n++) {
      const kvm = await KvmVcpu.create({ memoryBytes: MEMORY });
      kvm.ram.poke(gpa(0), new Uint8Array([0xf4]));
      kvm.close();
    }
    expect(descriptors()).toBe(fds);
    // The heap may have grown a little; a VM would be two mappings at the least.
    expect(mappings() - maps).toBeLessThan(VMS);
  });

  test('one that could not be made leaves nothing either', async () => {
    const fds = descriptors();
    await expect(KvmVcpu.create({ memoryBytes: 4096 * 0.5 })).rejects.toThrow();
    expect(descriptors()).toBe(fds);
  });
});

test.skipIf(kvmMissing === undefined)('without KVM the message says what to do', () => {
  expect(kvmMissing).toMatch(/^--accel kvm expects .*: /);
});
