/**
 * The vCPU made of generated WebAssembly and microcode. This file is the run loop: what happens at
 * instruction boundaries, and what the stops of generated code mean.
 */

import { type CpuModel, DEFAULT_CPU } from '../cpuid.ts';
import type { Decoder } from '../decode/decoder.ts';
import type { Entry, GuestExit, VmExit } from '../exit.ts';
import { MICROCODE_LEAVE, MICROCODE_NEXT, MICROCODE_RESUME } from '../interp/control.ts';
import type { MainExports, MainImports, MainModule } from '../interp/module.ts';
import { Jit, type JitOptions } from '../jit/compiler.ts';
import { Cpu, FL_IF, FL_RF, FL_TF } from '../microcode/cpu.ts';
import { instructionBreakpointHit, takeDebugTrap } from '../microcode/debug.ts';
import {
  type Delivery,
  deliverDebugTrap,
  deliverException,
  deliverInterrupt,
  hasErrorCode,
} from '../microcode/deliver.ts';
import { ExitPending, Fault, TaskFault } from '../microcode/microcode.ts';
import type { Gpa, Gva, Icount, Ticks } from '../units.ts';
import { type AccessHost, createAccess } from './access.ts';
import { Blocks, endsBlock } from './blocks.ts';
import { type Checkpoint, putBack, takeCheckpoint } from './checkpoint.ts';
import { CodeFetch } from './code-fetch.ts';
import { debugTranslate } from './debug-walk.ts';
import * as L from './layout.ts';
import { deriveMode } from './mode.ts';
import { Pages } from './pages.ts';
import { type Outside, type PortableStates, portableStates, TrailFilters } from './portable.ts';
import { powerOnState } from './power-on.ts';
import { createRam } from './ram.ts';
import { readRegisters, writeRegisters } from './registers.ts';
import type { State } from './state.ts';
import { hashState } from './state-hash.ts';
import type { Breakpoint, Ram, Registers, Vcpu, VcpuCheckpoint, Watchpoint } from './vcpu.ts';
import { Watches } from './watches.ts';

/** Generated code runs for at most this many instructions at a time: LEFT is 32 bits wide. */
const SLICE_MAX = 100_000_000;
/** WebAssembly has no on-stack replacement: the first slices are short, so that V8 can tier up. */
const SLICE_WARM = 200_000;
const WARM_SLICES = 200;
/** Sizes of what is no architecture: smaller ones are slower, and must not show in any state. */
export interface VcpuLimits {
  /** Bytes for decoded code. */
  readonly codeBytes: number;
  /** Instructions that generated code runs at a time. */
  readonly slice: number;
  /** Does the fast TLB hold one entry of each kind, instead of all it has? */
  readonly oneTlbEntry: boolean;
}
export const LIMITS_DEFAULT: VcpuLimits = {
  codeBytes: L.ARENA_END - L.ARENA,
  slice: SLICE_MAX,
  oneTlbEntry: false,
};
/** Exceptions delivered without one instruction retiring before `run` gives its caller a look. */
const DELIVERIES_MAX = 1000;

const UNTIL: VmExit = { kind: 'until' };
const WINDOW: VmExit = { kind: 'interrupt-window' };
const SHUTDOWN: VmExit = { kind: 'shutdown' };

export interface SoftVcpuOptions {
  readonly memoryBytes: number;
  readonly main: MainModule;
  readonly decoder: Decoder;
  /** Absent: everything is interpreted. */
  readonly jit?: JitOptions | undefined;
  /** What of CR4 and IA32_EFER there is, and the signature at reset. The decoder knows the rows. */
  readonly cpu?: CpuModel;
  readonly limits?: Partial<VcpuLimits> | undefined;
}

export class SoftVcpu implements Vcpu {
  readonly ram: Ram;
  readonly #memory: WebAssembly.Memory;
  readonly #u8: Uint8Array;
  readonly #exports: MainExports;
  readonly #cpu: Cpu;
  readonly #state: State;
  readonly #blocks: Blocks;
  readonly #fetch: CodeFetch;
  readonly #jit: Jit | undefined;
  readonly #pages: Pages;
  readonly #watches: Watches;
  readonly #limits: VcpuLimits;
  readonly #trail: TrailFilters;
  #portable: PortableStates | undefined;
  #icount = 0;
  #slices = 0;
  #nmiPending = false;
  #shutdown = false;
  /** The exit that `run` returned and `enter` has not answered. */
  #pending: GuestExit | undefined;
  /** Answers of the instruction that is executing again, by position. */
  #answers: Entry[] = [];
  /** A delivery that met an access which wants the host's answer: done again once it is there. */
  #delivery: (() => Delivery) | undefined;
  /** Deliveries at icount `at`, where the last one was. */
  #delivered = { at: 0, count: 0 };
  /** What the delivery by `inject` met, a watchpoint or a device: the next `run` returns it. */
  #owed: VmExit | undefined;
  /** RIP and icount of the breakpoint that `run` stopped at last. */
  #stoppedAt: { rip: bigint; icount: number } | undefined;

  constructor(options: SoftVcpuOptions) {
    const { memoryBytes, main } = options;
    this.#limits = { ...LIMITS_DEFAULT, ...options.limits };
    const pages = Math.ceil((L.RAM_BASE + memoryBytes) / 65536);
    this.#memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const buffer = this.#memory.buffer;
    this.#u8 = new Uint8Array(buffer);
    const imports: MainImports = {
      memory: this.#memory,
      touch: (page) => this.#pages.touch(page),
      codeWrite: (gpa, bytes) => this.#blocks.invalidate(gpa >>> 0, bytes),
      watch: (gva, gpa, bytes, write) =>
        this.#watches.hit(BigInt.asUintN(64, gva), gpa >>> 0, bytes, write !== 0),
      findBlock: () => this.#fetch.findBlock(),
      microcode: (ip) => this.#microcode(ip),
      hot: (ip) => this.#jit?.hot(ip),
      codeHit: (gpa, bytes) => (this.#jit?.hit(gpa >>> 0, bytes) ? 1 : 0),
    };
    const instance = new WebAssembly.Instance(main.module, { env: { ...imports } });
    this.#exports = instance.exports as unknown as MainExports;
    const host: AccessHost = {
      exports: this.#exports,
      memory: buffer,
      exit: (exit) => this.#exit(exit),
      icount: () => this.#icountNow(),
      modeChanged: () => deriveMode(this.#cpu),
    };
    this.#cpu = new Cpu(
      buffer,
      createAccess(host, () => this.#cpu.state),
    );
    this.#state = this.#cpu.state;
    this.#blocks = new Blocks(
      buffer,
      options.decoder,
      main.handlers,
      () => this.#exports.tlbDropKind(L.TLB_WRITE),
      this.#limits.codeBytes,
    );
    if (options.jit) {
      this.#jit = new Jit(this.#memory, this.#exports, this.#blocks, options.jit);
      this.#state.setU32(L.HOT_AT, options.jit.hotAt);
    }
    this.#pages = new Pages(buffer, this.#exports, memoryBytes);
    this.#pages.onReplace = (gpa, bytes) => this.#blocks.invalidate(gpa, bytes);
    this.#trail = new TrailFilters(buffer, this.#pages, this.#exports);
    this.#watches = new Watches(this.#cpu, buffer, () => this.#exports.tlbDropFast());
    this.#fetch = new CodeFetch(this.#state, buffer, this.#blocks, this.#exports);
    this.ram = createRam(buffer, memoryBytes, (gpa, n) => this.#exports.beforeWrite(gpa, n));
    this.#state.setU32(L.RAM_BYTES, memoryBytes);
    this.#state.setU32(L.TLB_ONE, this.#limits.oneTlbEntry ? 1 : 0);
    this.#blocks.flush();
    this.#exports.tlbFlush(2, 0n, 0);
    this.#exports.tlbDropFast();
    powerOnState(this.#cpu, options.cpu ?? DEFAULT_CPU);
    deriveMode(this.#cpu);
  }

  get icount(): Icount {
    return this.#icount as Icount;
  }
  get ticks(): Ticks {
    return (this.#icount + this.#state.count(L.SKIPPED)) as Ticks;
  }
  get deliveries(): number {
    const { at, count } = this.#delivered;
    return at === this.#icount ? count : 0;
  }
  get lastDelivery(): { readonly at: number; readonly count: number } {
    return this.#delivered;
  }
  get halted(): boolean {
    return this.#state.u32(L.HALTED) !== 0;
  }

  /** What the JIT has done so far, for benchmarks; undefined without one. */
  get jitStatistics(): Jit['statistics'] | undefined {
    return this.#jit?.statistics;
  }

  // --- running ----------------------------------------------------------------------------------------

  run(until: Icount): VmExit {
    const owed = this.#owed;
    if (owed) {
      this.#owed = undefined;
      return owed;
    }
    if (this.#pending) throw new Error(`vcpu: ${this.#pending.kind} exit was not answered`);
    let deliveries = 0;
    for (;;) {
      if (this.#shutdown) return SHUTDOWN;
      if (this.#delivery) {
        const exit = this.#deliver(this.#delivery);
        if (exit) return exit;
        continue;
      }
      const redo = this.#state.u32(L.ANSWERED) > 0;
      if (!redo) {
        const event = this.#boundary(until);
        if (event === 'delivered') {
          if (++deliveries > DELIVERIES_MAX) return UNTIL;
          continue;
        }
        if (event) return event;
      }
      const before = this.#icount;
      const exit = this.#runSome(until, redo);
      if (exit) return exit;
      deliveries = this.#icount === before ? deliveries + 1 : 0;
      if (deliveries > DELIVERIES_MAX) return UNTIL;
    }
  }

  /**
   * What comes between two instructions, in the order of SDM Vol. 3A table 6-2: NMI, external
   * interrupt. Traps of the instruction before have been taken where it retired.
   */
  #boundary(until: number): VmExit | 'delivered' | undefined {
    const s = this.#state;
    const shadow = s.u32(L.SHADOW);
    if (this.#nmiPending && !s.u32(L.NMI_BLOCKED) && shadow === L.SHADOW_NONE) {
      this.#nmiPending = false;
      return this.#deliver(() => deliverInterrupt(this.#cpu, 2, 'nmi')) ?? 'delivered';
    }
    if (s.u32(L.INTR) && s.u32(L.EFLAGS) & FL_IF && shadow === L.SHADOW_NONE) return WINDOW;
    if (this.#icount >= until || s.u32(L.HALTED)) return UNTIL;
    return undefined;
  }

  /** Runs generated code once and deals with why it stopped. */
  #runSome(until: number, redo: boolean): VmExit | undefined {
    const s = this.#state;
    const flags = s.u32(L.EFLAGS);
    const shadow = s.u32(L.SHADOW);
    const tf = (flags & FL_TF) !== 0;
    const breaks = this.#watches.instructionBreaks;
    if (breaks && !redo && instructionBreakpointHit(this.#cpu)) {
      const raised = { vector: 1, error: undefined };
      return this.#deliver(() => deliverException(this.#cpu, raised, 'breakpoint'));
    }
    // Behind a breakpoint that is passed comes one instruction: the next iteration of REP is at it again.
    const passing = this.#watches.passing || s.u32(L.BREAK_PASS);
    const alone = redo || tf || shadow !== L.SHADOW_NONE || breaks || passing || flags & FL_RF;
    const slice = this.#slices < WARM_SLICES ? SLICE_WARM : SLICE_MAX;
    const budget = alone ? 1 : Math.min(until - this.#icount, slice, this.#limits.slice);
    s.setU32(L.SHADOW, L.SHADOW_NONE);
    if (flags & FL_RF) s.setU32(L.EFLAGS, flags & ~FL_RF);
    const retired = this.#execute(budget);
    const status = s.u32(L.STATUS);
    if (retired) {
      s.setU32(L.ANSWERED, 0);
      const hits = this.#watches.wantedHits();
      if ((alone || s.u32(L.DEBUG_HITS)) && takeDebugTrap(this.#cpu, tf)) {
        const exit = this.#deliver(() => deliverDebugTrap(this.#cpu));
        if (exit) return exit;
        if (!hits) return undefined;
      }
      if (hits) return { kind: 'debug', stops: hits };
    }
    switch (status) {
      case L.STATUS_STOP:
      case L.STATUS_BOUNDARY:
        return undefined;
      case L.STATUS_FAULT: {
        s.setU32(L.ANSWERED, 0);
        // An instruction that faults has hit no data breakpoint.
        s.setU32(L.DEBUG_HITS, 0);
        this.#watches.takeHits();
        const vector = s.u32(L.FAULT_VECTOR);
        const error = hasErrorCode(vector) ? s.u32(L.FAULT_ERROR) : undefined;
        return this.#deliver(() => deliverException(this.#cpu, { vector, error }));
      }
      case L.STATUS_MMIO:
      case L.STATUS_EXIT:
        // The instruction has not run: what holds for its boundary holds again.
        if (!retired) this.#restoreBoundary(shadow, flags);
        return this.#takePending(status);
      case L.STATUS_BREAK:
        return this.#atBreak(until);
      case L.STATUS_INVALID:
        if (!retired) this.#restoreBoundary(shadow, flags);
        this.#fetch.forgetJump();
        return undefined;
      case L.STATUS_LIMIT:
        return this.#deliver(() => deliverException(this.#cpu, { vector: 13, error: 0 }));
      case L.STATUS_FULL:
        if (!retired) this.#restoreBoundary(shadow, flags);
        this.#blocks.makeRoom();
        return undefined;
      case L.STATUS_WATCH:
        if (!retired) this.#restoreBoundary(shadow, flags);
        this.#watches.passing = true;
        return undefined;
      default:
        throw new Error(`vcpu: generated code stopped with status ${status}`);
    }
  }

  #restoreBoundary(shadow: number, flags: number): void {
    this.#state.setU32(L.SHADOW, shadow);
    if (flags & FL_RF) this.#state.setU32(L.EFLAGS, this.#state.u32(L.EFLAGS) | FL_RF);
  }

  /** Runs generated code for at most `budget` instructions; returns how many retired. */
  #execute(budget: number): number {
    const s = this.#state;
    this.#slices++;
    s.setU32(L.LEFT, budget);
    s.setCount(L.ICOUNT_END, this.#icount + budget);
    s.setU32(L.STATUS, L.STATUS_NONE);
    s.setU32(L.ANSWER_NEXT, 0);
    this.#exports.run();
    while (s.i32(L.LEFT) > 0) {
      const left = s.i32(L.LEFT);
      const status = s.u32(L.STATUS);
      if (status === L.STATUS_STOP) {
        // The next block is longer than what is left: its first instructions one by one.
        s.setU32(L.STATUS, L.STATUS_NONE);
        const block = this.#exports.find();
        if (block) this.#exports.partial(block, left);
      } else if (status !== L.STATUS_LIMIT || !this.#partialToLimit(budget, left)) break;
    }
    const retired = budget - s.i32(L.LEFT);
    this.#icount += retired;
    return retired;
  }

  #icountNow(): number {
    const s = this.#state;
    const ip = s.u32(L.STOP_AT);
    const remaining = ip ? this.#u8[ip + 4]! : 0;
    return s.count(L.ICOUNT_END) - s.i32(L.LEFT) - remaining;
  }

  /** Delivers now, or keeps the delivery for when the host has answered what it met. */
  #deliver(delivery: () => Delivery): VmExit | undefined {
    const s = this.#state;
    this.#delivery = undefined;
    s.setU32(L.STATUS, L.STATUS_NONE);
    s.setU32(L.ANSWER_NEXT, 0);
    s.setU32(L.STOP_AT, 0);
    const rip = s.u64(L.RIP);
    try {
      if (delivery() === 'shutdown') this.#shutdown = true;
      s.setU32(L.ANSWERED, 0);
      s.setU32(L.BREAK_PASS, 0);
      this.#delivered = { at: this.#icount, count: this.deliveries + 1 };
      const hits = this.#watches.wantedHits();
      return hits ? { kind: 'debug', stops: hits } : undefined;
    } catch (thrown) {
      if (!(thrown instanceof ExitPending)) throw thrown;
      s.setU64(L.RIP, rip);
      this.#delivery = delivery;
      const status = s.u32(L.STATUS);
      if (status === L.STATUS_WATCH) {
        this.#watches.passing = true;
        return undefined;
      }
      return this.#takePending(status);
    }
  }

  // --- exits --------------------------------------------------------------------------------------------

  /** The exit that generated code or microcode left behind. */
  #takePending(status: number): VmExit {
    const s = this.#state;
    if (status === L.STATUS_MMIO) {
      this.#pending = {
        kind: 'mmio',
        dir: s.u32(L.MMIO_WRITE) ? 'write' : 'read',
        gpa: Number(s.u64(L.MMIO_GPA)) as Gpa,
        size: s.u32(L.MMIO_SIZE) as 1 | 2 | 4 | 8,
        value: BigInt.asUintN(s.u32(L.MMIO_SIZE) * 8, s.u64(L.MMIO_VALUE)),
      };
    }
    if (!this.#pending) throw new Error(`vcpu: status ${status} without an exit`);
    return this.#pending;
  }

  /** Microcode's side of an exit: the host's answer, if it is there. */
  #exit(exit: GuestExit): Entry {
    const s = this.#state;
    const next = s.u32(L.ANSWER_NEXT);
    if (next < s.u32(L.ANSWERED)) {
      s.setU32(L.ANSWER_NEXT, next + 1);
      return this.#answers[next]!;
    }
    this.#pending = exit;
    s.setU32(L.STATUS, L.STATUS_EXIT);
    throw new ExitPending();
  }

  enter(entry: Entry): void {
    const exit = this.#pending;
    if (!exit) throw new Error('vcpu: there is no exit to answer');
    const s = this.#state;
    const n = s.u32(L.ANSWERED);
    if (n >= L.ANSWERS_MAX) throw new Error('vcpu: one instruction made too many accesses');
    if (exit.kind === 'mmio' && exit.dir === 'read') {
      if (entry.kind !== 'wide') throw new Error(`vcpu: mmio read answered with ${entry.kind}`);
      s.setU64(L.ANSWERS + n * 8, BigInt.asUintN(exit.size * 8, entry.value));
    }
    // Entries may be reused by the host once `enter` returns.
    this.#answers[n] = { ...entry };
    s.setU32(L.ANSWERED, n + 1);
    this.#pending = undefined;
  }

  setIntr(level: boolean): void {
    this.#state.setU32(L.INTR, level ? 1 : 0);
  }

  inject(vector: number): void {
    const exit = this.#deliver(() => deliverInterrupt(this.#cpu, vector, 'external'));
    // A stack or a descriptor table in device memory: the delivery goes on once that has answered.
    this.#owed = exit;
  }

  nmi(): void {
    this.#nmiPending = true;
  }

  // --- hooks of generated code --------------------------------------------------------------------------

  #microcode(ip: number): number {
    const s = this.#state;
    const insn = this.#blocks.instructions.get(ip)!;
    const rip = s.u64(L.RIP);
    s.setU32(L.STOP_AT, ip);
    // The shortcut may have read its operand already: the exact routine starts from the beginning.
    if (insn.row.slow) s.setU32(L.ANSWER_NEXT, 0);
    try {
      (insn.row.microcode ?? insn.row.slow)!(this.#cpu, insn);
    } catch (thrown) {
      if (thrown instanceof Fault) {
        s.setU32(L.FAULT_VECTOR, thrown.vector);
        s.setU32(L.FAULT_ERROR, thrown.error ?? 0);
        s.setU32(L.STATUS, L.STATUS_FAULT);
      } else if (!(thrown instanceof ExitPending)) throw thrown;
      if (!(thrown instanceof TaskFault)) s.setU64(L.RIP, rip);
      s.setU32(L.LEFT, s.i32(L.LEFT) + this.#u8[ip + 4]!);
      return MICROCODE_LEAVE;
    }
    if (!endsBlock(insn)) return MICROCODE_NEXT;
    const flags = s.u32(L.EFLAGS);
    const look =
      s.u32(L.SHADOW) ||
      s.u32(L.HALTED) ||
      s.u32(L.DEBUG_HITS) ||
      flags & (FL_TF | FL_RF) ||
      (flags & FL_IF && s.u32(L.INTR)) ||
      this.#watches.changed ||
      this.#nmiPending;
    if (!look) return MICROCODE_RESUME;
    s.setU32(L.STATUS, L.STATUS_BOUNDARY);
    return MICROCODE_LEAVE;
  }

  // --- debugger's stops ---------------------------------------------------------------------------------

  #atBreak(until: number): VmExit | undefined {
    const s = this.#state;
    if (this.#icount >= until) return UNTIL;
    const rip = s.u64(L.RIP);
    const gva = BigInt.asUintN(64, rip + s.u64(L.CODE_BASE)) as Gva;
    const hit = this.#watches.breakpointsAt(gva);
    const again = this.#stoppedAt?.rip === rip && this.#stoppedAt.icount === this.#icount;
    if (!hit.length || again) {
      this.#stoppedAt = undefined;
      s.setU32(L.BREAK_PASS, 1);
      return undefined;
    }
    this.#stoppedAt = { rip, icount: this.#icount };
    return { kind: 'debug', stops: hit.map((id) => ({ kind: 'break', id, rip: gva })) };
  }

  /** The block reaches beyond the code segment: runs those of its instructions that lie within it, if any. */
  #partialToLimit(budget: number, left: number): boolean {
    const s = this.#state;
    const block = this.#exports.find();
    const limit = s.u32(L.segment(L.CS) + L.SEG_LIMIT);
    const n = block ? Math.min(left, this.#blocks.fitting(block, s.u64(L.RIP), limit)) : 0;
    if (n === 0) return false;
    s.setU32(L.LEFT, n);
    s.setCount(L.ICOUNT_END, this.#icount + budget - left + n);
    s.setU32(L.STATUS, L.STATUS_NONE);
    // Past the limit check, which is the block's first record.
    this.#exports.partial(block + 32, n);
    s.setU32(L.LEFT, s.i32(L.LEFT) + left - n);
    s.setCount(L.ICOUNT_END, this.#icount + budget);
    return true;
  }

  setBreakpoints(points: readonly Breakpoint[]): void {
    if (points.length === 0 && !this.#watches.hasBreakpoints) return;
    this.#watches.setBreakpoints(points);
    this.#blocks.setBreaks(points.map((p) => p.gva));
    this.#exports.tlbDropKind(L.TLB_EXECUTE);
  }

  setWatchpoints(points: readonly Watchpoint[]): void {
    this.#watches.setWatchpoints(points);
  }

  // --- state --------------------------------------------------------------------------------------------

  registers(): Registers {
    return readRegisters(this.#cpu);
  }

  setRegisters(registers: Partial<Registers>): void {
    writeRegisters(this.#cpu, registers);
    deriveMode(this.#cpu);
    this.#exports.tlbFlush(2, 0n, 0);
    this.#watches.restored();
  }

  stateHash(): string {
    return hashState(this.#cpu, this.#exports, this.#icount, this.#pages.hash());
  }

  translate(at: Gva): Gpa | undefined {
    return debugTranslate(this.#cpu, this.ram, at);
  }

  checkpoint(): VcpuCheckpoint {
    const outside = this.#outside;
    this.#state.setU32(L.BREAK_PASS, 0);
    return takeCheckpoint(this.#u8, this.#pages, this.#trail, outside);
  }

  restore(checkpoint: VcpuCheckpoint): void {
    putBack(checkpoint as Checkpoint, this.#u8, this.#pages, this.#trail);
    this.#became(checkpoint as Checkpoint);
  }

  /** The registers and the TLB in memory are those of another state; here is the rest of it. */
  #became({ icount, nmiPending, delivered, shutdown }: Outside): void {
    this.#exports.tlbDropFast();
    this.#icount = icount;
    this.#nmiPending = nmiPending;
    this.#delivered = delivered;
    this.#shutdown = shutdown;
    this.#pending = undefined;
    this.#delivery = undefined;
    this.#owed = undefined;
    this.#stoppedAt = undefined;
    this.#watches.takeHits();
    this.#watches.restored();
    deriveMode(this.#cpu);
  }

  release(checkpoint: VcpuCheckpoint): void {
    this.#pages.release((checkpoint as Checkpoint).anchor);
  }

  get portable(): PortableStates {
    return (this.#portable ??= portableStates({
      memory: this.#u8,
      state: this.#state,
      pages: this.#pages,
      trail: this.#trail,
      outside: () => this.#outside,
      became: (outside) => this.#became(outside),
      checkpointBefore: () => {
        const anchor = this.#pages.markBefore();
        return takeCheckpoint(this.#u8, this.#pages, this.#trail, this.#outside, anchor);
      },
    }));
  }

  /** What a checkpoint keeps that is not in the memory. */
  get #outside(): Outside & { readonly icount: Icount } {
    if (this.#pending || this.#state.u32(L.ANSWERED) || this.#delivery) {
      throw new Error('vcpu: a checkpoint inside an instruction');
    }
    return {
      icount: this.icount,
      nmiPending: this.#nmiPending,
      delivered: this.#delivered,
      shutdown: this.#shutdown,
    };
  }
}
