/** What KVM or the host refused: one line that says what was expected, what came, and what to do. */

export class KvmError extends Error {
  override readonly name = 'KvmError';
}

/** errno values that /dev/kvm answers with, by number: <asm-generic/errno-base.h>. */
const ERRNO: Readonly<Record<number, string>> = {
  1: 'EPERM',
  2: 'ENOENT',
  4: 'EINTR',
  6: 'ENXIO',
  7: 'E2BIG',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  22: 'EINVAL',
  24: 'EMFILE',
  25: 'ENOTTY',
};

export const errnoName = (errno: number): string => ERRNO[errno] ?? `errno ${errno}`;

const WHAT_TO_DO: Readonly<Record<string, string>> = {
  ENOENT:
    'load the module (modprobe kvm_intel or kvm_amd), or switch virtualisation on in the firmware',
  ENODEV: 'the processor or the hypervisor below offers no virtualisation to this machine',
  EACCES: 'add yourself to the group that owns it (usermod -aG kvm $USER) and log in again',
  EPERM: 'the container or sandbox keeps it away: pass --device /dev/kvm to it',
  EBUSY: 'another hypervisor (VirtualBox, VMware) is using the processor',
};

/** Why /dev/kvm could not be opened, and what helps. */
export function cannotOpen(errno: number): KvmError {
  const name = errnoName(errno);
  const help = WHAT_TO_DO[name] ?? 'use --accel jit, which needs nothing from the host';
  return new KvmError(`--accel kvm expects /dev/kvm; opening it gave ${name}: ${help}`);
}
