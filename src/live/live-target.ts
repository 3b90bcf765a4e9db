/**
 * A running guest as a debug target. All of its past is a recording, so looking and going back are a
 * `ReplayTarget`'s; what is added here is the present. A forward move that comes to the end of what
 * is recorded lets the guest run on, watched by tripwires; when one goes off, or somebody cancels,
 * the recording is settled, and where exactly the guest stopped is found in it.
 *
 * One vCPU serves both: at the present it belongs to the machine, anywhere else to the replay.
 */

import { type Icount, icount } from '../engine/units.ts';
import type { StopCondition } from '../replay/conditions.ts';
import { compareMarks, type Mark, mark } from '../replay/mark.ts';
import { ReplaySession, type SessionCheckpoint } from '../replay/session.ts';
import { Timeline } from '../replay/timeline.ts';
import type { WorkControl } from '../replay/work.ts';
import type {
  Capabilities,
  DebugTarget,
  Diversion,
  LiveControl,
  MemoryRange,
  PlacedFrame,
  TargetStop,
  When,
} from '../target/debug-target.ts';
import { ReplayTarget } from '../target/replay-target.ts';
import type { LiveGuest } from './live-guest.ts';
import type { Presence } from './presence.ts';
import { Tripwires } from './tripwires.ts';

/** A step at the present lets the guest run ahead this far, and is taken in what that recorded. */
const AHEAD = 200_000;
/** Slices of work give way to the event loop this often. */
const BREATHE_MS = 5;

export class LiveTarget implements DebugTarget {
  readonly live: LiveControl;
  readonly #guest: LiveGuest;
  readonly #path: string | undefined;
  readonly #presence: Presence;
  #timeline: Timeline;
  #past: ReplayTarget;
  #moving = false;

  /**
   * The guest is in front of its first instruction. `path` is the recording's, which bookmarks lie
   * beside.
   */
  constructor(guest: LiveGuest, presence: Presence, path?: string) {
    this.#guest = guest;
    this.#path = path;
    this.#presence = presence;
    const start = guest.checkpoint();
    if (!start) throw new Error('a live guest that is not at its start');
    this.#timeline = this.#timelineOver([start], start);
    this.#past = new ReplayTarget(this.#timeline, path);
    this.live = presence.control(this, guest, () => this.#close());
  }

  get capabilities(): Capabilities {
    return this.#past.capabilities;
  }
  get guest() {
    return this.#past.guest;
  }
  /** The recording as a whole, up to the present. */
  get recording() {
    return this.#past.recording;
  }
  get start(): Mark {
    return this.#past.start;
  }
  get end(): Mark {
    return this.#past.end;
  }
  get bookmarks(): ReadonlyMap<string, Mark> {
    return this.#past.bookmarks;
  }
  get diversion(): Diversion | undefined {
    return this.#past.diversion;
  }

  get mark(): Mark {
    return this.#presence.running ? mark(this.#guest.vcpu.icount) : this.#past.mark;
  }

  when(): When {
    if (!this.#presence.running) return this.#past.when();
    const { exits, interrupts } = this.#guest.totals;
    return { mark: this.mark, share: 1, exits, interrupts, ticks: this.#guest.machine.now };
  }

  registers() {
    return this.#past.registers();
  }
  readMemory(range: MemoryRange): Uint8Array {
    return this.#past.readMemory(range);
  }
  translate(at: Parameters<DebugTarget['translate']>[0]) {
    return this.#past.translate(at);
  }
  stateHash(): string {
    return this.#past.stateHash();
  }
  consoleText(): string {
    return this.#presence.running ? this.#presence.consoleText() : this.#past.consoleText();
  }
  framesNear(counts: { before: number; after: number }): readonly PlacedFrame[] {
    return this.#presence.running ? [] : this.#past.framesNear(counts);
  }
  resolve(text: string): Mark {
    return this.#past.resolve(text);
  }
  setBookmark(name: string, at: Mark | undefined): void {
    this.#past.setBookmark(name, at);
  }
  writeRegisters(values: Parameters<DebugTarget['writeRegisters']>[0]): void {
    this.#past.writeRegisters(values);
  }
  writeMemory(range: MemoryRange, bytes: Uint8Array): number {
    return this.#past.writeMemory(range, bytes);
  }
  endDiversion(control?: WorkControl): Promise<TargetStop> {
    return this.#alone(() => this.#past.endDiversion(control));
  }
  reverseStep(
    count: number,
    control?: WorkControl,
    conditions?: readonly StopCondition[],
  ): Promise<TargetStop> {
    return this.#alone(() => this.#past.reverseStep(count, control, conditions));
  }
  reverseContinue(
    conditions: readonly StopCondition[],
    control?: WorkControl,
    accesses?: 'behind' | 'in-front',
  ): Promise<TargetStop> {
    return this.#alone(() => this.#past.reverseContinue(conditions, control, accesses));
  }
  lastWrite(range: MemoryRange, control?: WorkControl): Promise<TargetStop> {
    return this.#alone(() => this.#past.lastWrite(range, control));
  }

  /** A mark in the future is run to. */
  seekTo(target: Mark, control?: WorkControl): Promise<TargetStop> {
    return this.#alone(async () => {
      if (compareMarks(target, this.end) > 0 && !this.#guest.ended) {
        const moved = await this.#toPresent(control);
        if (moved) return moved;
        const how = await this.#runOn(icount(target.icount + 1), undefined, control);
        if (how === 'cancelled') return { reason: 'cancelled', mark: this.mark };
      }
      return await this.#past.seekTo(target, control);
    });
  }

  step(
    count: number,
    control?: WorkControl,
    conditions?: readonly StopCondition[],
  ): Promise<TargetStop> {
    return this.#alone(async () => {
      const from = this.mark;
      const near = from.icount + count >= this.end.icount - 1;
      if (near && !this.diversion && !this.#guest.ended) {
        const moved = await this.#toPresent(control);
        if (moved) return moved;
        const until = icount(Math.max(this.end.icount, from.icount + count) + AHEAD);
        const how = await this.#runOn(until, undefined, control, true);
        const back = await this.#past.seekTo(from);
        if (how === 'cancelled' || back.reason !== 'reached') {
          return back.reason === 'reached' ? { reason: 'cancelled', mark: this.mark } : back;
        }
      }
      return await this.#past.step(count, control, conditions);
    });
  }

  run(conditions: readonly StopCondition[], control?: WorkControl): Promise<TargetStop> {
    return this.#alone(async () => {
      for (;;) {
        const stop = await this.#past.run(conditions, control);
        if (stop.reason !== 'end' || this.diversion || this.#guest.ended) return stop;
        const found = await this.#runLive(conditions, control);
        if (found) return found;
      }
    });
  }

  /**
   * From the present to where a condition may hold, and back to in front of that; undefined says to
   * look from there.
   */
  async #runLive(
    conditions: readonly StopCondition[],
    control?: WorkControl,
  ): Promise<TargetStop | undefined> {
    const tripwires = new Tripwires(this.#timeline.session, conditions);
    const how = await this.#runOn(icount(Number.MAX_SAFE_INTEGER), tripwires, control);
    if (how === 'cancelled') return { reason: 'cancelled', mark: this.mark };
    const { beforeLast } = this.#presence;
    const stop = await this.#past.seekTo(beforeLast);
    return stop.reason === 'reached' ? undefined : stop;
  }

  /** The vCPU to the end of the recording; a stop if that fails. */
  async #toPresent(control?: WorkControl): Promise<TargetStop | undefined> {
    const stop = await this.#past.seekTo(this.end, control);
    return stop.reason === 'reached' ? undefined : stop;
  }

  /**
   * Lets the guest run in the present. With `ahead`, a guest that waits has run far enough once it
   * has run at all.
   */
  async #runOn(
    limit: Icount,
    tripwires: Tripwires | undefined,
    control: WorkControl | undefined,
    ahead = false,
  ): Promise<'stopped' | 'cancelled'> {
    const guest = this.#guest;
    const presence = this.#presence;
    const { checkpoints } = this.#timeline;
    const from = this.end;
    const started = guest.vcpu.icount;
    const keep = (made: SessionCheckpoint): void => {
      checkpoints.add(made);
      checkpoints.thin(made.mark);
    };
    guest.resume();
    guest.watch(tripwires);
    presence.enter(tripwires);
    tripwires?.arm();
    let how: 'stopped' | 'cancelled' | undefined;
    let breathedMs = performance.now();
    try {
      while (how === undefined) {
        const before = guest.vcpu.icount - 1;
        presence.beforeLast = before > started ? mark(before) : from;
        const slice = guest.slice(limit, started, keep);
        presence.flush();
        const done = guest.vcpu.icount - started;
        if (slice.kind === 'tripped' || slice.kind === 'ended') how = 'stopped';
        else if (guest.vcpu.icount >= limit) how = 'stopped';
        else if (slice.kind === 'idle' && ahead && done > 0) how = 'stopped';
        else if (control?.cancelled?.()) how = 'cancelled';
        else if (slice.kind === 'idle') await presence.waitWith(guest, slice.until, control);
        if (performance.now() - breathedMs < BREATHE_MS) continue;
        control?.onProgress?.({ done, total: done });
        await new Promise((resolve) => setImmediate(resolve));
        breathedMs = performance.now();
      }
    } finally {
      tripwires?.disarm();
      guest.watch(undefined);
      presence.leave();
    }
    if (tripwires?.tripped) guest.toBoundary();
    this.#settle();
    await this.#toPresent();
    return how;
  }

  /** Takes in what was recorded, with the vCPU at the present or close before. */
  #settle(): void {
    const { checkpoints, bookmarks } = this.#timeline;
    const made = this.#guest.ended ? undefined : this.#guest.checkpoint();
    if (made) checkpoints.add(made);
    const recording = this.#guest.settle();
    const last = checkpoints.all.at(-1)!;
    const previous = this.#timeline.session.recording;
    this.#timeline = this.#timelineOver(checkpoints.all, last, recording, bookmarks);
    this.#past = new ReplayTarget(this.#timeline, this.#path);
    previous.close();
  }

  #timelineOver(
    checkpoints: readonly SessionCheckpoint[],
    from: SessionCheckpoint,
    recording = this.#guest.settle(),
    bookmarks: ReadonlyMap<string, Mark> = new Map(),
  ): Timeline {
    const session = new ReplaySession(recording, this.#guest.vcpu, from);
    return new Timeline(session, { checkpoints, bookmarks });
  }

  #close(): Promise<void> {
    return this.#alone(async () => {
      if (this.#guest.ended) return;
      await this.#toPresent();
      this.#guest.close();
    });
  }

  async #alone<T>(move: () => Promise<T>): Promise<T> {
    if (this.#moving) throw new Error('a move while another is under way');
    this.#moving = true;
    try {
      return await move();
    } finally {
      this.#moving = false;
    }
  }
}
