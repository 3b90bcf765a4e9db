/**
 * Microcode: instructions too long or too rare to generate code for, written as routines on the
 * vCPU's state. One of two ways to say what a row does (see isa/row.ts), never beside the other.
 *
 * A routine runs to its end or throws: a `Fault` becomes the guest's exception, and an access or
 * exit that wants the host's answer throws too and runs the routine again from its start once the
 * answer is there. So everything that may throw comes before everything that changes the state.
 */

import type { Instruction } from '../decode/instruction.ts';
import type { Cpu } from './cpu.ts';

export type Microcode = (cpu: Cpu, insn: Instruction) => void;

/**
 * An exception for the guest. `error` is undefined for vectors without an error code. Not an Error:
 * faults are a guest's daily life, and a stack trace costs more than delivering one.
 */
export class Fault {
  readonly vector: number;
  readonly error: number | undefined;
  constructor(vector: number, error?: number) {
    this.vector = vector;
    this.error = error;
  }
}

/**
 * A fault behind the commit point of a task switch, or of an IRET to virtual-8086 mode: RIP and all
 * else already are the new code's, in whose context it is delivered. SDM Vol. 3A §6.15, "Interrupt 10".
 */
export class TaskFault extends Fault {}

/** Thrown by an access that the host has not answered yet; the run loop returns the exit. */
export class ExitPending {}
