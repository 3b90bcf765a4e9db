/**
 * A small deterministic CPU behind the real `Vcpu` interface, for testing what records and replays
 * CPUs. Every four bytes of its memory are a valid instruction, so random bytes are a program; what
 * its instructions do is chosen to meet every rule of the interface: exits of all kinds, two exits
 * in one instruction, an exit whose instruction then faults, faults without retirement, HLT, an STI
 * shadow, repeated instructions that count per iteration, NMIs that are blocked.
 *
 * Addresses: gva and gpa are the same, RAM is 16 KiB. Vector v is delivered to 0x100 + 32 * (v % 32).
 */

import type { DebugStop, Entry, GuestExit, VmExit } from '../../../src/engine/exit.ts';
import {
  type Gpa,
  type Gva,
  gpa,
  gva,
  type Icount,
  icount,
  type Ticks,
  ticks,
} from '../../../src/engine/units.ts';
import type {
  Breakpoint,
  Ram,
  Registers,
  Vcpu,
  VcpuCheckpoint,
  Watchpoint,
} from '../../../src/engine/vcpu/vcpu.ts';

export const TOY_RAM_BYTES = 0x4000;
const MASK = TOY_RAM_BYTES - 1;
const MMIO_BASE = 0x10_0000;
const VECTOR_UD = 6;
const VECTOR_NMI = 2;
const SP = 7;
/** Exceptions in a row without a retired instruction that kill it. */
const FAULTS_MAX = 3;

/** All that a checkpoint has to put back, as plain data. */
interface State {
  r: number[];
  rip: number;
  interruptFlag: boolean;
  cr8: number;
  msr: number;
  icount: number;
  skipped: number;
  halted: boolean;
  shadow: boolean;
  nmiPending: boolean;
  nmiBlocked: boolean;
  faults: number;
  deliveries: number;
  dead: boolean;
}

type Outcome =
  | 'retired'
  | 'fault'
  | 'repeat'
  | { exit: GuestExit; then: (entry: Entry) => Outcome };

interface ToyCheckpoint extends VcpuCheckpoint {
  readonly state: State;
  readonly ram: Uint8Array;
}

export interface ToyOptions {
  /** Does `run` report a breakpoint on its first instruction each time, or only the first time? */
  readonly reportsAgain?: boolean;
}

export class ToyVcpu implements Vcpu {
  readonly #ram = new Uint8Array(TOY_RAM_BYTES);
  #s: State = {
    r: [0, 0, 0, 0, 0, 0, 0, 0x3000],
    rip: 0x400,
    interruptFlag: false,
    cr8: 0,
    msr: 0,
    icount: 0,
    skipped: 0,
    halted: false,
    shadow: false,
    nmiPending: false,
    nmiBlocked: false,
    faults: 0,
    deliveries: 0,
    dead: false,
  };
  #intr = false;
  #pending: ((entry: Entry) => Outcome) | undefined;
  #finish: Outcome | undefined;
  #breakpoints: readonly Breakpoint[] = [];
  #watchpoints: readonly Watchpoint[] = [];
  #hits: DebugStop[] = [];
  #reported: number | undefined;
  readonly #reportsAgain: boolean;
  /** Live checkpoints, so that a test can see that none leak. */
  readonly live = new Set<VcpuCheckpoint>();

  constructor(options: ToyOptions = {}) {
    this.#reportsAgain = options.reportsAgain ?? true;
  }

  readonly ram: Ram = {
    size: TOY_RAM_BYTES,
    peek: (at, length) => {
      const out = new Uint8Array(length).fill(0xff);
      for (let i = 0; i < length; i++) out[i] = this.#ram[at + i] ?? 0xff;
      return out;
    },
    poke: (at, bytes) => {
      for (let i = 0; i < bytes.length; i++) {
        if (at + i < TOY_RAM_BYTES) this.#ram[at + i] = bytes[i]!;
      }
    },
  };

  get icount(): Icount {
    return icount(this.#s.icount);
  }
  get ticks(): Ticks {
    return ticks(this.#s.icount + this.#s.skipped);
  }
  get halted(): boolean {
    return this.#s.halted;
  }
  get deliveries(): number {
    return this.#s.deliveries;
  }
  get interruptFlag(): boolean {
    return this.#s.interruptFlag;
  }

  get nmiBlocked(): boolean {
    return this.#s.nmiBlocked;
  }

  run(until: Icount): VmExit {
    if (this.#pending) throw new Error('run before the exit was answered');
    for (;;) {
      if (this.#finish === undefined) {
        const stop = this.#atBoundary(until);
        if (stop) return stop;
        this.#finish = this.#execute();
      }
      const outcome = this.#finish;
      if (typeof outcome === 'object') {
        this.#finish = undefined;
        this.#pending = outcome.then;
        return outcome.exit;
      }
      this.#finish = undefined;
      if (outcome === 'fault') {
        if (++this.#s.faults > FAULTS_MAX) {
          this.#s.dead = true;
          continue;
        }
        this.#deliver(VECTOR_UD);
      } else this.#retire(outcome === 'repeat');
    }
  }

  /** Between two instructions: what there is to stop for. */
  #atBoundary(until: number): VmExit | undefined {
    const s = this.#s;
    if (this.#hits.length > 0) {
      const stops = this.#hits;
      this.#hits = [];
      return { kind: 'debug', stops };
    }
    if (s.icount >= until) return { kind: 'until' };
    if (s.dead) return { kind: 'shutdown' };
    if (s.nmiPending && !s.nmiBlocked) {
      s.nmiPending = false;
      s.nmiBlocked = true;
      this.#deliver(VECTOR_NMI);
      return this.#atBoundary(until);
    }
    if (this.#intr && s.interruptFlag && !s.shadow) return { kind: 'interrupt-window' };
    if (s.halted) return { kind: 'until' };
    const again = this.#reportsAgain || this.#reported !== s.rip;
    const broken = this.#breakpoints.filter((b) => Number(b.gva) === s.rip);
    this.#reported = undefined;
    if (broken.length > 0 && again) {
      this.#reported = s.rip;
      return {
        kind: 'debug',
        stops: broken.map(({ id, gva: rip }) => ({ kind: 'break', id, rip })),
      };
    }
    return undefined;
  }

  enter(entry: Entry): void {
    const then = this.#pending;
    if (!then) throw new Error('enter without an exit');
    this.#pending = undefined;
    this.#finish = then(entry);
  }

  setIntr(level: boolean): void {
    this.#intr = level;
  }
  inject(vector: number): void {
    if (this.#pending || this.#finish) throw new Error('inject in the middle of an instruction');
    this.#deliver(vector);
  }
  nmi(): void {
    this.#s.nmiPending = true;
  }

  #retire(repeat = false): void {
    const s = this.#s;
    s.icount++;
    s.faults = 0;
    s.deliveries = 0;
    s.shadow = s.shadow && repeat;
    if (this.#shadowNext) s.shadow = true;
    this.#shadowNext = false;
  }
  #shadowNext = false;

  #deliver(vector: number): void {
    const s = this.#s;
    this.#push(s.rip);
    this.#push(s.interruptFlag ? 1 : 0);
    // Even vectors are trap gates: interrupts stay on.
    if (vector % 2 === 1) s.interruptFlag = false;
    s.rip = 0x100 + 32 * (vector % 32);
    s.halted = false;
    s.shadow = false;
    s.deliveries++;
  }

  #push(value: number): void {
    this.#s.r[SP] = (this.#s.r[SP]! - 4) & MASK;
    this.#store(this.#s.r[SP]!, value);
  }
  #pop(): number {
    const value = this.#load(this.#s.r[SP]!);
    this.#s.r[SP] = (this.#s.r[SP]! + 4) & MASK;
    return value;
  }

  #load(at: number): number {
    const a = at & MASK & ~3;
    this.#watch(a, 'read');
    return new DataView(this.#ram.buffer).getUint32(a, true);
  }
  #store(at: number, value: number): void {
    const a = at & MASK & ~3;
    this.#watch(a, 'write');
    new DataView(this.#ram.buffer).setUint32(a, value >>> 0, true);
  }
  #watch(at: number, access: 'read' | 'write'): void {
    for (const w of this.#watchpoints) {
      const from = Number(w.at);
      if (at + 4 <= from || at >= from + w.length) continue;
      if (w.on !== 'access' && w.on !== access) continue;
      this.#hits.push({ kind: 'watch', id: w.id, access, gva: gva(BigInt(at)), size: 4 });
    }
  }

  #execute(): Outcome {
    const s = this.#s;
    const at = s.rip & MASK & ~3;
    const [op, a, b, c] = this.#ram.subarray(at, at + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    const { r } = s;
    const x = a % 7;
    const y = b % 8;
    const next = (at + 4) & MASK;
    const done = (): Outcome => {
      s.rip = next;
      return 'retired';
    };
    const set = (value: number): Outcome => {
      r[x] = value >>> 0;
      return done();
    };
    const ask = (exit: GuestExit, then: (entry: Entry) => Outcome): Outcome => ({ exit, then });
    switch (op % 32) {
      case 0:
        return set(r[x]! + r[y]!);
      case 1:
        return set(Math.imul(r[x]! ^ c, 0x9e3779b1));
      case 2:
        return set(this.#load(r[y]! + c));
      case 3:
        this.#store(0x2000 + ((r[y]! + c) & 0xfff), r[x]!);
        return done();
      case 4:
        s.rip = r[x]! & 1 ? (at + 4 * ((c % 32) - 12)) & MASK : next;
        return 'retired';
      case 5: {
        const port = PORTS[c % PORTS.length]!;
        const value = port === 0x3f8 ? 0x61 + (r[x]! % 26) : r[x]! & 0xff;
        return ask({ kind: 'pio', dir: 'out', port, size: 1, value }, done);
      }
      case 6: {
        const exit: GuestExit = { kind: 'pio', dir: 'in', port: c, size: 2, value: 0 };
        return ask(exit, (e) => set(e.kind === 'value' ? e.value : 0));
      }
      case 7:
        return ask(this.#mmio('read', c, 8, 0n), (e) =>
          set(e.kind === 'wide' ? Number(e.value & 0xffffffffn) : 0),
        );
      case 8:
        // Read-modify-write: two exits, one instruction.
        return ask(this.#mmio('read', c, 4, 0n), (e) => {
          const value = e.kind === 'wide' ? (e.value + 1n) & 0xffffffffn : 0n;
          return ask(this.#mmio('write', c, 4, value), done);
        });
      case 9:
        // An exit, then a fault: the instruction does not retire, and goes on behind itself.
        return ask(this.#mmio('read', c, 1, 0n), () => {
          s.rip = next;
          return 'fault';
        });
      case 10:
        return ask({ kind: 'hlt' }, (e) => {
          if (e.kind === 'skip') s.skipped += e.ticks;
          s.halted = true;
          return done();
        });
      case 11:
        return ask({ kind: 'cpuid', leaf: 0x8000_0000 + (c % 4), subleaf: c % 2 }, (e) =>
          set(e.kind === 'cpuid' ? e.regs[0]! ^ e.regs[3]! : 0),
        );
      case 12:
        return ask({ kind: 'rdmsr', msr: 0xc000_0000 + c }, (e) => {
          if (e.kind !== 'wide') {
            s.rip = next;
            return 'fault';
          }
          return set(Number(e.value >> 32n) ^ Number(e.value & 0xffffffffn));
        });
      case 13: {
        const value = (BigInt(r[x]!) << 32n) | BigInt(r[y]!);
        return ask({ kind: 'wrmsr', msr: c, value }, (e) => {
          if (e.kind === 'default') s.msr = Number(value & 0xffffffffn);
          return done();
        });
      }
      case 14: {
        const size = ([2, 4, 8] as const)[c % 3]!;
        const instruction = c & 4 ? 'rdrand' : 'rdseed';
        return ask({ kind: 'random', instruction, size }, (e) =>
          set(e.kind === 'wide' ? Number(e.value & 0xffffffffn) : 0),
        );
      }
      case 15:
        return ask({ kind: 'cr8', dir: 'read', value: 0 }, (e) =>
          set(e.kind === 'value' ? e.value : 0),
        );
      case 16:
        return ask({ kind: 'cr8', dir: 'write', value: r[x]! & 15 }, done);
      case 17:
      case 18:
        // STI: interrupts wait for one more instruction.
        this.#shadowNext = !s.interruptFlag;
        s.interruptFlag = true;
        return done();
      case 19:
        s.interruptFlag = c % 4 !== 0 && s.interruptFlag;
        return done();
      case 20:
      case 21:
        s.interruptFlag = (this.#pop() & 1) === 1;
        s.rip = this.#pop() & MASK & ~3;
        s.nmiBlocked = false;
        return 'retired';
      case 22:
        // Faults and is skipped by having moved on.
        s.rip = next;
        return 'fault';
      case 23: {
        // REP STOS: one count per iteration, RIP stays until the last.
        if ((r[1]! & 15) === 0) {
          r[1] = c;
          return done();
        }
        this.#store(0x2000 + ((r[2]! + 4 * r[1]!) & 0xfff), r[0]!);
        r[1] = (r[1]! & 15) - 1;
        return 'repeat';
      }
      case 24:
        return set(Number((this.ticks as number) % 0xffff_ffff));
      case 25:
        this.#push(r[x]!);
        return done();
      case 26:
        return set(this.#pop());
      default:
        return set(r[x]! + 1 + c);
    }
  }

  #mmio(dir: 'read' | 'write', c: number, size: 1 | 4 | 8, value: bigint): GuestExit {
    return { kind: 'mmio', dir, gpa: gpa(MMIO_BASE + 8 * (c % 16)), size, value };
  }

  registers(): Registers {
    const s = this.#s;
    const segment = { selector: 0, base: 0n, limit: 0, rights: 0 };
    const table = { base: 0n, limit: 0 };
    return {
      gpr: [...s.r, s.cr8, s.msr, 0, 0, 0, 0, 0, 0].map(BigInt),
      rip: BigInt(s.rip),
      rflags: s.interruptFlag ? 0x202n : 2n,
      segments: [segment, segment, segment, segment, segment, segment],
      ldtr: segment,
      tr: segment,
      gdtr: table,
      idtr: table,
      cr0: 0n,
      cr2: 0n,
      cr3: 0n,
      cr4: 0n,
      dr: [0n, 0n, 0n, 0n, 0n, 0n],
      efer: 0n,
      fsBase: 0n,
      gsBase: 0n,
      kernelGsBase: 0n,
      xmm: Array.from({ length: 16 }, () => ({ lo: 0n, hi: 0n })),
      mxcsr: 0x1f80,
      x87: Array.from({ length: 8 }, () => ({ significand: 0n, signExponent: 0 })),
      fcw: 0x37f,
      fsw: 0,
      ftw: 0xffff,
      fip: 0n,
      fdp: 0n,
      fop: 0,
    };
  }

  setRegisters(registers: Partial<Registers>): void {
    const s = this.#s;
    if (registers.gpr) {
      s.r = registers.gpr.slice(0, 8).map(Number);
      s.cr8 = Number(registers.gpr[8]);
      s.msr = Number(registers.gpr[9]);
    }
    if (registers.rip !== undefined) s.rip = Number(registers.rip);
    if (registers.rflags !== undefined) s.interruptFlag = (registers.rflags & 0x200n) !== 0n;
  }

  stateHash(): string {
    const { shadow, nmiPending, faults, deliveries, ...shown } = this.#s;
    const text = JSON.stringify({ ...shown, shadow, nmiPending, faults, deliveries });
    const words = [...Buffer.from(text), ...new Uint32Array(this.#ram.buffer)];
    return [0x811c9dc5, 0x2f0b4c47].map((seed) => fnv(words, seed)).join('');
  }

  checkpoint(): VcpuCheckpoint {
    if (this.#pending || this.#finish) throw new Error('a checkpoint inside an instruction');
    const state = { ...this.#s, r: [...this.#s.r] };
    const checkpoint: ToyCheckpoint = {
      icount: this.icount,
      bytes: TOY_RAM_BYTES,
      state,
      ram: this.#ram.slice(),
    };
    this.live.add(checkpoint);
    return checkpoint;
  }
  restore(checkpoint: VcpuCheckpoint): void {
    if (!this.live.has(checkpoint)) throw new Error('restore of a released checkpoint');
    const { state, ram } = checkpoint as ToyCheckpoint;
    this.#s = { ...state, r: [...state.r] };
    this.#ram.set(ram);
    this.#pending = this.#finish = this.#reported = undefined;
    this.#hits = [];
    this.#shadowNext = false;
    this.#intr = false;
  }
  release(checkpoint: VcpuCheckpoint): void {
    if (!this.live.delete(checkpoint)) throw new Error('released twice');
  }

  setBreakpoints(points: readonly Breakpoint[]): void {
    this.#breakpoints = points;
  }
  setWatchpoints(points: readonly Watchpoint[]): void {
    this.#watchpoints = points;
  }
  translate(at: Gva): Gpa | undefined {
    return at < BigInt(TOY_RAM_BYTES) ? gpa(Number(at)) : undefined;
  }
}

/** The console, its line and modem control, a DMA trigger, an NMI trigger, power-off. */
const PORTS = [0x3f8, 0x3f8, 0x3f8, 0x3f8, 0x3fb, 0x3fc, 0x40, 0x41, 0x3f8, 0x3f8, 0x80];
export const POWEROFF_PORT = 0x604;

function fnv(words: readonly number[], seed: number): string {
  let h = seed;
  for (const word of words) h = Math.imul(h ^ word ^ (word >>> 15), 0x01000193);
  return (h >>> 0).toString(16).padStart(8, '0');
}
