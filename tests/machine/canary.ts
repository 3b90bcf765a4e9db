/** Our vCPU broken on purpose: a comparison of machines that does not notice proves nothing. */

import { Decoder } from '../../src/engine/decode/decoder.ts';
import { generateMain } from '../../src/engine/interp/module.ts';
import { ROWS } from '../../src/engine/isa/index.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import * as L from '../../src/engine/vcpu/layout.ts';
import { SoftVcpu } from '../../src/engine/vcpu/soft-vcpu.ts';
import type { Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { compareMachines } from './compare.ts';
import { FAMILIES } from './families.ts';
import { COMPARED_CPU, ours, type Peer } from './machines.ts';

interface Canary {
  readonly what: string;
  readonly family: string;
  readonly row: (row: Row) => boolean;
  readonly microcode: (original: NonNullable<Row['microcode']>) => NonNullable<Row['microcode']>;
}

const CANARIES: readonly Canary[] = [
  {
    what: 'IRET that keeps IOPL at 0',
    family: 'IRET',
    row: (row) => row.name === 'IRET',
    microcode: (original) => (cpu, insn) => {
      original(cpu, insn);
      cpu.state.setU32(L.EFLAGS, cpu.state.u32(L.EFLAGS) & ~0x3000);
    },
  },
  {
    what: 'STR that shows the selector with an RPL of 3',
    family: 'system instructions in long mode',
    row: (row) => row.name === 'STR',
    microcode: (original) => (cpu, insn) => {
      original(cpu, insn);
      cpu.state.setU64(L.GPR + 8, cpu.state.u64(L.GPR + 8) | 3n);
    },
  },
];

function broken({ row, microcode }: Canary): (options: { memoryBytes: number }) => Vcpu {
  const rows = ROWS.map((r) =>
    row(r) && r.microcode ? { ...r, microcode: microcode(r.microcode) } : r,
  );
  const { bytes, handlers } = generateMain(rows);
  const main = { module: new WebAssembly.Module(bytes), handlers };
  return ({ memoryBytes }) =>
    new SoftVcpu({ memoryBytes, main, decoder: new Decoder(rows), cpu: COMPARED_CPU });
}

/** What was not caught, as text: by a sound vCPU of ours, and by two other machines. */
export function missedCanaries(others: readonly Peer[], seed: number): string[] {
  const missed: string[] = [];
  for (const canary of CANARIES) {
    const mine = ours({ accel: 'interp' }, broken(canary));
    const caughtBy = (tiers: readonly Peer[], peers: readonly Peer[]): boolean =>
      compareMachines({
        families: FAMILIES.filter(({ name }) => name === canary.family),
        ours: mine,
        tiers,
        others: peers,
        seed,
        casesEach: 100,
      }).tallies.some((t) => t.unexplained);
    if (!caughtBy([ours({ accel: 'interp' })], [])) missed.push(`${canary.what}, by our own`);
    if (others.length > 1 && !caughtBy([], others)) missed.push(`${canary.what}, by others`);
  }
  return missed;
}
