/** vCPUs in a state that tests start from: long mode, ring 0, identity-mapped, interrupts off. */

import { createVcpu, type VcpuOptions } from '../engine/create.ts';
import { gpa, icount } from '../engine/units.ts';
import type { Segment, Vcpu } from '../engine/vcpu/vcpu.ts';
import { assemble } from './assemble.ts';

export const CODE_AT = 0x100000;
export const STACK_TOP = 0x200000;
const MEMORY = 16 << 20;

const segment = (selector: number, rights: number): Segment => ({
  selector,
  base: 0n,
  limit: 0xffffffff,
  rights,
});

/** Writes 8 bytes of RAM. */
export function poke64(vcpu: Vcpu, at: number, value: bigint): void {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  vcpu.ram.poke(gpa(at), bytes);
}

export function peek64(vcpu: Vcpu, at: number): bigint {
  const bytes = vcpu.ram.peek(gpa(at), 8);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

/** 64-bit code at CODE_AT, 2 MiB pages over all RAM, RSP at STACK_TOP. */
export function longMode(
  code: string | Uint8Array,
  options: Omit<VcpuOptions, 'memoryBytes'> = {},
): Vcpu {
  const vcpu = createVcpu({ memoryBytes: MEMORY, ...options });
  vcpu.ram.poke(gpa(CODE_AT), typeof code === 'string' ? assemble(code) : code);
  poke64(vcpu, 0x1000, 0x2003n);
  poke64(vcpu, 0x2000, 0x3003n);
  for (let i = 0; i < MEMORY >> 21; i++) poke64(vcpu, 0x3000 + i * 8, BigInt(i << 21) | 0x83n);
  vcpu.setRegisters({
    cr0: 0x80050033n,
    cr3: 0x1000n,
    cr4: 0x620n,
    efer: 0xd01n,
    rip: BigInt(CODE_AT),
    rflags: 2n,
    segments: [0, 1, 2, 3, 4, 5].map((n) => (n === 1 ? segment(8, 0xa09b) : segment(16, 0xc093))),
    gpr: Array.from({ length: 16 }, (_, n) => (n === 4 ? BigInt(STACK_TOP) : 0n)),
  });
  return vcpu;
}

/** Real mode at 0000:7C00, as a boot sector is entered. */
export function realMode(code: string | Uint8Array): Vcpu {
  const vcpu = createVcpu({ memoryBytes: 1 << 20 });
  const bytes = typeof code === 'string' ? assemble(code, { bits: 16 }) : code;
  vcpu.ram.poke(gpa(0x7c00), bytes);
  const real = (selector: number, rights: number): Segment => ({
    selector,
    base: BigInt(selector * 16),
    limit: 0xffff,
    rights,
  });
  vcpu.setRegisters({
    rip: 0x7c00n,
    segments: [0, 1, 2, 3, 4, 5].map((n) => real(0, n === 1 ? 0x9b : 0x93)),
    gpr: Array.from({ length: 16 }, (_, n) => (n === 4 ? 0x7000n : 0n)),
  });
  return vcpu;
}

/** Runs to an icount, which must be reached. */
export function runTo(vcpu: Vcpu, at: number): void {
  const exit = vcpu.run(icount(at));
  if (exit.kind !== 'until' || vcpu.icount !== at) {
    throw new Error(`expected to reach icount ${at}, got ${exit.kind} at ${vcpu.icount}`);
  }
}
