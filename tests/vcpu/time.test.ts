/** Going to and fro: exact stops, checkpoints in any order, hashes that agree. */

import { describe, expect, it } from 'vitest';
import type { VcpuCheckpoint } from '../../src/engine/vcpu/vcpu.ts';
import { longMode, peek64, runTo } from '../../src/testing/vcpus.ts';

const PROGRAM = `
  mov ecx, 1000
1: add rax, rcx; push rax; call 3f; pop rdx; dec ecx; jnz 1b
2: jmp 2b
3: mov rsi, 0x300000; mov rdi, 0x301003; push rcx; mov ecx, 100; rep movsb; pop rcx; ret`;

const STEPS = 300;

describe('exact stops', () => {
  it('reaches the same states in single steps as in one run', () => {
    const stepped = longMode(PROGRAM);
    for (let i = 1; i <= STEPS; i++) runTo(stepped, i);
    const straight = longMode(PROGRAM);
    runTo(straight, STEPS);
    expect(straight.stateHash()).toBe(stepped.stateHash());
    expect(straight.registers()).toEqual(stepped.registers());
  });

  it('counts one for each iteration of REP, and one for none', () => {
    const vcpu = longMode('mov ecx, 5; mov rdi, 0x300000; rep stosb; xor ecx, ecx; rep stosb; nop');
    runTo(vcpu, 2 + 3);
    expect(vcpu.registers().gpr[1]).toBe(2n);
    runTo(vcpu, 2 + 5 + 1 + 1);
    expect(vcpu.registers().rip).toBe(0x100000n + 5n + 7n + 2n + 2n + 2n);
  });
});

describe('checkpoints', () => {
  it('restore in any order, any number of times', () => {
    const vcpu = longMode(PROGRAM);
    const points: VcpuCheckpoint[] = [];
    const hashes: string[] = [];
    for (let i = 0; i < STEPS; i++) {
      points.push(vcpu.checkpoint());
      hashes.push(vcpu.stateHash());
      runTo(vcpu, i + 1);
    }
    for (let k = 0; k < 2 * STEPS; k++) {
      const i = (k * 7919) % STEPS;
      vcpu.restore(points[i]!);
      expect(vcpu.icount).toBe(i);
      expect(vcpu.stateHash()).toBe(hashes[i]);
    }
  });

  it('stay reachable when others are released, and when new ones are set between', () => {
    const vcpu = longMode(PROGRAM);
    const hashes = new Map<number, string>();
    const points = new Map<number, VcpuCheckpoint>();
    const set = (): void => {
      points.set(vcpu.icount, vcpu.checkpoint());
      hashes.set(vcpu.icount, vcpu.stateHash());
    };
    for (let at = 0; at <= 2000; at += 100) {
      if (at) runTo(vcpu, at);
      set();
    }
    let seed = 12345;
    const random = (n: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % n;
    };
    for (let round = 0; round < 200; round++) {
      const keys = [...points.keys()].sort((a, b) => a - b);
      const from = keys[random(keys.length)]!;
      vcpu.restore(points.get(from)!);
      expect(vcpu.stateHash()).toBe(hashes.get(from));
      runTo(vcpu, from + 1 + random(150));
      const action = random(3);
      if (action === 0 && !points.has(vcpu.icount)) set();
      const victim = keys[1 + random(keys.length - 1)]!;
      if (action === 1 && points.size > 5) {
        vcpu.release(points.get(victim)!);
        points.delete(victim);
      }
    }
  });

  it('two vCPUs in one process do not touch each other', () => {
    const a = longMode(PROGRAM);
    const b = longMode('mov rax, 0x300000; 1: inc qword ptr [rax]; jmp 1b');
    const alone = longMode(PROGRAM);
    for (let at = 50; at <= 500; at += 50) {
      runTo(a, at);
      runTo(b, at);
    }
    runTo(alone, 500);
    expect(a.stateHash()).toBe(alone.stateHash());
    expect(peek64(b, 0x300000)).toBe(250n);
  });
});
