/**
 * From what `kvm_run` says after KVM_RUN to a `VmExit`, and from the `Entry` that answers it back
 * into `kvm_run`. api.rst §5 describes the structure; the two vocabularies are meant to match.
 */

import type { AccessSize, Entry, GuestExit } from '../exit.ts';
import { gpa } from '../units.ts';
import { CONSTANTS, exitReasonName } from './abi.ts';
import { KvmError } from './errors.ts';
import type { Struct } from './struct.ts';

type Run = Struct<'kvm_run'>;

/** One element of a port access: KVM hands over a whole piece of REP INS or OUTS at once. */
export interface PortElement {
  readonly exit: GuestExit & { readonly kind: 'pio' };
  /** Where its data lies in the mapping. */
  readonly at: number;
}

export function portElements(run: Run, page: Uint8Array): PortElement[] {
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const dir = run.u8('io.direction') === CONSTANTS.KVM_EXIT_IO_IN ? 'in' : 'out';
  const size = run.u8('io.size') as 1 | 2 | 4;
  const port = run.u16('io.port');
  const from = Number(run.u64('io.data_offset'));
  return Array.from({ length: run.u32('io.count') }, (_, n) => {
    const at = from + n * size;
    const value = dir === 'in' ? 0 : read(view, at, size);
    return { exit: { kind: 'pio', dir, port, size, value }, at };
  });
}

const read = (view: DataView, at: number, size: 1 | 2 | 4): number =>
  size === 1 ? view.getUint8(at) : size === 2 ? view.getUint16(at, true) : view.getUint32(at, true);

/** `undefined` for exits that are not the guest's doing, or not one access. */
export function guestExit(run: Run): GuestExit | undefined {
  switch (run.u32('exit_reason')) {
    case CONSTANTS.KVM_EXIT_MMIO: {
      const size = run.u32('mmio.len') as AccessSize;
      const at = gpa(Number(run.u64('mmio.phys_addr')));
      if (!run.u8('mmio.is_write')) return { kind: 'mmio', dir: 'read', gpa: at, size, value: 0n };
      const value = BigInt.asUintN(size * 8, run.u64('mmio.data'));
      return { kind: 'mmio', dir: 'write', gpa: at, size, value };
    }
    case CONSTANTS.KVM_EXIT_HLT:
      return { kind: 'hlt' };
    case CONSTANTS.KVM_EXIT_SHUTDOWN:
      return { kind: 'shutdown' };
    case CONSTANTS.KVM_EXIT_X86_RDMSR:
      return { kind: 'rdmsr', msr: run.u32('msr.index') };
    case CONSTANTS.KVM_EXIT_X86_WRMSR:
      return { kind: 'wrmsr', msr: run.u32('msr.index'), value: run.u64('msr.data') };
    default:
      return undefined;
  }
}

/** The answer to a port, memory or MSR read; `answerWrite` says whether KVM took an MSR's value. */
export function answer(
  run: Run,
  page: Uint8Array,
  exit: GuestExit,
  element: PortElement | undefined,
  entry: Entry,
): void {
  switch (exit.kind) {
    case 'pio': {
      if (exit.dir === 'out' || !element) return;
      if (entry.kind !== 'value') throw new Error(`kvm: pio in answered with ${entry.kind}`);
      for (let n = 0; n < exit.size; n++) page[element.at + n] = entry.value >>> (8 * n);
      return;
    }
    case 'mmio':
      if (exit.dir === 'write') return;
      if (entry.kind !== 'wide') throw new Error(`kvm: mmio read answered with ${entry.kind}`);
      run.setU64('mmio.data', entry.value);
      return;
    case 'rdmsr':
      if (entry.kind === 'wide') run.setU64('msr.data', entry.value);
      run.setU8('msr.error', entry.kind === 'fault' ? 1 : 0);
      return;
    case 'wrmsr':
      run.setU8('msr.error', entry.kind === 'fault' ? 1 : 0);
      return;
    default:
      return;
  }
}

const SUBERRORS: Readonly<Record<number, string>> = {
  [CONSTANTS.KVM_INTERNAL_ERROR_EMULATION]: 'an instruction that KVM cannot emulate',
  [CONSTANTS.KVM_INTERNAL_ERROR_SIMUL_EX]: 'two exceptions at once',
  [CONSTANTS.KVM_INTERNAL_ERROR_DELIVERY_EV]: 'an exit while delivering an event',
  [CONSTANTS.KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON]: 'an exit that KVM did not expect',
};

/** KVM gives up on the guest: which of its ways, where, and what helps. */
export function failure(run: Run, rip: bigint, code: Uint8Array): KvmError {
  const reason = run.u32('exit_reason');
  const where = `at RIP 0x${rip.toString(16)} (${hex(code)})`;
  const help = 'this KVM cannot carry this guest: use --accel jit';
  if (reason === CONSTANTS.KVM_EXIT_FAIL_ENTRY) {
    const hardware = run.u64('fail_entry.hardware_entry_failure_reason').toString(16);
    return new KvmError(
      `KVM: the processor refused to enter the guest ${where}, hardware reason 0x${hardware}: ` +
        `the guest's state is not one that it can run; ${help}`,
    );
  }
  if (reason === CONSTANTS.KVM_EXIT_INTERNAL_ERROR) {
    const suberror = run.u32('internal.suberror');
    const what = SUBERRORS[suberror] ?? `suberror ${suberror}`;
    return new KvmError(`KVM: internal error ${where}: ${what}; ${help}`);
  }
  return new KvmError(
    `KVM: ${exitReasonName(reason)} ${where}, which nothing here asks for; ${help}`,
  );
}

const hex = (bytes: Uint8Array): string =>
  bytes.length === 0
    ? 'no code there'
    : [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
