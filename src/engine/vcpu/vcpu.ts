/**
 * The vCPU as the rest of the program sees it, whatever runs the instructions: `machine.ts` drives
 * one with live devices, `src/replay` drives one from a recording.
 *
 *     for (;;) {
 *       const exit = vcpu.run(until);
 *       switch (exit.kind) { ... vcpu.enter(reply) ... }
 *     }
 */

import type { Entry, VmExit } from '../exit.ts';
import type { Gpa, Gva, Icount, Ticks } from '../units.ts';
import type { PortableStates } from './portable.ts';

/** A segment register with its hidden part (SDM Vol. 3A §3.4.3). */
export interface Segment {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  /** Access rights as in bits 8..23 of a descriptor's second doubleword: type, S, DPL, P, AVL, L, D/B, G. */
  readonly rights: number;
}

/** GDTR or IDTR. */
export interface TableRegister {
  readonly base: bigint;
  readonly limit: number;
}

export const GPR_NAMES = [
  'rax',
  'rcx',
  'rdx',
  'rbx',
  'rsp',
  'rbp',
  'rsi',
  'rdi',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
] as const;
export const SEGMENT_NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs'] as const;
export type SegmentName = (typeof SEGMENT_NAMES)[number];

/** The architectural registers, by value. */
export interface Registers {
  /** Indexed as instructions encode them: RAX RCX RDX RBX RSP RBP RSI RDI R8..R15. */
  readonly gpr: readonly bigint[];
  readonly rip: bigint;
  readonly rflags: bigint;
  /** ES CS SS DS FS GS. */
  readonly segments: readonly Segment[];
  readonly ldtr: Segment;
  readonly tr: Segment;
  readonly gdtr: TableRegister;
  readonly idtr: TableRegister;
  readonly cr0: bigint;
  readonly cr2: bigint;
  readonly cr3: bigint;
  readonly cr4: bigint;
  readonly dr: readonly bigint[]; // DR0..DR3, DR6, DR7
  readonly efer: bigint;
  readonly fsBase: bigint;
  readonly gsBase: bigint;
  readonly kernelGsBase: bigint;
  /** XMM0..15, each 16 bytes, low half first. */
  readonly xmm: readonly { readonly lo: bigint; readonly hi: bigint }[];
  readonly mxcsr: number;
  /** Physical registers R0..R7 as 64-bit significand and 16-bit sign and exponent. */
  readonly x87: readonly { readonly significand: bigint; readonly signExponent: number }[];
  readonly fcw: number;
  readonly fsw: number;
  /** Full tag word, two bits a register. */
  readonly ftw: number;
  readonly fip: bigint;
  readonly fdp: bigint;
  readonly fop: number;
}

/** Everything the vCPU and its RAM need in order to be put back: opaque to all but the vCPU. */
export interface VcpuCheckpoint {
  readonly icount: Icount;
  /**
   * Bytes this checkpoint keeps alive, for the budget of whoever holds it: grows as the guest writes
   * to pages behind it.
   */
  readonly bytes: number;
}

/**
 * Asked where the vCPU would stop; false goes on as if nothing had been. It may read registers and
 * memory and must change nothing. A vCPU that does not ask stops, and leaves it to its caller.
 */
export type StopFilter = () => boolean;

export interface Breakpoint {
  readonly id: number;
  readonly gva: Gva;
  readonly when?: StopFilter | undefined;
}

/** A data watchpoint on linear or physical addresses. */
export interface Watchpoint {
  readonly id: number;
  readonly space: 'gva' | 'gpa';
  readonly at: bigint;
  readonly length: number;
  readonly on: 'read' | 'write' | 'access';
  readonly when?: StopFilter | undefined;
}

/** Guest RAM from outside: no TLB, no side effect on the guest but the bytes. */
export interface Ram {
  /** Bytes of RAM the guest has (`-m`), all below 4 GiB; [0xA0000, 0xC0000) is not RAM. */
  readonly size: number;
  /** Reads RAM; bytes outside RAM come back as 0xFF. */
  peek(at: Gpa, length: number): Uint8Array;
  /** Writes RAM (bus master or debugger): invalidates code, marks pages dirty. Outside RAM: dropped. */
  poke(at: Gpa, bytes: Uint8Array): void;
}

export interface Vcpu {
  readonly ram: Ram;
  readonly icount: Icount;
  /** Guest time: icount plus what HLT skipped; the TSC without its offset. */
  readonly ticks: Ticks;
  /**
   * Exceptions, interrupts and NMIs delivered since the last instruction retired. A faulting
   * instruction does not retire, so icount alone does not tell the handler's entry from the place
   * of the fault; the two together name every boundary there is.
   */
  readonly deliveries?: number;
  /** The icount at which something was delivered last, and how much was there. */
  readonly lastDelivery?: { readonly at: number; readonly count: number };
  /** True between HLT and the interrupt that ends it. */
  readonly halted: boolean;
  /**
   * Did the host interrupt the last `run`, so that it came back with `until` before its time? Only a
   * vCPU that the processor runs can be, and only it knows no other way of being stopped.
   */
  readonly interrupted?: boolean;

  /**
   * Runs until an exit; to exactly `until` retired instructions if nothing comes before. The exit
   * before must have been answered by `enter`. A halted vCPU returns `until` at once.
   */
  run(until: Icount): VmExit;
  /** Answers the exit that `run` returned last. The instruction completes in the next `run`. */
  enter(entry: Entry): void;

  /** The INTR line. While it is up, `run` returns `interrupt-window` as soon as one could be taken. */
  setIntr(level: boolean): void;
  /** Delivers an external interrupt now; only at an instruction boundary, wakes a halted vCPU. */
  inject(vector: number): void;
  /** Delivers an NMI at the next boundary at which NMIs are not blocked; wakes a halted vCPU. */
  nmi(): void;

  registers(): Registers;
  setRegisters(registers: Partial<Registers>): void;
  /** 16 hex digits over registers, guest time and RAM; incremental, so cheap to ask often. */
  stateHash(): string;

  /** States as bytes, where the vCPU can tell them so. */
  readonly portable?: PortableStates;
  checkpoint(): VcpuCheckpoint;
  /** Any order, any number of times, as long as the checkpoint has not been released. */
  restore(checkpoint: VcpuCheckpoint): void;
  release(checkpoint: VcpuCheckpoint): void;

  setBreakpoints(points: readonly Breakpoint[]): void;
  setWatchpoints(points: readonly Watchpoint[]): void;
  /** Debugger's translation through the guest's own tables: no A/D bits, no TLB. */
  translate(at: Gva): Gpa | undefined;
}
