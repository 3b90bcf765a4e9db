/** States in bytes, trails, and breakpoints on one page of several that hold the same code. */

import { describe, expect, it } from 'vitest';
import { gpa, gva, icount } from '../../src/engine/units.ts';
import { mayHaveAccessed } from '../../src/engine/vcpu/portable.ts';
import type { Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { CODE_AT, longMode, poke64, runTo } from '../../src/testing/vcpus.ts';

const PROGRAM = `
  mov rbx, 0x300010
  mov rcx, 0x380000
1: inc qword ptr [rbx]
  mov rax, [rcx]
  add rbx, 8
  jmp 1b`;

function portableOf(vcpu: Vcpu) {
  const { portable } = vcpu;
  if (!portable) throw new Error('a vCPU that cannot tell its state');
  return portable;
}

/** The pages in which two vCPUs differ, carried from one to the other. */
function carryPages(from: Vcpu, to: Vcpu): number {
  from.stateHash();
  to.stateHash();
  const [theirs, ours] = [portableOf(from).pageHashes, portableOf(to).pageHashes];
  let carried = 0;
  for (let page = 0; page < ours.length; page++) {
    if (theirs[page] === ours[page]) continue;
    const bytes = from.ram.peek(gpa(page * 4096), 4096);
    expect(portableOf(to).hashOf(page, bytes)).toBe(theirs[page]);
    portableOf(to).writePage(page, bytes);
    carried++;
  }
  return carried;
}

describe('a state in bytes', () => {
  it('goes on in another vCPU as in the one it was taken from', () => {
    const first = longMode(PROGRAM);
    runTo(first, 500);
    const saved = portableOf(first).save();
    const other = longMode(PROGRAM);
    const before = other.checkpoint();
    const hash = other.stateHash();
    expect(carryPages(first, other)).toBeGreaterThan(0);
    expect(portableOf(other).load(saved)).toBe(true);
    expect(other.stateHash()).toBe(first.stateHash());
    runTo(first, 2000);
    runTo(other, 2000);
    expect(other.stateHash()).toBe(first.stateHash());
    other.restore(before);
    expect(other.stateHash()).toBe(hash);
  });

  it('is refused if it is not one, and nothing has changed', () => {
    const vcpu = longMode(PROGRAM);
    const hash = vcpu.stateHash();
    expect(portableOf(vcpu).load(new Uint8Array(100))).toBe(false);
    const saved = portableOf(vcpu).save();
    saved.fill(0xff, 0, 8);
    expect(portableOf(vcpu).load(saved)).toBe(false);
    expect(vcpu.stateHash()).toBe(hash);
  });
});

describe('a trail', () => {
  it('has every page that was read, written and executed, and few others', () => {
    const vcpu = longMode(PROGRAM);
    runTo(vcpu, 100);
    portableOf(vcpu).beginTrail();
    runTo(vcpu, 200);
    const { written, filters } = portableOf(vcpu).trail();
    expect(written).toEqual([0x300]);
    expect(mayHaveAccessed(filters, 'write', 0x300018n)).toBe(true);
    expect(mayHaveAccessed(filters, 'read', 0x380000n)).toBe(true);
    expect(mayHaveAccessed(filters, 'execute', BigInt(CODE_AT))).toBe(true);
    expect(mayHaveAccessed(filters, 'write', 0x380000n)).toBe(false);
    expect(mayHaveAccessed(filters, 'execute', 0x300000n)).toBe(false);
  });

  it('belongs to checkpoints', () => {
    const vcpu = longMode(PROGRAM);
    portableOf(vcpu).beginTrail();
    runTo(vcpu, 10);
    const checkpoint = vcpu.checkpoint();
    const { written, filters } = portableOf(vcpu).trail();
    runTo(vcpu, 5000);
    vcpu.ram.poke(gpa(0x200000), Uint8Array.of(1));
    expect(portableOf(vcpu).trail().written.length).toBeGreaterThan(written.length);
    vcpu.restore(checkpoint);
    expect(portableOf(vcpu).trail()).toEqual({ written, filters });
  });

  it('has what is written from outside', () => {
    const vcpu = longMode(PROGRAM);
    portableOf(vcpu).beginTrail();
    poke64(vcpu, 0x123458, 1n);
    expect(portableOf(vcpu).trail().written).toEqual([0x123]);
  });
});

describe('a breakpoint', () => {
  it('asks whether it is wanted, and costs no stop if not', () => {
    const vcpu = longMode('1: inc eax; nop; jmp 1b');
    const seen: number[] = [];
    const when = () => {
      seen.push(vcpu.icount);
      return vcpu.registers().gpr[0] === 50n;
    };
    vcpu.setBreakpoints([{ id: 7, gva: gva(BigInt(CODE_AT + 2)), when }]);
    expect(vcpu.run(icount(1000))).toMatchObject({ kind: 'debug', stops: [{ id: 7 }] });
    expect(vcpu.icount).toBe(148);
    expect(seen).toEqual(Array.from({ length: 50 }, (_, i) => 1 + 3 * i));
    expect(vcpu.run(icount(1000))).toEqual({ kind: 'until' });
  });

  it('asks in front of every iteration of REP', () => {
    const vcpu = longMode('mov ecx, 20; mov edi, 0x300000; rep stosb; nop');
    const seen: bigint[] = [];
    const when = () => {
      seen.push(vcpu.registers().gpr[1]!);
      return seen.at(-1) === 7n;
    };
    vcpu.setBreakpoints([{ id: 1, gva: gva(BigInt(CODE_AT + 10)), when }]);
    expect(vcpu.run(icount(100))).toMatchObject({ kind: 'debug', stops: [{ id: 1 }] });
    expect(vcpu.icount).toBe(15);
    expect(seen).toEqual(Array.from({ length: 14 }, (_, i) => BigInt(20 - i)));
  });

  it('is at one linear address, though the code is mapped at two', () => {
    // The page of code is copied, so that one breakpoint's offset has code in both places.
    const vcpu = longMode('jmp rbx');
    const body = Uint8Array.of(0x90, 0xff, 0xc0, 0xff, 0xe3); // nop; inc eax; jmp rbx
    for (const at of [0x101000, 0x102000]) vcpu.ram.poke(gpa(at), body);
    vcpu.setRegisters({ gpr: Array.from({ length: 16 }, (_, n) => (n === 3 ? 0x101000n : 0n)) });
    vcpu.setBreakpoints([{ id: 1, gva: gva(0x102001n) }]);
    runTo(vcpu, 1000);
    vcpu.setRegisters({ rip: 0x102000n });
    expect(vcpu.run(icount(2000))).toMatchObject({ kind: 'debug', stops: [{ rip: 0x102001n }] });
  });

  it('set and taken away leaves other pages as they were compiled', () => {
    const vcpu = longMode('1: inc eax; jmp 1b') as Vcpu & {
      jitStatistics?: { readonly dropped: number } | undefined;
    };
    runTo(vcpu, 50_000);
    const dropped = vcpu.jitStatistics?.dropped;
    vcpu.setBreakpoints([{ id: 1, gva: gva(0x250000n) }]);
    runTo(vcpu, 60_000);
    vcpu.setBreakpoints([]);
    runTo(vcpu, 70_000);
    expect(vcpu.jitStatistics?.dropped).toBe(dropped);
  });

  it('a watchpoint asks behind the access', () => {
    const vcpu = longMode(PROGRAM);
    const when = () => vcpu.registers().gpr[3] === 0x300018n;
    vcpu.setWatchpoints([
      { id: 1, space: 'gva', at: 0x300000n, length: 64, on: 'access', when },
      { id: 2, space: 'gva', at: 0x300000n, length: 8, on: 'read' },
    ]);
    expect(vcpu.run(icount(1000))).toMatchObject({ kind: 'debug', stops: [{ id: 1 }] });
    expect(vcpu.icount).toBe(7);
    expect(vcpu.run(icount(1000))).toEqual({ kind: 'until' });
    vcpu.setWatchpoints([]);
  });
});
