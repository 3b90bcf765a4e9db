/**
 * Guests for KVM: 16-bit, 32-bit without paging, and 64-bit. `kvm` says whether there is one; every
 * test here is skipped, loudly, where there is not.
 */

import { KVM_CPU } from '../../src/engine/cpu-models.ts';
import { createVcpu } from '../../src/engine/create.ts';
import type { Entry, VmExit } from '../../src/engine/exit.ts';
import { KvmVcpu, type KvmVcpuOptions } from '../../src/engine/kvm/kvm-vcpu.ts';
import { KvmSystem } from '../../src/engine/kvm/system.ts';
import { gpa, icount } from '../../src/engine/units.ts';
import type { Segment, Vcpu } from '../../src/engine/vcpu/vcpu.ts';
import { assemble } from '../../src/testing/assemble.ts';

export const MEMORY = 4 << 20;
export const CODE_AT = 0x10000;
export const STACK_TOP = 0x9000;
export const FAR = icount(Number.MAX_SAFE_INTEGER);

/** Why there is no KVM, or undefined if there is one. */
export const kvmMissing: string | undefined = await KvmSystem.open().then(
  (system) => {
    system.close();
    return undefined;
  },
  (error: Error) => error.message,
);
if (kvmMissing !== undefined) console.warn(`tests/kvm: SKIPPED: ${kvmMissing}`);

export type Bits = 16 | 32 | 64;

const open: KvmVcpu[] = [];

/** A vCPU with this code in front of it; `closeAll` ends it. */
export async function guest(
  bits: Bits,
  code: string,
  options: Partial<KvmVcpuOptions> = {},
): Promise<KvmVcpu> {
  // No kicks unless a test is about them: a busy host would be a surprise to it.
  const vcpu = await KvmVcpu.create({ memoryBytes: MEMORY, kickMs: 60_000, ...options });
  open.push(vcpu);
  prepare(vcpu, bits, code);
  return vcpu;
}

export function closeAll(): void {
  for (const vcpu of open.splice(0)) vcpu.close();
}

const segment = (selector: number, rights: number, limit = 0xffffffff, base = 0n): Segment => ({
  selector,
  base,
  limit,
  rights,
});
const eachSegment = (code: Segment, data: Segment): Segment[] =>
  [0, 1, 2, 3, 4, 5].map((n) => (n === 1 ? code : data));

/** The same for every backend: code at CODE_AT, stack below STACK_TOP, interrupts off. */
export function prepare(vcpu: Vcpu, bits: Bits, code: string): void {
  vcpu.ram.poke(gpa(CODE_AT), assemble(code, { bits }));
  const gpr = Array.from({ length: 16 }, (_, n) => (n === 4 ? BigInt(STACK_TOP) : 0n));
  // GDT: null, 64-bit code, 32-bit code, data. For guests that load segments or take interrupts.
  const gdt = new BigUint64Array([0n, 0xaf9b000000ffffn, 0xcf9b000000ffffn, 0xcf93000000ffffn]);
  vcpu.ram.poke(gpa(0x800), new Uint8Array(gdt.buffer));
  const gdtr = { base: 0x800n, limit: 31 };
  const idtr = { base: 0xa00n, limit: 0x5ff };
  const tr = segment(0, 0x8b, 0x67);
  const common = { gpr, rflags: 2n, ldtr: segment(0, 0x82, 0xffff), tr };
  if (bits === 16) {
    const data = segment(0, 0x93, 0xffff);
    const base = BigInt(CODE_AT);
    const segments = eachSegment(segment(CODE_AT >> 4, 0x9b, 0xffff, base), data);
    vcpu.setRegisters({ ...common, rip: 0n, segments, idtr: { base: 0n, limit: 0x3ff } });
    return;
  }
  const rip = BigInt(CODE_AT);
  const data = segment(24, 0xc093);
  if (bits === 32) {
    const segments = eachSegment(segment(16, 0xc09b), data);
    vcpu.setRegisters({ ...common, rip, segments, gdtr, idtr, cr0: 0x11n });
    return;
  }
  // PML4 at 0x1000, PDPT at 0x2000: the first gigabyte and the one of the local APIC, 2 MiB pages.
  const table = (at: number, entries: readonly (readonly [number, bigint])[]) => {
    for (const [n, value] of entries) {
      vcpu.ram.poke(gpa(at + n * 8), new Uint8Array(new BigUint64Array([value]).buffer));
    }
  };
  table(0x1000, [[0, 0x2003n]]);
  table(0x2000, [
    [0, 0x3003n],
    [3, 0x4003n],
  ]);
  table(
    0x3000,
    Array.from({ length: 16 }, (_, n) => [n, BigInt(n << 21) | 0x83n] as const),
  );
  table(0x4000, [[0x1f7, 0xfee00083n]]);
  const segments = eachSegment(segment(8, 0xa09b), data);
  const long = { cr0: 0x80010011n, cr3: 0x1000n, cr4: 0x620n, efer: 0x500n };
  vcpu.setRegisters({ ...common, rip, segments, gdtr, idtr, ...long });
}

/** How a test answers: input is 0x41 in every byte, MSRs are the vCPU's own. */
export function reply(exit: VmExit): Entry {
  switch (exit.kind) {
    case 'pio':
      return exit.dir === 'in' ? { kind: 'value', value: 0x41414141 } : { kind: 'none' };
    case 'mmio':
      return exit.dir === 'read' ? { kind: 'wide', value: 0x1122334455667788n } : { kind: 'none' };
    case 'hlt':
      return { kind: 'skip', ticks: 5 };
    case 'rdmsr':
      return { kind: 'fault' };
    case 'wrmsr':
      return { kind: 'default' };
    case 'cpuid':
      return { kind: 'cpuid', regs: [1, 2, 3, 4] };
    default:
      return { kind: 'none' };
  }
}

/** Runs to `until`, answering everything; what came, with the icount at which it did. */
export function runAll(vcpu: Vcpu, until = icount(10_000)): [exit: VmExit, icount: number][] {
  const seen: [VmExit, number][] = [];
  for (let n = 0; n < 1000; n++) {
    const exit = vcpu.run(until);
    if (exit.kind === 'until' && vcpu.interrupted) continue;
    seen.push([{ ...exit }, vcpu.icount]);
    if (exit.kind === 'until' || exit.kind === 'shutdown') return seen;
    vcpu.enter(reply(exit));
  }
  throw new Error('the guest does not end');
}

/** A vCPU of ours in front of the same code. */
export function softGuest(bits: Bits, code: string): Vcpu {
  const vcpu = createVcpu({ memoryBytes: MEMORY, cpu: KVM_CPU });
  prepare(vcpu, bits, code);
  return vcpu;
}

/** What this KVM does not do: the error it ends with, or undefined if it does. For skip messages. */
export async function refusal(bits: Bits, code: string): Promise<string | undefined> {
  if (kvmMissing !== undefined) return kvmMissing;
  const vcpu = await KvmVcpu.create({ memoryBytes: MEMORY });
  try {
    prepare(vcpu, bits, code);
    const end = runAll(vcpu).at(-1)?.[0].kind;
    return end === 'until' || end === 'shutdown' ? undefined : `the guest ended in ${end}`;
  } catch (error) {
    return (error as Error).message;
  } finally {
    vcpu.close();
  }
}
