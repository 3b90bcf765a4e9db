/**
 * The x87 instructions D8..DF and FWAIT: checks for pending exceptions, memory operands, and the way
 * to engine/float/x87. SDM Vol. 1 chapter 8.
 */

import type { Instruction } from '../decode/instruction.ts';
import { executeX87, isWaiting, type X87Environment } from '../float/x87/execute.ts';
import { createX87State, hasPendingException } from '../float/x87/state.ts';
import { MF, NM, UD } from '../isa/emitter.ts';
import * as L from '../vcpu/layout.ts';
import { probeBlock, readBlock, writeBlock } from './block.ts';
import { type Cpu, CR0_MP, CR0_TS } from './cpu.ts';
import { Fault, type Microcode } from './microcode.ts';
import { loadX87, storeX87 } from './x87-state.ts';

function environment(cpu: Cpu, insn: Instruction): X87Environment {
  return {
    read(size) {
      if (size === 2 || size === 4 || size === 8) return cpu.readOperand(insn, size);
      cpu.operandAddress(insn, size, false);
      return cpu.readOperand(insn, 8) | (cpu.readOperand(insn, 2, 8n) << 64n);
    },
    write(value, size) {
      if (size === 2 || size === 4 || size === 8) {
        cpu.writeOperand(insn, size, value);
        return;
      }
      probeBlock(cpu, insn, size);
      cpu.writeOperand(insn, 8, BigInt.asUintN(64, value));
      cpu.writeOperand(insn, 2, BigInt.asUintN(16, value >> 64n), 8n);
    },
    readBlock: (size) => readBlock(cpu, insn, size),
    writeBlock(bytes) {
      probeBlock(cpu, insn, bytes.length);
      writeBlock(cpu, insn, bytes);
    },
    get eflags() {
      return cpu.access.flagWord();
    },
    set eflags(word) {
      cpu.access.setFlagWord(word);
    },
    setAx: (value) => cpu.setSized(L.RAX, 2, BigInt(value)),
  };
}

/** Bytes stored by opcode and ModRM.reg: FST, FSTP, FIST, FISTP, FISTTP, FBSTP. */
const STORES: Readonly<Record<number, Readonly<Record<number, number>>>> = {
  217: { 2: 4, 3: 4 },
  219: { 1: 4, 2: 4, 3: 4, 7: 10 },
  221: { 1: 8, 2: 8, 3: 8 },
  223: { 1: 2, 2: 2, 3: 2, 6: 10, 7: 8 },
};

/** An opcode that does not exist is #UD even while an exception is pending. */
function exists(insn: Instruction): boolean {
  const { opcode, modrm } = insn;
  const nowhere = { ip: 0n, cs: 0, dp: 0n, ds: 0, format: { wide: true, real: false } };
  return executeX87(
    createX87State(),
    { opcode, modrm, ...nowhere },
    {
      read: () => 0n,
      write: () => {},
      readBlock: (size) => new Uint8Array(size),
      writeBlock: () => {},
      eflags: 0,
      setAx: () => {},
    },
  );
}

/**
 * A waiting instruction takes a pending exception first. With CR0.NE clear a PC would signal IRQ 13
 * instead of #MF; that wiring (SDM Vol. 1 §8.7.2, "MS-DOS compatibility") is not modelled.
 */
export const x87: Microcode = (cpu, insn) => {
  const state = loadX87(cpu.state);
  if (isWaiting(insn.opcode, insn.modrm) && hasPendingException(state)) {
    throw new Fault(exists(insn) ? MF : UD);
  }
  const memory = insn.form !== 'reg';
  // A store that an unmasked exception keeps from happening must still be possible.
  const stored = memory ? STORES[insn.opcode]?.[(insn.modrm >> 3) & 7] : undefined;
  if (stored) probeBlock(cpu, insn, stored);
  const known = executeX87(
    state,
    {
      opcode: insn.opcode,
      modrm: insn.modrm,
      ip: cpu.rip,
      cs: cpu.selector(L.CS),
      dp: memory ? cpu.effective(insn) : 0n,
      ds: memory ? cpu.selector(insn.segment) : 0,
      format: { wide: insn.size !== 2, real: cpu.realOrV86 },
    },
    environment(cpu, insn),
  );
  if (!known) throw new Fault(UD);
  storeX87(cpu.state, state);
};

/** WAIT heeds CR0.TS only if CR0.MP asks it to. SDM Vol. 3A §2.5. */
export const fwait: Microcode = (cpu) => {
  const both = CR0_MP | CR0_TS;
  if ((cpu.cr0 & both) === both) throw new Fault(NM);
  if (hasPendingException(loadX87(cpu.state))) throw new Fault(MF);
};
