/**
 * The terminal interface without its looks: where the cursor is, what the panes look at, what is
 * under way. Keys and commands call its methods; views read its fields; after every change it tells
 * whoever subscribed. It knows of no terminal.
 */

import { parseFilter } from '../exits/filter.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';
import {
  compareMarks,
  describeDivergence,
  formatMark,
  linearRip,
  type Mark,
  MarkError,
  type Progress,
  type TargetStop,
  type WorkControl,
} from '../target/index.ts';
import { readWord } from './backtrace.ts';
import { codeAround } from './code.ts';
import { ExitList } from './exit-list.ts';
import { ExpressionError, type Guest } from './expression.ts';
import { GuestScreen } from './guest-screen.ts';
import { History } from './history.ts';
import type { PaneName } from './layout.ts';
import { MemoryWindow } from './memory-window.ts';
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

export type Move = (travel: Travel, control: WorkControl) => Promise<TargetStop | string>;

export class Ui {
  readonly target: TuiTarget;
  readonly symbols: SymbolTable | undefined;
  readonly fileName: string;
  readonly stops = new Stops();
  readonly history = new History();
  readonly screen = new GuestScreen();
  readonly timeline: TimelineWindow;
  readonly exits: ExitList;
  readonly memory: MemoryWindow;
  readonly prompt = new Prompt();
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
  version = 0;

  readonly #travel: Travel;
  readonly #listeners = new Set<() => void>();
  #cancelled = false;
  #telling: { readonly soon: boolean; readonly timer: NodeJS.Timeout } | undefined;

  constructor(target: TuiTarget, symbols: SymbolTable | undefined, fileName: string) {
    this.target = target;
    this.symbols = symbols;
    this.fileName = fileName;
    this.timeline = new TimelineWindow(target.recording, target.end.icount);
    this.exits = new ExitList(target.recording, parseFilter(''));
    this.memory = new MemoryWindow(target);
    this.#travel = new Travel(target, symbols);
    this.guest = {
      registers: () => target.registers(),
      read: (at, bytes) => readWord(target, at, bytes),
      symbol: (name) => symbols?.address(name),
    };
    this.snapshot = takeSnapshot(target, symbols, []);
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
    await this.screen.show(target.recording.consoleAt(target.when().mark));
    this.snapshot = takeSnapshot(target, this.symbols, code);
    this.memory.arrive(this.snapshot.registers.gpr[RSP] ?? 0n);
    this.changed();
  }

  /** Does a move, with progress; one at a time. */
  async move(what: string, move: Move, { visit = true } = {}): Promise<void> {
    if (this.busy) return this.say('something is under way; Esc stops it', true);
    this.#cancelled = false;
    this.busy = { what, progress: undefined };
    const origin = this.target.when().mark;
    try {
      const stop = await move(this.#travel, {
        onProgress: (progress) => {
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
  }

  cancel(): void {
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
    this.exits.filter = parseFilter(text);
    if (this.exits.filter.needsPlace) {
      this.exits.filter = parseFilter('');
      this.say(
        'functions are for `retrovisor exits --by function`; the filter here knows frames',
        true,
      );
      return;
    }
    this.exitSelected = undefined;
    this.say(text === '' ? 'all exits' : `exits: ${text}`);
  }

  /** Draws the density of long recordings while nothing else is going on. */
  warmUp(): () => void {
    const work = this.target.recording.warmUp();
    let timer: NodeJS.Timeout | undefined;
    const next = (): void => {
      const { done } = work.next();
      this.timeline.forget();
      if (done) this.changed();
      else timer = setTimeout(next, 5);
    };
    timer = setTimeout(next, 200);
    return () => clearTimeout(timer);
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
      case 'end':
        return { text: 'the end of the recording: nothing comes after', bad: false };
      case 'cancelled':
        return { text: `stopped at ${formatMark(stop.mark)}`, bad: true };
      case 'divergence':
        return { text: `replay diverged: ${describeDivergence(stop.divergence)}`, bad: true };
      case 'reached':
        return { text: '', bad: false };
    }
  }

  /** Set by whoever starts a run, so that hits can be named and counted. */
  running: readonly { readonly text: string; id?: number; hits?: number }[] = [];

  #describeHits(conditions: readonly number[]): string {
    const names = conditions.map((index) => {
      const stop = this.running[index];
      if (!stop) return 'there';
      if (stop.hits !== undefined) stop.hits++;
      return stop.id === undefined ? stop.text : `${stop.id}: ${stop.text} (hit ${stop.hits})`;
    });
    return names.join(', ');
  }
}

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;
