/**
 * A machine around the toy vCPU: replies, interrupts, DMA and NMIs come from a seeded generator that
 * stands for the world outside, so that nothing of it can be guessed by a replay. Records through
 * the real `Recorder`, and keeps what it saw at every boundary it stood at.
 */

import type { Entry, GuestExit } from '../../../src/engine/exit.ts';
import { gpa, icount } from '../../../src/engine/units.ts';
import { Recorder } from '../../../src/record/recorder.ts';
import type { BootState, EndReason } from '../../../src/trace/header.ts';
import { MemorySink } from '../../../src/trace/source.ts';
import { RecordingWriter, sha256 } from '../../../src/trace/writer.ts';
import { TOY_RAM_BYTES, ToyVcpu } from './toy-vcpu.ts';

/** Mulberry32. */
export function generator(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** Random bytes are a program; handlers end in IRET so that the guest gets somewhere. */
export function toyProgram(seed: number): Uint8Array {
  const random = generator(seed);
  const image = new Uint8Array(0x2000);
  for (let i = 0; i < image.length; i++) image[i] = random();
  for (let vector = 0; vector < 32; vector++) image[0x100 + 32 * vector + 16] = 20;
  return image;
}

export interface ToyRun {
  readonly file: Uint8Array;
  readonly vcpu: ToyVcpu;
  readonly reason: EndReason;
  readonly finalHash: string;
  readonly console: string;
  /** State hashes where the machine stood, by icount: the last one seen at each. */
  readonly interrupts: number;
}

export interface ToyRunOptions {
  readonly seed: number;
  readonly instructions: number;
  readonly hashSpacing?: number;
  readonly chunkInstructions?: number;
  /** Kill the recorder instead of ending it. */
  readonly abandon?: boolean;
}

export function recordToy(options: ToyRunOptions): ToyRun {
  const { seed, instructions, hashSpacing = 500, chunkInstructions = 2_000 } = options;
  const world = generator(seed ^ 0x5eed);
  const vcpu = new ToyVcpu();
  const program = toyProgram(seed);
  const boot: BootState = {
    registers: vcpu.registers(),
    writes: [
      { gpa: gpa(0), sha256: sha256(program), offset: 0, length: program.length },
      { gpa: gpa(0x3000), bytes: Uint8Array.of(1, 2, 3, 4) },
    ],
  };
  vcpu.ram.poke(gpa(0), program);
  vcpu.ram.poke(gpa(0x3000), Uint8Array.of(1, 2, 3, 4));
  const sink = new MemorySink();
  const writer = new RecordingWriter(sink, {
    header: toyHeader(hashSpacing),
    images: [{ role: 'kernel', name: 'toy.bin', bytes: program }],
    boot,
    chunkInstructions,
  });
  let console = '';
  const recorder = new Recorder(writer, {
    hashSpacing,
    onConsole: (byte) => {
      console += String.fromCharCode(byte);
    },
  });
  const machine = new ToyMachine(vcpu, recorder, world);
  const reason = machine.run(instructions);
  const finalHash = vcpu.stateHash();
  if (options.abandon) {
    recorder.flush();
    recorder.abandon();
  } else recorder.end(reason, vcpu);
  const { interrupts } = recorder.totals;
  return { file: sink.bytes(), vcpu, reason, finalHash, console, interrupts };
}

export const toyHeader = (hashSpacing: number) => ({
  writer: 'toy',
  guest: {
    name: 'toy',
    memoryBytes: TOY_RAM_BYTES,
    cpuModel: 'toy',
    rtcBase: '2024-01-01T00:00:00Z',
    append: 'console=ttyS0',
    bootFormat: 'flat',
  },
  hashSpacing,
  quirks: [],
});

class ToyMachine {
  readonly #vcpu: ToyVcpu;
  readonly #tap: Recorder;
  readonly #world: () => number;
  #alarm = 100;
  #pendingVector: number | undefined;
  #halts = 0;

  constructor(vcpu: ToyVcpu, tap: Recorder, world: () => number) {
    this.#vcpu = vcpu;
    this.#tap = tap;
    this.#world = world;
  }

  run(limit: number): EndReason {
    const vcpu = this.#vcpu;
    for (;;) {
      if (vcpu.ticks >= this.#alarm && !vcpu.halted) this.#fireAlarm();
      vcpu.setIntr(this.#pendingVector !== undefined);
      this.#tap.hashPoint(vcpu);
      if (vcpu.icount >= limit) return 'limit';
      const toAlarm = Math.max(1, this.#alarm - vcpu.ticks);
      const until = Math.min(vcpu.icount + toAlarm, limit, this.#tap.nextHashAt);
      const exit = vcpu.run(icount(until));
      switch (exit.kind) {
        case 'until':
          break;
        case 'interrupt-window':
          this.#tap.interrupt(this.#pendingVector!, vcpu.icount);
          vcpu.inject(this.#pendingVector!);
          this.#pendingVector = undefined;
          break;
        case 'debug':
          throw new Error('nobody set a breakpoint');
        case 'shutdown':
          this.#tap.exit(exit, { kind: 'none' }, vcpu.icount);
          return 'triple-fault';
        case 'hlt':
          if (!this.#halt()) return 'halted';
          break;
        default: {
          const reply = this.#reply(exit);
          vcpu.enter(reply);
        }
      }
    }
  }

  /** Time jumps to the interrupt that ends the halt. Without one the guest is over. */
  #halt(): boolean {
    const vcpu = this.#vcpu;
    const over = this.#halts++ > 1000 || (!vcpu.interruptFlag && vcpu.nmiBlocked);
    const skip = { kind: 'skip', ticks: over ? 7 : Math.max(0, this.#alarm - vcpu.ticks) } as const;
    this.#tap.exit({ kind: 'hlt' }, skip, vcpu.icount);
    vcpu.enter(skip);
    if (over) return false;
    if (vcpu.interruptFlag) this.#pendingVector ??= 32 + (this.#world() % 200);
    else {
      this.#tap.nmi(vcpu.icount);
      vcpu.nmi();
    }
    if (vcpu.ticks >= this.#alarm) this.#alarm = vcpu.ticks + 1 + (this.#world() % 300);
    return true;
  }

  #fireAlarm(): void {
    const vcpu = this.#vcpu;
    const random = this.#world();
    this.#alarm = vcpu.ticks + 1 + (this.#world() % 300);
    if (random % 4 === 0) this.#dma();
    if (random % 16 === 1) {
      this.#tap.nmi(vcpu.icount);
      vcpu.nmi();
    }
    if (random % 8 === 2) {
      this.#tap.input('com1', Uint8Array.of(random & 0xff), vcpu.icount, vcpu.ticks);
    }
    this.#pendingVector ??= 32 + (this.#world() % 200);
  }

  #dma(): void {
    const bytes = Uint8Array.from({ length: 1 + (this.#world() % 40) }, () => this.#world());
    const at = gpa(0x2000 + (this.#world() % 0xf00));
    this.#tap.dma(at, bytes, this.#vcpu.icount);
    this.#vcpu.ram.poke(at, bytes);
  }

  #reply(exit: GuestExit): Entry {
    this.#tap.handling();
    const reply = this.#answer(exit);
    this.#tap.exit(exit, reply, this.#vcpu.icount);
    return reply;
  }

  #answer(exit: GuestExit): Entry {
    const random = this.#world();
    const wide = (BigInt(random) << 32n) | BigInt(this.#world());
    switch (exit.kind) {
      case 'pio':
        if (exit.dir === 'in') return { kind: 'value', value: random & 0xffff };
        if (exit.port === 0x40) this.#dma();
        if (exit.port === 0x41 && random % 4 === 0) {
          this.#tap.nmi(this.#vcpu.icount);
          this.#vcpu.nmi();
        }
        return { kind: 'none' };
      case 'mmio':
        // Interrupts that come up while an instruction is half done.
        if (random % 3 === 0) this.#pendingVector ??= 32 + (random % 100);
        this.#vcpu.setIntr(this.#pendingVector !== undefined);
        return exit.dir === 'read' ? { kind: 'wide', value: wide } : { kind: 'none' };
      case 'cpuid':
        return { kind: 'cpuid', regs: [random, 1, 2, 0xffff_ffff] };
      case 'rdmsr':
        return random % 4 === 0 ? { kind: 'fault' } : { kind: 'wide', value: wide };
      case 'wrmsr':
        return random % 2 === 0 ? { kind: 'default' } : { kind: 'none' };
      case 'cr8':
        return exit.dir === 'read' ? { kind: 'value', value: random & 15 } : { kind: 'none' };
      case 'random':
        return { kind: 'wide', value: wide };
      default:
        throw new Error(`no answer to ${exit.kind}`);
    }
  }
}
