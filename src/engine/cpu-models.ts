/**
 * What `--cpu` can name. A model lists features, and CPUID announces these and no others; rows of
 * other features are #UD, bits of CR4 and IA32_EFER that belong to them are reserved.
 *
 * x86-64-v3 is not here: it wants AVX, AVX2, FMA and F16C, of which there is none (docs/QUIRKS.md says
 * what they would take). `max` is everything that there is.
 */

import { type CpuModel, DEFAULT_CPU, type Feature } from './cpuid.ts';

const I486: readonly Feature[] = ['FPU', 'VME'];
const PENTIUM: readonly Feature[] = [...I486, 'DE', 'PSE', 'TSC', 'MSR', 'CX8', 'APIC'];
/** The psABI's baseline with what every processor that had it also had. */
const X86_64: readonly Feature[] = [
  ...PENTIUM,
  ...(['PAE', 'SEP', 'MTRR', 'PGE', 'CMOV', 'PAT', 'PSE-36', 'CLFSH', 'MMX', 'FXSR'] as const),
  ...(['SSE', 'SSE2', 'SYSCALL', 'NX', 'LM', 'TSC-Deadline', 'ARAT', 'Invariant TSC'] as const),
];
const ALL: readonly Feature[] = [
  ...DEFAULT_CPU.features,
  ...(['PCLMULQDQ', 'AESNI', 'SHA', 'XSAVE', 'XSAVEOPT', 'RDRAND', 'RDSEED', 'BMI1'] as const),
  ...(['BMI2', 'ADX', 'LZCNT', 'CLFLUSHOPT', 'UMIP', 'PREFETCHW', 'ERMS'] as const),
];

/** The rest of a model is the default's. */
const model = (name: string, features: readonly Feature[], more: Partial<CpuModel> = {}) => ({
  ...DEFAULT_CPU,
  name,
  features,
  ...more,
});

/**
 * Nondeterminism that KVM gives a guest without telling us: time stamps and random numbers. A guest
 * that asks CPUID leaves them alone; one that does not is found out by the next state hash.
 */
export const UNCONTROLLED: readonly Feature[] = [
  ...(['TSC', 'TSC-Deadline', 'RDTSCP', 'Invariant TSC', 'RDRAND', 'RDSEED'] as const),
];

/** What guests see under `--accel kvm`, and when what they did there is replayed. */
export const KVM_CPU: CpuModel = model(
  'kvm',
  DEFAULT_CPU.features.filter((feature) => !UNCONTROLLED.includes(feature)),
);

export const CPU_MODELS: readonly CpuModel[] = [
  model('486', I486, { family: 4, model: 8, stepping: 0, physicalAddressBits: 32 }),
  model('pentium', PENTIUM, { family: 5, model: 2, stepping: 12, physicalAddressBits: 32 }),
  model('x86-64', X86_64),
  DEFAULT_CPU,
  KVM_CPU,
  model('max', ALL),
];

/** A model by its name; `retrovisor` is what the default was called in recordings before it was v2. */
export function cpuModel(name: string): CpuModel | undefined {
  if (name === 'retrovisor' || name === '') return DEFAULT_CPU;
  return CPU_MODELS.find((m) => m.name === name);
}
