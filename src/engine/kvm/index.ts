/** What the rest of Retrovisor sees of the KVM backend; to be imported when it is asked for. */

export { KVM_CPU } from '../cpu-models.ts';
export { KvmError } from './errors.ts';
export { KvmVcpu, type KvmVcpuOptions, TICKS_PER_EXIT } from './kvm-vcpu.ts';
export { type SeenCpuid, seenCpuid } from './seen-cpuid.ts';
export { type Where, whereIs } from './where.ts';
