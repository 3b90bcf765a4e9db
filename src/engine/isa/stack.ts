/**
 * The stack: PUSH and POP (but for segment registers) PUSHA POPA PUSHF POPF ENTER LEAVE. SDM Vol. 2A/2B,
 * by name.
 */

import {
  FL_AC,
  FL_DF,
  FL_ID,
  FL_IF,
  FL_IOPL,
  FL_NT,
  FL_RF,
  FL_TF,
  FL_VIF,
  FL_VIP,
  FL_VM,
} from '../microcode/cpu.ts';
import { popfExact, pushfExact } from '../microcode/flags.ts';
import { enterFrame, popOperand } from '../microcode/frame.ts';
import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import { onwards } from './flagops.ts';
import { ARITHMETIC } from './flags.ts';
import type { Row } from './row.ts';

function push(e: Emitter): void {
  e.push(e.value(0), e.size);
}

/** POP rSP ends with the value popped: the register is written after rSP has moved. */
function pop(e: Emitter): void {
  const value = e.top(e.size);
  e.drop(e.size);
  e.assign(0, value);
}

const PUSHA_ORDER = [L.RAX, L.RCX, L.RDX, L.RBX, L.RSP, L.RBP, L.RSI, L.RDI];

/** Stores may have happened when one faults; rSP has not moved, and running again repeats them. */
function pusha(e: Emitter): void {
  const { size } = e;
  PUSHA_ORDER.forEach((register, i) => {
    const at = e.stack(-size * (i + 1));
    e.storeAt(e.linearOf(L.SS, at, size, true), size, e.read(register, size));
  });
  e.setStack(e.stack(-size * PUSHA_ORDER.length));
}

/** The image of rSP is skipped. */
function popa(e: Emitter): void {
  const { size } = e;
  const wanted = [...PUSHA_ORDER].reverse().map((register, i) => ({ register, i }));
  const loaded = wanted
    .filter(({ register }) => register !== L.RSP)
    .map(({ register, i }) => {
      const at = e.stack(size * i);
      return { register, value: e.loadAt(e.linearOf(L.SS, at, size, false), size) };
    });
  e.drop(size * PUSHA_ORDER.length);
  for (const { register, value } of loaded) e.write(register, size, value);
}

function leave(e: Emitter): void {
  const { stackSize } = e.variant;
  const frame = e.let(e.extu(e.read(L.RBP, stackSize)));
  const value = e.loadAt(e.linearOf(L.SS, frame, e.size, false), e.size);
  e.setStack(e.add(frame, e.size));
  e.write(L.RBP, e.size, value);
}

const eflags = (e: Emitter): Val => e.let(e.load('i32', 4, e.i32(0), L.EFLAGS));

/** VM and RF are pushed as zero. Virtual-8086 mode has rules of its own. */
function pushf(e: Emitter): void {
  const flags = eflags(e);
  e.if(e.and(flags, FL_VM), () => e.fallback());
  const image = e.let(e.and(e.or(flags, e.flagWord()), ~(FL_VM | FL_RF)));
  e.push(e.size === 8 ? e.extu(image) : image, e.size);
}

/** What POPF can change that somebody must look at: permission, traps, the interrupt window. */
const SYSTEM = FL_TF | FL_IF | FL_IOPL | FL_NT;
const SYSTEM32 = FL_AC | FL_ID;

/** Where only the arithmetic flags and DF change there is nothing to check. */
function popf(e: Emitter): void {
  const flags = eflags(e);
  const image = e.let(e.wrap(e.top(e.size)));
  const watched = e.size === 2 ? SYSTEM : SYSTEM | SYSTEM32;
  const changes = e.and(e.xor(image, flags), watched);
  const special = e.and(flags, FL_VM | FL_RF | FL_TF | FL_VIF | FL_VIP);
  e.if(e.or(changes, special), () => e.fallback());
  e.drop(e.size);
  const kept = e.or(e.and(flags, ~FL_DF), e.and(image, FL_DF));
  e.store(4, e.i32(0), kept, L.EFLAGS);
  e.setFlags(e.and(image, ARITHMETIC));
  onwards(e);
}

const PUSH = { name: 'PUSH', emit: push, size: 'd64', stack: true, cite: 'SDM 2B PUSH' } as const;
const POP = { name: 'POP', size: 'd64', stack: true, cite: 'SDM 2B POP' } as const;

export const stack: readonly Row[] = [
  { enc: '50+r', ops: 'Zv', ...PUSH },
  { enc: 'FF /6', ops: 'Ev', ...PUSH },
  { enc: '68 iz', ops: 'Iz', ...PUSH },
  { enc: '6A ib', ops: 'Ibs', ...PUSH },
  { enc: '58+r', ops: 'Zv', emit: pop, ...POP },
  { enc: '8F /0', ops: 'Ev', microcode: popOperand, ends: false, ...POP },
  {
    enc: '60',
    name: 'PUSHA',
    ops: '',
    emit: pusha,
    only: 'legacy',
    cite: 'SDM 2B PUSHA/PUSHAD',
  },
  { enc: '61', name: 'POPA', ops: '', emit: popa, only: 'legacy', cite: 'SDM 2B POPA/POPAD' },
  {
    enc: '9C',
    name: 'PUSHF',
    ops: '',
    emit: pushf,
    slow: pushfExact,
    size: 'd64',
    stack: true,
    cite: 'SDM 2B PUSHF/PUSHFD/PUSHFQ',
  },
  {
    enc: '9D',
    name: 'POPF',
    ops: '',
    emit: popf,
    slow: popfExact,
    size: 'd64',
    stack: true,
    ends: true,
    cite: 'SDM 2B POPF/POPFD/POPFQ',
  },
  {
    enc: 'C8 iw ib',
    name: 'ENTER',
    ops: 'Iw,Ib',
    microcode: enterFrame,
    ends: false,
    size: 'd64',
    stack: true,
    cite: 'SDM 2A ENTER',
  },
  {
    enc: 'C9',
    name: 'LEAVE',
    ops: '',
    emit: leave,
    size: 'd64',
    stack: true,
    cite: 'SDM 2A LEAVE',
  },
];
