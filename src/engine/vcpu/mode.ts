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

/** The mode that instructions are decoded for now. */
export function currentMode(cpu: Cpu): Mode {
  const code64 = cpu.code64;
  const cr0 = cpu.cr0;
  return {
    codeSize: code64 ? 8 : cpu.rights(L.CS) & RIGHTS_DB ? 4 : 2,
    stackSize: code64 ? 8 : cpu.rights(L.SS) & RIGHTS_DB ? 4 : 2,
    flat: !code64 && isFlat(cpu),
    em: (cr0 & CR0_EM) !== 0n,
    ts: (cr0 & CR0_TS) !== 0n,
    osfxsr: (cpu.cr4 & CR4_OSFXSR) !== 0n,
  };
}

/** Writes MODE_KEY, TLB_BASE, CLASS, USER, ALIGN, RIP_MASK and CODE_BASE. */
export function deriveMode(cpu: Cpu): void {
  const s = cpu.state;
  const mode = currentMode(cpu);
  const user = cpu.cpl === 3;
  const ac = (s.u32(L.EFLAGS) & FL_AC) !== 0;
  const align = user && ac && (cpu.cr0 & CR0_AM) !== 0n;
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
