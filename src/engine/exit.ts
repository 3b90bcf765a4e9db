/**
 * Why control left guest code, and what it comes back with. One union for every backend
 * (interpreter, JIT, KVM), in the vocabulary of the KVM API, so that the exit streams of two
 * backends can be compared line by line. What crosses this boundary is what a recording holds.
 *
 * Every exit but the stops is answered by an `Entry`. Until it is answered the vCPU is not at an
 * instruction boundary (`isConsistent` is false) and cannot be checkpointed.
 */

import type { Gpa, Gva } from './units.ts';

export type AccessSize = 1 | 2 | 4 | 8;

/** IN, OUT, INS or OUTS, one element at a time. `value` is meaningful for `out` only. */
export interface PioExit {
  readonly kind: 'pio';
  readonly dir: 'in' | 'out';
  readonly port: number;
  readonly size: 1 | 2 | 4;
  readonly value: number;
}

/** An access to a guest physical address without RAM behind it. `value` for `write` only. */
export interface MmioExit {
  readonly kind: 'mmio';
  readonly dir: 'read' | 'write';
  readonly gpa: Gpa;
  readonly size: AccessSize;
  readonly value: bigint;
}

/** HLT is about to retire. Answered with the ticks that pass until something wakes the vCPU. */
export interface HltExit {
  readonly kind: 'hlt';
}

export interface CpuidExit {
  readonly kind: 'cpuid';
  readonly leaf: number;
  readonly subleaf: number;
}

/** RDMSR of a register that the vCPU does not keep itself. */
export interface RdmsrExit {
  readonly kind: 'rdmsr';
  readonly msr: number;
}

/** Every WRMSR; answer `default` and the vCPU does it itself, or #GPs if it has no such register. */
export interface WrmsrExit {
  readonly kind: 'wrmsr';
  readonly msr: number;
  readonly value: bigint;
}

/** MOV to or from CR8: the task priority, which belongs to the local APIC. */
export interface Cr8Exit {
  readonly kind: 'cr8';
  readonly dir: 'read' | 'write';
  readonly value: number;
}

/** RDRAND or RDSEED: hardware randomness, a recorded input. */
export interface RandomExit {
  readonly kind: 'random';
  readonly instruction: 'rdrand' | 'rdseed';
  readonly size: 2 | 4 | 8;
}

/** A third fault while delivering a double fault (SDM Vol. 3A §6.15, #DF). The vCPU is dead. */
export interface ShutdownExit {
  readonly kind: 'shutdown';
}

/** The INTR line is up and the vCPU is at a boundary where it would take an interrupt. */
export interface InterruptWindowExit {
  readonly kind: 'interrupt-window';
}

/** `run(until)` reached its icount. */
export interface UntilExit {
  readonly kind: 'until';
}

/** A debugger's breakpoint, before the instruction, or watchpoint, after it (as x86 reports them). */
export interface DebugExit {
  readonly kind: 'debug';
  readonly stops: readonly DebugStop[];
}

export type DebugStop =
  | { readonly kind: 'break'; readonly id: number; readonly rip: Gva }
  | {
      readonly kind: 'watch';
      readonly id: number;
      readonly access: 'read' | 'write';
      readonly gva: Gva;
      readonly size: number;
    };

/** The exits that are the guest's doing: recorded, answered, traced. */
export type GuestExit =
  | PioExit
  | MmioExit
  | HltExit
  | CpuidExit
  | RdmsrExit
  | WrmsrExit
  | Cr8Exit
  | RandomExit
  | ShutdownExit;

/** The exits that are the host's doing: they leave no trace in a recording. */
export type HostExit = InterruptWindowExit | UntilExit | DebugExit;

export type VmExit = GuestExit | HostExit;

/** The answer to an exit. `none` acknowledges one that wants no value. */
export type Entry =
  | { readonly kind: 'none' }
  /** pio in, cr8 read: 32 bits. */
  | { readonly kind: 'value'; readonly value: number }
  /** mmio read, rdmsr, random: 64 bits. */
  | { readonly kind: 'wide'; readonly value: bigint }
  /** cpuid: EAX, EBX, ECX, EDX, each an unsigned 32-bit number. */
  | { readonly kind: 'cpuid'; readonly regs: readonly [number, number, number, number] }
  /** hlt: how many ticks of guest time pass before the next thing happens. */
  | { readonly kind: 'skip'; readonly ticks: number }
  /** wrmsr: the vCPU's own register, let it do the work (or raise #GP(0)). */
  | { readonly kind: 'default' }
  /** rdmsr, wrmsr: raise #GP(0). */
  | { readonly kind: 'fault' };

export const NONE: Entry = { kind: 'none' };

/** May the vCPU be checkpointed at this exit, that is, is it at an instruction boundary? */
export function isConsistent(exit: VmExit): boolean {
  switch (exit.kind) {
    // The instruction is half done until its access is answered.
    case 'pio':
    case 'mmio':
    case 'cpuid':
    case 'rdmsr':
    case 'wrmsr':
    case 'cr8':
    case 'random':
    // How far time jumps is owed before HLT retires.
    case 'hlt':
      return false;
    case 'shutdown':
    case 'interrupt-window':
    case 'until':
    case 'debug':
      return true;
    default:
      return unreachable(exit);
  }
}

/** A `switch` over a closed union ends here; reaching it at run time is a bug, not bad input. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
