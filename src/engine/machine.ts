/**
 * Machine: a vCPU, its RAM and live devices, driven by the classical loop of a VMM.
 *
 * Everything is a function of the guest's own state and of the inputs: where `run` is told to stop,
 * how often it is called and how fast the host is change nothing. Inputs enter between two calls of
 * `run` and take effect at the instruction boundary the machine stands at.
 */

import type { Dma } from './bus/ports.ts';
import { Clock } from './clock.ts';
import { type CpuModel, cpuid, DEFAULT_CPU } from './cpuid.ts';
import { IA32_APIC_BASE, IA32_TSC_DEADLINE } from './device/lapic-port.ts';
import { validate } from './device/shape.ts';
import { type DeviceState, ok, type Result, type Stateful } from './device/state.ts';
import {
  type DebugStop,
  type Entry,
  type GuestExit,
  type HltExit,
  NONE,
  type RandomExit,
  type RdmsrExit,
  unreachable,
  type WrmsrExit,
} from './exit.ts';
import { acpiTables } from './pc/acpi/tables.ts';
import { Board, type SerialPort } from './pc/board.ts';
import { RandomStream } from './random.ts';
import type { InputName, MachineTap } from './tap.ts';
import { type Gpa, type Icount, icount, type Ticks, ticks } from './units.ts';
import type { Registers, Vcpu } from './vcpu/vcpu.ts';

export interface MachineOptions {
  /** Date and time at power-on, in seconds since 1970-01-01 00:00:00. */
  readonly rtcStart: number;
  readonly cpu?: CpuModel;
  /** Seed of RDRAND and RDSEED, for models that have them. */
  readonly randomSeed?: bigint;
  /**
   * Return `idle` whenever the guest waits, so that the host can wait too (a console with a person
   * at it). Without it guest time jumps to the next alarm.
   */
  readonly pauseWhenIdle?: boolean;
  readonly tap?: MachineTap;
  /** A byte left serial port `port` (0 is COM1). */
  readonly transmitted?: (port: SerialPort, byte: number) => void;
  /** Accesses that no device answered. */
  readonly unclaimedPort?: (dir: 'in' | 'out', port: number, size: number, value: number) => void;
  readonly unclaimedAddress?: (dir: 'read' | 'write', at: Gpa, size: number, value: bigint) => void;
}

export type MachineStop =
  /** `run` reached its icount. */
  | { readonly reason: 'until' }
  | { readonly reason: 'poweroff' }
  | { readonly reason: 'reset'; readonly by: string }
  | { readonly reason: 'triple-fault' }
  /** HLT, and nothing will ever end it. */
  | { readonly reason: 'halted' }
  /** HLT, with `pauseWhenIdle`: the next alarm is due at `until`, undefined if there is none. */
  | { readonly reason: 'idle'; readonly until: Ticks | undefined }
  | { readonly reason: 'debug'; readonly stops: readonly DebugStop[] };

export interface MemoryWrite {
  readonly at: Gpa;
  readonly bytes: Uint8Array;
}

/** What a loader wants in RAM and registers before the first instruction; see `boot/`. */
export interface PowerOnState {
  readonly writes: readonly MemoryWrite[];
  readonly registers: Partial<Registers>;
}

export interface MachineState extends DeviceState {
  readonly kind: 'machine';
  readonly version: 1;
  readonly board: DeviceState;
  /** 64-bit numbers in decimal. */
  readonly tscOffset: string;
  readonly random: string;
}

/**
 * Alarms that may pass one HLT without waking the guest before it counts as halted for good. A PIT
 * ticking at its slowest into a masked input gets 16 hours of guest time, in a second of the host's.
 */
const FRUITLESS_ALARMS_MAX = 1 << 20;
const IA32_TSC = 0x10;
const IA32_TSC_ADJUST = 0x3b;
const RFLAGS_IF = 1n << 9n;

type Writable<E> = { -readonly [K in keyof E]: E[K] };
type Reply<K extends Entry['kind']> = Writable<Extract<Entry, { kind: K }>>;
const DEFAULT: Entry = { kind: 'default' };
const FAULT: Entry = { kind: 'fault' };

export class Machine implements Stateful {
  readonly vcpu: Vcpu;
  readonly board: Board;
  readonly clock: Clock;
  /** For devices that are bus masters. */
  readonly dma: Dma;
  readonly #options: MachineOptions;
  readonly #cpu: CpuModel;
  readonly #tap: MachineTap | undefined;
  #random: RandomStream;
  /** TSC = ticks + this: what the guest wrote to IA32_TSC or IA32_TSC_ADJUST. */
  #tscOffset = 0n;
  /** Level last given to the vCPU's INTR; undefined when not known. */
  #intr: boolean | undefined;
  #interruptsChanged = true;
  #nmiPending = false;
  /** An HLT that waits for its answer. */
  #halting: { readonly exit: HltExit; readonly wakesOnIntr: boolean } | undefined;
  /** Ticks that have passed since then; guest time runs on while the vCPU stands still. */
  #skipped = 0;
  /** The end, and the icount at which the instruction that caused it will have retired. */
  #end: { readonly stop: MachineStop; readonly at: Icount } | undefined;
  /** Replies are reused: one is dead as soon as the vCPU has it. */
  readonly #value: Reply<'value'> = { kind: 'value', value: 0 };
  readonly #wide: Reply<'wide'> = { kind: 'wide', value: 0n };
  readonly #skip: Reply<'skip'> = { kind: 'skip', ticks: 0 };

  constructor(vcpu: Vcpu, options: MachineOptions) {
    this.vcpu = vcpu;
    this.#options = options;
    this.#cpu = options.cpu ?? DEFAULT_CPU;
    this.#tap = options.tap;
    this.#random = new RandomStream(options.randomSeed ?? 0n);
    this.clock = new Clock(() => this.now);
    this.dma = {
      read: (at, length) => vcpu.ram.peek(at, length),
      write: (at, bytes) => {
        this.#tap?.dma(at, bytes, vcpu.icount);
        vcpu.ram.poke(at, bytes);
      },
    };
    this.board = new Board({
      clock: this.clock,
      memoryBytes: vcpu.ram.size,
      rtcStart: options.rtcStart,
      transmitted: options.transmitted ?? (() => {}),
      powerOff: () => this.#endWith({ reason: 'poweroff' }),
      reset: (by) => this.#endWith({ reason: 'reset', by }),
      nmi: () => {
        this.#nmiPending = true;
      },
      interruptsChanged: () => {
        this.#interruptsChanged = true;
      },
      unclaimedPort: options.unclaimedPort,
      unclaimedAddress: options.unclaimedAddress,
    });
  }

  /** Guest time. Runs ahead of the vCPU's while an HLT is being waited out. */
  get now(): Ticks {
    return ticks(this.vcpu.ticks + this.#skipped);
  }

  /** Puts the ACPI tables and a loader's plan in place. Once, before the first `run`. */
  powerOn(plan: PowerOnState): void {
    for (const { at, bytes } of initialWrites(plan, this.vcpu.ram.size)) {
      this.vcpu.ram.poke(at, bytes);
    }
    this.vcpu.setRegisters(plan.registers);
  }

  /**
   * Runs the guest to exactly `until` retired instructions, or to what stops it before. After
   * `poweroff`, `reset`, `triple-fault` and `halted` there is nothing more to run, and calling again
   * returns the same.
   */
  run(until: Icount): MachineStop {
    const { vcpu } = this;
    for (;;) {
      if (this.#end !== undefined && vcpu.icount >= this.#end.at) return this.#end.stop;
      if (this.#halting !== undefined) {
        const stop = this.#waitOutHlt();
        if (stop !== undefined) return stop;
      }
      if (this.#end === undefined) this.clock.fireDue();
      this.#drivePins();
      const exit = vcpu.run(this.#limit(until));
      switch (exit.kind) {
        case 'until':
          if (this.#end !== undefined) break;
          if (vcpu.icount >= until || vcpu.interrupted) return { reason: 'until' };
          // Short of `until` either an alarm is due, or the vCPU sleeps for good.
          if (vcpu.halted) return { reason: 'halted' };
          break;
        case 'interrupt-window': {
          // The instruction that ended the run has retired; nothing is delivered after it.
          if (this.#end !== undefined) return this.#end.stop;
          const vector = this.board.acknowledge();
          this.#interruptsChanged = true;
          this.#tap?.interrupt(vector, vcpu.icount);
          vcpu.inject(vector);
          break;
        }
        case 'debug':
          return { reason: 'debug', stops: exit.stops };
        case 'shutdown':
          this.#tap?.exit(exit, NONE, vcpu.icount);
          this.#end = { stop: { reason: 'triple-fault' }, at: vcpu.icount };
          return this.#end.stop;
        case 'hlt': {
          // Answered when it is known how long it lasts. A masked INTR does not end it.
          const wakesOnIntr = (vcpu.registers().rflags & RFLAGS_IF) !== 0n;
          this.#halting = { exit, wakesOnIntr };
          break;
        }
        case 'pio':
        case 'mmio':
        case 'cpuid':
        case 'rdmsr':
        case 'wrmsr':
        case 'cr8':
        case 'random':
          this.#answer(exit, this.#reply(exit));
          break;
        default:
          unreachable(exit);
      }
    }
  }

  /** After `idle`: this much guest time has passed. At most up to the next alarm. */
  resumeIdle(passed: number): void {
    if (this.#halting === undefined) throw new Error('machine: resumeIdle without idle');
    if (!Number.isSafeInteger(passed) || passed < 0) throw new Error(`machine: ${passed} ticks`);
    this.#skipped += Math.min(passed, this.clock.headroom());
  }

  /** Whether an HLT is being waited out: the vCPU is then not at a boundary, and cannot be saved. */
  get isIdle(): boolean {
    return this.#halting !== undefined;
  }

  /**
   * The vCPU has been elsewhere (in a replay) and stands again where this machine left it, except
   * that its INTR line is not driven, and that an HLT must be met once more to be answered.
   */
  vcpuReturned(): void {
    this.#intr = undefined;
    this.#interruptsChanged = true;
    if (this.#halting === undefined) return;
    const exit = this.vcpu.run(icount(this.vcpu.icount + 1));
    if (exit.kind !== 'hlt') throw new Error(`machine: ${exit.kind} where an HLT was`);
  }

  /** Input: gives a host fact to a device. Only between two calls of `run`. */
  input(name: InputName, data: Uint8Array): void {
    this.#tap?.input(name, data, this.vcpu.icount, this.now);
    switch (name) {
      case 'com1':
      case 'com2':
        for (const byte of data) this.board.serial[name === 'com1' ? 0 : 1].receive(byte);
        return;
      case 'scancode':
        for (const byte of data) this.board.keyboard.scancode(byte);
        return;
      case 'power-button':
        this.board.power.pressPowerButton();
        return;
      default:
        unreachable(name);
    }
  }

  /** How many bytes `input('com1' or 'com2')` can take now without losing any. */
  serialRoom(port: SerialPort): number {
    return this.board.serial[port].room;
  }

  /** The devices and what the machine itself remembers; the vCPU has its own checkpoints. */
  save(): MachineState {
    if (this.#halting !== undefined) throw new Error('machine: saved while an HLT is unanswered');
    return {
      kind: 'machine',
      version: 1,
      board: this.board.save(),
      tscOffset: this.#tscOffset.toString(),
      random: this.#random.state.toString(),
    };
  }

  /** To be called after the vCPU has been restored, since alarms are placed in its time. */
  load(state: DeviceState): Result<void> {
    const result = validate<MachineState>(
      state,
      { kind: 'machine', version: 1 },
      { board: () => undefined, tscOffset: decimal, random: decimal },
    );
    if (!result.ok) return result;
    this.#halting = undefined;
    this.#skipped = 0;
    this.#end = undefined;
    this.#nmiPending = false;
    const board = this.board.load(result.value.board);
    if (!board.ok) return board;
    this.#tscOffset = BigInt(result.value.tscOffset);
    this.#random = new RandomStream(BigInt(result.value.random));
    this.#intr = undefined;
    this.#interruptsChanged = true;
    return ok(undefined);
  }

  /** How far the vCPU may run: no alarm is passed, but one that is overdue holds nothing up. */
  #limit(until: Icount): Icount {
    if (this.#end !== undefined) return this.#end.at;
    const headroom = Math.max(1, this.clock.headroom());
    return icount(Math.min(until, this.vcpu.icount + headroom));
  }

  #drivePins(): void {
    if (this.#nmiPending) {
      this.#nmiPending = false;
      this.#tap?.nmi(this.vcpu.icount);
      this.vcpu.nmi();
    }
    if (!this.#interruptsChanged) return;
    this.#interruptsChanged = false;
    const intr = this.board.intr;
    if (intr === this.#intr) return;
    this.#intr = intr;
    this.vcpu.setIntr(intr);
  }

  #answer(exit: GuestExit, reply: Entry): void {
    this.#tap?.exit(exit, reply, this.vcpu.icount);
    this.vcpu.enter(reply);
  }

  /**
   * Lets guest time pass until something wakes the vCPU, alarm by alarm, and answers the HLT with
   * all of it at once: a recording holds one number, whatever the devices did meanwhile.
   */
  #waitOutHlt(): MachineStop | undefined {
    const { exit, wakesOnIntr } = this.#halting!;
    for (let alarms = 0; alarms <= FRUITLESS_ALARMS_MAX; alarms++) {
      this.clock.fireDue();
      if (this.#nmiPending || (wakesOnIntr && this.board.intr)) {
        this.#endHlt(exit);
        return undefined;
      }
      if (!wakesOnIntr) break;
      if (this.#options.pauseWhenIdle) return { reason: 'idle', until: this.clock.next };
      if (this.clock.next === undefined) break;
      this.#skipped += this.clock.headroom();
    }
    this.#endHlt(exit);
    return { reason: 'halted' };
  }

  #endHlt(exit: HltExit): void {
    this.#skip.ticks = this.#skipped;
    this.#answer(exit, this.#skip);
    this.#halting = undefined;
    this.#skipped = 0;
  }

  #endWith(stop: MachineStop): void {
    this.#end ??= { stop, at: icount(this.vcpu.icount + 1) };
  }

  #reply(exit: Exclude<GuestExit, { kind: 'hlt' | 'shutdown' }>): Entry {
    switch (exit.kind) {
      case 'pio':
        if (exit.dir === 'in') return this.#number(this.board.pio.read(exit.port, exit.size));
        this.board.pio.write(exit.port, exit.size, exit.value);
        return NONE;
      case 'mmio':
        if (exit.dir === 'read') return this.#bits64(this.board.mmio.read(exit.gpa, exit.size));
        this.board.mmio.write(exit.gpa, exit.size, exit.value);
        return NONE;
      case 'cpuid':
        return { kind: 'cpuid', regs: this.#cpuid(exit.leaf, exit.subleaf) };
      case 'rdmsr':
        return this.#rdmsr(exit);
      case 'wrmsr':
        return this.#wrmsr(exit);
      case 'cr8':
        if (exit.dir === 'read') return this.#number(this.board.lapic.cr8);
        this.board.lapic.cr8 = exit.value;
        return NONE;
      case 'random':
        return this.#randomNumber(exit);
      default:
        return unreachable(exit);
    }
  }

  #number(value: number): Entry {
    this.#value.value = value;
    return this.#value;
  }

  #bits64(value: bigint): Entry {
    this.#wide.value = value;
    return this.#wide;
  }

  #cpuid(leaf: number, subleaf: number) {
    const CR4_OSXSAVE = 1n << 18n;
    // Asking the vCPU for its registers is not cheap; without XSAVE there is nothing to ask.
    const hasXsave = this.#cpu.features.includes('XSAVE');
    const osxsave = hasXsave && (this.vcpu.registers().cr4 & CR4_OSXSAVE) !== 0n;
    const apicEnabled = this.board.lapic.chip.enabled;
    return cpuid(this.#cpu, leaf >>> 0, subleaf >>> 0, { apicEnabled, osxsave });
  }

  #rdmsr({ msr }: RdmsrExit): Entry {
    const { lapic } = this.board;
    if (msr === IA32_APIC_BASE) return this.#bits64(lapic.apicBase);
    if (msr === IA32_TSC_DEADLINE) {
      const { deadline } = lapic;
      const tsc = deadline === null ? 0n : BigInt(deadline) + this.#tscOffset;
      return this.#bits64(BigInt.asUintN(64, tsc));
    }
    return FAULT;
  }

  #wrmsr({ msr, value }: WrmsrExit): Entry {
    const { lapic } = this.board;
    switch (msr) {
      case IA32_APIC_BASE:
        return lapic.setApicBase(value) ? NONE : FAULT;
      case IA32_TSC_DEADLINE:
        lapic.setDeadline(value === 0n ? null : this.#tickOf(value));
        return NONE;
      case IA32_TSC:
        this.#tscOffset = value - BigInt(this.vcpu.ticks);
        return DEFAULT;
      case IA32_TSC_ADJUST:
        this.#tscOffset = BigInt.asIntN(64, value);
        return DEFAULT;
      default:
        return DEFAULT;
    }
  }

  /** The tick at which the TSC will show `tsc`; a time beyond all ticks is the last one. */
  #tickOf(tsc: bigint): number {
    const tick = tsc - this.#tscOffset;
    if (tick < 0n) return 0;
    return tick > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(tick);
  }

  #randomNumber({ size }: RandomExit): Entry {
    return this.#bits64(this.#random.next(size));
  }
}

/** Everything that RAM holds at power-on, in the order of writing: ACPI tables, then the plan. */
export function initialWrites(plan: PowerOnState, memoryBytes: number): readonly MemoryWrite[] {
  return [...acpiTables(memoryBytes), ...plan.writes];
}

const decimal = (v: unknown): string | undefined =>
  typeof v === 'string' && /^-?\d{1,20}$/.test(v) ? undefined : 'a number in decimal';
