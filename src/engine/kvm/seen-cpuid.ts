/**
 * What CPUID shows a guest under this KVM. KVM_SET_CPUID2 ought to decide it, but a KVM that runs
 * guest code without the processor's help (PVM) adds what it cannot hide. So a guest is asked, leaf
 * by leaf, and whoever follows another guest answers the same.
 */

import { KVM_CPU, UNCONTROLLED } from '../cpu-models.ts';
import { type CpuidRegisters, cpuid, FEATURES, type Feature } from '../cpuid.ts';
import type { CpuidExit, Entry } from '../exit.ts';
import { type Gpa, icount } from '../units.ts';
import { SUBLEAVES } from './cpuid-table.ts';
import { KvmVcpu } from './kvm-vcpu.ts';

const CPUID_HLT = new Uint8Array([0x0f, 0xa2, 0xf4]);
const CODE = 0x1000;
const LEAVES: readonly number[] = [
  ...Array.from({ length: 0x17 }, (_, n) => n),
  ...Array.from({ length: 9 }, (_, n) => 0x8000_0000 + n),
];

export interface SeenCpuid {
  answer(exit: CpuidExit): Entry;
  /** Features that this KVM announces though the model has none of them, and that go unrecorded. */
  readonly uncontrolled: readonly Feature[];
}

export async function seenCpuid(): Promise<SeenCpuid> {
  const vcpu = await KvmVcpu.create({ memoryBytes: 1 << 20, kickMs: 1000 });
  try {
    const seen = new Map<string, CpuidRegisters>();
    vcpu.ram.poke(CODE as Gpa, CPUID_HLT);
    for (const leaf of LEAVES) {
      for (let subleaf = 0; subleaf < (SUBLEAVES.get(leaf) ?? 1); subleaf++) {
        seen.set(`${leaf} ${subleaf}`, ask(vcpu, leaf, subleaf));
      }
    }
    return answering(seen);
  } finally {
    vcpu.close();
  }
}

function ask(vcpu: KvmVcpu, leaf: number, subleaf: number): CpuidRegisters {
  const { gpr, segments } = vcpu.registers();
  const flat = { selector: 0, base: 0n, limit: 0xffff, rights: 0x9b };
  vcpu.setRegisters({
    rip: BigInt(CODE),
    segments: segments.map((segment, n) => (n === 1 ? flat : segment)),
    gpr: gpr.map((_, n) => (n === 0 ? BigInt(leaf) : n === 1 ? BigInt(subleaf) : 0n)),
  });
  for (;;) {
    const exit = vcpu.run(icount(Number.MAX_SAFE_INTEGER));
    if (exit.kind === 'hlt') break;
    if (!vcpu.interrupted) throw new Error(`kvm: CPUID ended in ${exit.kind}`);
  }
  const after = vcpu.registers().gpr;
  vcpu.enter({ kind: 'skip', ticks: 0 });
  vcpu.wake();
  return [0, 3, 1, 2].map((n) =>
    Number(BigInt.asUintN(32, after[n]!)),
  ) as unknown as CpuidRegisters;
}

function answering(seen: ReadonlyMap<string, CpuidRegisters>): SeenCpuid {
  const dynamic = { apicEnabled: true, osxsave: false };
  const lookUp = (leaf: number, subleaf: number): CpuidRegisters =>
    seen.get(`${leaf} ${SUBLEAVES.has(leaf) ? subleaf : 0}`) ??
    cpuid(KVM_CPU, leaf, subleaf, dynamic);
  const has = (feature: Feature): boolean => {
    const [leaf, register, bit] = FEATURES[feature];
    const index = ['eax', 'ebx', 'ecx', 'edx'].indexOf(register);
    return ((lookUp(leaf, 0)[index]! >>> bit) & 1) === 1;
  };
  return {
    answer: ({ leaf, subleaf }) => ({
      kind: 'cpuid',
      regs: lookUp(leaf >>> 0, subleaf >>> 0),
    }),
    uncontrolled: UNCONTROLLED.filter(has),
  };
}
