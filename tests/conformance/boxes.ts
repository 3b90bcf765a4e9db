/** The vCPUs that cases run on: one of each kind, and one with a row broken on purpose. */

import { createVcpu } from '../../src/engine/create.ts';
import { Decoder } from '../../src/engine/decode/decoder.ts';
import { generateMain } from '../../src/engine/interp/module.ts';
import { ROWS } from '../../src/engine/isa/index.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { SoftVcpu } from '../../src/engine/vcpu/soft-vcpu.ts';
import { Box, FULL_CPU, type MakeVcpu } from '../isa/box.ts';
import type { Spec } from './specs.ts';

export const interpreted: MakeVcpu = (options) => createVcpu({ ...options, accel: 'interp' });
export const compiled: MakeVcpu = (options) =>
  createVcpu({ ...options, accel: 'jit', jit: { hotAt: 1 } });

/** An interpreter in which one row does what `broken` does. */
export function withRow(row: Row, emit: NonNullable<Row['emit']>): MakeVcpu {
  const rows = ROWS.map((r) => (r === row ? { ...r, emit } : r));
  const { bytes, handlers } = generateMain(rows);
  const main = { module: new WebAssembly.Module(bytes), handlers };
  return ({ memoryBytes, cpu }) =>
    new SoftVcpu({ memoryBytes, main, decoder: new Decoder(rows), cpu });
}

/** Boxes of one kind, made when they are first wanted. */
export class Boxes {
  readonly #make: MakeVcpu;
  readonly #made = new Map<boolean, Box>();

  constructor(make: MakeVcpu) {
    this.#make = make;
  }

  for(mode: Spec['mode']): Box {
    const segmented = mode === '32-bit, limits';
    const made = this.#made.get(segmented) ?? new Box(FULL_CPU, segmented, this.#make);
    this.#made.set(segmented, made);
    return made;
  }
}
