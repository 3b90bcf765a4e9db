/**
 * `--accel kvm`: the vCPU that the processor runs, and what recording it takes. The KVM backend is
 * loaded when it is asked for, and so is the library that it needs.
 */

import type { MachineTap } from '../engine/tap.ts';
import { gva, type Icount, icount } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { Follower, Leader } from '../replay/follower.ts';
import { FailureError, UsageError } from './errors.ts';
import { hex } from './format.ts';
import type { GuestPlan } from './live-guest.ts';

const PAGE = 4096;
/** Exits between two comparisons of KVM's state with ours, each a state hash of the recording. */
const COMPARE_EVERY = 1000;

/** A vCPU under KVM. Where there is none, the message says why and what to do. */
export async function createKvmVcpu(memoryBytes: number): Promise<Vcpu> {
  const { KvmVcpu } = await import('../engine/kvm/index.ts');
  return await KvmVcpu.create({ memoryBytes }).catch(asUsage);
}

function asUsage(error: unknown): never {
  if (error instanceof Error && error.name === 'KvmError') throw new UsageError(error.message);
  throw error;
}

/** "0x1000 -> gpa 0x1000 -> slot 0 + 0x1000 -> hva 0x7f… -> hpa 0x1d…", as far as it goes. */
export async function whereText(vcpu: Vcpu, at: number): Promise<string> {
  const { KvmVcpu, whereIs } = await import('../engine/kvm/index.ts');
  if (!(vcpu instanceof KvmVcpu)) throw new Error('a KVM vCPU without KVM');
  const { gpa, slot, hva, hpa } = whereIs(vcpu.vm, gva(BigInt(at)));
  if (gpa === undefined) return `${hex(at)} -> nothing: no page of the guest is there`;
  if (!slot || hva === undefined) return `${hex(at)} -> gpa ${hex(gpa)} -> no slot: MMIO`;
  const last = hpa === undefined ? 'hpa unknown (not touched yet, or not root)' : `hpa ${hex(hpa)}`;
  const offset = hex(gpa - slot.start);
  return `${hex(at)} -> gpa ${hex(gpa)} -> slot ${slot.slot} + ${offset} -> hva ${hex(hva)} -> ${last}`;
}

/** "12 of 4096 pages written: 0x0-0xfff, 0x7000-0x9fff": what the guest has written to. */
export async function dirtyText(vcpu: Vcpu): Promise<string> {
  const { KvmVcpu } = await import('../engine/kvm/index.ts');
  if (!(vcpu instanceof KvmVcpu)) throw new Error('a KVM vCPU without KVM');
  const pages = vcpu.dirtyPages();
  const ranges: { first: number; last: number }[] = [];
  for (const page of pages) {
    const before = ranges.at(-1);
    if (before?.last === page - 1) before.last = page;
    else ranges.push({ first: page, last: page });
  }
  const total = vcpu.ram.size / PAGE;
  const where = ranges.map(
    ({ first, last }) => `${hex(first * PAGE)}-${hex((last + 1) * PAGE - 1)}`,
  );
  return `${pages.length} of ${total} pages written${where.length > 0 ? `: ${where.join(', ')}` : ''}`;
}

/** What KVM, or the comparison with it, gives up with: the guest's or the host's failure, not ours. */
export function asFailure(error: unknown): unknown {
  const ours = error instanceof Error && ['KvmError', 'FollowError'].includes(error.name);
  return ours ? new FailureError(error.message) : error;
}

/**
 * A recording in the making. KVM counts no instructions: a vCPU of ours follows it exit by exit, and
 * what is recorded carries the follower's icounts and hashes of KVM's state.
 */
export class KvmRecording {
  readonly follower: Follower;
  readonly #leader: Vcpu;

  static async prepare(plan: GuestPlan, note: (text: string) => void) {
    const { KVM_CPU, seenCpuid } = await import('../engine/kvm/index.ts');
    const { createVcpu, initialWrites } = await import('../engine/index.ts');
    const { Follower } = await import('../replay/follower.ts');
    const seen = await seenCpuid().catch(asUsage);
    if (seen.uncontrolled.length > 0) {
      const which = seen.uncontrolled.join(', ');
      note(`this KVM announces ${which}, told not to; a guest that uses them is not recorded`);
    }
    return (leader: Vcpu, tap: MachineTap): KvmRecording => {
      const { memoryBytes, boot } = plan;
      const vcpu = createVcpu({ memoryBytes, cpu: KVM_CPU });
      for (const { at, bytes } of initialWrites(boot, memoryBytes)) vcpu.ram.poke(at, bytes);
      vcpu.setRegisters(boot.registers);
      const options = { leader: leader as Vcpu & Leader, vcpu, cpuid: seen.answer, tap };
      return new KvmRecording(leader, new Follower(options));
    };
  }

  private constructor(leader: Vcpu, follower: Follower) {
    this.#leader = leader;
    this.follower = follower;
  }

  /** The machine must stop here, in exits. */
  get nextStop(): Icount {
    return icount((Math.floor(this.#leader.icount / COMPARE_EVERY) + 1) * COMPARE_EVERY);
  }

  /** For the recorder, where the two can be compared: the icount, and the hash of KVM's state. */
  compared(): Pick<Vcpu, 'icount' | 'stateHash'> | undefined {
    const hash = this.follower.compare();
    return hash === undefined
      ? undefined
      : { icount: this.follower.vcpu.icount, stateHash: () => hash };
  }

  /** The same for the end, which is the last boundary that both have been at. */
  ended(): Pick<Vcpu, 'icount' | 'stateHash'> {
    this.follower.finish();
    return this.compared() ?? this.follower.vcpu;
  }
}
