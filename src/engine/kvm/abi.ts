/**
 * The KVM API in numbers: ioctls, capabilities, exit reasons, structure sizes and field offsets, all
 * under the names that <linux/kvm.h> and <asm/kvm.h> give them, for x86-64. `tests/kvm/abi.test.ts`
 * has a C compiler check every one of them against the headers. What each means:
 * Documentation/virt/kvm/api.rst of the kernel.
 */

/** _IO, _IOW, _IOR and _IOWR of <asm-generic/ioctl.h>, for KVM's type 0xAE. */
const code = (direction: number, nr: number, size: number): number =>
  ((direction << 30) | (size << 16) | (0xae << 8) | nr) >>> 0;
const io = (nr: number): number => code(0, nr, 0);
const iow = (nr: number, size: number): number => code(1, nr, size);
const ior = (nr: number, size: number): number => code(2, nr, size);
const iowr = (nr: number, size: number): number => code(3, nr, size);

/** Sizes of structures, and offsets of those of their fields that we use. */
export const STRUCTS = {
  kvm_run: {
    size: 2352,
    request_interrupt_window: 0,
    immediate_exit: 1,
    exit_reason: 8,
    ready_for_interrupt_injection: 12,
    if_flag: 13,
    cr8: 16,
    apic_base: 24,
    'hw.hardware_exit_reason': 32,
    'fail_entry.hardware_entry_failure_reason': 32,
    'io.direction': 32,
    'io.size': 33,
    'io.port': 34,
    'io.count': 36,
    'io.data_offset': 40,
    'debug.arch.exception': 32,
    'debug.arch.pc': 40,
    'debug.arch.dr6': 48,
    'mmio.phys_addr': 32,
    'mmio.data': 40,
    'mmio.len': 48,
    'mmio.is_write': 52,
    'internal.suberror': 32,
    'internal.ndata': 36,
    'internal.data': 40,
    'emulation_failure.flags': 40,
    'emulation_failure.insn_size': 48,
    'emulation_failure.insn_bytes': 49,
    'msr.error': 32,
    'msr.reason': 40,
    'msr.index': 44,
    'msr.data': 48,
  },
  kvm_regs: {
    size: 144,
    rax: 0,
    rbx: 8,
    rcx: 16,
    rdx: 24,
    rsi: 32,
    rdi: 40,
    rsp: 48,
    rbp: 56,
    r8: 64,
    r9: 72,
    r10: 80,
    r11: 88,
    r12: 96,
    r13: 104,
    r14: 112,
    r15: 120,
    rip: 128,
    rflags: 136,
  },
  kvm_segment: {
    size: 24,
    base: 0,
    limit: 8,
    selector: 12,
    type: 14,
    present: 15,
    dpl: 16,
    db: 17,
    s: 18,
    l: 19,
    g: 20,
    avl: 21,
    unusable: 22,
  },
  kvm_dtable: { size: 16, base: 0, limit: 8 },
  kvm_sregs: {
    size: 312,
    cs: 0,
    ds: 24,
    es: 48,
    fs: 72,
    gs: 96,
    ss: 120,
    tr: 144,
    ldt: 168,
    gdt: 192,
    idt: 208,
    cr0: 224,
    cr2: 232,
    cr3: 240,
    cr4: 248,
    cr8: 256,
    efer: 264,
    apic_base: 272,
  },
  kvm_xsave: { size: 4096, region: 0 },
  kvm_debugregs: { size: 128, db: 0, dr6: 32, dr7: 40 },
  kvm_msrs: { size: 8, nmsrs: 0 },
  kvm_msr_entry: { size: 16, index: 0, data: 8 },
  kvm_msr_filter: { size: 392, flags: 0, ranges: 8 },
  kvm_msr_filter_range: { size: 24, flags: 0, nmsrs: 4, base: 8, bitmap: 16 },
  kvm_cpuid2: { size: 8, nent: 0 },
  kvm_cpuid_entry2: {
    size: 40,
    function: 0,
    index: 4,
    flags: 8,
    eax: 12,
    ebx: 16,
    ecx: 20,
    edx: 24,
  },
  kvm_vcpu_events: { size: 64, 'interrupt.injected': 8, 'interrupt.shadow': 11, 'nmi.masked': 14 },
  kvm_guest_debug: { size: 72, control: 0, 'arch.debugreg': 8 },
  kvm_userspace_memory_region: {
    size: 32,
    slot: 0,
    flags: 4,
    guest_phys_addr: 8,
    memory_size: 16,
    userspace_addr: 24,
  },
  kvm_dirty_log: { size: 16, slot: 0, dirty_bitmap: 8 },
  kvm_translation: { size: 24, linear_address: 0, physical_address: 8, valid: 16 },
  kvm_enable_cap: { size: 104, cap: 0, args: 8 },
  kvm_signal_mask: { size: 4, len: 0 },
  kvm_interrupt: { size: 4, irq: 0 },
} as const;

export type StructName = keyof typeof STRUCTS;
const sizeOf = (name: StructName): number => STRUCTS[name].size;

export const IOCTLS = {
  // on /dev/kvm
  KVM_GET_API_VERSION: io(0x00),
  KVM_CREATE_VM: io(0x01),
  KVM_CHECK_EXTENSION: io(0x03),
  KVM_GET_VCPU_MMAP_SIZE: io(0x04),
  // on a VM
  KVM_CREATE_VCPU: io(0x41),
  KVM_GET_DIRTY_LOG: iow(0x42, sizeOf('kvm_dirty_log')),
  KVM_SET_USER_MEMORY_REGION: iow(0x46, sizeOf('kvm_userspace_memory_region')),
  KVM_SET_TSS_ADDR: io(0x47),
  KVM_ENABLE_CAP: iow(0xa3, sizeOf('kvm_enable_cap')),
  KVM_X86_SET_MSR_FILTER: iow(0xc6, sizeOf('kvm_msr_filter')),
  // on a vCPU
  KVM_RUN: io(0x80),
  KVM_GET_REGS: ior(0x81, sizeOf('kvm_regs')),
  KVM_SET_REGS: iow(0x82, sizeOf('kvm_regs')),
  KVM_GET_SREGS: ior(0x83, sizeOf('kvm_sregs')),
  KVM_SET_SREGS: iow(0x84, sizeOf('kvm_sregs')),
  KVM_TRANSLATE: iowr(0x85, sizeOf('kvm_translation')),
  KVM_INTERRUPT: iow(0x86, sizeOf('kvm_interrupt')),
  KVM_GET_MSRS: iowr(0x88, sizeOf('kvm_msrs')),
  KVM_SET_MSRS: iow(0x89, sizeOf('kvm_msrs')),
  KVM_SET_SIGNAL_MASK: iow(0x8b, sizeOf('kvm_signal_mask')),
  KVM_SET_CPUID2: iow(0x90, sizeOf('kvm_cpuid2')),
  KVM_NMI: io(0x9a),
  KVM_SET_GUEST_DEBUG: iow(0x9b, sizeOf('kvm_guest_debug')),
  KVM_GET_VCPU_EVENTS: ior(0x9f, sizeOf('kvm_vcpu_events')),
  KVM_GET_DEBUGREGS: ior(0xa1, sizeOf('kvm_debugregs')),
  KVM_SET_DEBUGREGS: iow(0xa2, sizeOf('kvm_debugregs')),
  KVM_GET_XSAVE: ior(0xa4, sizeOf('kvm_xsave')),
  KVM_SET_XSAVE: iow(0xa5, sizeOf('kvm_xsave')),
} as const;

export const CONSTANTS = {
  KVM_API_VERSION: 12,

  KVM_CAP_USER_MEMORY: 3,
  KVM_CAP_EXT_CPUID: 7,
  KVM_CAP_SYNC_MMU: 16,
  KVM_CAP_USER_NMI: 22,
  KVM_CAP_SET_GUEST_DEBUG: 23,
  KVM_CAP_INTERNAL_ERROR_DATA: 40,
  KVM_CAP_VCPU_EVENTS: 41,
  KVM_CAP_DEBUGREGS: 50,
  KVM_CAP_XSAVE: 55,
  KVM_CAP_GUEST_DEBUG_HW_BPS: 119,
  KVM_CAP_IMMEDIATE_EXIT: 136,
  KVM_CAP_X86_USER_SPACE_MSR: 188,
  KVM_CAP_X86_MSR_FILTER: 189,

  KVM_EXIT_UNKNOWN: 0,
  KVM_EXIT_EXCEPTION: 1,
  KVM_EXIT_IO: 2,
  KVM_EXIT_HYPERCALL: 3,
  KVM_EXIT_DEBUG: 4,
  KVM_EXIT_HLT: 5,
  KVM_EXIT_MMIO: 6,
  KVM_EXIT_IRQ_WINDOW_OPEN: 7,
  KVM_EXIT_SHUTDOWN: 8,
  KVM_EXIT_FAIL_ENTRY: 9,
  KVM_EXIT_INTR: 10,
  KVM_EXIT_SET_TPR: 11,
  KVM_EXIT_TPR_ACCESS: 12,
  KVM_EXIT_NMI: 16,
  KVM_EXIT_INTERNAL_ERROR: 17,
  KVM_EXIT_SYSTEM_EVENT: 24,
  KVM_EXIT_X86_RDMSR: 29,
  KVM_EXIT_X86_WRMSR: 30,

  KVM_EXIT_IO_IN: 0,
  KVM_EXIT_IO_OUT: 1,

  KVM_INTERNAL_ERROR_EMULATION: 1,
  KVM_INTERNAL_ERROR_SIMUL_EX: 2,
  KVM_INTERNAL_ERROR_DELIVERY_EV: 3,
  KVM_INTERNAL_ERROR_UNEXPECTED_EXIT_REASON: 4,
  KVM_INTERNAL_ERROR_EMULATION_FLAG_INSTRUCTION_BYTES: 1,

  KVM_MEM_LOG_DIRTY_PAGES: 1,
  KVM_CPUID_FLAG_SIGNIFCANT_INDEX: 1,

  KVM_GUESTDBG_ENABLE: 1,
  KVM_GUESTDBG_SINGLESTEP: 2,
  KVM_GUESTDBG_USE_SW_BP: 0x10000,
  KVM_GUESTDBG_USE_HW_BP: 0x20000,

  KVM_MSR_EXIT_REASON_INVAL: 1,
  KVM_MSR_EXIT_REASON_UNKNOWN: 2,
  KVM_MSR_EXIT_REASON_FILTER: 4,
  KVM_MSR_FILTER_DEFAULT_DENY: 1,
  KVM_MSR_FILTER_READ: 1,
} as const;

/** The names of exit reasons, for traces and errors. */
export function exitReasonName(reason: number): string {
  for (const [name, value] of Object.entries(CONSTANTS)) {
    if (value === reason && /^KVM_EXIT_(?!IO_)/.test(name)) return name;
  }
  return `exit reason ${reason}`;
}
