/** /dev/kvm itself: opened once a VM, asked what it can do. api.rst §4.1 to §4.5. */

import { CONSTANTS, IOCTLS } from './abi.ts';
import { cannotOpen, errnoName, KvmError } from './errors.ts';
import { type Host, loadHost } from './host.ts';

type CapabilityName = Extract<keyof typeof CONSTANTS, `KVM_CAP_${string}`>;

/** What we cannot do without, and what each is for. */
const REQUIRED: readonly (readonly [CapabilityName, string])[] = [
  ['KVM_CAP_USER_MEMORY', 'guest RAM of ours'],
  ['KVM_CAP_EXT_CPUID', 'a CPU model of ours'],
  ['KVM_CAP_SET_GUEST_DEBUG', 'single-stepping and breakpoints'],
  ['KVM_CAP_VCPU_EVENTS', 'what is about to be delivered to the guest'],
  ['KVM_CAP_XSAVE', 'floating-point and vector registers'],
  ['KVM_CAP_IMMEDIATE_EXIT', 'standing still at an instruction boundary'],
  ['KVM_CAP_X86_USER_SPACE_MSR', 'showing accesses to model-specific registers'],
  ['KVM_CAP_X86_MSR_FILTER', 'choosing which of them'],
];

export class KvmSystem {
  readonly host: Host;
  readonly fd: number;

  /** Opens /dev/kvm. Throws a KvmError that says what is missing and what to do. */
  static async open(): Promise<KvmSystem> {
    const host = await loadHost();
    const fd = host.open('/dev/kvm');
    if (fd < 0) throw cannotOpen(-fd);
    const system = new KvmSystem(host, fd);
    try {
      system.#check();
    } catch (error) {
      system.close();
      throw error;
    }
    return system;
  }

  private constructor(host: Host, fd: number) {
    this.host = host;
    this.fd = fd;
  }

  /** Not 0 if KVM has the capability; for some it is a number that means something. */
  capability(name: CapabilityName): number {
    return this.host.ioctl(this.fd, IOCTLS.KVM_CHECK_EXTENSION, CONSTANTS[name]);
  }

  /** `ioctl` on any of KVM's descriptors; a refusal is a KvmError that names the call. */
  call(fd: number, name: keyof typeof IOCTLS, argument: number | Uint8Array = 0): number {
    const result = this.host.ioctl(fd, IOCTLS[name], argument);
    if (result >= 0) return result;
    throw new KvmError(`KVM: expected ${name} to succeed; it gave ${errnoName(-result)}`);
  }

  close(): void {
    this.host.close(this.fd);
  }

  #check(): void {
    const version = this.call(this.fd, 'KVM_GET_API_VERSION');
    if (version !== CONSTANTS.KVM_API_VERSION) {
      throw new KvmError(
        `--accel kvm expects API version ${CONSTANTS.KVM_API_VERSION}; /dev/kvm has ${version}: use --accel jit`,
      );
    }
    const missing = REQUIRED.filter(([name]) => this.capability(name) <= 0);
    if (missing.length === 0) return;
    const list = missing.map(([name, use]) => `${name} (${use})`).join(', ');
    throw new KvmError(
      `--accel kvm expects what this kernel's KVM lacks: ${list}; a newer kernel (5.10 on) has it; else use --accel jit`,
    );
  }
}
