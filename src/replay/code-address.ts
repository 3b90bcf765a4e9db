/** Where the next instruction is: RIP from CS's base, which is 0 in 64-bit mode (SDM Vol. 1 §3.4.2.1). */

import { type Gva, gva } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';

const CS = 1;
const EFER_LMA = 1n << 10n;
/** L in `Segment.rights`. */
const RIGHTS_L = 1 << 13;

export function codeAddress(vcpu: Vcpu): Gva {
  const { rip, efer, segments } = vcpu.registers();
  const { base, rights } = segments[CS]!;
  if ((efer & EFER_LMA) !== 0n && (rights & RIGHTS_L) !== 0) return gva(rip);
  return gva(BigInt.asUintN(32, base + rip));
}
