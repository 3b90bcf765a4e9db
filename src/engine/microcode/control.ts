/**
 * Control registers: MOV to and from CR0, CR2, CR3, CR4, CR8; LMSW, SMSW, CLTS; INVLPG, INVPCID.
 * SDM Vol. 2B "MOV—Move to/from Control Registers"; Vol. 3A §2.5, §4.10.4, §9.8.5.
 *
 * Quirk: with PAE paging the PDPTEs are read from memory at every walk and are not loaded at MOV
 * CR3, so reserved bits in them show as #PF at the access, not as #GP at the MOV.
 */

import type { Instruction } from '../decode/instruction.ts';
import * as L from '../vcpu/layout.ts';
import { retire } from './code-segment.ts';
import * as C from './cpu.ts';
import { type Cpu, canonical, GP, RIGHTS_L } from './cpu.ts';
import { Fault } from './microcode.ts';
import { storeWord } from './segment-move.ts';
import { requireCpl0, requireUmip, UD } from './tables.ts';

const CR0_BITS =
  C.CR0_PE |
  C.CR0_MP |
  C.CR0_EM |
  C.CR0_TS |
  C.CR0_NE |
  C.CR0_WP |
  C.CR0_AM |
  C.CR0_NW |
  C.CR0_CD |
  C.CR0_PG;
/** MAXPHYADDR is 40. */
const CR3_RESERVED = 0xffff_ff00_0000_0000n;
const CR3_NO_FLUSH = 1n << 63n;

const fault = (): Fault => new Fault(GP, 0);

/** Registers of MOV CR and MOV DR are 8 bytes in 64-bit mode, else 4, whatever the prefixes. */
export const registerBytes = (insn: Instruction): 4 | 8 => (insn.codeSize === 8 ? 8 : 4);

export function moveFromControl(cpu: Cpu, insn: Instruction): void {
  const value = readControl(cpu, insn.reg);
  cpu.setSized(L.GPR + insn.rm * 8, registerBytes(insn), value);
  retire(cpu, insn);
}

function readControl(cpu: Cpu, n: number): bigint {
  const at = [L.CR0, undefined, L.CR2, L.CR3, L.CR4][n];
  if (at === undefined && n !== 8) throw new Fault(UD);
  requireCpl0(cpu);
  if (at !== undefined) return cpu.state.u64(at);
  const entry = cpu.access.exit({ kind: 'cr8', dir: 'read', value: 0 });
  if (entry.kind !== 'value') throw new Error(`cr8: expected a value, got ${entry.kind}`);
  return BigInt(entry.value);
}

export function moveToControl(cpu: Cpu, insn: Instruction): void {
  const n = insn.reg;
  if (n !== 0 && n !== 2 && n !== 3 && n !== 4 && n !== 8) throw new Fault(UD);
  requireCpl0(cpu);
  const value = cpu.sized(L.GPR + insn.rm * 8, registerBytes(insn));
  switch (n) {
    case 0:
      writeCr0(cpu, value);
      break;
    case 2:
      cpu.state.setU64(L.CR2, value);
      break;
    case 3:
      writeCr3(cpu, value);
      break;
    case 4:
      writeCr4(cpu, value);
      break;
    default:
      if (value > 15n) throw fault();
      cpu.access.exit({ kind: 'cr8', dir: 'write', value: Number(value) });
  }
  retire(cpu, insn);
}

/** CR0, and with PG entry to and exit from IA-32e mode. SDM Vol. 3A §9.8.5. */
export function writeCr0(cpu: Cpu, value: bigint): void {
  const { state, efer, cr4, cr0: old } = cpu;
  const pg = (value & C.CR0_PG) !== 0n;
  const wasPaged = (old & C.CR0_PG) !== 0n;
  if (value >> 32n) throw fault();
  if (pg && !(value & C.CR0_PE)) throw fault();
  if (value & C.CR0_NW && !(value & C.CR0_CD)) throw fault();
  if (!pg && cr4 & C.CR4_PCIDE) throw fault();
  if (wasPaged && !pg && cpu.code64) throw fault();
  let newEfer = efer;
  if (pg && !wasPaged && efer & C.EFER_LME) {
    const tss16 = (cpu.rights(L.TR) & 0x1d) === 1;
    if (!(cr4 & C.CR4_PAE) || cpu.rights(L.CS) & RIGHTS_L || tss16) throw fault();
    newEfer |= C.EFER_LMA;
  } else if (!pg) newEfer &= ~C.EFER_LMA;
  const now = (value & CR0_BITS) | C.CR0_ET;
  state.setU64(L.CR0, now);
  state.setU64(L.EFER, newEfer);
  if ((old ^ now) & (C.CR0_PG | C.CR0_PE | C.CR0_WP)) cpu.access.flushTlb('all');
  cpu.access.modeChanged();
}

function writeCr3(cpu: Cpu, value: bigint): void {
  const pcids = (cpu.cr4 & C.CR4_PCIDE) !== 0n;
  const keep = pcids && (value & CR3_NO_FLUSH) !== 0n;
  const to = pcids ? value & ~CR3_NO_FLUSH : value;
  if (to & CR3_RESERVED) throw fault();
  cpu.state.setU64(L.CR3, to);
  if (keep) cpu.access.flushTlb('none');
  else cpu.access.flushTlb('nonglobal', 0n, pcids ? Number(to & 0xfffn) : 0);
}

function writeCr4(cpu: Cpu, value: bigint): void {
  const old = cpu.cr4;
  if (value & ~cpu.state.u64(L.CR4_ALLOWED)) throw fault();
  if (cpu.longMode && !(value & C.CR4_PAE)) throw fault();
  if (value & ~old & C.CR4_PCIDE) {
    if (!cpu.longMode || cpu.state.u64(L.CR3) & 0xfffn) throw fault();
  }
  cpu.state.setU64(L.CR4, value);
  const paging = C.CR4_PSE | C.CR4_PAE | C.CR4_PGE | C.CR4_PCIDE | C.CR4_SMEP | C.CR4_SMAP;
  if ((old ^ value) & paging) cpu.access.flushTlb('all');
  cpu.access.modeChanged();
}

export function storeMachineStatus(cpu: Cpu, insn: Instruction): void {
  requireUmip(cpu);
  if (insn.form === 'reg') cpu.setSized(insn.regs[0], insn.size, cpu.cr0);
  else storeWord(cpu, insn, Number(cpu.cr0 & 0xffffn));
}

/** LMSW: PE, MP, EM and TS; PE cannot be cleared. */
export function loadMachineStatus(cpu: Cpu, insn: Instruction): void {
  requireCpl0(cpu);
  const value = cpu.readRm(insn, 0, 2) & 0xfn;
  writeCr0(cpu, (cpu.cr0 & ~0xen) | value);
  retire(cpu, insn);
}

export function clearTaskSwitched(cpu: Cpu, insn: Instruction): void {
  requireCpl0(cpu);
  cpu.state.setU64(L.CR0, cpu.cr0 & ~C.CR0_TS);
  cpu.access.modeChanged();
  retire(cpu, insn);
}

/** INVLPG checks no limit; an address that is not canonical names no page. */
export function invalidatePage(cpu: Cpu, insn: Instruction): void {
  requireCpl0(cpu);
  const offset = cpu.effective(insn);
  if (cpu.code64) {
    const seg = insn.segment === L.FS || insn.segment === L.GS;
    const at = BigInt.asUintN(64, offset + (seg ? cpu.base(insn.segment) : 0n));
    if (canonical(at)) cpu.access.flushTlb('page', at);
  } else {
    cpu.access.flushTlb('page', (cpu.base(insn.segment) + offset) & 0xffffffffn);
  }
  retire(cpu, insn);
}

/** INVPCID r, m128: SDM Vol. 2A. Type 3 may flush more than it must, so globals go too. */
export function invalidatePcid(cpu: Cpu, insn: Instruction): void {
  if (cpu.v86) throw fault();
  requireCpl0(cpu);
  const type = cpu.sized(insn.regs[0], registerBytes(insn));
  const low = cpu.readOperand(insn, 8);
  const at = cpu.readOperand(insn, 8, 8n);
  if (type > 3n || low >> 12n) throw fault();
  const pcid = Number(low);
  if (type < 2n && pcid !== 0 && !(cpu.cr4 & C.CR4_PCIDE)) throw fault();
  if (type === 0n) {
    if (!canonical(at)) throw fault();
    cpu.access.flushTlb('page', at, pcid);
  } else if (type === 1n) cpu.access.flushTlb('nonglobal', 0n, pcid);
  else cpu.access.flushTlb('all');
  retire(cpu, insn);
}
