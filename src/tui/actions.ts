/** What keys do, by name. The table of keys is keys.ts; what needs words is commands.ts. */

import { GPR_NAMES, gva, type MemoryRange, type StopCondition } from '../target/index.ts';
import { registerValue } from './expression.ts';
import { PANES, type PaneName } from './layout.ts';
import { ROW_BYTES } from './memory-window.ts';
import type { Move, Ui } from './ui.ts';

/** What an action may ask about the screen. */
export interface Screen {
  readonly visible: readonly PaneName[];
  /** Columns of the timeline. */
  readonly columns: number;
  /** Rows inside a pane. */
  rowsOf(pane: PaneName): number;
  /** What is at a cell, counted from 0. */
  at(column: number, row: number): Cell | undefined;
}

export type Cell =
  | { readonly part: 'timeline'; readonly column: number }
  /** `row` is counted from the row that is selected. */
  | { readonly part: 'pane'; readonly pane: PaneName; readonly row: number | undefined };

export type Action = (ui: Ui, screen: Screen) => void | Promise<void>;

/** As registers are listed in their pane. */
export const REGISTER_ORDER: readonly string[] = [...GPR_NAMES, 'rip', 'rflags', 'cr2', 'cr3'];
const WORD = 8;

/** To the next stop, or the n-th: as gdb's `continue N` passes N - 1 of them. */
export function run(ui: Ui, forwards: boolean, count = 1): Promise<void> {
  return ui.move(forwards ? 'running' : 'running back', async (_, control) => {
    const { stops, conditions } = ui.stops.active(ui.guest);
    ui.sought = stops;
    const { target } = ui;
    for (let left = count; ; left--) {
      const stop = forwards
        ? await target.run(conditions, control)
        : await target.reverseContinue(conditions, control);
      if (left <= 1 || stop.reason !== 'hit') return stop;
      for (const index of stop.conditions) if (stops[index]) stops[index].hits++;
    }
  });
}

export function event(ui: Ui, condition: StopCondition, forwards: boolean, text: string) {
  return ui.move(`looking for ${text}`, (travel, control) => {
    ui.sought = [{ text }];
    return travel.event(condition, forwards, control);
  });
}

/** What `w` and `W` are about: the register or the memory that is selected. */
function selectedWrite(ui: Ui, forwards: boolean): Promise<void> {
  if (ui.focus === 'registers') {
    const name = REGISTER_ORDER[ui.registerSelected] ?? 'rax';
    const value = (): bigint => registerValue(ui.target.registers(), name) ?? 0n;
    const what = `looking for the ${forwards ? 'next' : 'last'} change of ${name}`;
    return ui.move(what, (travel, control) =>
      forwards ? travel.nextChange(value, control) : travel.lastChange(value, control),
    );
  }
  return memoryWrite(ui, { space: 'gva', at: ui.memory.at, length: WORD }, forwards);
}

export function memoryWrite(ui: Ui, range: MemoryRange, forwards: boolean): Promise<void> {
  const text = `${forwards ? 'next' : 'last'} write of ${range.length} bytes at 0x${range.at.toString(16)}`;
  return ui.move(`looking for the ${text}`, (travel, control) => {
    ui.sought = [{ text }];
    return forwards ? travel.nextWrite(range, control) : travel.lastWrite(range, control);
  });
}

/** Up and down in the pane that has the keys. */
export async function scroll(ui: Ui, by: number, screen: Screen): Promise<void> {
  if (ui.overlay) {
    const room = Math.max(0, ui.overlay.lines.length - 5);
    ui.overlay.top = Math.max(0, Math.min(room, ui.overlay.top + by));
    return ui.changed();
  }
  switch (ui.focus) {
    case 'code':
      return await scrollCode(ui, by);
    case 'registers':
      ui.registerSelected = clamp(ui.registerSelected + by, REGISTER_ORDER.length);
      break;
    case 'memory':
      ui.memory.move(by * (ui.memory.pointers ? WORD : ROW_BYTES));
      break;
    case 'exits':
      await scrollExits(ui, by);
      break;
    case 'console': {
      const above = Math.max(0, ui.screen.lines.length - screen.rowsOf('console'));
      ui.scroll.console = Math.max(0, Math.min(above, (ui.scroll.console ?? 0) - by));
      break;
    }
    default:
      ui.scroll[ui.focus] = clamp((ui.scroll[ui.focus] ?? 0) + by, Math.max(1, rowsIn(ui)));
  }
  ui.changed();
}

async function scrollCode(ui: Ui, by: number): Promise<void> {
  const { code } = ui.snapshot;
  const here = code.findIndex(({ rip }) => rip === ui.codeSelected);
  const wanted = code[clamp(here + by, code.length)];
  if (!wanted) return;
  ui.codeSelected = wanted.rip;
  const atEdge = here + by < 4 || here + by >= code.length - 4;
  if (!atEdge) return ui.changed();
  ui.codeAnchor = wanted.rip;
  await ui.refresh();
}

async function scrollExits(ui: Ui, by: number): Promise<void> {
  const at = ui.exitSelected ?? ui.snapshot.ordinal;
  const direction = by > 0 ? 1 : -1;
  const from = direction < 0 ? at - 1 : ui.exitSelected === undefined ? at : at + 1;
  const { escapes } = ui;
  const found = await ui.exits.nth(from, direction, Math.abs(by), () => ui.escapes !== escapes);
  if (found) ui.exitSelected = found.ordinal;
}

const CONSOLE_COLUMNS = 80;
const CONSOLE_STEP = 8;

function sideways(ui: Ui, by: 1 | -1): void {
  if (ui.focus === 'memory') ui.memory.move(by);
  if (ui.focus === 'console')
    ui.consoleLeft = clamp(ui.consoleLeft + by * CONSOLE_STEP, CONSOLE_COLUMNS);
  ui.changed();
}

function rowsIn(ui: Ui): number {
  if (ui.focus === 'calls') return ui.snapshot.calls.length;
  if (ui.focus === 'stops') return ui.stops.all.length;
  return ui.focus === 'marks' ? ui.target.bookmarks.size : 100;
}

const clamp = (at: number, count: number): number => Math.max(0, Math.min(count - 1, at));

/** Enter: go there, or look at what it points to. */
export async function open(ui: Ui): Promise<void> {
  const row = ui.scroll[ui.focus] ?? 0;
  switch (ui.focus) {
    case 'exits': {
      const ordinal = ui.exitSelected ?? ui.snapshot.ordinal;
      if (ordinal < ui.target.recording.frames)
        await ui.goTo(ui.target.recording.frame(ordinal).mark);
      return;
    }
    case 'registers': {
      const name = REGISTER_ORDER[ui.registerSelected] ?? 'rax';
      ui.memory.go(registerValue(ui.target.registers(), name) ?? 0n, name);
      return ui.changed();
    }
    case 'memory': {
      const value = ui.guest.read(ui.memory.at, WORD);
      if (value === undefined) return ui.say('nothing is mapped there', true);
      ui.memory.go(value, `from 0x${ui.memory.at.toString(16)}`);
      return ui.changed();
    }
    case 'code':
      return await runToSelected(ui, true);
    case 'calls': {
      const frame = ui.snapshot.calls[row];
      if (frame) await ui.showCode(frame.rip);
      return;
    }
    case 'marks': {
      const [, mark] = sortedBookmarks(ui)[row] ?? [];
      if (mark) await ui.goTo(mark);
      return;
    }
    case 'stops': {
      const stop = ui.stops.all[row];
      if (stop?.at !== undefined) await ui.showCode(stop.at);
      return;
    }
    default:
  }
}

export const sortedBookmarks = (ui: Ui) =>
  [...ui.target.bookmarks].sort(([, a], [, b]) => a.icount - b.icount || a.step - b.step);

function runToSelected(ui: Ui, forwards: boolean): Promise<void> {
  const at = ui.codeSelected;
  const text = `0x${at.toString(16)}`;
  return event(ui, { kind: 'address', gva: gva(at) }, forwards, text);
}

function toggleBreakpoint(ui: Ui): void {
  const at = ui.codeSelected;
  const known = ui.stops.at(at);
  if (known) {
    ui.stops.remove(known.id);
    ui.say(`deleted ${known.id}: ${known.text}`);
    return;
  }
  const name = ui.symbols?.name(at) ?? `0x${at.toString(16)}`;
  const stop = ui.stops.add(`break ${name}`, { kind: 'address', gva: gva(at) }, { at });
  ui.say(`${stop.id}: ${stop.text}`);
}

async function remove(ui: Ui): Promise<void> {
  const row = ui.scroll[ui.focus] ?? 0;
  if (ui.focus === 'stops') {
    const stop = ui.stops.all[row];
    if (stop && ui.stops.remove(stop.id)) ui.say(`deleted ${stop.id}: ${stop.text}`);
  } else if (ui.focus === 'marks') {
    const [name] = sortedBookmarks(ui)[row] ?? [];
    if (name !== undefined) {
      ui.target.setBookmark(name, undefined);
      ui.say(`forgot ${name}`);
    }
  } else ui.say('d deletes a breakpoint (pane 7) or a bookmark (pane 8)', true);
}

function jumpColumns(ui: Ui, by: number, { columns }: Screen): Promise<void> {
  const { icount } = ui.snapshot.when.mark;
  return goToColumn(ui, ui.timeline.column(icount, columns) + by, columns);
}

export function goToColumn(ui: Ui, column: number, columns: number): Promise<void> {
  const at = ui.timeline.icountOf(column, columns);
  const end = ui.target.end;
  return ui.goTo(at >= end.icount ? end : ui.target.resolve(`${at}`), 'going there', false);
}

function nextExit(ui: Ui, direction: 1 | -1): Promise<void> {
  const move: Move = async (_, control) => {
    // The frame in front of the cursor is where it stands already.
    const from = ui.snapshot.ordinal + (direction > 0 ? 1 : -1);
    const found = await ui.exits.nth(from, direction, 1, control.cancelled);
    if (found) return await ui.target.seekTo(found.mark, control);
    if (control.cancelled?.()) return { reason: 'cancelled', mark: ui.target.when().mark };
    return direction > 0 ? 'no such exit after this' : 'no such exit before this';
  };
  return ui.move('going to the exit', move, { visit: false });
}

const zoom =
  (inwards: boolean): Action =>
  (ui) => {
    ui.timeline.zoom(ui.snapshot.when.mark.icount, inwards);
    ui.changed();
  };
const step =
  (what: string, forwards: boolean): Action =>
  (ui) =>
    ui.move(
      what,
      (_, control) => (forwards ? ui.target.step(1, control) : ui.target.reverseStep(1, control)),
      { visit: false },
    );
const focusNext =
  (by: number): Action =>
  (ui, { visible }) => {
    const at = visible.indexOf(ui.focus);
    ui.focus = visible[(at + by + visible.length) % visible.length] ?? 'code';
    ui.changed();
  };

/** A guest that is being recorded goes on from its present, wherever one was looking. */
function resume(ui: Ui): Promise<void> | void {
  if (!ui.target.live)
    return ui.say('nothing runs here: this is a recording; c and G go on in it', true);
  return ui.move('to the present', async (_, control) => {
    const { stops, conditions } = ui.stops.active(ui.guest);
    ui.sought = stops;
    const moved = await ui.target.seekTo(ui.target.end, control);
    return moved.reason === 'reached' ? await ui.target.run(conditions, control) : moved;
  });
}

function toggleMouse(ui: Ui): void {
  ui.mouse = !ui.mouse;
  ui.say(
    ui.mouse
      ? 'the mouse selects, opens what is selected, scrolls, seeks on the timeline'
      : "the mouse is the terminal's own again",
  );
}

export const ACTIONS = {
  step: step('stepping', true),
  stepBack: step('stepping back', false),
  over: (ui) =>
    ui.move('stepping over', (travel, control) => travel.over(control), { visit: false }),
  overBack: (ui) =>
    ui.move('stepping back over', (travel, control) => travel.overBack(control), { visit: false }),
  out: (ui) => ui.move('out of the function', (travel, control) => travel.out(control)),
  outBack: (ui) => ui.move('back to the call', (travel, control) => travel.outBack(control)),
  run: (ui) => run(ui, true),
  runBack: (ui) => run(ui, false),
  runToLine: (ui) => runToSelected(ui, true),
  runBackToLine: (ui) => runToSelected(ui, false),
  resume,
  nextExit: (ui) => nextExit(ui, 1),
  previousExit: (ui) => nextExit(ui, -1),
  nextInterrupt: (ui) => event(ui, { kind: 'interrupt' }, true, 'an interrupt'),
  previousInterrupt: (ui) => event(ui, { kind: 'interrupt' }, false, 'an interrupt'),
  nextCheckpoint: (ui) => ui.move('to a checkpoint', (t, control) => t.checkpoint(true, control)),
  previousCheckpoint: (ui) =>
    ui.move('to a checkpoint', (t, control) => t.checkpoint(false, control)),
  start: (ui) => ui.goTo(ui.target.start, 'to the start'),
  end: (ui) => ui.goTo(ui.target.end, 'to the end'),
  lastWrite: (ui) => selectedWrite(ui, false),
  nextWrite: (ui) => selectedWrite(ui, true),
  columnLeft: (ui, screen) => jumpColumns(ui, -1, screen),
  columnRight: (ui, screen) => jumpColumns(ui, 1, screen),
  zoomIn: zoom(true),
  zoomOut: zoom(false),
  zoomAll: (ui) => {
    ui.timeline.reset();
    ui.changed();
  },
  toggleBreakpoint,
  delete: remove,
  bookmark: (ui) => {
    ui.prompt.open(':', 'mark ');
    ui.changed();
  },
  bookmarks: (ui, { visible }) => ui.show('marks', visible),
  undo: async (ui) => {
    const mark = ui.history.back();
    if (mark) await ui.goTo(mark, 'going back', false);
    else ui.say('nothing earlier in the history', true);
  },
  redo: async (ui) => {
    const mark = ui.history.forward();
    if (mark) await ui.goTo(mark, 'going forward', false);
    else ui.say('nothing later in the history', true);
  },
  here: (ui) => ui.showCode(undefined),
  open,
  up: (ui, screen) => scroll(ui, -1, screen),
  down: (ui, screen) => scroll(ui, 1, screen),
  pageUp: (ui, screen) => scroll(ui, -screen.rowsOf(ui.focus), screen),
  pageDown: (ui, screen) => scroll(ui, screen.rowsOf(ui.focus), screen),
  left: (ui) => {
    sideways(ui, -1);
  },
  right: (ui) => {
    sideways(ui, 1);
  },
  pointers: (ui) => {
    ui.memory.pointers = !ui.memory.pointers;
    ui.changed();
  },
  mouse: toggleMouse,
  suspend: (ui) => ui.suspend?.(),
  focusNext: focusNext(1),
  focusPrevious: focusNext(-1),
  command: (ui) => {
    ui.prompt.open(':');
    ui.changed();
  },
  filter: (ui) => {
    ui.prompt.open(':', `filter ${ui.exits.filter.text}`);
    ui.changed();
  },
  search: (ui) => {
    ui.prompt.open('/');
    ui.changed();
  },
  searchBack: (ui) => {
    ui.prompt.open('\\');
    ui.changed();
  },
  quit: (ui) => {
    ui.quitting = true;
    ui.cancel();
    ui.changed();
  },
  cancel: (ui) => {
    ui.cancel();
    ui.overlay = undefined;
    ui.prompt.choices = [];
    ui.changed();
  },
} as const satisfies Readonly<Record<string, Action>>;
export type ActionName = keyof typeof ACTIONS;

/** Panes by their number key. */
export const showPane =
  (digit: number): Action =>
  (ui, { visible }) => {
    const pane = PANES[digit - 1];
    if (pane) ui.show(pane, visible);
  };
