/** Bitwise logic: AND OR XOR TEST NOT. SDM Vol. 2A/2B, by name. AF is undefined; we clear it. */

import type { Val } from '../wasm/code.ts';
import { group1 } from './arith.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';

function bitwise(combine: (e: Emitter, a: Val, b: Val) => Val): (e: Emitter) => void {
  return (e) => {
    const to = e.open(0);
    const r = e.let(combine(e, to.old, e.value(1)));
    to.put(r);
    e.flagsLogic(r, e.bytes(0));
  };
}

const and = bitwise((e, a, b) => e.and(a, b));
const or = bitwise((e, a, b) => e.or(a, b));
const xor = bitwise((e, a, b) => e.xor(a, b));

function test(e: Emitter): void {
  const a = e.value(0);
  const b = e.value(1);
  e.flagsLogic(e.and(a, b), e.bytes(0));
}

function not(e: Emitter): void {
  const to = e.open(0);
  to.put(e.not(to.old));
}

const TEST = { name: 'TEST', emit: test, undef: 'A', cite: 'SDM 2B TEST' } as const;
const NOT = { name: 'NOT', emit: not, lock: true, cite: 'SDM 2B NOT' } as const;

export const logic: readonly Row[] = [
  ...group1('OR', 1, or, { lock: true, undef: 'A', cite: 'SDM 2B OR' }),
  ...group1('AND', 4, and, { lock: true, undef: 'A', cite: 'SDM 2A AND' }),
  ...group1('XOR', 6, xor, { lock: true, undef: 'A', cite: 'SDM 2B XOR' }),
  { enc: '84 /r', ops: 'Eb,Gb', ...TEST },
  { enc: '85 /r', ops: 'Ev,Gv', ...TEST },
  { enc: 'A8 ib', ops: 'AL,Ib', ...TEST },
  { enc: 'A9 iz', ops: 'rAX,Iz', ...TEST },
  { enc: 'F6 /0 ib', ops: 'Eb,Ib', ...TEST },
  { enc: 'F7 /0 iz', ops: 'Ev,Iz', ...TEST },
  // Not in the SDM's opcode map, but every processor has it (AMD APM Vol. 3, table A-6).
  { enc: 'F6 /1 ib', ops: 'Eb,Ib', ...TEST },
  { enc: 'F7 /1 iz', ops: 'Ev,Iz', ...TEST },
  { enc: 'F6 /2', ops: 'Eb', ...NOT },
  { enc: 'F7 /2', ops: 'Ev', ...NOT },
];
