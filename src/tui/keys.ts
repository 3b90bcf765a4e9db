/** The keys, in one table: what is pressed, what it does, and what the help says. */

import { ACTIONS, type ActionName, type Screen, showPane } from './actions.ts';
import { completions, runCommand } from './commands.ts';
import { helpLines } from './help.ts';
import { type MouseReport, mouse } from './mouse.ts';
import type { Ui } from './ui.ts';

export interface Binding {
  readonly keys: readonly string[];
  readonly action: ActionName;
  readonly help: string;
}

export interface Group {
  readonly title: string;
  readonly bindings: readonly Binding[];
}

const bind = (keys: string, action: ActionName, help: string): Binding => ({
  keys: keys.split(' '),
  action,
  help,
});

/** Capitals and left brackets go backwards. */
export const GROUPS: readonly Group[] = [
  {
    title: 'Moving',
    bindings: [
      bind('s', 'step', 'step one instruction'),
      bind('S', 'stepBack', 'step back'),
      bind('n', 'over', 'step over a call or an interrupt'),
      bind('N', 'overBack', 'step back over one'),
      bind('f', 'out', 'finish the function'),
      bind('F', 'outBack', 'back to its call'),
      bind('c', 'run', 'continue to a breakpoint, or the end'),
      bind('C', 'runBack', 'continue backwards'),
      bind('t', 'runToLine', 'run to the selected line'),
      bind('T', 'runBackToLine', 'run back to it'),
      bind('R', 'resume', 'a guest being recorded: on in the present; Ctrl-] pauses it'),
      bind('g', 'start', 'the start'),
      bind('G', 'end', 'the end'),
    ],
  },
  {
    title: 'Events',
    bindings: [
      bind('] [', 'nextExit', 'next exit (of the filter); [ previous'),
      bind(') (', 'nextInterrupt', 'next interrupt; ( previous'),
      bind('} {', 'nextCheckpoint', 'next checkpoint; { previous'),
      bind('w', 'lastWrite', 'who wrote the selected memory or register last'),
      bind('W', 'nextWrite', 'who writes it next'),
      bind('/ \\', 'search', 'to where the console printed a text; \\ backwards'),
    ],
  },
  {
    title: 'Timeline',
    bindings: [
      bind('> <', 'columnRight', 'one column on; < back'),
      bind('+ -', 'zoomIn', 'zoom in; - out'),
      bind('=', 'zoomAll', 'all of it'),
    ],
  },
  {
    title: 'Places',
    bindings: [
      bind('u', 'undo', 'back in the history of places'),
      bind('Ctrl-R', 'redo', 'forward in it'),
      bind('m', 'bookmark', 'bookmark this place'),
      bind("'", 'bookmarks', 'the bookmarks'),
      bind('b', 'toggleBreakpoint', 'breakpoint at the selected line, on or off'),
      bind('d', 'delete', 'delete the selected breakpoint or bookmark'),
    ],
  },
  {
    title: 'Panes',
    bindings: [
      bind('Tab Shift-Tab', 'focusNext', 'next pane; Shift-Tab the one before'),
      bind('1..9', 'focusNext', 'code registers memory console exits calls stops marks devices'),
      bind('j Down', 'down', 'down'),
      bind('k Up', 'up', 'up'),
      bind('h Left', 'left', 'left: a byte of memory, the console'),
      bind('l Right', 'right', 'right'),
      bind('PgDn Ctrl-D', 'pageDown', 'a page down'),
      bind('PgUp Ctrl-U', 'pageUp', 'a page up'),
      bind('Enter', 'open', 'go to the exit, call, bookmark; follow the pointer; run to the line'),
      bind('.', 'here', 'code at the cursor again'),
      bind('&', 'filter', 'filter the exits'),
      bind('v', 'pointers', 'memory as bytes, or as words with what they point to'),
    ],
  },
  {
    title: 'Otherwise',
    bindings: [
      bind(':', 'command', 'a command; Tab completes'),
      bind('? F1', 'command', 'this help'),
      bind('Esc', 'cancel', 'stop what is under way; close'),
      bind('M', 'mouse', 'the mouse on or off: select, open, scroll, seek on the timeline'),
      bind('Ctrl-Z', 'suspend', 'back to the shell; fg comes back'),
      bind('q Ctrl-C', 'quit', 'quit'),
    ],
  },
];

/** The second key of a pair goes the other way. */
const OTHERS: Readonly<Record<string, ActionName>> = {
  '[': 'previousExit',
  '(': 'previousInterrupt',
  '{': 'previousCheckpoint',
  '\\': 'searchBack',
  '<': 'columnLeft',
  '-': 'zoomOut',
  'Shift-Tab': 'focusPrevious',
};

const BY_KEY: ReadonlyMap<string, ActionName> = new Map([
  ...GROUPS.flatMap(({ bindings }) =>
    bindings.flatMap(({ keys, action }) => keys.map((key): [string, ActionName] => [key, action])),
  ),
  ...Object.entries(OTHERS),
]);

/** Keys that only look may overtake a move. */
const LOOKING = /^(?:[1-9jkhlv?]|Up|Down|Left|Right|PgUp|PgDn|Ctrl-[DUZ]|Tab|Shift-Tab|F1)$/;
const STOPPING: readonly string[] = ['Esc', 'Ctrl-C'];
const WAITING_MAX = 64;

/**
 * Keys in the order they were typed, one after the other, however long each takes: what is typed
 * ahead of a move is about the place where it ends. Keys that only look may overtake a move that is
 * under way, among themselves in order. Esc forgets what waits. `screen` is what it is when their turn comes.
 */
export class KeyQueue {
  readonly #waiting: (() => Promise<void>)[] = [];
  #working = false;
  #looks: Promise<void> = Promise.resolve();

  async press(ui: Ui, key: string, screen: () => Screen): Promise<void> {
    ui.touchedMs = performance.now();
    if (STOPPING.includes(key)) {
      this.#waiting.length = 0;
      if (this.#working) return await press(ui, key, screen());
    }
    const looks = ui.prompt.mark === undefined && LOOKING.test(key);
    if (!looks || !this.#working || this.#waiting.length > 0)
      return await this.#then(() => press(ui, key, screen()));
    this.#looks = this.#looks.then(() => press(ui, key, screen()));
    await this.#looks;
  }

  /** The mouse waits its turn like a key. */
  point(ui: Ui, report: MouseReport, screen: () => Screen): Promise<void> {
    return this.#then(() => pointed(ui, report, screen()));
  }

  async #then(act: () => Promise<void>): Promise<void> {
    if (this.#waiting.length >= WAITING_MAX) return;
    this.#waiting.push(act);
    if (this.#working) return;
    this.#working = true;
    try {
      await this.#looks;
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await next();
    } finally {
      this.#working = false;
    }
  }
}

async function pointed(ui: Ui, report: MouseReport, screen: Screen): Promise<void> {
  try {
    await mouse(ui, report, screen);
  } catch (error) {
    ui.fail(error);
  }
}

/** A key by its name in the table: "s", "Tab", "Ctrl-R". */
export async function press(ui: Ui, key: string, screen: Screen): Promise<void> {
  try {
    if (ui.prompt.mark !== undefined) return await typed(ui, key);
    if (key === '?' || key === 'F1') {
      ui.overlay = ui.overlay ? undefined : { title: 'Help', lines: helpLines(GROUPS), top: 0 };
      return ui.changed();
    }
    if (ui.overlay && (key === 'q' || key === 'Enter')) {
      ui.overlay = undefined;
      return ui.changed();
    }
    if (/^[1-9]$/.test(key)) return await showPane(Number(key))(ui, screen);
    const action = BY_KEY.get(key);
    if (action && !/^1\.\.9$/.test(key)) return await ACTIONS[action](ui, screen);
    if (key.length === 1) ui.say(`no key ${JSON.stringify(key)}; ? lists them`, true);
  } catch (error) {
    ui.fail(error);
  }
}

/** Keys while the line at the bottom is open. */
async function typed(ui: Ui, key: string): Promise<void> {
  const { prompt } = ui;
  switch (key) {
    case 'Enter': {
      const mark = prompt.mark;
      const text = prompt.close(true);
      ui.changed();
      return await runCommand(ui, mark === ':' ? text : searchCommand(mark, text));
    }
    case 'Esc':
    case 'Ctrl-C':
      prompt.close(false);
      break;
    case 'Backspace':
      if (prompt.text === '') prompt.close(false);
      else prompt.erase();
      break;
    case 'Tab':
      prompt.complete(completions(ui));
      break;
    case 'Up':
      prompt.recall(-1);
      break;
    case 'Down':
      prompt.recall(1);
      break;
    case 'Left':
      prompt.moveTo(prompt.cursor - 1);
      break;
    case 'Right':
      prompt.moveTo(prompt.cursor + 1);
      break;
    case 'Home':
    case 'Ctrl-A':
      prompt.moveTo(0);
      break;
    case 'End':
    case 'Ctrl-E':
      prompt.moveTo(prompt.text.length);
      break;
    case 'Ctrl-U':
      prompt.set('');
      break;
    default:
      if (key.length === 1 || key === 'Space') prompt.insert(key === 'Space' ? ' ' : key);
  }
  ui.changed();
}

const searchCommand = (mark: string | undefined, text: string): string =>
  text === '' ? '' : `${mark === '/' ? 'find' : 'rfind'} ${text}`;
