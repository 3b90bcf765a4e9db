/**
 * Rows broken on purpose, each in a way that is easily overlooked. A conformance run that does not
 * notice them proves nothing.
 */

import { type Emitter, typeOf } from '../../src/engine/isa/emitter.ts';
import * as simd from '../../src/engine/isa/simd.ts';
import { aligned } from '../../src/engine/isa/vector.ts';
import type { HostCpu } from '../isa/host/step.ts';
import { Boxes, compiled, withRow } from './boxes.ts';
import { conform } from './conformance.ts';
import type { Spec } from './specs.ts';

interface Canary {
  readonly row: string;
  readonly what: string;
  readonly emit: (e: Emitter) => void;
}

const CANARIES: readonly Canary[] = [
  {
    row: 'INC 40+r Zv',
    what: 'INC that touches CF',
    emit: (e) => {
      const bytes = e.bytes(0);
      const old = e.value(0);
      const one = e.constant(typeOf(bytes), 1);
      const r = e.let(e.add(old, one));
      e.flagsAdd(old, one, r, bytes);
      e.assign(0, r);
    },
  },
  {
    row: 'PADDB 66 0F FC /r Vdq,Wdq',
    what: 'PADDB that saturates',
    emit: (e) => {
      const b = aligned(e, 1);
      e.assign(0, e.op('v128', simd.ADD_SAT_U[1], e.let(e.value(0)), b));
    },
  },
  {
    row: 'XOR 31 /r Ev,Gv',
    what: 'XOR that writes its memory operand twice as late as its flags',
    emit: (e) => {
      const b = e.value(1);
      const a = e.value(0);
      const r = e.let(e.xor(a, b));
      // Flags before a store that may fault: wrong, and only a page fault shows it.
      e.flagsLogic(r, e.bytes(0));
      e.assign(0, r);
    },
  },
];

/** What was not caught, as text; empty if all were, by the host and by comparing tiers. */
export function runCanaries(specs: readonly Spec[], host: HostCpu, seed: number): string[] {
  const missed: string[] = [];
  for (const { row, what, emit } of CANARIES) {
    const mine = specs.filter((s) => s.name === row);
    if (!mine[0]) {
      missed.push(`${what}: there is no row '${row}'`);
      continue;
    }
    const interp = new Boxes(withRow(mine[0].row, emit));
    const boxes = { interp, jit: new Boxes(compiled) };
    const { tallies } = conform(mine, { host, seed, casesEach: 400, jitEach: 0, boxes });
    if (!tallies.some((t) => t.differences)) missed.push(`${what}: not caught by the host`);
    const tiers = conform(mine, { host, seed, casesEach: 0, jitEach: 0, boxes });
    if (tiers.tallies.some((t) => t.differences)) missed.push(`${what}: caught without a case`);
  }
  return missed;
}
