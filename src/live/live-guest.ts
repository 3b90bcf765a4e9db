/**
 * A guest that is running and being recorded, in slices, by whoever has it: between two slices it can
 * be settled, so that what was recorded up to now is a recording that ends at the present. Its vCPU
 * may then be taken elsewhere in time, and must be back at the present before the next slice.
 *
 * The devices stay as they are meanwhile: they know guest time only from the vCPU.
 */

import type { Entry, GuestExit } from '../engine/exit.ts';
import type { Machine, MachineStop } from '../engine/machine.ts';
import type { InputName, MachineTap } from '../engine/tap.ts';
import { type Gpa, type Icount, icount, type Ticks } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { Recorder } from '../record/recorder.ts';
import { mark } from '../replay/mark.ts';
import type { SessionCheckpoint } from '../replay/session.ts';
import type { EndReason } from '../trace/header.ts';
import type { Recording } from '../trace/recording.ts';
import type { RecordingTotals } from '../trace/writer.ts';
import type { GuestInput } from './guest-input.ts';
import { feed, idle, nextSlice, Pacer } from './pacing.ts';
import type { Tripwires } from './tripwires.ts';

/** How a slice ended. */
export type Slice =
  | { readonly kind: 'ran' }
  /** The guest waits; `until` is when its next alarm is due. */
  | { readonly kind: 'idle'; readonly until: Ticks | undefined }
  | { readonly kind: 'tripped' }
  | { readonly kind: 'ended'; readonly reason: EndReason };

/** The recorder as the machine's tap, overheard by the tripwires that are set. */
export class LiveTap implements MachineTap {
  readonly recorder: Recorder;
  tripwires: Tripwires | undefined;

  constructor(recorder: Recorder) {
    this.recorder = recorder;
  }

  exit(exit: GuestExit, reply: Entry, at: Icount): void {
    this.tripwires?.exit(exit);
    this.recorder.exit(exit, reply, at);
  }
  interrupt(vector: number, at: Icount): void {
    this.tripwires?.interrupt(vector);
    this.recorder.interrupt(vector, at);
  }
  nmi(at: Icount): void {
    this.recorder.nmi(at);
  }
  dma(at: Gpa, bytes: Uint8Array, when: Icount): void {
    this.recorder.dma(at, bytes, when);
  }
  input(name: InputName, data: Uint8Array, at: Icount, ticks: Ticks): void {
    this.recorder.input(name, data, at, ticks);
  }
}

export interface LiveGuestOptions {
  /** In front of its first instruction; its tap is `tap`. */
  readonly machine: Machine;
  readonly tap: LiveTap;
  readonly input: GuestInput;
  /** The recording up to what was flushed last. */
  readonly recordingSoFar: () => Recording;
}

export class LiveGuest {
  readonly machine: Machine;
  readonly input: GuestInput;
  readonly recordingSoFar: () => Recording;
  readonly #tap: LiveTap;
  #pacer = new Pacer();
  #slice = 1_000_000;
  #ended: EndReason | undefined;
  #flushedMs = 0;

  constructor({ machine, tap, input, recordingSoFar }: LiveGuestOptions) {
    this.machine = machine;
    this.input = input;
    this.recordingSoFar = recordingSoFar;
    this.#tap = tap;
  }

  get vcpu(): Vcpu {
    return this.machine.vcpu;
  }

  /** Why nothing more will run. */
  get ended(): EndReason | undefined {
    return this.#ended;
  }

  get totals(): RecordingTotals {
    return this.#tap.recorder.totals;
  }

  /** The vCPU has been elsewhere in time and is back. */
  resume(): void {
    this.machine.vcpuReturned();
    this.#pacer = new Pacer();
  }

  watch(tripwires: Tripwires | undefined): void {
    this.#tap.tripwires = tripwires;
  }

  /**
   * Some milliseconds of the guest's work, to `limit` at the most. `checkpoint` is called at the
   * boundaries where state hashes are taken.
   */
  slice(limit: Icount, started: Icount, checkpoint: (made: SessionCheckpoint) => void): Slice {
    const { machine, vcpu } = this;
    const { recorder } = this.#tap;
    feed(machine, this.input);
    const startedMs = performance.now();
    const before = vcpu.icount;
    const until = icount(Math.min(limit, recorder.nextHashAt, before + this.#slice));
    const stop = machine.run(until);
    const nowMs = performance.now();
    this.#slice = nextSlice(this.#slice, vcpu.icount - before, nowMs - startedMs);
    if (nowMs - this.#flushedMs > FLUSH_MS) {
      this.#flushedMs = nowMs;
      recorder.flush();
    }
    switch (stop.reason) {
      case 'until':
        if (vcpu.icount >= recorder.nextHashAt) {
          const made = this.checkpoint();
          if (made) checkpoint(made);
          recorder.hashPoint(vcpu);
        }
        break;
      case 'debug':
        this.#tap.tripwires?.debug(stop.stops, vcpu.icount !== started);
        break;
      case 'idle':
        if (!this.#tap.tripwires?.tripped) return { kind: 'idle', until: stop.until };
        break;
      default:
        return this.#endWith(stop);
    }
    return this.#tap.tripwires?.tripped ? { kind: 'tripped' } : { kind: 'ran' };
  }

  /** Lets guest time pass while the guest waits, as the wall clock or the lack of input has it. */
  async wait(until: Ticks | undefined): Promise<void> {
    await idle(this.machine, this.input, this.#pacer, until);
  }

  /** On to the next instruction boundary, where the guest can be looked at. */
  toBoundary(): void {
    if (this.#ended || this.machine.isIdle) return;
    const stop = this.machine.run(icount(this.vcpu.icount + 1));
    if (stop.reason !== 'until' && stop.reason !== 'idle') this.#endWith(stop);
  }

  /** A checkpoint of where the guest stands, if nothing has happened at this very icount yet. */
  checkpoint(): SessionCheckpoint | undefined {
    const { vcpu } = this;
    const { totals, lastFrameAt } = this.#tap.recorder;
    if (this.machine.isIdle || (vcpu.deliveries ?? 0) > 0) return undefined;
    if (totals.frames > 0 && lastFrameAt >= vcpu.icount) return undefined;
    // A replay drives no INTR line: interrupts come from the recording.
    vcpu.setIntr(false);
    const made: SessionCheckpoint = {
      mark: mark(vcpu.icount),
      vcpu: vcpu.checkpoint(),
      delivered: 0,
      next: totals.frames,
      nmiAt: -1,
    };
    this.machine.vcpuReturned();
    return made;
  }

  /** Makes the present the end of what is recorded, and readable. */
  settle(): Recording {
    const midway = this.machine.isIdle || (this.vcpu.deliveries ?? 0) > 0;
    if (!this.#ended) this.#tap.recorder.present(this.vcpu, midway);
    return this.recordingSoFar();
  }

  /** Ends the recording at the present. The vCPU must be there. */
  close(): void {
    if (!this.#ended) this.#finish('interrupted');
  }

  #endWith(stop: MachineStop): Slice {
    if (stop.reason === 'debug' || stop.reason === 'until' || stop.reason === 'idle') {
      throw new Error(`a guest ended by ${stop.reason}`);
    }
    // The vCPU stands in the middle of the HLT that nothing will end: let it retire.
    if (stop.reason === 'halted') this.machine.run(icount(this.vcpu.icount + 1));
    this.#finish(stop.reason);
    return { kind: 'ended', reason: stop.reason };
  }

  #finish(reason: EndReason): void {
    this.#ended = reason;
    this.#tap.recorder.end(reason, this.vcpu);
  }
}

/** How often what was recorded is put on the disk. */
const FLUSH_MS = 1000;
