/**
 * A replay: a vCPU driven from a recording, with no device model. Exits are answered with the
 * recorded replies, interrupts are delivered at their exact boundary, DMA is applied; everything
 * that leaves the vCPU is checked against the recording, and so is every state hash. The first
 * disagreement is a `Divergence`, and the session does not go past it.
 *
 * What it relies on in `Vcpu`:
 *   - an exit comes before its instruction retires, and `run` afterwards completes it;
 *   - `run(until)` stops at the first boundary with that icount, before an interrupt is let in;
 *   - a debug exit is at a boundary, and `run` can simply be called again;
 *   - watchpoints that `inject` hits are reported by the next `run`, before it runs anything;
 *   - a breakpoint on the first instruction of a `run` is reported, though it need not be once more
 *     if it was what the `run` before ended with; interrupts and NMIs go first.
 */

import { engineBuild } from '../engine/build.ts';
import type { DebugStop, GuestExit, VmExit } from '../engine/exit.ts';
import { type Gpa, type Icount, icount } from '../engine/units.ts';
import type { Vcpu, VcpuCheckpoint } from '../engine/vcpu/vcpu.ts';
import type { FrameBlock } from '../trace/block.ts';
import { describeExit } from '../trace/describe.ts';
import { RecordingError } from '../trace/error.ts';
import { isExitKind, KIND, type Kind, movesGuest } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import { applyBoot } from './boot.ts';
import type { Divergence, DivergenceKind } from './divergence.ts';
import { type Mark, mark } from './mark.ts';
import { sameExit } from './same-exit.ts';

/** Why `advance` came back. */
export type Advance =
  | { readonly kind: 'reached' }
  /** The recording has nothing more; `reached` takes precedence. */
  | { readonly kind: 'end' }
  /** A breakpoint or watchpoint set on the vCPU. */
  | { readonly kind: 'debug'; readonly stops: readonly DebugStop[] }
  /** DMA was applied that `watchDma` wanted to hear of. */
  | { readonly kind: 'dma'; readonly gpa: Gpa; readonly length: number }
  | { readonly kind: 'divergence'; readonly divergence: Divergence };

export interface SessionCheckpoint {
  readonly mark: Mark;
  readonly vcpu: VcpuCheckpoint;
  /** `deliveries` at the mark. */
  readonly delivered: number;
  /** Ordinal of the next frame. */
  readonly next: number;
  /** Icount at which an NMI was raised last. */
  readonly nmiAt: number;
  /** `trailFrom` there. */
  readonly trailFrom?: number | undefined;
}

/** Runs in a row that retire nothing; each is a thousand faults or so. No recorder got past that. */
const FRUITLESS_RUNS_MAX = 1000;

export class ReplaySession {
  readonly recording: Recording;
  readonly vcpu: Vcpu;
  /** Are there watchpoints on the vCPU? */
  watching = false;
  /** Asked about DMA as it is applied; true makes `advance` return. */
  watchDma: ((at: Gpa, length: number) => boolean) | undefined;
  /** Told of each hash frame that was passed, at a place where one can stand and the states agree. */
  onHash: ((ordinal: number) => void) | undefined;
  /** The hash frame at which the vCPU's trail began; see key-states.ts, whose business it is. */
  trailFrom: number | undefined;
  #next = 0;
  /** Frames consumed that carry icount `#stepIcount`. */
  #step = 0;
  #stepIcount = 0;
  /** An exit was answered and its instruction has not retired. */
  #midway = false;
  #nmiAt = -1;
  /** `vcpu.deliveries` as it was at {stepIcount, step}. */
  #delivered = 0;
  #divergence: Divergence | undefined;

  /**
   * `vcpu` belongs to the session from here on. It is fresh, or one that has been run otherwise and
   * is put back to `from`, a checkpoint of this very guest.
   */
  constructor(recording: Recording, vcpu: Vcpu, from?: SessionCheckpoint) {
    this.recording = recording;
    this.vcpu = vcpu;
    if (from) this.restore(from);
    else applyBoot(recording, vcpu);
  }

  get mark(): Mark {
    const at = this.vcpu.icount;
    return mark(at, at === this.#stepIcount ? this.#step : 0);
  }

  /**
   * After a debug exit: how many exceptions have been delivered since `mark` without an instruction
   * retiring. More than 0 if the vCPU stands at the entry of a handler that a fault led to.
   */
  get landings(): number {
    const here = this.vcpu.icount === this.#stepIcount;
    return this.#deliveries - (here ? this.#delivered : 0);
  }

  get divergence(): Divergence | undefined {
    return this.#divergence;
  }

  /** Ordinal of the next frame. */
  get next(): number {
    return this.#next;
  }

  /** Was an NMI raised just now, so that it may be taken before an instruction runs? */
  get nmiDue(): boolean {
    return this.#nmiAt >= 0 && this.vcpu.icount <= this.#nmiAt + 1;
  }

  /** Can a checkpoint be taken here? Not in the middle of an instruction. */
  get atBoundary(): boolean {
    return !this.#midway;
  }

  /** `goneBack`: the state was loaded over that of the checkpoint restored last, a later one. */
  checkpoint(goneBack = false): SessionCheckpoint {
    if (this.#midway || this.#divergence) throw new Error('a checkpoint in the middle of things');
    const { vcpu } = this;
    return {
      mark: this.mark,
      vcpu: goneBack ? vcpu.portable!.checkpointBefore() : vcpu.checkpoint(),
      delivered: this.mark.icount === this.#stepIcount ? this.#delivered : 0,
      next: this.#next,
      nmiAt: this.#nmiAt,
      trailFrom: this.trailFrom,
    };
  }

  restore(checkpoint: SessionCheckpoint): void {
    this.vcpu.restore(checkpoint.vcpu);
    this.#next = checkpoint.next;
    this.#stepIcount = checkpoint.mark.icount;
    this.#step = checkpoint.mark.step;
    this.#midway = false;
    this.#nmiAt = checkpoint.nmiAt;
    this.#delivered = checkpoint.delivered;
    this.trailFrom = checkpoint.trailFrom;
    this.#divergence = undefined;
  }

  /** Somebody has put the vCPU to a place where nothing has happened yet at its icount. */
  adopt(at: Mark, next: number): void {
    this.#next = next;
    this.#stepIcount = at.icount;
    this.#step = 0;
    this.#midway = false;
    this.#nmiAt = -1;
    this.#delivered = 0;
    this.trailFrom = undefined;
    this.#divergence = undefined;
  }

  /**
   * Goes forward to the first place to stand at or after `target` (a landing is not looked at), or
   * to what comes before. Only ever forward: a target behind is reached already.
   */
  advance(target: Mark): Advance {
    for (;;) {
      if (this.#divergence) return { kind: 'divergence', divergence: this.#divergence };
      if (!this.#midway && this.#isAt(target)) return { kind: 'reached' };
      const stop =
        this.#next < this.recording.frames ? this.#towards(target) : this.#finish(target);
      if (stop) return stop;
    }
  }

  get #deliveries(): number {
    return this.vcpu.deliveries ?? 0;
  }

  #isAt(target: Mark): boolean {
    const { icount: at, step } = this.mark;
    return at > target.icount || (at === target.icount && step >= target.step);
  }

  /** One move: up to the next frame, or through it. */
  #towards(target: Mark): Advance | undefined {
    const { block, first } = this.recording.blockOf(this.#next);
    const i = this.#next - first;
    const kind = block.kind(i);
    if (kind === KIND.INPUT) {
      this.#next++;
      return undefined;
    }
    if (isExitKind(kind)) return this.#exit(block, i, target);
    const at = icount(block.icounts[i]!);
    this.#checkGap(at);
    if (this.vcpu.icount < at) return this.#run(target, at);
    switch (kind) {
      case KIND.INTERRUPT:
        return this.#interrupt(block.shape(i).address, at);
      case KIND.NMI:
        this.vcpu.nmi();
        this.#nmiAt = at;
        this.#consumed(kind, at);
        return undefined;
      case KIND.DMA:
        return this.#dma(block, i, at);
      case KIND.HASH:
        return this.#hash(block, i);
      default:
        throw new Error(`a frame of kind ${kind}`);
    }
  }

  /** A file that promises a state hash every so often cannot ask for a run without end. */
  #checkGap(at: number): void {
    const { hashSpacing } = this.recording.header;
    const gap = at - this.#lastFrameIcount;
    if (gap <= 2 * hashSpacing) return;
    throw new RecordingError({
      expected: `a frame at least every ${hashSpacing} instructions, the hash spacing`,
      found: `none from icount ${this.#lastFrameIcount} to ${at}`,
      offset: this.recording.offsetOf(this.#next),
    });
  }

  get #lastFrameIcount(): number {
    return this.#next === 0 ? 0 : this.recording.icountOf(this.#next - 1);
  }

  /** Runs towards a frame at `at` that is no exit, or to a target before it. */
  #run(target: Mark, at: Icount): Advance | undefined {
    const here = this.vcpu.icount;
    // A step that does not exist at this icount lies before the next one.
    const until = icount(Math.min(at, Math.max(target.icount, here + 1)));
    const exit = this.#runTo(until);
    if (exit.kind === 'until' && this.vcpu.icount === until) {
      this.#midway = false;
      return undefined;
    }
    return this.#debugOr(exit, 'exit', `no exit before icount ${until}`);
  }

  /** `vcpu.run`, which may come back early from a guest that takes fault after fault. */
  #runTo(until: Icount): VmExit {
    const { vcpu } = this;
    for (let tries = 0; ; ) {
      const before = vcpu.icount;
      const exit = vcpu.run(until);
      if (exit.kind !== 'until' || vcpu.icount >= until || vcpu.halted) return exit;
      tries = vcpu.icount === before ? tries + 1 : 0;
      if (tries > FRUITLESS_RUNS_MAX) return exit;
    }
  }

  #exit(block: FrameBlock, i: number, target: Mark): Advance | undefined {
    const at = block.icounts[i]!;
    this.#checkGap(at);
    const here = this.vcpu.icount;
    const step = this.#stepIcount === at ? this.#step : 0;
    const through =
      here >= at || target.icount > at || (target.icount === at && target.step > step);
    const until = icount(through ? at + 1 : Math.max(target.icount, here + 1));
    const exit = this.#runTo(until);
    if (exit.kind === 'until' && this.vcpu.icount === until && until <= at) {
      this.#midway = false;
      return undefined;
    }
    const expected = block.exit(i);
    if (this.vcpu.icount === at && sameExit(exit, expected)) {
      if (exit.kind !== 'shutdown') this.vcpu.enter(block.reply(i));
      this.#consumed(block.kind(i), at);
      return undefined;
    }
    return this.#debugOr(exit, 'exit', `${describeExit(expected)} at icount ${at}`);
  }

  #interrupt(vector: number, at: Icount): Advance | undefined {
    const { vcpu } = this;
    if (!vcpu.halted || this.#midway) {
      const stop = this.#openWindow(vector, at);
      if (stop) return stop;
      if (this.#midway) {
        // Now it stands at a boundary, and somebody may want to look at it.
        this.#midway = false;
        this.#delivered = this.#deliveries;
        return undefined;
      }
    }
    vcpu.inject(vector);
    this.#consumed(KIND.INTERRUPT, at);
    // Pushing the frame may have hit a watchpoint, which only `run` tells: one that runs nothing.
    const exit = this.watching ? vcpu.run(at) : undefined;
    return exit?.kind === 'debug' ? { kind: 'debug', stops: exit.stops } : undefined;
  }

  /**
   * To the first boundary at which the vCPU would take the interrupt. It need not be the one it
   * stands at: an exit's instruction may have to fault first, or one in the shadow of STI.
   */
  #openWindow(vector: number, at: Icount): Advance | undefined {
    const { vcpu } = this;
    vcpu.setIntr(true);
    const exit = vcpu.run(icount(at + 1));
    vcpu.setIntr(false);
    if (exit.kind === 'interrupt-window' && vcpu.icount === at) return undefined;
    // Still in the middle: the boundary that counts is where the interrupt is taken.
    if (exit.kind === 'debug') return { kind: 'debug', stops: exit.stops };
    return this.#debugOr(exit, 'interrupt', `to take vector ${vector} at icount ${at}`);
  }

  /** To where the interrupt that comes next is taken, without taking it. */
  toInterrupt(): Advance {
    for (;;) {
      const { block, first } = this.recording.blockOf(this.#next);
      const i = this.#next - first;
      const kind = block.kind(i);
      if (kind === KIND.INTERRUPT) {
        const at = icount(block.icounts[i]!);
        return this.#openWindow(block.shape(i).address, at) ?? { kind: 'reached' };
      }
      if (kind === KIND.INPUT) this.#next++;
      else if (kind !== KIND.HASH) throw new Error('no interrupt comes next');
      else {
        const stop = this.#hash(block, i);
        if (stop) return stop;
      }
    }
  }

  #dma(block: FrameBlock, i: number, at: Icount): Advance | undefined {
    const frame = block.frame(i);
    if (frame.kind !== 'dma') throw new Error('no DMA frame');
    this.vcpu.ram.poke(frame.gpa, frame.bytes);
    this.#consumed(KIND.DMA, at);
    const length = frame.bytes.length;
    if (this.watchDma?.(frame.gpa, length)) return { kind: 'dma', gpa: frame.gpa, length };
    return undefined;
  }

  #hash(block: FrameBlock, i: number): Advance | undefined {
    const frame = block.frame(i);
    if (frame.kind !== 'hash') throw new Error('no hash frame');
    // An NMI waits for the next run, which the recorder may have had before it took the hash.
    if (this.#nmiAt === frame.icount && !this.#midway) this.vcpu.run(frame.icount);
    this.#next++;
    const stop = this.#checkHash(frame.hash);
    if (!stop && !this.#midway) this.onHash?.(this.#next - 1);
    return stop;
  }

  #checkHash(expected: string): Advance | undefined {
    const actual = this.vcpu.stateHash();
    if (actual === expected) return undefined;
    return this.#diverged('hash', `state hash ${expected}`, actual);
  }

  /** After the last frame: on to where the recording ends, and no further. */
  #finish(target: Mark): Advance | undefined {
    const { end } = this.recording;
    const last = icount(this.recording.lastIcount);
    this.#checkGap(last);
    if (this.vcpu.icount < last) return this.#run(target, last);
    return (end && this.#checkHash(end.stateHash)) ?? { kind: 'end' };
  }

  #consumed(kind: Kind, at: number): void {
    if (!movesGuest(kind)) throw new Error(`kind ${kind} is no step`);
    this.#step = this.#stepIcount === at ? this.#step + 1 : 1;
    this.#stepIcount = at;
    this.#delivered = this.#deliveries;
    this.#next++;
    if (isExitKind(kind)) this.#midway = kind !== KIND.SHUTDOWN;
    else if (kind === KIND.INTERRUPT) this.#midway = false;
  }

  /** An exit that the recording does not have here, unless it is a debugger's. */
  #debugOr(exit: VmExit, what: DivergenceKind, expected: string): Advance {
    if (exit.kind === 'debug') {
      this.#midway = false;
      return { kind: 'debug', stops: exit.stops };
    }
    const at = this.vcpu.icount;
    const actual =
      exit.kind === 'until'
        ? `${this.vcpu.halted ? 'a halt' : 'none'} at icount ${at}`
        : exit.kind === 'interrupt-window'
          ? `an interrupt window at icount ${at}`
          : `${describeExit(exit satisfies GuestExit)} at icount ${at}`;
    return this.#diverged(what, expected, actual);
  }

  #diverged(what: DivergenceKind, expected: string, actual: string): Advance {
    const { vcpu, recording } = this;
    const divergence: Divergence = {
      icount: vcpu.icount,
      what,
      expected,
      actual,
      rip: vcpu.registers().rip,
      exits: recording.countsBefore(this.#next).exits,
      builds: otherBuild(recording.header.engine),
    };
    this.#divergence = divergence;
    return { kind: 'divergence', divergence };
  }
}

/** The two builds, if both are known and differ. */
function otherBuild(recorded: string | undefined): Divergence['builds'] {
  const own = engineBuild();
  return recorded && own && recorded !== own ? { recorded, own } : undefined;
}
