/**
 * The state hash of a vCPU that is not made of a state page: its registers are laid out in one, and
 * then hashed by the very code that hashes the soft vCPU's. Equal states give equal hashes, which is
 * how a recording made under KVM is checked on the other engine.
 */

import type { CpuModel } from '../cpuid.ts';
import { mainModule } from '../create.ts';
import type { MainExports, MainImports } from '../interp/module.ts';
import { Cpu } from '../microcode/cpu.ts';
import { createAccess } from '../vcpu/access.ts';
import * as L from '../vcpu/layout.ts';
import { powerOnState } from '../vcpu/power-on.ts';
import { readRegisters, writeRegisters } from '../vcpu/registers.ts';
import { hashState } from '../vcpu/state-hash.ts';
import type { Registers } from '../vcpu/vcpu.ts';

const PAGE = 4096;

/** What `Registers` does not have. */
export interface HiddenState {
  readonly model: CpuModel;
  readonly skipped: number;
  readonly tscAdjust: bigint;
  readonly tscOffset: bigint;
  readonly shadow: number;
  readonly nmiBlocked: boolean;
  readonly halted: boolean;
  readonly msr: (msr: number) => bigint;
}

const MSR_PLACES: readonly (readonly [msr: number, at: number])[] = [
  [0xc000_0081, L.STAR],
  [0xc000_0082, L.LSTAR],
  [0xc000_0083, L.CSTAR],
  [0xc000_0084, L.SFMASK],
  [0x174, L.SYSENTER_CS],
  [0x175, L.SYSENTER_ESP],
  [0x176, L.SYSENTER_EIP],
  [0x277, L.PAT],
  [0xc000_0103, L.TSC_AUX],
  [0x1a0, L.MISC_ENABLE],
  ...[0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f].map(
    (msr, n) => [msr, L.MTRR_FIXED + n * 8] as const,
  ),
  ...Array.from({ length: 16 }, (_, n) => [0x200 + n, L.MTRR_VARIABLE + n * 8] as const),
  [0x2ff, L.MTRR_DEFAULT],
];
/** The MSRs that are part of the state hash. */
export const HASHED_MSRS: readonly number[] = MSR_PLACES.map(([msr]) => msr);

export class StateImage {
  readonly #u8: Uint8Array;
  readonly #exports: MainExports;
  readonly #cpu: Cpu;

  constructor() {
    const { module } = mainModule();
    const memory = new WebAssembly.Memory({ initial: L.RAM_BASE / 65536 + 1 });
    const never = (): never => {
      throw new Error('kvm: a state image does not run');
    };
    const imports: MainImports = {
      memory,
      touch: never,
      codeWrite: never,
      watch: never,
      findBlock: never,
      microcode: never,
      hot: never,
      codeHit: never,
    };
    const instance = new WebAssembly.Instance(module, { env: { ...imports } });
    this.#exports = instance.exports as unknown as MainExports;
    this.#u8 = new Uint8Array(memory.buffer);
    this.#cpu = new Cpu(
      memory.buffer,
      createAccess(
        {
          exports: this.#exports,
          memory: memory.buffer,
          exit: never,
          icount: never,
          modeChanged: () => {},
        },
        () => this.#cpu.state,
      ),
    );
  }

  /** Registers and MSRs as they are at RESET: those of the soft vCPU, to the bit. */
  powerOn(model: CpuModel): {
    registers: Registers;
    msrs: (readonly [msr: number, value: bigint])[];
  } {
    this.#u8.fill(0, 0, PAGE);
    powerOnState(this.#cpu, model);
    const msrs = MSR_PLACES.map(([msr, at]) => [msr, this.#cpu.state.u64(at)] as const);
    return { registers: readRegisters(this.#cpu), msrs };
  }

  /** The hash of one page of RAM, as `vcpu/pages.ts` has it. */
  pageHash(bytes: Uint8Array, page: number): bigint {
    this.#u8.set(bytes, L.RAM_BASE);
    return BigInt.asUintN(64, this.#exports.pageHash(L.RAM_BASE, page));
  }

  hash(registers: Registers, hidden: HiddenState, icount: number, ram: bigint): string {
    const s = this.#cpu.state;
    this.#u8.fill(0, 0, PAGE);
    // What the model makes of registers is state too, and no guest changes it.
    powerOnState(this.#cpu, hidden.model);
    writeRegisters(this.#cpu, registers);
    for (const [msr, at] of MSR_PLACES) s.setU64(at, hidden.msr(msr));
    s.setCount(L.SKIPPED, hidden.skipped);
    s.setU64(L.TSC_ADJUST, hidden.tscAdjust);
    s.setU64(L.TSC_OFFSET, hidden.tscOffset);
    s.setU32(L.SHADOW, hidden.shadow);
    s.setU32(L.NMI_BLOCKED, hidden.nmiBlocked ? 1 : 0);
    s.setU32(L.HALTED, hidden.halted ? 1 : 0);
    return hashState(this.#cpu, this.#exports, icount, ram);
  }
}

let shared: StateImage | undefined;

/** One does for all: it holds nothing between two calls. */
export const stateImage = (): StateImage => (shared ??= new StateImage());
