/**
 * MASKMOVQ and MASKMOVDQU: stores the bytes whose mask byte has its top bit set at DS:rDI, another
 * segment by prefix. SDM Vol. 2A, by name. With an empty mask no memory is touched.
 */

import type { Instruction } from '../decode/instruction.ts';
import { MF } from '../isa/emitter.ts';
import * as L from '../vcpu/layout.ts';
import type { Cpu } from './cpu.ts';
import { Fault, type Microcode } from './microcode.ts';

const FSW_ES = 0x80;
const FSW_TOP = 0x3800;

export const maskedStore =
  (width: 8 | 16): Microcode =>
  (cpu: Cpu, insn: Instruction): void => {
    const s = cpu.state;
    if (width === 8 && s.u16(L.FSW) & FSW_ES) throw new Fault(MF);
    const [data, mask] = insn.regs;
    const bits = insn.addressSize * 8;
    const base = BigInt.asUintN(bits, cpu.gpr(7));
    const targets: { gva: bigint; value: bigint }[] = [];
    for (let i = 0; i < width; i++) {
      if ((s.u8(mask + i) & 0x80) === 0) continue;
      const offset = BigInt.asUintN(bits, base + BigInt(i));
      const gva = cpu.linear(insn.segment, offset, 1, true);
      cpu.access.probeWrite(gva, 1, 'program');
      targets.push({ gva, value: BigInt(s.u8(data + i)) });
    }
    for (const { gva, value } of targets) cpu.access.write(gva, 1, value, 'program');
    if (width === 8) {
      s.setU16(L.FSW, s.u16(L.FSW) & ~FSW_TOP);
      s.setU16(L.FTW, 0);
    }
  };
