/**
 * The mouse, for those who turn it on: a click selects, a click on what is selected opens it, one on the
 * timeline goes there, the wheel scrolls what is under it. Reports are xterm's with SGR coordinates
 * (XTerm Control Sequences, "Extended coordinates", mode 1006).
 */

import { goToColumn, open, type Screen, scroll } from './actions.ts';
import type { Ui } from './ui.ts';

export const MOUSE_ON = '\x1b[?1000h\x1b[?1006h';
export const MOUSE_OFF = '\x1b[?1006l\x1b[?1000l';

export interface MouseReport {
  readonly kind: 'press' | 'wheel-up' | 'wheel-down';
  /** From 0. */
  readonly column: number;
  readonly row: number;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: reports begin with one
const REPORT = /\x1b\[<(\d+);(\d+);(\d+)([Mm])/g;
const WHEEL = 64;
const WHEEL_ROWS = 3;

/** The presses and turns in a piece of input; undefined if it is no report at all. */
export function mouseReports(input: string): MouseReport[] | undefined {
  if (!input.startsWith('\x1b[<')) return undefined;
  const found: MouseReport[] = [];
  for (const [, button = '', column = '', row = '', end] of input.matchAll(REPORT)) {
    const code = Number(button);
    const at = { column: Number(column) - 1, row: Number(row) - 1 };
    if (code === WHEEL) found.push({ kind: 'wheel-up', ...at });
    else if (code === WHEEL + 1) found.push({ kind: 'wheel-down', ...at });
    else if (code === 0 && end === 'M') found.push({ kind: 'press', ...at });
  }
  return found;
}

export async function mouse(ui: Ui, report: MouseReport, screen: Screen): Promise<void> {
  const cell = screen.at(report.column, report.row);
  if (report.kind !== 'press') {
    if (cell?.part === 'pane' && !ui.overlay) ui.focus = cell.pane;
    return await scroll(ui, report.kind === 'wheel-up' ? -WHEEL_ROWS : WHEEL_ROWS, screen);
  }
  if (!cell || ui.overlay) return;
  if (cell.part === 'timeline') return await goToColumn(ui, cell.column, screen.columns);
  const focused = ui.focus === cell.pane;
  ui.focus = cell.pane;
  ui.changed();
  if (cell.row === undefined) return;
  if (cell.row !== 0) return await scroll(ui, cell.row, screen);
  if (focused) await open(ui);
}
