/**
 * A vCPU that executes a script instead of instructions: each step takes one instruction and makes
 * the exit it says. It keeps the contract of `vcpu.ts` to the letter, and complains where its driver
 * does not.
 */

import type { Entry, VmExit } from '../../src/engine/exit.ts';
import { type Gpa, gpa, type Icount, icount, type Ticks, ticks } from '../../src/engine/units.ts';
import type { Ram, Registers, Vcpu, VcpuCheckpoint } from '../../src/engine/vcpu/vcpu.ts';

export type Step =
  | { readonly nop: number }
  | { readonly exit: VmExit }
  | { readonly flag: 'sti' | 'cli' }
  | { readonly iret: true };

export const nop = (n: number): Step => ({ nop: n });
export const sti: Step = { flag: 'sti' };
export const cli: Step = { flag: 'cli' };
export const iret: Step = { iret: true };
export const hlt: Step = { exit: { kind: 'hlt' } };
export const out = (port: number, value: number, size: 1 | 2 | 4 = 1): Step => ({
  exit: { kind: 'pio', dir: 'out', port, size, value },
});
export const inb = (port: number, size: 1 | 2 | 4 = 1): Step => ({
  exit: { kind: 'pio', dir: 'in', port, size, value: 0 },
});
export const mmioWrite = (at: number, value: number): Step => ({
  exit: { kind: 'mmio', dir: 'write', gpa: gpa(at), size: 4, value: BigInt(value) },
});
export const mmioRead = (at: number): Step => ({
  exit: { kind: 'mmio', dir: 'read', gpa: gpa(at), size: 4, value: 0n },
});
export const wrmsr = (msr: number, value: bigint): Step => ({
  exit: { kind: 'wrmsr', msr, value },
});
export const rdmsr = (msr: number): Step => ({ exit: { kind: 'rdmsr', msr } });

interface Frame {
  readonly steps: readonly Step[];
  at: number;
  /** How much of a `nop` is done. */
  done: number;
  readonly interrupts: boolean;
}

export class ScriptedVcpu implements Vcpu {
  icount: Icount = icount(0);
  ticks: Ticks = ticks(0);
  halted = false;
  /** What the machine answered, in order. */
  readonly replies: Entry[] = [];
  /** Registers that `setRegisters` was given. */
  given: Partial<Registers> = {};
  nmis = 0;
  readonly ram: Ram & { readonly bytes: Uint8Array };
  readonly #handler: readonly Step[];
  #frames: Frame[];
  #interrupts = false;
  /** STI holds interrupts back for one more instruction. */
  #shadow = false;
  #intr = false;
  #asked: VmExit | undefined;
  #answered = false;

  /** `handler` runs for each interrupt, with interrupts off. */
  constructor(steps: readonly Step[], handler: readonly Step[] = [iret], ramBytes = 1 << 21) {
    this.#frames = [{ steps, at: 0, done: 0, interrupts: false }];
    this.#handler = handler;
    const bytes = new Uint8Array(ramBytes);
    this.ram = {
      size: ramBytes,
      bytes,
      peek: (at, length) => bytes.slice(at, at + length),
      poke: (at: Gpa, data) => bytes.set(data, at),
    };
  }

  run(until: Icount): VmExit {
    if (this.#asked !== undefined && !this.#answered) throw new Error('the exit is not answered');
    this.#complete();
    for (;;) {
      if (this.#intr && this.#interrupts && !this.#shadow) return { kind: 'interrupt-window' };
      if (this.halted || this.icount >= until) return { kind: 'until' };
      const exit = this.#step(until);
      if (exit !== undefined) return exit;
    }
  }

  enter(entry: Entry): void {
    if (this.#asked === undefined || this.#answered) throw new Error('nothing to answer');
    // The machine may reuse its reply.
    this.replies.push({ ...entry });
    this.#answered = true;
    if (this.#asked.kind === 'hlt') {
      if (entry.kind !== 'skip') throw new Error(`hlt answered with ${entry.kind}`);
      this.ticks = ticks(this.ticks + entry.ticks);
    }
  }

  setIntr(level: boolean): void {
    this.#intr = level;
  }

  inject(): void {
    if (!this.#intr || !this.#interrupts) throw new Error('injected outside a window');
    this.halted = false;
    this.#frames.push({ steps: this.#handler, at: 0, done: 0, interrupts: true });
    this.#interrupts = false;
  }

  nmi(): void {
    this.nmis++;
    this.halted = false;
  }

  registers(): Registers {
    return { rflags: this.#interrupts ? 0x202n : 2n, cr4: 0n } as Registers;
  }

  setRegisters(registers: Partial<Registers>): void {
    this.given = registers;
  }

  /** A copy that stands at the same point: what checkpoint and restore are to a real one. */
  fork(): ScriptedVcpu {
    const other = new ScriptedVcpu([], this.#handler, this.ram.size);
    other.#frames = this.#frames.map((frame) => ({ ...frame }));
    other.icount = this.icount;
    other.ticks = this.ticks;
    other.halted = this.halted;
    other.#interrupts = this.#interrupts;
    other.#shadow = this.#shadow;
    other.#asked = this.#asked;
    other.#answered = this.#answered;
    other.ram.bytes.set(this.ram.bytes);
    return other;
  }

  stateHash(): string {
    return this.icount.toString(16).padStart(16, '0');
  }

  checkpoint(): VcpuCheckpoint {
    return { icount: this.icount, bytes: 0 };
  }

  restore(): void {}
  release(): void {}
  setBreakpoints(): void {}
  setWatchpoints(): void {}
  translate(): undefined {}

  /** An answered exit's instruction retires as the vCPU runs on; HLT had before. */
  #complete(): void {
    if (this.#asked !== undefined && this.#asked.kind !== 'hlt') this.#retire();
    this.#asked = undefined;
    this.#answered = false;
  }

  #retire(by = 1): void {
    this.#shadow = false;
    this.icount = icount(this.icount + by);
    this.ticks = ticks(this.ticks + by);
  }

  #step(until: Icount): VmExit | undefined {
    const frame = this.#frames.at(-1)!;
    const step = frame.steps[frame.at];
    // Past the end of the script there is nothing but NOPs.
    if (step === undefined) return void this.#retire(until - this.icount);
    if ('nop' in step) {
      const left = Math.min(step.nop - frame.done, until - this.icount);
      const by = this.#shadow ? 1 : left;
      frame.done += by;
      if (frame.done === step.nop) this.#next(frame);
      return void this.#retire(by);
    }
    this.#next(frame);
    if ('exit' in step) {
      const { exit } = step;
      if (exit.kind === 'hlt') {
        this.#retire();
        this.halted = true;
      }
      if (exit.kind === 'debug' || exit.kind === 'shutdown') return exit;
      this.#asked = exit;
      return exit;
    }
    if ('flag' in step) {
      this.#interrupts = step.flag === 'sti';
      this.#retire();
      this.#shadow = step.flag === 'sti';
      return undefined;
    } else {
      this.#interrupts = frame.interrupts;
      this.#frames.pop();
    }
    return void this.#retire();
  }

  #next(frame: Frame): void {
    frame.at++;
    frame.done = 0;
  }
}
