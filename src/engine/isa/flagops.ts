/** Single flags: CLC STC CMC CLD STD CLI STI LAHF SAHF SALC. SDM Vol. 2A/2B, by name. */

import { FL_DF, FL_IF, FL_IOPL, FL_VM } from '../microcode/cpu.ts';
import { cli as cliExact, sti as stiExact } from '../microcode/flags.ts';
import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import { AF, CF, OF, PF, SF, ZF } from './flags.ts';
import type { Row } from './row.ts';

function clc(e: Emitter): void {
  e.setFlags(e.and(e.flagWord(), ~CF));
}

function stc(e: Emitter): void {
  e.setFlags(e.or(e.flagWord(), CF));
}

function cmc(e: Emitter): void {
  e.setFlags(e.xor(e.flagWord(), CF));
}

const eflags = (e: Emitter): Val => e.let(e.load('i32', 4, e.i32(0), L.EFLAGS));
const setEflags = (e: Emitter, value: Val): void => e.store(4, e.i32(0), value, L.EFLAGS);

function cld(e: Emitter): void {
  setEflags(e, e.and(eflags(e), ~FL_DF));
}

function std(e: Emitter): void {
  setEflags(e, e.or(eflags(e), FL_DF));
}

/** Leaves to the exact routine unless CPL <= IOPL outside virtual-8086 mode. */
function needIopl(e: Emitter, flags: Val): void {
  const rights = e.load('i32', 4, e.i32(0), L.segment(L.SS) + L.SEG_RIGHTS);
  // SS.DPL is CPL, and 0 in real mode.
  const cpl = e.and(e.shru(rights, 5), 3);
  const iopl = e.and(e.shru(flags, 12), FL_IOPL >> 12);
  e.if(e.or(e.and(flags, FL_VM), e.gtu(cpl, iopl)), () => e.fallback());
}

function cli(e: Emitter): void {
  const flags = eflags(e);
  needIopl(e, flags);
  setEflags(e, e.and(flags, ~FL_IF));
}

/** Ends a block behind the instruction where the exact routine, which it may leave to, must. */
export function onwards(e: Emitter): void {
  e.branch(e.i32(0));
}

/**
 * The shadow of STI matters only to what comes between it and the next instruction: an interrupt
 * that is pending, or whatever waits where the run stops. Elsewhere it opens the window and goes on.
 */
function sti(e: Emitter): void {
  const flags = eflags(e);
  needIopl(e, flags);
  e.if(e.eqz(e.and(flags, FL_IF)), () => {
    const pending = e.load('i32', 4, e.i32(0), L.INTR);
    e.if(e.or(pending, e.leu(e.repBudget(), 1)), () => e.fallback());
    setEflags(e, e.or(flags, FL_IF));
  });
  onwards(e);
}

function lahf(e: Emitter): void {
  e.write(L.RAX + 1, 1, e.or(e.and(e.flagWord(), SF | ZF | AF | PF | CF), 2));
}

function sahf(e: Emitter): void {
  const five = e.and(e.read(L.RAX + 1, 1), SF | ZF | AF | PF | CF);
  e.setFlags(e.or(e.and(e.flagWord(), OF), five));
}

/** AL := CF ? FFH : 0. Undocumented by Intel; AMD APM Vol. 3 table A-1 lists D6 as invalid in 64-bit mode. */
function salc(e: Emitter): void {
  e.write(L.RAX, 1, e.sub(e.i32(0), e.cf()));
}

export const flagops: readonly Row[] = [
  { enc: 'F8', name: 'CLC', ops: '', emit: clc, cite: 'SDM 2A CLC' },
  { enc: 'F9', name: 'STC', ops: '', emit: stc, cite: 'SDM 2B STC' },
  { enc: 'F5', name: 'CMC', ops: '', emit: cmc, cite: 'SDM 2A CMC' },
  { enc: 'FC', name: 'CLD', ops: '', emit: cld, cite: 'SDM 2A CLD' },
  { enc: 'FD', name: 'STD', ops: '', emit: std, cite: 'SDM 2B STD' },
  { enc: 'FA', name: 'CLI', ops: '', emit: cli, slow: cliExact, cite: 'SDM 2A CLI' },
  { enc: 'FB', name: 'STI', ops: '', emit: sti, slow: stiExact, ends: true, cite: 'SDM 2B STI' },
  { enc: '9F', name: 'LAHF', ops: '', emit: lahf, cite: 'SDM 2A LAHF' },
  { enc: '9E', name: 'SAHF', ops: '', emit: sahf, cite: 'SDM 2B SAHF' },
  { enc: 'D6', name: 'SALC', ops: '', emit: salc, only: 'legacy', cite: 'SDM 2D A.3, opcode D6' },
];
