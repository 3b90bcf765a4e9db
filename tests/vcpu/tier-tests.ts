/**
 * The same guest in every tier, and in every way of being unkind to the JIT: the same states. For a
 * fast and a slow test.
 */

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createVcpu, Machine, planBoot, type VcpuOptions } from '../../src/engine/index.ts';
import { icount } from '../../src/engine/units.ts';

const MEMORY = 32 << 20;
const kernel = new Uint8Array(readFileSync('guests/demo/demo.elf'));

/** State hashes of the demo guest at uneven icounts, and at its end. */
function hashes(options: Partial<VcpuOptions>, stops: readonly number[]): string[] {
  const plan = planBoot({ kernel, memoryBytes: MEMORY, append: '' });
  if (!plan.ok) throw new Error(plan.error);
  const vcpu = createVcpu({ memoryBytes: MEMORY, ...options });
  const machine = new Machine(vcpu, { rtcStart: 0 });
  machine.powerOn(plan.value);
  const found: string[] = [];
  for (const stop of stops) {
    const { reason } = machine.run(icount(stop));
    found.push(`${reason} ${vcpu.icount} ${vcpu.stateHash()}`);
  }
  return found;
}

const STOPS = [1, 777, 10_001, 123_457, 1_000_003, 4_000_037, 20_000_000];
const reference = hashes({ accel: 'interp' }, STOPS);

/** The ways that leave the least alone. */
const FEW = ['by default', 'compiled at once', 'in the JIT, with all of that at once'];

export function tierTests(which: 'few' | 'all'): void {
  const wanted = ([name]: readonly [string, unknown]) => which === 'all' || FEW.includes(name);
  describe('the demo guest', () => {
    it('ends halted, interpreted', () => {
      expect(reference.at(-1)).toMatch(/^halted/);
    });
    const cases: [string, NonNullable<VcpuOptions['jit']>][] = [
      ['by default', {}],
      ['compiled at once', { hotAt: 1 }],
      ['one block to a region', { hotAt: 2, blocksMax: 1 }],
      ['regions of three instructions at most', { hotAt: 3, instructionsMax: 3 }],
      ['a code cache of two regions', { hotAt: 300, regionsMax: 2 }],
    ];
    const small: [string, Partial<VcpuOptions>][] = [
      [
        'interpreted, with room for a thousand records',
        { accel: 'interp', limits: { codeBytes: 32_768 } },
      ],
      [
        'in the JIT, with room for a thousand records',
        { jit: { hotAt: 100 }, limits: { codeBytes: 32_768 } },
      ],
      ['interpreted, with a TLB of one entry', { accel: 'interp', limits: { oneTlbEntry: true } }],
      ['in the JIT, with a TLB of one entry', { limits: { oneTlbEntry: true } }],
      ['interpreted, an instruction at a time', { accel: 'interp', limits: { slice: 1 } }],
      ['in the JIT, seven instructions at a time', { jit: { hotAt: 1 }, limits: { slice: 7 } }],
      [
        'in the JIT, with all of that at once',
        {
          jit: { hotAt: 1, regionsMax: 1 },
          limits: { codeBytes: 32_768, oneTlbEntry: true, slice: 7 },
        },
      ],
    ];
    for (const [name, options] of small.filter(wanted)) {
      it(`is the same ${name}`, () => {
        // With slices of an instruction a million is what there is time for.
        const stops = options.limits?.slice ? STOPS.slice(0, 5) : STOPS;
        expect(hashes(options, stops)).toEqual(reference.slice(0, stops.length));
      }, 120_000);
    }
    for (const [name, jit] of cases.filter(wanted)) {
      it(`is the same in the JIT, ${name}`, () => {
        expect(hashes({ accel: 'jit', jit }, STOPS)).toEqual(reference);
      }, 60_000);
    }
    it('is the same however often it is interrupted', () => {
      const fine = Array.from({ length: 400 }, (_, i) => i * 2503 + ((i * i) % 97));
      expect(hashes({ accel: 'jit', jit: { hotAt: 5 } }, fine)).toEqual(
        hashes({ accel: 'interp' }, fine),
      );
    }, 60_000);
  });
}
