/**
 * Every key and every view of the terminal interface in tmux, screen by screen, against golden text
 * (screens/*.txt; `npm run bless` rewrites them). The recording is a golden one, so that they are the
 * same everywhere.
 */

import { copyFileSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { GROUPS } from '../../src/tui/keys.ts';
import { Folder } from './spawn.ts';
import { Tmux, tmuxMissing } from './tmux.ts';

const folder = new Folder();
let tmux: Tmux | undefined;

beforeAll(() => {
  if (tmuxMissing) console.warn(`skipped: screens in tmux: ${tmuxMissing}`);
});
afterEach(() => {
  tmux?.end();
  tmux = undefined;
});
afterAll(() => folder.remove());

async function open(columns: number, rows: number, ...more: string[]): Promise<Tmux> {
  // Each its own: what is kept beside a recording is there for the next one who opens it.
  const cwd = mkdtempSync(join(folder.path, 'screens-'));
  copyFileSync('traces/demo.retro', join(cwd, 'demo.retro'));
  tmux = new Tmux(['tui', 'demo.retro', ...more], { cwd, columns, rows });
  await tmux.until('? for help');
  return tmux;
}

/** Keys, in tmux's names, with what the table of keys calls them. */
const EVERY_KEY: readonly (readonly string[])[] = [
  ...[['s'], ['S'], ['n'], ['N'], ['f'], ['F'], [']'], ['['], [')'], ['('], ['{'], ['}']],
  ...[['>'], ['<'], ['+'], ['-'], ['='], ['1', 'j', 'Down', 'b'], ['t'], ['k', 'Up', 'T']],
  ...[['c'], ['C'], ['7'], ['7', 'd'], ['m', ...'here', 'Enter'], ["'"], ['8', 'd']],
  ...[['3', 'w'], ['u'], ['C-r'], ['W'], ['v'], ['l', 'Right'], ['h', 'Left'], ['v'], ['Enter']],
  ...[
    ['4', 'PPage'],
    ['NPage'],
    ['C-u'],
    ['C-d'],
    ['5', 'j', 'j'],
    ['Enter'],
    ['&', ...'irq', 'Enter'],
  ],
  ...[['&', 'C-u', 'Enter'], ['6'], ['9'], ['2', 'j'], ['Enter'], ['Tab'], ['BTab'], ['.']],
  ...[
    ['/', ...'wrote log 8', 'Enter'],
    ['\\', ...'wrote log', 'Enter'],
    ['?'],
    ['j', 'NPage'],
    ['Escape'],
  ],
  ...[['F1'], ['q'], [':', ...'mem', 'Tab'], ['Escape'], ['M'], ['M'], ['g'], ['G']],
];

test.skipIf(tmuxMissing)(
  'every key at 80x24',
  async () => {
    const terminal = await open(80, 24, '--at', '50%');
    const shown = [`== at 50%\n${await terminal.settled()}`];
    for (const keys of EVERY_KEY) {
      terminal.press(...keys);
      // A key that ends what is typed comes first, where something is being typed.
      const open = keys.includes(':') && !keys.includes('Enter');
      const text = open ? await terminal.until(/memory/) : await terminal.settled();
      shown.push(`== ${keys.join(' ')}\n${text}`);
    }
    await expect(`${shown.join('\n')}\n`).toMatchFileSnapshot('screens/80x24.txt');
  },
  300_000,
);

test.skipIf(tmuxMissing)(
  'every view at 120x40, and a page walk',
  async () => {
    const terminal = await open(120, 40, '--at', '71%');
    const shown: string[] = [];
    for (const keys of [
      ['1'],
      ['2'],
      ['3', 'v'],
      ['4'],
      ['5'],
      ['6'],
      ['7'],
      ['8'],
      ['9'],
      ['?'],
    ]) {
      terminal.press(...keys);
      shown.push(`== ${keys.join(' ')}\n${await terminal.settled()}`);
    }
    terminal.press('Escape');
    for (const command of ['walk rsp', 'maps']) {
      terminal.type(`:${command}\r`);
      shown.push(`== :${command}\n${await terminal.settled()}`);
      terminal.press('Escape');
    }
    await expect(`${shown.join('\n')}\n`).toMatchFileSnapshot('screens/120x40.txt');
  },
  300_000,
);

test.skipIf(tmuxMissing)(
  '250x70, and sizes changing in the middle',
  async () => {
    const terminal = await open(250, 70, '--at', '71%');
    const large = await terminal.settled();
    await expect(`${large}\n`).toMatchFileSnapshot('screens/250x70.txt');
    const shown: string[] = [];
    for (const [columns, rows] of [
      [80, 24],
      [120, 40],
      [60, 18],
      [100, 33],
      [250, 70],
    ] as const) {
      terminal.resize(columns, rows);
      // In the middle of a move, and with something open.
      terminal.press('s', 'S');
      const footer = new RegExp(`^ retrovisor .*\\n(?:.*\\n){${rows - 2}} s/S step`);
      await terminal.until(footer);
      const text = await terminal.settled();
      expect(text.split('\n').filter((row) => row.includes(' retrovisor '))).toHaveLength(1);
      if (columns < 250) shown.push(`== ${columns}x${rows}\n${text}`);
      else expect(withoutChanges(text)).toBe(withoutChanges(large));
    }
    await expect(`${shown.join('\n')}\n`).toMatchFileSnapshot('screens/resized.txt');
  },
  300_000,
);

/** After a step and a step back all is as it was, but for what changed last and new checkpoints. */
const withoutChanges = (text: string): string => text.replace(/[*·]/g, ' ').replace(/ +$/gm, '');

test('every key of the table is pressed', () => {
  const pressed = new Set(EVERY_KEY.flat().map(asInTable));
  const wanted = GROUPS.flatMap(({ bindings }) => bindings.flatMap(({ keys }) => keys));
  const others = wanted.filter((key) => !pressed.has(key) && !NOT_HERE.has(key));
  expect(others).toEqual([]);
});

/** What ends or stops the program, resumes a running guest, or is a range: other tests have them. */
const NOT_HERE = new Set(['Ctrl-C', 'Ctrl-Z', 'R', '1..9']);
const NAMES: Readonly<Record<string, string>> = {
  ...{ PPage: 'PgUp', NPage: 'PgDn', BTab: 'Shift-Tab', Escape: 'Esc' },
  ...{ 'C-r': 'Ctrl-R', 'C-u': 'Ctrl-U', 'C-d': 'Ctrl-D' },
};
const asInTable = (key: string): string => NAMES[key] ?? key;
