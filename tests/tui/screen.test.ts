/** Screens of every size are exactly their size, and hold what they should. */

import { beforeAll, expect, test } from 'vitest';
import { layout, PANES } from '../../src/tui/layout.ts';
import { columns } from '../../src/tui/text.ts';
import { DemoUi } from './demo-ui.ts';

const demo = new DemoUi();
beforeAll(() => demo.command('goto 60%'));

const SIZES = [
  [40, 16],
  [71, 24],
  [80, 24],
  [99, 60],
  [100, 32],
  [120, 40],
  [179, 50],
  [180, 45],
  [250, 70],
  [400, 120],
] as const;

test.each(SIZES)('%i by %i', (width, rows) => {
  for (const pane of PANES) {
    demo.ui.tab = pane;
    demo.ui.focus = pane;
    const lines = demo.lines({ columns: width, rows });
    expect(lines).toHaveLength(rows);
    expect(lines.filter((text) => columns(text) !== width)).toEqual([]);
  }
});

test.each(SIZES)('panes fill %i by %i without gaps', (width, rows) => {
  for (const pane of PANES) {
    const placed = layout(width, rows, pane);
    expect(placed.reduce((sum, stack) => sum + (stack[0]?.width ?? 0), 0)).toBe(width);
    const heights = placed.map((stack) => stack.reduce((sum, { height }) => sum + height, 0));
    expect(new Set(heights).size).toBe(1);
    if (width >= 72 || pane !== 'registers') {
      expect(placed.flat().map(({ name }) => name)).toContain(pane);
    }
  }
});

test('a small screen as a whole', async () => {
  const one = new DemoUi();
  await one.command('until seal_entry');
  await one.press('s', 's');
  expect(
    `${one.screen
      .split('\n')
      .map((row) => row.trimEnd())
      .join('\n')}\n`,
  ).toMatchSnapshot();
});

test('the help names every key and command', async () => {
  await demo.press('?');
  const title = demo.lines()[5];
  const help = demo.ui.overlay!.lines.map((spans) => spans.map(({ text }) => text).join(''));
  await demo.press('Esc');
  expect(title).toContain('Help');
  for (const text of [
    'step back',
    'reverse-continue',
    'who wrote the selected',
    'Shift-Tab',
    'walk EXPR',
  ]) {
    expect(help.join('\n')).toContain(text);
  }
});

test('a page walk agrees with the translation', async () => {
  await demo.command('walk rsp');
  const text = demo.screen;
  await demo.press('Esc');
  const physical = demo.ui.target.translate(demo.ui.snapshot.registers.gpr[4]! as never)!;
  expect(text).toContain(`GPA ${physical.toString(16).padStart(16, '0')}`);
  expect(text).toContain('PML4E');
});
