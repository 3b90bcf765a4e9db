/** A recording as a debug target. */

import { statSync } from 'node:fs';
import type { Gpa, Gva } from '../engine/units.ts';
import type { Registers } from '../engine/vcpu/vcpu.ts';
import {
  type Bookmark,
  bookmarksPath,
  checkBookmarkName,
  loadBookmarks,
  saveBookmarks,
} from '../replay/bookmarks.ts';
import type { StopCondition } from '../replay/conditions.ts';
import { type Mark, MarkError } from '../replay/mark.ts';
import type { Timeline } from '../replay/timeline.ts';
import { finishAsync, type Work, type WorkControl } from '../replay/work.ts';
import type { GuestConfig } from '../trace/header.ts';
import type {
  Capabilities,
  DebugTarget,
  Diversion,
  MemoryRange,
  PlacedFrame,
  TargetStop,
  When,
} from './debug-target.ts';
import { DivertedGuest } from './diverted-guest.ts';
import { readGuestMemory } from './memory.ts';
import { RecordingView } from './recording-view.ts';

/**
 * Up to so many steps are taken one by one, each seeing whether its instruction faulted; more are
 * counted, which is instant, by instructions and interrupts alone.
 */
const STEPS_MAX = 1000;

export class ReplayTarget implements DebugTarget {
  /** The recording as a whole. */
  readonly recording: RecordingView;
  readonly capabilities: Capabilities = { reverse: true, write: true };
  readonly #timeline: Timeline;
  readonly #bookmarksFile: string | undefined;
  #bookmarksSeen = '';
  #moving = false;
  #diverted: DivertedGuest | undefined;

  /** `recordingPath` is where bookmarks go beside; without it they last as long as the target. */
  constructor(timeline: Timeline, recordingPath?: string) {
    this.#timeline = timeline;
    this.recording = new RecordingView(timeline);
    if (recordingPath === undefined) return;
    this.#bookmarksFile = bookmarksPath(recordingPath);
    this.#readBookmarks();
  }

  get guest(): GuestConfig {
    return this.#timeline.session.recording.guest;
  }
  get start(): Mark {
    return this.#timeline.positions.start;
  }
  get end(): Mark {
    return this.#timeline.positions.end;
  }
  /** With what other front ends have made of them since. */
  get bookmarks(): ReadonlyMap<string, Bookmark> {
    try {
      this.#readBookmarks();
    } catch (error) {
      // Somebody has spoilt the file since it was read: what was in it stays.
      if (!(error instanceof MarkError)) throw error;
    }
    return this.#timeline.bookmarks;
  }

  get mark(): Mark {
    return this.#diverted?.mark ?? this.#timeline.mark;
  }

  when(): When {
    const { positions, session } = this.#timeline;
    // Off the recording, icount goes its own way; what happened before it left stays.
    const { mark } = this;
    const { exits, interrupts } = session.recording.countsBefore(positions.ordinalAt(mark));
    const last = this.end.icount;
    const share = last === 0 ? 1 : mark.icount / last;
    return { mark, share, exits, interrupts, ticks: session.vcpu.ticks };
  }

  registers(): Registers {
    return this.#timeline.session.vcpu.registers();
  }

  readMemory(range: MemoryRange): Uint8Array {
    return readGuestMemory(this.#timeline.session.vcpu, range);
  }

  translate(at: Gva): Gpa | undefined {
    return this.#timeline.session.vcpu.translate(at);
  }

  consoleText(): string {
    // The guest's bytes; what they mean to a terminal is for whoever shows them.
    const recorded = this.#timeline.consoleAt(this.#timeline.mark).toString('utf8');
    return recorded + (this.#diverted?.printed ?? '');
  }

  framesNear({ before, after }: { before: number; after: number }): readonly PlacedFrame[] {
    const { mark, positions, session } = this.#timeline;
    const { recording } = session;
    const here = positions.ordinalAt(mark);
    const frames: PlacedFrame[] = [];
    const last = Math.min(recording.frames, here + after);
    for (let ordinal = Math.max(0, here - before); ordinal < last; ordinal++) {
      frames.push({ ordinal, mark: positions.before(ordinal), frame: recording.frame(ordinal) });
    }
    return frames;
  }

  stateHash(): string {
    return this.#timeline.session.vcpu.stateHash();
  }

  resolve(text: string): Mark {
    return this.#timeline.resolve(text);
  }

  /** Names a mark, or forgets the name. */
  setBookmark(name: string, mark: Bookmark | undefined): void {
    checkBookmarkName(name);
    this.#readBookmarks();
    const { bookmarks } = this.#timeline;
    if (mark) bookmarks.set(name, mark);
    else bookmarks.delete(name);
    if (!this.#bookmarksFile) return;
    saveBookmarks(this.#bookmarksFile, bookmarks);
    this.#bookmarksSeen = stampOf(this.#bookmarksFile);
  }

  /** If they are not as they were when they were read last. */
  #readBookmarks(): void {
    const path = this.#bookmarksFile;
    if (path === undefined) return;
    const stamp = stampOf(path);
    if (stamp === this.#bookmarksSeen) return;
    this.#bookmarksSeen = stamp;
    const { bookmarks } = this.#timeline;
    const found = loadBookmarks(path);
    bookmarks.clear();
    for (const [name, mark] of found) bookmarks.set(name, mark);
  }

  get diversion(): Diversion | undefined {
    return this.#diverted;
  }

  writeRegisters(values: Partial<Registers>): void {
    this.#divert().writeRegisters(values);
  }

  writeMemory(range: MemoryRange, bytes: Uint8Array): number {
    return this.#divert().writeMemory(range, bytes);
  }

  endDiversion(control?: WorkControl): Promise<TargetStop> {
    return this.seekTo(this.#diverted?.from ?? this.#timeline.mark, control);
  }

  seekTo(mark: Mark, control?: WorkControl): Promise<TargetStop> {
    return this.#move(this.#return(mark), control);
  }

  step(
    count: number,
    control?: WorkControl,
    conditions: readonly StopCondition[] = [],
  ): Promise<TargetStop> {
    const diverted = this.#diverted;
    if (diverted) return this.#move(diverted.run(conditions, count), control);
    const accesses = accessesOf(conditions);
    if (accesses.length === 0) return this.#move(this.#steps(count), control);
    return this.#move(this.#stepWatching(conditions, accesses), control);
  }

  reverseStep(
    count: number,
    control?: WorkControl,
    conditions: readonly StopCondition[] = [],
  ): Promise<TargetStop> {
    if (this.#diverted) return this.#nothingBefore();
    const accesses = accessesOf(conditions);
    if (accesses.length === 0) return this.#move(this.#reverseSteps(count), control);
    return this.#move(this.#reverseStepWatching(conditions, accesses), control);
  }

  run(conditions: readonly StopCondition[], control?: WorkControl): Promise<TargetStop> {
    const work = this.#diverted?.run(conditions) ?? this.#timeline.run(conditions);
    return this.#move(work, control);
  }

  reverseContinue(
    conditions: readonly StopCondition[],
    control?: WorkControl,
    accesses: 'behind' | 'in-front' = 'behind',
  ): Promise<TargetStop> {
    if (this.#diverted) return this.#nothingBefore();
    return this.#move(this.#timeline.reverseContinue(conditions, accesses), control);
  }

  lastWrite(range: MemoryRange, control?: WorkControl): Promise<TargetStop> {
    return this.reverseContinue([{ kind: 'memory', ...range, on: 'write' }], control);
  }

  #divert(): DivertedGuest {
    if (this.#moving) throw new Error('a diversion during a move');
    this.#diverted ??= new DivertedGuest(this.#timeline.session, this.#timeline.mark);
    return this.#diverted;
  }

  /** To a mark of the recording, from wherever the guest is. */
  *#return(mark: Mark): Work<TargetStop> {
    if (!this.#diverted) return yield* this.#timeline.seekTo(mark);
    const { from } = this.#diverted;
    this.#diverted = undefined;
    yield* this.#timeline.recover(from);
    return yield* this.#timeline.seekTo(mark);
  }

  *#steps(count: number): Work<TargetStop> {
    if (count > STEPS_MAX) return yield* this.#timeline.step(count);
    let stop = yield* this.#timeline.stepInto();
    for (let n = 1; n < count && stop.reason === 'reached'; n++) {
      stop = yield* this.#timeline.stepInto();
    }
    return stop;
  }

  *#reverseSteps(count: number): Work<TargetStop> {
    if (count > STEPS_MAX) return yield* this.#timeline.reverseStep(count);
    let stop = yield* this.#timeline.reverseStepInto();
    for (let n = 1; n < count && stop.reason === 'reached'; n++) {
      stop = yield* this.#timeline.reverseStepInto();
    }
    return stop;
  }

  async #nothingBefore(): Promise<TargetStop> {
    return { reason: 'start', mark: this.when().mark };
  }

  *#stepWatching(
    conditions: readonly StopCondition[],
    accesses: readonly number[],
  ): Work<TargetStop> {
    const from = this.#timeline.mark;
    const step = yield* this.#timeline.stepInto();
    if (step.reason !== 'reached') return step;
    yield* this.#timeline.insist(from);
    const watched = accesses.map((i) => conditions[i]!);
    const stop = yield* this.#timeline.run(watched, step.mark);
    return renumbered(stop, accesses);
  }

  *#reverseStepWatching(
    conditions: readonly StopCondition[],
    accesses: readonly number[],
  ): Work<TargetStop> {
    const from = this.#timeline.mark;
    const step = yield* this.#timeline.reverseStepInto();
    if (step.reason !== 'reached') return step;
    const watched = accesses.map((i) => conditions[i]!);
    const stop = yield* this.#timeline.run(watched, from);
    yield* this.#timeline.insist(step.mark);
    return stop.reason === 'hit' ? { ...renumbered(stop, accesses), mark: step.mark } : step;
  }

  async #move(work: Work<TargetStop>, control?: WorkControl): Promise<TargetStop> {
    if (this.#moving) throw new Error('a move while another is under way');
    this.#moving = true;
    try {
      return await finishAsync(work, control);
    } finally {
      this.#moving = false;
    }
  }
}

/** Says when a file was changed; empty if there is none. */
function stampOf(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  return found ? `${found.mtimeMs} ${found.size} ${found.ino}` : '';
}

/** The indices of the conditions that single steps can fulfil on their way. */
function accessesOf(conditions: readonly StopCondition[]): number[] {
  return [...conditions.keys()].filter((i) => {
    const condition = conditions[i]!;
    return condition.kind === 'memory' && condition.on !== 'execute';
  });
}

/** A stop at some of the conditions, told by their numbers among all. */
function renumbered(stop: TargetStop, among: readonly number[]): TargetStop {
  if (stop.reason !== 'hit') return stop;
  return { ...stop, conditions: stop.conditions.map((i) => among[i]!) };
}
