/**
 * What a front end can do with a guest: the only thing that the gdb stub, the debug adapter, the TUI
 * and the command line see. They know no engine, no session and no checkpoints.
 *
 * Looking (registers, memory, console, exits) is immediate. Moving is asynchronous and one at a
 * time: it may take long, reports progress, and can be cancelled between two slices of work.
 */

import type { Gpa, Gva } from '../engine/units.ts';
import type { Registers } from '../engine/vcpu/vcpu.ts';
import type { Bookmark } from '../replay/bookmarks.ts';
import type { StopCondition } from '../replay/conditions.ts';
import type { Divergence } from '../replay/divergence.ts';
import type { Mark } from '../replay/mark.ts';
import type { WorkControl } from '../replay/work.ts';
import type { Frame } from '../trace/frame.ts';
import type { EndReason, GuestConfig } from '../trace/header.ts';

/** What this target can do beyond looking and moving forward. */
export interface Capabilities {
  /** `reverseStep`, `reverseContinue`, and `seekTo` a mark that is behind. */
  readonly reverse: boolean;
  /** Registers and memory can be written: in a diversion, never in a recording. */
  readonly write: boolean;
}

/**
 * A way out of the recording: the guest runs on from a place in it with other registers or memory,
 * without its devices. What it does there is forgotten when it goes back.
 */
export interface Diversion {
  /** Where it left the recording. */
  readonly from: Mark;
  /** Registers and memory ranges that a debugger wrote. */
  readonly edits: number;
  /** Instructions run since. */
  readonly instructions: number;
}

export type TargetStop =
  | { readonly reason: 'reached'; readonly mark: Mark }
  /** Conditions hold here, by their index in the list given. */
  | { readonly reason: 'hit'; readonly mark: Mark; readonly conditions: readonly number[] }
  | { readonly reason: 'start' | 'end'; readonly mark: Mark }
  | { readonly reason: 'cancelled'; readonly mark: Mark }
  | { readonly reason: 'divergence'; readonly mark: Mark; readonly divergence: Divergence };

/** Where the cursor is, in the ways one can count. */
export interface When {
  readonly mark: Mark;
  /** 0 to 1. */
  readonly share: number;
  /** Exits and interrupts that lie behind. */
  readonly exits: number;
  readonly interrupts: number;
  /** Guest time in ticks, nanoseconds. */
  readonly ticks: number;
}

export interface MemoryRange {
  readonly space: 'gva' | 'gpa';
  readonly at: bigint;
  readonly length: number;
}

/** A frame of the recording, with where it stands in it. */
export interface PlacedFrame {
  readonly ordinal: number;
  /** A place to seek to: in front of what happened. */
  readonly mark: Mark;
  readonly frame: Frame;
}

/** What a target has beside if its guest is still running. */
export interface LiveControl {
  /** Does the guest run as the clock goes, at this moment: has a forward move reached the present? */
  readonly running: boolean;
  /** Where the present is: the end of what is recorded. */
  readonly present: Mark;
  /** Why the guest's present is its end; undefined as long as it can run on. */
  readonly ended: EndReason | undefined;
  /** Types on the guest's console. Kept until the guest runs in the present. */
  type(bytes: Uint8Array): void;
  /** Called with what the guest prints as it runs in the present; returns how to end that. */
  onConsole(listener: (bytes: Uint8Array) => void): () => void;
  /** Ends the guest where its present is, and completes the recording. */
  close(): Promise<void>;
}

export interface DebugTarget {
  readonly capabilities: Capabilities;
  /** Only if the guest is running: its end moves on, and forward moves wait for it. */
  readonly live?: LiveControl;
  readonly guest: GuestConfig;
  readonly start: Mark;
  readonly end: Mark;

  /** Where the cursor is; `when` has to count. */
  readonly mark: Mark;
  when(): When;
  registers(): Registers;
  /** As much from the start of the range as there is: less than asked for where nothing is mapped. */
  readMemory(range: MemoryRange): Uint8Array;
  /** Through the guest's own page tables as they are now. */
  translate(at: Gva): Gpa | undefined;
  /** What the guest had printed on its first serial port up to now. */
  consoleText(): string;
  /** Frames before and after now: exits, interrupts, DMA, inputs. */
  framesNear(counts: { readonly before: number; readonly after: number }): readonly PlacedFrame[];
  stateHash(): string;

  /** The mark that a text means, as on the command line. Throws `MarkError`. */
  resolve(text: string): Mark;
  readonly bookmarks: ReadonlyMap<string, Bookmark>;
  /** Forgets the name if there is no mark. */
  setBookmark(name: string, mark: Bookmark | undefined): void;

  /** Set while the guest is off the recording. A seek ends it; nothing in it can be reversed. */
  readonly diversion: Diversion | undefined;
  /** Both start a diversion if there is none. Memory: as much of it as there is RAM for, in bytes. */
  writeRegisters(values: Partial<Registers>): void;
  writeMemory(range: MemoryRange, bytes: Uint8Array): number;
  /** Back to where the recording was left. */
  endDiversion(control?: WorkControl): Promise<TargetStop>;

  seekTo(mark: Mark, control?: WorkControl): Promise<TargetStop>;
  /**
   * Single steps. One that faults ends in front of the handler. With conditions it is one step, and
   * accesses among them are `hit`s; places are not.
   */
  step(
    count: number,
    control?: WorkControl,
    conditions?: readonly StopCondition[],
  ): Promise<TargetStop>;
  reverseStep(
    count: number,
    control?: WorkControl,
    conditions?: readonly StopCondition[],
  ): Promise<TargetStop>;
  /** To the next place where a condition holds; with none, to the end. */
  run(conditions: readonly StopCondition[], control?: WorkControl): Promise<TargetStop>;
  /**
   * To the last place before this one where a condition holds; with none, to the start. An access
   * is a place behind it, or in front of it: then one that was made last of all counts as well.
   */
  reverseContinue(
    conditions: readonly StopCondition[],
    control?: WorkControl,
    accesses?: 'behind' | 'in-front',
  ): Promise<TargetStop>;
  /** Back to after the last write to a range; `start` if nothing wrote it. */
  lastWrite(range: MemoryRange, control?: WorkControl): Promise<TargetStop>;
}
