/** The whole screen as lines: which is what is drawn, what is printed without a terminal, and tested. */

import type { Cell, Screen } from '../actions.ts';
import {
  FOOTER_ROWS,
  HEADER_ROWS,
  type Layout,
  layout,
  type PaneName,
  type PlacedPane,
  timelineRows,
  visiblePanes,
} from '../layout.ts';
import { fitted, type Line, span } from '../text.ts';
import { type Glyphs, glyphs, type Theme } from '../theme.ts';
import type { Ui } from '../ui.ts';
import { footer, header, TIMELINE_LABEL, timeline, timelineColumns } from './chrome.ts';
import { codeView } from './code.ts';
import { consoleView } from './console.ts';
import { exitsView } from './exits.ts';
import { callsView, devicesView, marksView, stopsView } from './lists.ts';
import { memoryView } from './memory.ts';
import type { PaneView } from './pane.ts';
import { registersView } from './registers.ts';

const VIEWS: Readonly<Record<PaneName, PaneView>> = {
  code: codeView,
  registers: registersView,
  memory: memoryView,
  console: consoleView,
  exits: exitsView,
  calls: callsView,
  stops: stopsView,
  marks: marksView,
  devices: devicesView,
};

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** The parts of the screen; each line is exactly as wide as its part. */
export interface ScreenParts {
  readonly top: readonly Line[];
  readonly body: readonly (readonly {
    readonly width: number;
    readonly lines: readonly Line[];
  }[])[];
  readonly bottom: readonly Line[];
}

export function screenParts(ui: Ui, { columns, rows }: Size, theme: Theme): ScreenParts {
  const marks = glyphs(theme);
  const placed = layout(columns, rows, ui.tab);
  return {
    top: [
      fitted(header(ui, columns), columns),
      ...timeline(ui, columns, timelineRows(rows), marks).map((spans) => fitted(spans, columns)),
    ],
    body: ui.running
      ? [[runningConsole(ui, placed, columns, marks)]]
      : ui.overlay
        ? [[overlay(ui, placed, columns, marks)]]
        : placed.map((stack, i) => stack.map((pane) => paneLines(ui, pane, i > 0, marks))),
    bottom: footer(ui, columns, marks),
  };
}

/** What keys need to know of it. */
export function screenOf(ui: Ui, { columns, rows }: Size): Screen {
  const placed = layout(columns, rows, ui.tab);
  return {
    visible: visiblePanes(placed),
    columns: timelineColumns(columns),
    rowsOf: (pane) => (placed.flat().find(({ name }) => name === pane)?.height ?? rows - 8) - 1,
    at: (column, row) => cellAt(ui, placed, { column, row: row - HEADER_ROWS, rows }),
  };
}

function cellAt(
  ui: Ui,
  placed: Layout,
  { column, row, rows }: { column: number; row: number; rows: number },
): Cell | undefined {
  const body = row - timelineRows(rows);
  if (row < 0) return undefined;
  if (body < 0)
    return column < TIMELINE_LABEL
      ? undefined
      : { part: 'timeline', column: column - TIMELINE_LABEL };
  let left = 0;
  for (const [i, stack] of placed.entries()) {
    const width = stack[0]?.width ?? 0;
    if (column >= left && column < left + width) return paneCell(ui, stack, i > 0, body);
    left += width;
  }
  return undefined;
}

function paneCell(
  ui: Ui,
  stack: readonly PlacedPane[],
  separated: boolean,
  row: number,
): Cell | undefined {
  let top = 0;
  for (const pane of stack) {
    if (row < top + pane.height) {
      const { selected } = contentOf(ui, pane, separated, glyphs({ color: false, unicode: false }));
      const line = row - top - 1;
      const counted = selected === undefined || line < 0 ? undefined : line - selected;
      return { part: 'pane', pane: pane.name, row: counted };
    }
    top += pane.height;
  }
  return undefined;
}

function contentOf(ui: Ui, { name, width, height }: PlacedPane, separated: boolean, marks: Glyphs) {
  const inner = width - (separated ? 1 : 0);
  const size = { width: inner, height: height - 1, focused: ui.focus === name, glyphs: marks };
  return VIEWS[name](ui, size);
}

export const bodyRows = (rows: number): number =>
  Math.max(6, rows - HEADER_ROWS - FOOTER_ROWS - timelineRows(rows));

function paneLines(ui: Ui, pane: PlacedPane, separated: boolean, marks: Glyphs) {
  const { name, width, height } = pane;
  const inner = width - (separated ? 1 : 0);
  const focused = ui.focus === name;
  const { title, lines } = contentOf(ui, pane, separated, marks);
  const edge = separated ? [span(marks.vertical, 'title')] : [];
  const rows = Array.from({ length: height - 1 }, (_, i) => lines[i] ?? []);
  return {
    width,
    lines: [titleLine(title, inner, focused, marks), ...rows].map((spans) => [
      ...edge,
      ...fitted(spans, inner),
    ]),
  };
}

function titleLine(title: string, width: number, focused: boolean, { horizontal }: Glyphs): Line {
  const text = ` ${title} `;
  const rest = Math.max(0, width - text.length - 1);
  return [
    span(horizontal, 'title'),
    span(text, focused ? 'focus' : 'strong'),
    span(horizontal.repeat(rest), 'title'),
  ];
}

/** While the guest runs there is nothing else to look at. */
function runningConsole(ui: Ui, placed: Layout, width: number, marks: Glyphs) {
  const height = placed[0]?.reduce((sum, pane) => sum + pane.height, 0) ?? 6;
  const { lines } = consoleView(ui, { width, height: height - 1, focused: true, glyphs: marks });
  const rows = Array.from({ length: height - 1 }, (_, i) => fitted(lines[i] ?? [], width));
  const title = 'Console of the running guest';
  return { width, lines: [titleLine(title, width, true, marks), ...rows] };
}

function overlay(ui: Ui, placed: Layout, width: number, marks: Glyphs) {
  const { title, lines, top } = ui.overlay!;
  const height = placed[0]?.reduce((sum, pane) => sum + pane.height, 0) ?? 6;
  const shown = Array.from({ length: height - 1 }, (_, i) => fitted(lines[top + i] ?? [], width));
  const more = lines.length > top + height - 1 ? `  j and PgDn show more ${marks.more}` : '';
  return {
    width,
    lines: [titleLine(`${title}  (Esc closes)${more}`, width, true, marks), ...shown],
  };
}
