/**
 * The terminal interface without its looks: where the cursor is, what the panes look at, what is
 * under way. Keys and commands call its methods; views read its fields; after every change it tells
 * whoever subscribed. It knows of no terminal.
 */

import { parseFilter } from '../exits/filter.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';
import {
  compareMarks,
  type DebugTarget,
  describeDivergence,
  formatMark,
  linearRip,
  type Mark,
  MarkError,
  type Progress,
  type TargetStop,
  type WorkControl,
} from '../target/index.ts';
import { backtrace, readWord, type Unwind } from './backtrace.ts';
import { codeAround } from './code.ts';
import { ExitList } from './exit-list.ts';
import { ExpressionError, type Guest } from './expression.ts';
import { GuestScreen } from './guest-screen.ts';
import { History } from './history.ts';
import type { PaneName } from './layout.ts';
import { MemoryWindow } from './memory-window.ts';
import { Milestones } from './milestones.ts';
import type { FramePlaces } from './places.ts';
import { Prompt } from './prompt.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { Stops } from './stops.ts';
import type { Line } from './text.ts';
import { TimelineWindow } from './timeline.ts';
import { Travel, type TuiTarget } from './travel.ts';

export interface Message {
  readonly text: string;
  readonly bad: boolean;
}

const RSP = 4;
/** How often progress is drawn. */
const BUSY_FRAME_MS = 50;
/** Ctrl-], telnet's way out: seldom wanted by a guest, and nothing that a shell is told with. */
const PAUSE_KEY = '\x1d';
/** Reading ahead leaves room for keys: a chunk takes some milliseconds. */
const WARM_UP_WAIT_MS = 200;
const WARM_UP_PAUSE_MS = 5;
/** The timeline is drawn again for each such share that was read. */
const WARM_UP_DRAWN = 0.05;

/** Names for addresses: known from the start, or found in the guest on the way. */
export interface NameSource {
  readonly table: SymbolTable | undefined;
  /** Looks at a guest that stands still; in slices. True if that found names. */
  look(guest: Pick<DebugTarget, 'registers' | 'readMemory'>): Generator<void, boolean>;
  /** Who called, by tables that belong to the names. */
  readonly frames?: Unwind;
}

export interface UiOptions {
  readonly fileName: string;
  readonly names: NameSource;
  /** For filters on functions; without it there are none. */
  readonly places?: FramePlaces | undefined;
}

export type Move = (travel: Travel, control: WorkControl) => Promise<TargetStop | string>;

export class Ui {
  readonly target: TuiTarget;
  readonly fileName: string;
  readonly places: FramePlaces | undefined;
  readonly stops = new Stops();
  readonly history = new History();
  readonly screen = new GuestScreen();
  readonly timeline: TimelineWindow;
  readonly exits: ExitList;
  readonly memory: MemoryWindow;
  readonly prompt = new Prompt();
  readonly milestones: Milestones;
  readonly guest: Guest;

  snapshot: Snapshot;
  /** The stop before, for what changed. */
  previous: Snapshot | undefined;
  focus: PaneName = 'code';
  /** The pane in the place that several share. */
  tab: PaneName = 'exits';
  message: Message = { text: '', bad: false };
  busy: { readonly what: string; readonly progress: Progress | undefined } | undefined;
  /** Lines over the body: help, a page walk. */
  overlay: { readonly title: string; readonly lines: readonly Line[]; top: number } | undefined;
  /** Rows selected, by pane; the code's as an address. */
  codeSelected = 0n;
  codeAnchor: bigint | undefined;
  registerSelected = 0;
  /** Columns of the guest's console that are out of sight on the left. */
  consoleLeft = 0;
  /** Undefined while the table follows the cursor. */
  exitSelected: number | undefined;
  readonly scroll: Partial<Record<PaneName, number>> = {};
  quitting = false;
  /** How often something was stopped: whoever began before a change of it gives up. */
  escapes = 0;
  /** Settles when the move under way, if there is one, has ended. */
  moved: Promise<void> = Promise.resolve();
  /** When the last key came: what can wait does, while somebody types. */
  touchedMs = 0;
  /** Does the terminal report the mouse? */
  mouse = false;
  /** Stops the process, as a shell does with Ctrl-Z; set by whoever has the terminal. */
  suspend: (() => void) | undefined;
  version = 0;

  readonly #travel: Travel;
  readonly #names: NameSource;
  readonly #listeners = new Set<() => void>();
  #cancelled = false;
  /** Does the console show a running guest's present? */
  #following = false;
  #drawn: Promise<void> = Promise.resolve();
  #looking: Generator<void, boolean> | undefined;
  #telling: { readonly soon: boolean; readonly timer: NodeJS.Timeout } | undefined;

  constructor(target: TuiTarget, { fileName, names, places }: UiOptions) {
    this.target = target;
    this.fileName = fileName;
    this.places = places;
    this.#names = names;
    this.timeline = new TimelineWindow(target);
    this.milestones = new Milestones(target);
    this.exits = new ExitList({
      recording: () => target.recording,
      placeOf: (ordinal) => places?.of(ordinal),
      onFound: () => this.changed(),
    });
    this.memory = new MemoryWindow(target);
    this.#travel = new Travel(target, () => backtrace(target, this.symbols, names.frames));
    this.guest = {
      registers: () => target.registers(),
      read: (at, bytes) => readWord(target, at, bytes),
      symbol: (name) => this.symbols?.address(name),
    };
    this.snapshot = takeSnapshot(target, this.symbols, [], names.frames);
    target.live?.onConsole((bytes) => this.#printed(bytes));
  }

  /** The guest prints while one looks; what one saw before may have been its past. */
  #printed(bytes: Uint8Array): void {
    const known = this.#following;
    this.#following = true;
    this.#drawn = this.#drawn
      .then(() =>
        known
          ? this.screen.append(bytes)
          : this.screen.show(Buffer.from(this.target.consoleText(), 'utf8')),
      )
      .then(() => this.changed());
  }

  /** Does the guest run as one watches, and get what is typed? */
  get running(): boolean {
    return this.target.live?.running ?? false;
  }

  /** What was typed while the guest runs: its own, but for the key that stops it. */
  type(input: string): void {
    const at = input.indexOf(PAUSE_KEY);
    const typed = at < 0 ? input : input.slice(0, at);
    if (typed !== '') this.target.live?.type(Buffer.from(typed, 'utf8'));
    if (at >= 0) this.cancel();
  }

  get symbols(): SymbolTable | undefined {
    return this.#names.table;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Drawing costs more than most of what is drawn: changes that come together are told together. */
  changed(): void {
    const soon = this.busy === undefined;
    if (this.#telling && (this.#telling.soon || !soon)) return;
    clearTimeout(this.#telling?.timer);
    this.#telling = { soon, timer: setTimeout(this.#tell, soon ? 0 : BUSY_FRAME_MS) };
  }

  readonly #tell = (): void => {
    this.#telling = undefined;
    this.version++;
    for (const listener of this.#listeners) listener();
  };

  say(text: string, bad = false): void {
    this.message = { text, bad };
    this.changed();
  }

  /** The first look, and after anything else that moved the guest. */
  async refresh(): Promise<void> {
    const { target } = this;
    const anchor = this.codeAnchor ?? linearRip(target.registers());
    const code = await codeAround(target, this.symbols, anchor);
    await this.#drawn;
    this.#following = false;
    await this.screen.show(target.recording.consoleAt(target.when().mark));
    this.snapshot = takeSnapshot(target, this.symbols, code, this.#names.frames);
    this.memory.arrive(this.snapshot.registers.gpr[RSP] ?? 0n);
    this.changed();
    this.#lookForNames();
  }

  /** A kernel's own names, between the keys; a move gives it up, and the next stop begins anew. */
  #lookForNames(): void {
    if (this.symbols || this.busy) return;
    const work = this.#names.look(this.target);
    this.#looking = work;
    const goOn = (): void => {
      if (this.#looking !== work) return;
      const { done, value } = work.next();
      if (!done) setImmediate(goOn);
      else if (value) void this.refresh();
    };
    setImmediate(goOn);
  }

  /** The same at once, for whoever shows one screen only. */
  async findNames(): Promise<void> {
    this.#looking = undefined;
    const work = this.#names.look(this.target);
    let step = work.next();
    while (!step.done) step = work.next();
    if (step.value) await this.refresh();
  }

  /** Does a move, with progress; one at a time. */
  async move(what: string, move: Move, options: { visit?: boolean } = {}): Promise<void> {
    if (this.busy) return this.say('something is under way; Esc stops it', true);
    const moved = this.#move(what, move, options);
    this.moved = moved.catch(() => {});
    await moved;
  }

  async #move(what: string, move: Move, { visit = true }: { visit?: boolean }): Promise<void> {
    this.#cancelled = false;
    this.#looking = undefined;
    this.busy = { what, progress: undefined };
    const origin = this.target.when().mark;
    try {
      const stop = await move(this.#travel, {
        onProgress: (progress) => {
          if (this.running && !this.#following) this.#printed(new Uint8Array(0));
          this.busy = { what, progress };
          this.changed();
        },
        cancelled: () => this.#cancelled,
      });
      await this.#arrived(origin, stop, visit);
    } catch (error) {
      await this.refresh();
      this.fail(error);
    } finally {
      this.busy = undefined;
      this.changed();
    }
    this.#lookForNames();
  }

  cancel(): void {
    this.escapes++;
    this.#cancelled = true;
  }

  /** What a person did wrong becomes a message; a bug of ours goes on. */
  fail(error: unknown): void {
    const expected =
      error instanceof MarkError ||
      error instanceof ExpressionError ||
      isNamed(error, 'FilterError');
    if (!expected) throw error;
    this.say((error as Error).message, true);
  }

  goTo(mark: Mark, what = 'going there', visit = true): Promise<void> {
    return this.move(what, (_, control) => this.target.seekTo(mark, control), { visit });
  }

  /** Shows a pane and gives it the keys. */
  show(pane: PaneName, visible: readonly PaneName[]): void {
    if (!visible.includes(pane)) this.tab = pane;
    this.focus = pane;
    this.changed();
  }

  async showCode(at: bigint | undefined): Promise<void> {
    this.codeAnchor = at;
    this.codeSelected = at ?? linearRip(this.target.registers());
    await this.refresh();
  }

  setFilter(text: string): void {
    const filter = parseFilter(text);
    const { places } = this;
    if (filter.needsPlace && !places) {
      this.say('functions are known of a whole recording only; the filter here knows frames', true);
      return;
    }
    this.exits.filter = filter;
    this.exitSelected = undefined;
    if (filter.needsPlace) {
      places?.start(() => {
        this.exits.forget();
        if (places.error !== undefined) this.say(`functions: ${places.error}`, true);
        this.changed();
      });
    }
    this.say(text === '' ? 'all exits' : `exits: ${text}`);
  }

  /** Reads the rest of a long recording while nothing else is going on. */
  warmUp(): () => void {
    let of = this.target.recording;
    let work = of.warmUp();
    let drawn = 0;
    let timer: NodeJS.Timeout | undefined;
    const next = (): void => {
      if (of !== this.target.recording) {
        of = this.target.recording;
        work = of.warmUp();
        drawn = 0;
      }
      if (this.busy || performance.now() - this.touchedMs < WARM_UP_WAIT_MS) {
        timer = setTimeout(next, WARM_UP_WAIT_MS);
        return;
      }
      const { done, value } = work.next();
      if (done ? drawn < 1 : value - drawn >= WARM_UP_DRAWN) {
        drawn = done ? 1 : value;
        this.timeline.forget();
        this.milestones.forget();
        this.changed();
      }
      // Of a guest that runs, there is more to read later.
      if (!done) timer = setTimeout(next, WARM_UP_PAUSE_MS);
      else if (this.target.live) timer = setTimeout(next, WARM_UP_WAIT_MS);
    };
    timer = setTimeout(next, WARM_UP_WAIT_MS);
    return () => clearTimeout(timer);
  }

  /** The beginning of that at once: all of a short recording. */
  readAhead(most: number): void {
    let chunks = 0;
    for (const _ of this.target.recording.warmUp()) if (++chunks >= most) break;
    this.timeline.forget();
    this.milestones.forget();
  }

  async #arrived(origin: Mark, stop: TargetStop | string, visit: boolean): Promise<void> {
    if (typeof stop === 'string') {
      await this.refresh();
      return this.say(stop, true);
    }
    if (visit) {
      this.history.visit(origin);
      this.history.visit(stop.mark);
    }
    if (compareMarks(origin, this.target.when().mark) !== 0) {
      this.previous = this.snapshot;
      this.memory.remember();
      this.exitSelected = undefined;
    }
    this.codeAnchor = undefined;
    this.codeSelected = linearRip(this.target.registers());
    this.timeline.follow(stop.mark.icount);
    this.message = this.#describe(stop);
    await this.refresh();
  }

  #describe(stop: TargetStop): Message {
    switch (stop.reason) {
      case 'hit':
        return { text: this.#describeHits(stop.conditions), bad: false };
      case 'start':
        return { text: 'the start of the recording: nothing came before', bad: false };
      case 'end': {
        const ended = this.target.live?.ended;
        const text = ended ? `the guest has ended: ${ended}` : 'the end of the recording';
        return { text: `${text}; nothing comes after`, bad: false };
      }
      case 'cancelled':
        return this.target.live && compareMarks(stop.mark, this.target.end) >= 0
          ? { text: 'paused; R resumes, all keys work on the past', bad: false }
          : { text: `stopped at ${formatMark(stop.mark)}`, bad: true };
      case 'divergence':
        return { text: `replay diverged: ${describeDivergence(stop.divergence)}`, bad: true };
      case 'reached':
        return { text: '', bad: false };
    }
  }

  /** Set by whoever starts a run, so that hits can be named and counted. */
  sought: readonly { readonly text: string; id?: number; hits?: number }[] = [];

  #describeHits(conditions: readonly number[]): string {
    const names = conditions.map((index) => {
      const stop = this.sought[index];
      if (!stop) return 'there';
      if (stop.hits !== undefined) stop.hits++;
      return stop.id === undefined ? stop.text : `${stop.id}: ${stop.text} (hit ${stop.hits})`;
    });
    return names.join(', ');
  }
}

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;
