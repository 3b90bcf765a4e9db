/**
 * Ways of being unkind to a vCPU: each makes paths common that a normal run takes seldom or never.
 * None may show: the same tests pass, with the same hashes. The name is in the environment as STRESS.
 */

import type { VcpuOptions } from '../../src/engine/create.ts';

export interface Stress {
  readonly options: Pick<VcpuOptions, 'jit' | 'limits'>;
  /** A checkpoint at random places, half of which are gone back to at once. */
  readonly checkpoints: boolean;
  /** How much of a Linux boot there is time for, in instructions. */
  readonly linux: number;
}

const stress = (options: Stress['options'], linux: number, checkpoints = false): Stress => ({
  options,
  checkpoints,
  linux,
});

/** Room for about a thousand records in two parts. */
const TINY = 32_768;

export const STRESSES: Readonly<Record<string, Stress>> = {
  'tiny code cache': stress({ jit: { hotAt: 200 }, limits: { codeBytes: TINY } }, 60e6),
  'eviction at every module': stress({ jit: { hotAt: 300, regionsMax: 1 } }, 100e6),
  'hot at once': stress({ jit: { hotAt: 1 } }, 200e6),
  'small modules': stress({ jit: { hotAt: 3, instructionsMax: 3, blocksMax: 2 } }, 100e6),
  'TLB of one entry': stress({ limits: { oneTlbEntry: true } }, 200e6),
  'an instruction at a time': stress({ limits: { slice: 1 } }, 20e6),
  'few instructions at a time': stress({ jit: { hotAt: 1 }, limits: { slice: 17 } }, 60e6),
  'random checkpoints': stress({ jit: { hotAt: 20 } }, 100e6, true),
  'everything at once': stress(
    {
      jit: { hotAt: 30, regionsMax: 3 },
      limits: { codeBytes: 4 * TINY, oneTlbEntry: true, slice: 997 },
    },
    30e6,
    true,
  ),
};

export function stressNamed(name: string | undefined): Stress {
  const found = STRESSES[name ?? ''];
  if (!found) throw new Error(`STRESS: expected one of ${Object.keys(STRESSES).join(', ')}`);
  return found;
}
