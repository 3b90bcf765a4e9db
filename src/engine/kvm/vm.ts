/**
 * A virtual machine as KVM sees it: memory slots, and one vCPU with its `kvm_run` page. The order of
 * the calls is that of api.rst; docs/kvm.md walks through it.
 */

import type { Gpa, Gva } from '../units.ts';
import { CONSTANTS, exitReasonName, IOCTLS, STRUCTS } from './abi.ts';
import type { CpuidEntry } from './cpuid-table.ts';
import { errnoName, KvmError } from './errors.ts';
import { EINTR } from './host.ts';
import { Kick } from './kick.ts';
import { setMsrFilter } from './msrs.ts';
import { KvmRam, PAGE } from './ram.ts';
import { Struct } from './struct.ts';
import { KvmSystem } from './system.ts';

/** Three pages that KVM uses on Intel processors without unrestricted guests; outside our RAM. */
const TSS_ADDRESS = 0xfffb_d000;

export interface KvmVmOptions {
  readonly memoryBytes: number;
  readonly cpuid: readonly CpuidEntry[];
  /** Host milliseconds after which a guest that does not exit is interrupted. */
  readonly kickMs: number;
}

export class KvmVm {
  readonly system: KvmSystem;
  readonly ram: KvmRam;
  /** What KVM and we tell each other about a run. */
  readonly run: Struct<'kvm_run'>;
  /** All of the mapping: `kvm_run`, and behind it the data of port accesses. */
  readonly runPage: Uint8Array;
  readonly #vm: number;
  readonly #vcpu: number;
  readonly #kick: Kick;
  readonly #undo: (() => void)[];

  static async create(options: KvmVmOptions): Promise<KvmVm> {
    const system = await KvmSystem.open();
    const undo = [() => system.close()];
    try {
      return new KvmVm(system, options, undo);
    } catch (error) {
      undoAll(undo);
      throw error;
    }
  }

  /** `undo` is given what takes back each step, as it is done. */
  private constructor(system: KvmSystem, options: KvmVmOptions, undo: (() => void)[]) {
    this.system = system;
    this.#undo = undo;
    const { host } = system;
    // A VM: an address space and nothing in it.
    this.#vm = system.call(system.fd, 'KVM_CREATE_VM');
    undo.push(() => host.close(this.#vm));
    this.#vmCall('KVM_SET_TSS_ADDR', TSS_ADDRESS);

    // RAM: memory of ours, at guest physical addresses of ours.
    this.ram = new KvmRam(host, options.memoryBytes);
    undo.push(() => this.ram.unmap());
    for (const { slot, start, end } of this.ram.slots) {
      const region = new Struct('kvm_userspace_memory_region');
      region.setU32('slot', slot);
      region.setU32('flags', CONSTANTS.KVM_MEM_LOG_DIRTY_PAGES);
      region.setU64('guest_phys_addr', BigInt(start));
      region.setU64('memory_size', BigInt(end - start));
      region.setU64('userspace_addr', host.address(this.ram.bytes) + BigInt(start));
      this.#vmCall('KVM_SET_USER_MEMORY_REGION', region.bytes);
    }

    // Accesses to model-specific registers that are not the vCPU's own come to us.
    const msrs = new Struct('kvm_enable_cap');
    const { KVM_MSR_EXIT_REASON_INVAL: inval, KVM_MSR_EXIT_REASON_UNKNOWN: unknown } = CONSTANTS;
    msrs.setU32('cap', CONSTANTS.KVM_CAP_X86_USER_SPACE_MSR);
    msrs.setU64('args', BigInt(inval | unknown | CONSTANTS.KVM_MSR_EXIT_REASON_FILTER));
    this.#vmCall('KVM_ENABLE_CAP', msrs.bytes);
    setMsrFilter(host, (filter) => this.#vmCall('KVM_X86_SET_MSR_FILTER', filter));

    // A vCPU, the page it shares with us, and what CPUID tells it about itself.
    this.#vcpu = this.#vmCall('KVM_CREATE_VCPU', 0);
    undo.push(() => host.close(this.#vcpu));
    const size = system.call(system.fd, 'KVM_GET_VCPU_MMAP_SIZE');
    const mapping = host.map(this.#vcpu, size);
    undo.push(() => mapping.unmap());
    this.runPage = mapping.bytes;
    this.run = new Struct('kvm_run', { within: this.runPage });
    this.call('KVM_SET_CPUID2', cpuid2(options.cpuid));

    // A signal that gets KVM_RUN to return, and is blocked everywhere else.
    this.#kick = new Kick(host, options.kickMs);
    undo.push(() => this.#kick.close());
    const mask = new Struct('kvm_signal_mask', { extra: 8 });
    mask.setU32('len', 8);
    this.call('KVM_SET_SIGNAL_MASK', mask.bytes);
  }

  /** An ioctl on the vCPU. */
  call(name: Parameters<KvmSystem['call']>[1], argument: number | Uint8Array = 0): number {
    return this.system.call(this.#vcpu, name, argument);
  }

  /**
   * Lets the guest run, until `kvm_run.exit_reason` says why not. With `immediateExit` only what is
   * left of the instruction that exited last is done. `interrupted`: by a signal, at a boundary.
   */
  enter(immediateExit: boolean): 'exited' | 'interrupted' {
    const { host } = this.system;
    this.run.setU8('immediate_exit', immediateExit ? 1 : 0);
    this.#kick.arm();
    const result = host.ioctl(this.#vcpu, IOCTLS.KVM_RUN, 0);
    if (result >= 0) return 'exited';
    if (result === -EINTR) {
      if (!immediateExit) this.forgetKick();
      return 'interrupted';
    }
    throw new KvmError(
      `KVM: expected KVM_RUN to enter the guest; it gave ${errnoName(-result)} ` +
        `(last: ${exitReasonName(this.run.u32('exit_reason'))})`,
    );
  }

  /** Takes back the signal that is to interrupt the guest. */
  forgetKick(): void {
    this.#kick.take();
  }

  /** Through the guest's own tables, as KVM walks them. */
  translate(at: Gva): Gpa | undefined {
    const translation = new Struct('kvm_translation');
    translation.setU64('linear_address', at);
    this.call('KVM_TRANSLATE', translation.bytes);
    if (!translation.u8('valid')) return undefined;
    return Number(translation.u64('physical_address')) as Gpa;
  }

  /** Linear address of RIP 0. */
  codeBase(): bigint {
    const sregs = new Struct('kvm_sregs');
    this.call('KVM_GET_SREGS', sregs.bytes);
    const cs = new Struct('kvm_segment', { within: sregs.bytes, at: sregs.at('cs') });
    return cs.u8('l') ? 0n : cs.u64('base');
  }

  /** Pages that the guest has written since this was asked last (KVM_GET_DIRTY_LOG, 4.8). */
  takeDirtyPages(): Set<number> {
    const dirty = new Set<number>();
    for (const { slot, start, end } of this.ram.slots) {
      const pages = (end - start) / PAGE;
      const bitmap = new Uint8Array(Math.ceil(pages / 64) * 8);
      const log = new Struct('kvm_dirty_log');
      log.setU32('slot', slot);
      log.setU64('dirty_bitmap', this.system.host.address(bitmap));
      this.#vmCall('KVM_GET_DIRTY_LOG', log.bytes);
      bitmap.forEach((bits, byte) => {
        for (let bit = 0; bits >> bit; bit++) {
          if ((bits >> bit) & 1) dirty.add(start / PAGE + byte * 8 + bit);
        }
      });
    }
    return dirty;
  }

  /** Everything back to the host: descriptors, mappings, RAM, the timer. */
  close(): void {
    undoAll(this.#undo);
  }

  #vmCall(name: Parameters<KvmSystem['call']>[1], argument: number | Uint8Array): number {
    return this.system.call(this.#vm, name, argument);
  }
}

/** The last step first. RAM goes after its VM: KVM keeps no mapping that is not there. */
function undoAll(undo: (() => void)[]): void {
  for (const step of undo.splice(0).reverse()) step();
}

function cpuid2(entries: readonly CpuidEntry[]): Uint8Array {
  const { size } = STRUCTS.kvm_cpuid_entry2;
  const table = new Struct('kvm_cpuid2', { extra: entries.length * size });
  table.setU32('nent', entries.length);
  entries.forEach(({ leaf, subleaf, registers }, n) => {
    const at = STRUCTS.kvm_cpuid2.size + n * size;
    const entry = new Struct('kvm_cpuid_entry2', { within: table.bytes, at });
    entry.setU32('function', leaf);
    if (subleaf !== undefined) {
      entry.setU32('index', subleaf);
      entry.setU32('flags', CONSTANTS.KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
    }
    for (const [i, name] of (['eax', 'ebx', 'ecx', 'edx'] as const).entries()) {
      entry.setU32(name, registers[i]!);
    }
  });
  return table.bytes;
}
