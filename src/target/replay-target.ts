/** A recording as a debug target. */

import type { Gpa, Gva } from '../engine/units.ts';
import type { Registers } from '../engine/vcpu/vcpu.ts';
import {
  bookmarksPath,
  checkBookmarkName,
  loadBookmarks,
  saveBookmarks,
} from '../replay/bookmarks.ts';
import type { StopCondition } from '../replay/conditions.ts';
import type { Mark } from '../replay/mark.ts';
import type { Timeline } from '../replay/timeline.ts';
import { finishAsync, type Work, type WorkControl } from '../replay/work.ts';
import type { GuestConfig } from '../trace/header.ts';
import type {
  Capabilities,
  DebugTarget,
  MemoryRange,
  PlacedFrame,
  TargetStop,
  When,
} from './debug-target.ts';
import { readGuestMemory } from './memory.ts';

export class ReplayTarget implements DebugTarget {
  readonly capabilities: Capabilities = { reverse: true, write: false };
  readonly #timeline: Timeline;
  readonly #bookmarksFile: string | undefined;
  #moving = false;

  /** `recordingPath` is where bookmarks go beside; without it they last as long as the target. */
  constructor(timeline: Timeline, recordingPath?: string) {
    this.#timeline = timeline;
    if (recordingPath === undefined) return;
    this.#bookmarksFile = bookmarksPath(recordingPath);
    for (const [name, mark] of loadBookmarks(this.#bookmarksFile)) {
      timeline.bookmarks.set(name, mark);
    }
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
  get bookmarks(): ReadonlyMap<string, Mark> {
    return this.#timeline.bookmarks;
  }

  when(): When {
    const { mark, positions, session } = this.#timeline;
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
    return this.#timeline.consoleAt(this.#timeline.mark).toString('utf8');
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
  setBookmark(name: string, mark: Mark | undefined): void {
    checkBookmarkName(name);
    const { bookmarks } = this.#timeline;
    if (mark) bookmarks.set(name, mark);
    else bookmarks.delete(name);
    if (this.#bookmarksFile) saveBookmarks(this.#bookmarksFile, bookmarks);
  }

  seekTo(mark: Mark, control?: WorkControl): Promise<TargetStop> {
    return this.#move(this.#timeline.seekTo(mark), control);
  }

  step(count: number, control?: WorkControl): Promise<TargetStop> {
    return this.#move(this.#timeline.step(count), control);
  }

  reverseStep(count: number, control?: WorkControl): Promise<TargetStop> {
    return this.#move(this.#timeline.reverseStep(count), control);
  }

  run(conditions: readonly StopCondition[], control?: WorkControl): Promise<TargetStop> {
    return this.#move(this.#timeline.run(conditions), control);
  }

  reverseContinue(
    conditions: readonly StopCondition[],
    control?: WorkControl,
  ): Promise<TargetStop> {
    return this.#move(this.#timeline.reverseContinue(conditions), control);
  }

  lastWrite(range: MemoryRange, control?: WorkControl): Promise<TargetStop> {
    return this.reverseContinue([{ kind: 'memory', ...range, on: 'write' }], control);
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
