/**
 * Records what crosses the vCPU's boundary: plugs into a machine as its tap and writes frames. A
 * machine calls it for every exit it answers, every interrupt, NMI and DMA it lets in, and every
 * input that reaches a device.
 *
 * Order is meaning: what the handling of an exit causes (DMA into the page it came from, an NMI)
 * comes after that exit in the recording, although the machine does it before it knows the reply.
 * So a machine that handles an exit says so first with `handling`, and what comes until the `exit`
 * call is kept and written behind it.
 */

import type { Entry, GuestExit } from '../engine/exit.ts';
import type { InputName, MachineTap } from '../engine/tap.ts';
import { type Gpa, type Icount, icount, type Ticks } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import { INPUT_BYTES_MAX } from '../trace/columns.ts';
import { ConsoleTap } from '../trace/console.ts';
import type { EndReason } from '../trace/header.ts';
import type { RecordingTotals, RecordingWriter } from '../trace/writer.ts';

export interface RecorderOptions {
  /** Instructions between two state hashes; the header says the same. */
  readonly hashSpacing: number;
  /** Called with each byte that the guest sends to its first serial port. */
  readonly onConsole?: (byte: number) => void;
}

export class Recorder implements MachineTap {
  readonly #writer: RecordingWriter;
  readonly #hashSpacing: number;
  readonly #onConsole: ((byte: number) => void) | undefined;
  readonly #console = new ConsoleTap();
  #nextHash: number;
  #handling = false;
  #consequences: (() => void)[] = [];

  constructor(writer: RecordingWriter, { hashSpacing, onConsole }: RecorderOptions) {
    this.#writer = writer;
    this.#hashSpacing = hashSpacing;
    this.#nextHash = hashSpacing;
    this.#onConsole = onConsole;
  }

  /** The machine must not run past this without calling `hashPoint`. */
  get nextHashAt(): Icount {
    return icount(this.#nextHash);
  }

  get totals(): RecordingTotals {
    return this.#writer.totals;
  }

  /** Icount of the last frame; -1 before the first. */
  get lastFrameAt(): number {
    return this.#writer.lastFrameAt;
  }

  get bytes(): number {
    return this.#writer.bytes;
  }

  /** The exit whose `exit` call comes next is being handled now. */
  handling(): void {
    this.#handling = true;
  }

  exit(exit: GuestExit, reply: Entry, at: Icount): void {
    this.#writer.exit(exit, reply, at);
    this.#handling = false;
    if (this.#consequences.length > 0) {
      const consequences = this.#consequences;
      this.#consequences = [];
      for (const write of consequences) write();
    }
    if (exit.kind === 'pio' && exit.dir === 'out' && exit.size === 1 && this.#onConsole) {
      const byte = this.#console.write(exit.port, exit.value);
      if (byte !== undefined) this.#onConsole(byte);
    }
  }

  interrupt(vector: number, at: Icount): void {
    this.#writer.interrupt(vector, at);
  }

  nmi(at: Icount): void {
    if (this.#handling) this.#consequences.push(() => this.#writer.nmi(at));
    else this.#writer.nmi(at);
  }

  dma(gpa: Gpa, bytes: Uint8Array, at: Icount): void {
    if (this.#handling) {
      const copy = bytes.slice();
      this.#consequences.push(() => this.#writer.dma(gpa, copy, at));
    } else this.#writer.dma(gpa, bytes, at);
  }

  input(name: InputName, data: Uint8Array, at: Icount, ticks: Ticks): void {
    for (let done = 0; done < data.length; done += INPUT_BYTES_MAX) {
      this.#writer.input(name, data.subarray(done, done + INPUT_BYTES_MAX), at, ticks);
    }
  }

  /** Takes a state hash if one is due. Call it at an instruction boundary. */
  hashPoint(vcpu: Pick<Vcpu, 'icount' | 'stateHash'>): void {
    const at = vcpu.icount;
    if (at < this.#nextHash) return;
    this.#writer.hash(vcpu.stateHash(), at);
    this.#nextHash = (Math.floor(at / this.#hashSpacing) + 1) * this.#hashSpacing;
  }

  /**
   * Makes this the place where the recording ends for now. `midway` says that the vCPU stands inside
   * an HLT or behind the delivery of an exception: a replay ends in front of that, in another state.
   */
  present(vcpu: Pick<Vcpu, 'icount' | 'ticks' | 'stateHash'>, midway: boolean): void {
    const { icount } = vcpu;
    if (midway) this.#writer.input('com1', new Uint8Array(0), icount, vcpu.ticks);
    else this.#writer.hash(vcpu.stateHash(), icount);
    this.#writer.flush();
  }

  /** Puts what was recorded so far on the disk, for a guest that makes little of it. */
  flush(): void {
    this.#writer.flush();
  }

  /** Completes the recording and returns its final hash. */
  end(reason: EndReason, vcpu: Pick<Vcpu, 'icount' | 'stateHash'>): string {
    const stateHash = vcpu.stateHash();
    this.#writer.end({ reason, icount: vcpu.icount, stateHash });
    this.#writer.close();
    return stateHash;
  }

  /** Gives up: the file stays as it is, incomplete. */
  abandon(): void {
    this.#writer.close();
  }
}
