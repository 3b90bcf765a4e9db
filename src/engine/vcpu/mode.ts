/** What generated code needs to know of the mode, derived from CR0, CR4, EFER, CS, SS, CPL and AC. */

import { type Mode, modeKey } from '../decode/mode.ts';
import {
  type Cpu,
  CR0_AM,
  CR0_EM,
  CR0_TS,
  CR4_OSFXSR,
  FL_AC,
  RIGHTS_CODE,
  RIGHTS_DB,
  RIGHTS_EXPAND_DOWN,
  RIGHTS_P,
  RIGHTS_RW,
} from '../microcode/cpu.ts';
import * as L from './layout.ts';

const EM = Number(CR0_EM);
const TS = Number(CR0_TS);
const AM = Number(CR0_AM);
const OSFXSR = Number(CR4_OSFXSR);

/** The mode that instructions are decoded for now. */
export function currentMode(cpu: Cpu): Mode {
  const code64 = cpu.code64;
  // The bits of CR0 and CR4 that count lie in their low halves, which are numbers.
  const cr0 = cpu.state.u32(L.CR0);
  return {
    codeSize: code64 ? 8 : cpu.rights(L.CS) & RIGHTS_DB ? 4 : 2,
    stackSize: code64 ? 8 : cpu.rights(L.SS) & RIGHTS_DB ? 4 : 2,
    flat: !code64 && isFlat(cpu),
    em: (cr0 & EM) !== 0,
    ts: (cr0 & TS) !== 0,
    osfxsr: (cpu.state.u32(L.CR4) & OSFXSR) !== 0,
  };
}

/** Writes MODE_KEY, TLB_BASE, CLASS, USER, ALIGN, RIP_MASK and CODE_BASE. */
export function deriveMode(cpu: Cpu): void {
  const s = cpu.state;
  const mode = currentMode(cpu);
  const user = cpu.cpl === 3;
  const ac = (s.u32(L.EFLAGS) & FL_AC) !== 0;
  const align = user && ac && (s.u32(L.CR0) & AM) !== 0;
  const cls = user ? L.CLASS_USER : ac ? L.CLASS_KERNEL_AC : L.CLASS_KERNEL;
  s.setU32(L.MODE_KEY, modeKey(mode));
  s.setU32(L.USER, user ? 1 : 0);
  s.setU32(L.CLASS, cls);
  s.setU32(L.ALIGN, align ? 1 : 0);
  s.setU32(L.TLB_BASE, align ? L.TLB_NEVER : L.TLB + cls * L.TLB_CLASS_BYTES);
  const mask = mode.codeSize === 8 ? 0xffff_ffff_ffff_ffffn : 0xffff_ffffn;
  s.setU64(L.RIP_MASK, mask);
  s.setU64(L.CODE_BASE, mode.codeSize === 8 ? 0n : cpu.base(L.CS));
}

/** Base 0, limit 4 GiB and the ordinary rights: no access through these segments can fail. */
function isFlat(cpu: Cpu): boolean {
  if (!cpu.protectedMode || cpu.v86) return false;
  const whole = (seg: number): boolean => cpu.base(seg) === 0n && cpu.limit(seg) === 0xffffffff;
  const data = (seg: number): boolean => {
    const rights = cpu.rights(seg);
    const ordinary = RIGHTS_P | RIGHTS_RW;
    return whole(seg) && (rights & (ordinary | RIGHTS_CODE | RIGHTS_EXPAND_DOWN)) === ordinary;
  };
  return (
    whole(L.CS) && data(L.DS) && data(L.ES) && data(L.SS) && (cpu.rights(L.SS) & RIGHTS_DB) !== 0
  );
}
