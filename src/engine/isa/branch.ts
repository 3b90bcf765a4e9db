/**
 * Near control flow: JMP CALL RET Jcc JCXZ LOOP, and BOUND. SDM Vol. 2A/2B, by name. Far transfers, INT and
 * system calls are microcode elsewhere. In 64-bit mode the operand size of near branches is 64.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { type Emitter, UD } from './emitter.ts';
import { conditional } from './move.ts';
import type { Row } from './row.ts';

const BR = 5;

function jmp(e: Emitter): void {
  e.branch(undefined);
}

function jcc(cc: number): (e: Emitter) => void {
  return (e) => e.branch(e.condition(cc));
}

function call(e: Emitter): void {
  e.checkRelative();
  e.push(returnAddress(e), e.size);
  e.branch(undefined);
}

const returnAddress = (e: Emitter): Val => (e.size === 8 ? e.nextRip() : e.wrap(e.nextRip()));

/** An operand as the target of a branch, checked. */
function target(e: Emitter, value: Val): Val {
  const rip = e.let(e.extu(value));
  e.checkTarget(rip);
  return rip;
}

function jmpIndirect(e: Emitter): void {
  e.jump(target(e, e.value(0)));
}

function callIndirect(e: Emitter): void {
  const rip = target(e, e.value(0));
  e.push(returnAddress(e), e.size);
  e.jump(rip);
}

function ret(e: Emitter): void {
  const rip = target(e, e.top(e.size));
  e.drop(e.size);
  e.jump(rip);
}

function retImmediate(e: Emitter): void {
  const rip = target(e, e.top(e.size));
  e.setStack(e.add(e.stack(e.size), e.extu(e.value(0))));
  e.jump(rip);
}

function jcxz(e: Emitter): void {
  e.branch(e.let(e.eqz(e.read(L.RCX, e.variant.addressSize))));
}

/** The address size chooses between CX, ECX and RCX. `cc`: also ZF (4), not ZF (5). */
function loop(cc?: number): (e: Emitter) => void {
  return (e) => {
    const { addressSize } = e.variant;
    const count = e.let(e.sub(e.read(L.RCX, addressSize), 1));
    const left = addressSize === 2 ? e.and(count, 0xffff) : count;
    const more = e.let(e.ne(left, 0));
    const taken = cc === undefined ? more : e.let(e.and(more, e.condition(cc)));
    if (e.size !== 8) e.if(taken, () => e.checkRelative());
    e.write(L.RCX, addressSize, count);
    e.branch(taken);
  };
}

/** Two bounds lie side by side; the index must not be below the one or above the other. */
function bound(e: Emitter): void {
  const { size } = e;
  const at = e.let(e.linear(size * 2, false));
  const lower = e.let(e.signed(e.loadAt(at, size), size));
  const upper = e.let(e.signed(e.loadAt(e.add(at, size), size), size));
  const index = e.let(e.signed(e.value(0), size));
  e.raiseIf(e.or(e.lts(index, lower), e.gts(index, upper)), BR);
}

export function undefinedOpcode(e: Emitter): void {
  e.raise(UD);
}

const NEAR = { size: 'f64', ends: true } as const;
const STACK = { ...NEAR, stack: true } as const;
const UNDEFINED = { emit: undefinedOpcode, ends: true, cite: 'SDM 2B UD' } as const;

export const branch: readonly Row[] = [
  { enc: 'E9', name: 'JMP', ops: 'Jz', emit: jmp, ...NEAR, cite: 'SDM 2A JMP' },
  { enc: 'EB', name: 'JMP', ops: 'Jb', emit: jmp, ...NEAR, cite: 'SDM 2A JMP' },
  { enc: 'FF /4', name: 'JMP', ops: 'Ev', emit: jmpIndirect, ...NEAR, cite: 'SDM 2A JMP' },
  { enc: 'E8', name: 'CALL', ops: 'Jz', emit: call, ...STACK, cite: 'SDM 2A CALL' },
  { enc: 'FF /2', name: 'CALL', ops: 'Ev', emit: callIndirect, ...STACK, cite: 'SDM 2A CALL' },
  { enc: 'C3', name: 'RET', ops: '', emit: ret, ...STACK, cite: 'SDM 2B RET' },
  { enc: 'C2 iw', name: 'RET', ops: 'Iw', emit: retImmediate, ...STACK, cite: 'SDM 2B RET' },
  ...conditional(
    0x70,
    (byte, condition, cc): Row => ({
      enc: byte,
      name: `J${condition}`,
      ops: 'Jb',
      emit: jcc(cc),
      ...NEAR,
      cite: 'SDM 2A Jcc',
    }),
  ),
  ...conditional(
    0x80,
    (byte, condition, cc): Row => ({
      enc: `0F ${byte}`,
      name: `J${condition}`,
      ops: 'Jz',
      emit: jcc(cc),
      ...NEAR,
      cite: 'SDM 2A Jcc',
    }),
  ),
  { enc: 'E3', name: 'JCXZ', ops: 'Jb', emit: jcxz, ...NEAR, cite: 'SDM 2A Jcc' },
  { enc: 'E2', name: 'LOOP', ops: 'Jb', emit: loop(), ...NEAR, cite: 'SDM 2A LOOP/LOOPcc' },
  { enc: 'E1', name: 'LOOPE', ops: 'Jb', emit: loop(4), ...NEAR, cite: 'SDM 2A LOOP/LOOPcc' },
  { enc: 'E0', name: 'LOOPNE', ops: 'Jb', emit: loop(5), ...NEAR, cite: 'SDM 2A LOOP/LOOPcc' },
  { enc: '62 /r', name: 'BOUND', ops: 'Gv,Ma', emit: bound, only: 'legacy', cite: 'SDM 2A BOUND' },
  { enc: '0F 0B', name: 'UD2', ops: '', ...UNDEFINED },
  { enc: '0F B9 /r', name: 'UD1', ops: 'Gd,Ed', ...UNDEFINED },
  { enc: '0F FF /r', name: 'UD0', ops: 'Gd,Ed', ...UNDEFINED },
];
