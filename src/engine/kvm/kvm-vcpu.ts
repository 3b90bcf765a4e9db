/**
 * The vCPU that the processor runs: `Vcpu` over one KVM_RUN loop. docs/kvm.md reads it line by line.
 *
 * KVM does not count instructions. `icount` here is therefore a position of another kind:
 *   - counting exits (the default): how many exits have been answered. Interrupts are let in at
 *     exits only, so these positions are all there is to replay; a follower (src/record/follower.ts)
 *     finds out which icount each of them is.
 *   - counting instructions: every instruction is single-stepped (KVM_GUESTDBG_SINGLESTEP), and
 *     `icount` is exact, at some 10 µs an instruction.
 * Guest time is `ticksPerExit` for each exit, plus what HLT skips: no host clock is read. A guest that
 * waits in a loop without exits is given time by the host's interruptions.
 */

import { KVM_CPU } from '../cpu-models.ts';
import type { CpuModel } from '../cpuid.ts';
import type { DebugStop, Entry, GuestExit, VmExit } from '../exit.ts';
import type { Gpa, Gva, Icount, Ticks } from '../units.ts';
import * as L from '../vcpu/layout.ts';
import type { Breakpoint, Ram, Registers, Vcpu, VcpuCheckpoint, Watchpoint } from '../vcpu/vcpu.ts';
import { CONSTANTS } from './abi.ts';
import { cpuidTable } from './cpuid-table.ts';
import { GuestDebug } from './debug.ts';
import { KvmError } from './errors.ts';
import { answer, failure, guestExit, type PortElement, portElements } from './exits.ts';
import { CONSTANT_MSRS, IA32_TSC, IA32_TSC_ADJUST } from './msrs.ts';
import { PAGE } from './ram.ts';
import { readMsrs, readRegisters, writeMsr, writeRegisters } from './registers.ts';
import { HASHED_MSRS, type HiddenState, stateImage } from './state-image.ts';
import { Steps } from './steps.ts';
import { Struct } from './struct.ts';
import { KvmVm } from './vm.ts';

const UNTIL: VmExit = { kind: 'until' };
const WINDOW: VmExit = { kind: 'interrupt-window' };
const SHUTDOWN: GuestExit = { kind: 'shutdown' };

const IA32_EFER = 0xc000_0080;
const EFER_LME = 1n << 8n;
const EFER_LMA = 1n << 10n;
/** SCE, LME, LMA, NXE. */
const EFER_KNOWN = 0xd01n;
const CR0_PG = 1n << 31n;

/** What an exit costs on the hardware of today, and so how fast guest time passes. */
export const TICKS_PER_EXIT = 10_000;
/**
 * A guest that does not exit for so many kicks waits for a timer: from then on time passes for it.
 * Fewer could be a host that had no time for the guest.
 */
const QUIET_KICKS = 4;
/** Twice a person's patience fits into 100 ms. */
const KICK_MS = 40;

export interface KvmVcpuOptions {
  /** Guest RAM: a multiple of 4096. */
  readonly memoryBytes: number;
  readonly cpu?: CpuModel;
  readonly counting?: 'exits' | 'instructions';
  readonly ticksPerExit?: number;
  readonly kickMs?: number;
}

interface Checkpoint extends VcpuCheckpoint {
  readonly registers: Registers;
  readonly msrs: readonly (readonly [number, bigint])[];
  readonly ram: Uint8Array;
  readonly skipped: number;
  readonly halted: boolean;
  readonly shutdown: boolean;
}

export class KvmVcpu implements Vcpu {
  readonly vm: KvmVm;
  readonly ram: Ram;
  readonly counting: 'exits' | 'instructions';
  readonly #model: CpuModel;
  readonly #ticksPerExit: number;
  readonly #ticksPerKick: number;
  readonly #debug: GuestDebug;
  #icount = 0;
  #skipped = 0;
  /** Ticks that have passed for a guest that did not exit. */
  #waited = 0;
  /** Interruptions in a row without an exit between them. */
  #quiet = 0;
  #halted = false;
  #shutdown = false;
  #intr = false;
  #nmi = false;
  /** KVM_INTERRUPT was called, and the next KVM_RUN delivers it. */
  #injected = false;
  #interrupted = false;
  /** The guest has run on since the last exit. */
  #pastExit = false;
  /** The exit that `run` returned and `enter` has not answered. */
  #pending: GuestExit | undefined;
  /** It was answered, and its instruction has not retired. */
  #midway: GuestExit | undefined;
  /** What is left of the piece of REP INS or OUTS, the one being answered first. */
  #elements: PortElement[] = [];
  /** Says `kvm_run` whether an interrupt could be taken? Not before the first entry. */
  #windowKnown = false;
  readonly #steps: Steps;
  #cr8 = 0n;
  /** An exit that CR8 has changed before: dealt with after that. */
  #postponed = false;
  #tscAdjust = 0n;
  /** What IA32_EFER becomes when the WRMSR that is being answered has retired. */
  #efer: bigint | undefined;
  /** Pages that the guest has written since it began, and those whose hash is not known. */
  readonly #dirty = new Set<number>();
  readonly #stale = new Set<number>();
  #ramHash = 0n;
  readonly #pageHashes: BigUint64Array;

  static async create(options: KvmVcpuOptions): Promise<KvmVcpu> {
    const { memoryBytes, cpu = KVM_CPU, kickMs = KICK_MS } = options;
    const vm = await KvmVm.create({ memoryBytes, cpuid: cpuidTable(cpu), kickMs });
    return new KvmVcpu(vm, options);
  }

  private constructor(vm: KvmVm, options: KvmVcpuOptions) {
    this.vm = vm;
    this.ram = vm.ram;
    this.counting = options.counting ?? 'exits';
    this.#model = options.cpu ?? KVM_CPU;
    this.#ticksPerKick = (options.kickMs ?? KICK_MS) * 1e6;
    this.#ticksPerExit = options.ticksPerExit ?? TICKS_PER_EXIT;
    this.#debug = new GuestDebug(vm, this.counting === 'instructions');
    this.#steps = new Steps(vm);
    this.#pageHashes = new BigUint64Array(options.memoryBytes / PAGE);
    const { registers, msrs } = stateImage().powerOn(this.#model);
    for (const [msr, value] of msrs) writeMsr(vm, msr, value);
    writeRegisters(vm, registers);
  }

  get icount(): Icount {
    return this.#icount as Icount;
  }
  get ticks(): Ticks {
    const passed = this.counting === 'exits' ? this.#icount * this.#ticksPerExit : this.#icount;
    return (passed + this.#skipped + this.#waited) as Ticks;
  }
  get halted(): boolean {
    return this.#halted;
  }
  /** Did the last `run` come back with `until` because the guest would not exit? */
  get interrupted(): boolean {
    return this.#interrupted;
  }
  /** Is this the boundary behind the last exit? Not inside an instruction, not farther on. */
  get settled(): boolean {
    return this.#atBoundary && !this.#pastExit;
  }
  /** Has the guest run on since the last exit? Then its position is its state, and nothing else. */
  get pastExit(): boolean {
    return this.#pastExit;
  }

  get #atBoundary(): boolean {
    return !this.#midway && !this.#pending && !this.#injected && this.#elements.length === 0;
  }

  /** What a step stands for, while there are steps. */
  get #stepping(): Steps | undefined {
    return this.#debug.active ? this.#steps : undefined;
  }

  run(until: Icount): VmExit {
    if (this.#pending) throw new Error(`kvm: ${this.#pending.kind} exit was not answered`);
    // What was sent while the guest did not run must not stop it before it has moved.
    if (this.#interrupted) this.vm.forgetKick();
    this.#interrupted = false;
    for (;;) {
      if (this.#shutdown) return SHUTDOWN;
      const more = this.#postponed ? this.#exit() : this.#midway && this.#finish(until);
      if (more) return more;
      if (this.#nmi) {
        this.#nmi = false;
        this.#halted = false;
        this.vm.call('KVM_NMI');
      }
      if (this.#intr && this.#canTakeInterrupt()) return WINDOW;
      if (this.#icount >= until || this.#halted) return UNTIL;
      const exit = this.#enterGuest();
      if (exit) return exit;
    }
  }

  enter(entry: Entry): void {
    const exit = this.#pending;
    if (!exit) throw new Error('kvm: there is no exit to answer');
    const { run, runPage } = this.vm;
    this.#pending = undefined;
    if (exit.kind === 'cr8') return;
    const element = this.#elements.shift();
    answer(run, runPage, exit, element, entry);
    if (exit.kind === 'wrmsr' && entry.kind === 'default') {
      run.setU8('msr.error', this.#writeMsr(exit.msr, exit.value) ? 0 : 1);
    }
    if (exit.kind === 'hlt') {
      if (entry.kind === 'skip') this.#skipped += entry.ticks;
      this.#halted = true;
    }
    this.#midway = exit;
  }

  setIntr(level: boolean): void {
    this.#intr = level;
  }

  inject(vector: number): void {
    const interrupt = new Struct('kvm_interrupt');
    interrupt.setU32('irq', vector);
    this.vm.call('KVM_INTERRUPT', interrupt.bytes);
    this.#injected = true;
    this.#windowKnown = false;
    this.#halted = false;
  }

  /** Ends a halt that nothing will end: for those who put the registers elsewhere. */
  wake(): void {
    this.#halted = false;
    this.#midway = undefined;
  }

  nmi(): void {
    this.#nmi = true;
  }

  // --- the loop ---------------------------------------------------------------------------------------

  /** The instruction that exited retires: its exit has been answered. */
  #finish(until: Icount): VmExit | undefined {
    const exit = this.#midway!;
    this.#midway = undefined;
    this.#pastExit = false;
    // An access to an MSR that ends in #GP(0) has exited, but it does not retire.
    const faults = isMsrAccess(exit) && this.vm.run.u8('msr.error') !== 0;
    if (this.counting === 'exits' || !faults) this.#icount++;
    const next = this.#elements[0];
    if (next) {
      if (this.#icount < until) return this.#leave(next.exit);
      this.#midway = exit;
      this.#icount--;
      return UNTIL;
    }
    // HLT has retired in KVM's eyes when it exits.
    if (exit.kind === 'hlt') return undefined;
    const stop = this.#intr || this.#nmi || this.#icount >= until || this.#debug.active;
    if (!stop && this.#efer === undefined) return undefined;
    const more = this.#settle();
    if (this.#efer !== undefined) writeMsr(this.vm, IA32_EFER, this.#efer);
    this.#efer = undefined;
    return more;
  }

  /** Has KVM complete the instruction and stop in front of the next one. */
  #settle(): VmExit | undefined {
    const result = this.vm.enter(true);
    if (result === 'interrupted') this.#windowKnown = true;
    const stepped = this.vm.run.u32('exit_reason') === CONSTANTS.KVM_EXIT_DEBUG;
    if (result === 'interrupted' || stepped) {
      this.#stepping?.look();
      return undefined;
    }
    // Another access of the same instruction.
    if (this.counting === 'instructions') this.#icount--;
    return this.#exit();
  }

  #canTakeInterrupt(): boolean {
    if (this.#injected) return false;
    if (!this.#windowKnown) {
      // An entry that goes nowhere: KVM fills in the flags.
      this.vm.enter(true);
      this.#windowKnown = true;
    }
    const { run } = this.vm;
    return run.u8('ready_for_interrupt_injection') !== 0 && run.u8('if_flag') !== 0;
  }

  #enterGuest(): VmExit | undefined {
    const { run } = this.vm;
    run.setU8('request_interrupt_window', this.#intr ? 1 : 0);
    const here = this.#debug.stopsHere();
    if (here.length > 0) return { kind: 'debug', stops: here };
    this.#stepping?.begin();
    const result = this.#debug.around(() => this.vm.enter(false));
    this.#injected = false;
    this.#windowKnown = true;
    this.#pastExit = true;
    if (result === 'interrupted') {
      this.#interrupted = true;
      if (++this.#quiet > QUIET_KICKS) this.#waited += this.#ticksPerKick;
      return UNTIL;
    }
    this.#quiet = 0;
    return this.#exit();
  }

  /** What `kvm_run` says, as an exit of ours; undefined if there is nothing to tell anybody. */
  #exit(): VmExit | undefined {
    const { run, runPage } = this.vm;
    this.#postponed = false;
    const cr8 = run.u64('cr8');
    if (cr8 !== this.#cr8) {
      this.#cr8 = cr8;
      this.#postponed = true;
      return this.#leave({ kind: 'cr8', dir: 'write', value: Number(cr8) });
    }
    switch (run.u32('exit_reason')) {
      case CONSTANTS.KVM_EXIT_IO: {
        this.#elements = portElements(run, runPage);
        this.#stepping?.look();
        return this.#leave(this.#elements[0]!.exit);
      }
      case CONSTANTS.KVM_EXIT_MMIO:
      case CONSTANTS.KVM_EXIT_HLT:
      case CONSTANTS.KVM_EXIT_X86_WRMSR:
        return this.#leave(guestExit(run)!);
      case CONSTANTS.KVM_EXIT_X86_RDMSR:
        return this.#readMsr(run.u32('msr.index'));
      case CONSTANTS.KVM_EXIT_SHUTDOWN:
        this.#shutdown = true;
        return SHUTDOWN;
      case CONSTANTS.KVM_EXIT_IRQ_WINDOW_OPEN:
        return WINDOW;
      case CONSTANTS.KVM_EXIT_INTR:
        this.#interrupted = true;
        return UNTIL;
      // Told by CR8 itself.
      case CONSTANTS.KVM_EXIT_SET_TPR:
        return undefined;
      case CONSTANTS.KVM_EXIT_DEBUG:
        return this.#debugExit();
      default: {
        const { rip, segments } = readRegisters(this.vm);
        const at = this.translate(((segments[1]?.base ?? 0n) + rip) as Gva);
        const code = at === undefined ? new Uint8Array(0) : this.ram.peek(at, 15);
        throw failure(run, rip, code);
      }
    }
  }

  #leave(exit: GuestExit): GuestExit {
    this.#pending = exit;
    return exit;
  }

  #debugExit(): VmExit | undefined {
    const stepped = this.#stepping?.stepped(this.vm.run.u64('debug.arch.pc'));
    if (stepped === 'hlt') return this.#leave({ kind: 'hlt' });
    if (stepped === 'instruction' && this.counting === 'instructions') this.#icount++;
    const stops: readonly DebugStop[] = this.#debug.stops();
    return stops.length > 0 ? { kind: 'debug', stops } : undefined;
  }

  /** Registers whose value KVM would make up are answered here, as the soft vCPU answers them. */
  #readMsr(msr: number): VmExit | undefined {
    const own =
      CONSTANT_MSRS.get(msr) ??
      (msr === IA32_TSC ? BigInt(this.ticks) + this.#tscAdjust : undefined) ??
      (msr === IA32_TSC_ADJUST ? this.#tscAdjust : undefined);
    const exit: GuestExit = { kind: 'rdmsr', msr };
    if (own === undefined) return this.#leave(exit);
    const { run, runPage } = this.vm;
    answer(run, runPage, exit, undefined, { kind: 'wide', value: BigInt.asUintN(64, own) });
    if (this.counting === 'exits') return undefined;
    this.#icount++;
    return this.#settle();
  }

  #writeMsr(msr: number, value: bigint): boolean {
    if (msr === 0x79 || msr === 0x8b) return true;
    if (msr === IA32_EFER) return this.#writeEfer(value);
    if (msr === IA32_TSC_ADJUST) this.#tscAdjust = value;
    else if (msr === IA32_TSC) this.#tscAdjust = value - BigInt(this.ticks);
    else
      return HASHED_MSRS.includes(msr) || WRITABLE.has(msr) ? writeMsr(this.vm, msr, value) : false;
    return true;
  }

  /** Modes change when WRMSR has retired: until then KVM still needs the old one to finish it. */
  #writeEfer(value: bigint): boolean {
    const { efer, cr0 } = this.registers();
    if (value & ~EFER_KNOWN || ((efer ^ value) & EFER_LME && cr0 & CR0_PG)) return false;
    this.#efer = (value & ~EFER_LMA) | (efer & EFER_LMA);
    return true;
  }

  // --- debugging ----------------------------------------------------------------------------------------

  setBreakpoints(points: readonly Breakpoint[]): void {
    this.#debug.setBreakpoints(points);
    this.#steps.forget();
  }

  setWatchpoints(points: readonly Watchpoint[]): void {
    if (points.length === 0) return;
    throw new KvmError(
      'KVM: watchpoints are for replay: record with --accel kvm, then retrovisor tui or gdb on the recording',
    );
  }

  translate(at: Gva): Gpa | undefined {
    return this.vm.translate(at);
  }

  // --- state --------------------------------------------------------------------------------------------

  registers(): Registers {
    return readRegisters(this.vm);
  }

  setRegisters(registers: Partial<Registers>): void {
    writeRegisters(this.vm, registers);
    this.#windowKnown = false;
    this.#steps.forget();
  }

  /** Over this position; over `icount` and `skipped`, where somebody knows what they are. */
  /** The pages of RAM that the guest has written so far, in order. */
  dirtyPages(): number[] {
    this.#takeDirtyPages();
    return [...this.#dirty].sort((a, b) => a - b);
  }

  #takeDirtyPages(): void {
    for (const page of this.vm.takeDirtyPages()) {
      this.#dirty.add(page);
      this.#stale.add(page);
    }
  }

  stateHash(icount: number = this.#icount, skipped = this.#skipped, registers = this.registers()) {
    const msrs = readMsrs(this.vm, HASHED_MSRS);
    const events = new Struct('kvm_vcpu_events');
    this.vm.call('KVM_GET_VCPU_EVENTS', events.bytes);
    const shadow = events.u8('interrupt.shadow');
    const [MOV_SS, STI] = [1, 2];
    const hidden: HiddenState = {
      model: this.#model,
      skipped,
      tscAdjust: this.#tscAdjust,
      tscOffset: this.#tscAdjust,
      shadow: shadow & MOV_SS ? L.SHADOW_MOV_SS : shadow & STI ? L.SHADOW_STI : L.SHADOW_NONE,
      nmiBlocked: events.u8('nmi.masked') !== 0,
      halted: this.#halted,
      msr: (msr) => msrs[HASHED_MSRS.indexOf(msr)] ?? 0n,
    };
    return stateImage().hash(registers, hidden, icount, this.#hashRam());
  }

  /** Only of pages that have been written since: KVM keeps the list (KVM_GET_DIRTY_LOG). */
  #hashRam(): bigint {
    const { bytes } = this.vm.ram;
    this.#takeDirtyPages();
    for (const page of this.vm.ram.takeWritten()) this.#stale.add(page);
    for (const page of this.#stale) {
      const now = stateImage().pageHash(bytes.subarray(page * PAGE, (page + 1) * PAGE), page);
      this.#ramHash ^= this.#pageHashes[page]! ^ now;
      this.#pageHashes[page] = now;
    }
    this.#stale.clear();
    return this.#ramHash;
  }

  checkpoint(): VcpuCheckpoint {
    if (!this.#atBoundary) throw new Error('kvm: a checkpoint inside an instruction');
    const values = readMsrs(this.vm, HASHED_MSRS);
    const checkpoint: Checkpoint = {
      icount: this.icount,
      bytes: this.ram.size,
      registers: this.registers(),
      msrs: HASHED_MSRS.flatMap((msr, n) => (values[n] === undefined ? [] : [[msr, values[n]]])),
      ram: this.vm.ram.bytes.slice(),
      skipped: this.#skipped,
      halted: this.#halted,
      shutdown: this.#shutdown,
    };
    return checkpoint;
  }

  restore(checkpoint: VcpuCheckpoint): void {
    const to = checkpoint as Checkpoint;
    this.ram.poke(0 as Gpa, to.ram);
    for (const [msr, value] of to.msrs) writeMsr(this.vm, msr, value);
    this.setRegisters(to.registers);
    this.#icount = to.icount;
    this.#skipped = to.skipped;
    this.#halted = to.halted;
    this.#shutdown = to.shutdown;
    this.#pending = undefined;
    this.#midway = undefined;
    this.#elements = [];
  }

  /** A checkpoint is a copy: nothing else holds on to it. */
  release(_checkpoint: VcpuCheckpoint): void {}

  close(): void {
    this.vm.close();
  }
}

const isMsrAccess = ({ kind }: GuestExit): boolean => kind === 'rdmsr' || kind === 'wrmsr';

/** Registers with a place in `Registers`, which the guest may write. */
const WRITABLE: ReadonlySet<number> = new Set([0xc000_0100, 0xc000_0101, 0xc000_0102]);
