/** The smaller panes: calls, stops, bookmarks, devices. Each is a list with a selected row. */

import { formatMark } from '../../target/index.ts';
import { sortedBookmarks } from '../actions.ts';
import { type Line, line, span } from '../text.ts';
import type { Ui } from '../ui.ts';
import { deviceRows } from './devices.ts';
import { firstRow, type PaneSize, type PaneView } from './pane.ts';

function list(
  ui: Ui,
  pane: 'calls' | 'stops' | 'marks' | 'devices',
  rows: readonly Line[],
  { height, focused, width }: PaneSize,
): { readonly lines: Line[]; readonly selected: number } {
  const selected = Math.min(ui.scroll[pane] ?? 0, rows.length - 1);
  const first = firstRow(selected, rows.length, height);
  const lines = rows.slice(first, first + height).map((spans, i) => {
    if (!focused || first + i !== selected) return spans;
    return [
      span(
        spans
          .map(({ text }) => text)
          .join('')
          .padEnd(width),
        'selected',
      ),
    ];
  });
  return { lines, selected: selected - first };
}

export const callsView: PaneView = (ui, size) => {
  const rows = ui.snapshot.calls.map(
    ({ rip, name }, i): Line => [
      span(`${String(i).padStart(2)}  `, 'dim'),
      span(`${rip.toString(16).padStart(size.width >= 50 ? 16 : 1, '0')}  `, 'address'),
      span(name ?? '', 'symbol'),
    ],
  );
  return { title: 'Calls', ...list(ui, 'calls', rows, size) };
};

export const stopsView: PaneView = (ui, size) => {
  const rows = ui.stops.all.map(
    ({ id, text, enabled, hits, at }): Line => [
      span(
        `${String(id).padStart(2)} ${enabled ? size.glyphs.breakpoint : ' '} `,
        enabled ? 'bad' : 'dim',
      ),
      span(text, enabled ? 'plain' : 'dim'),
      span(`  ${at === undefined ? '' : at.toString(16)}`, 'address'),
      span(hits > 0 ? `  hit ${hits}` : '', 'dim'),
    ],
  );
  const empty = [line('none: b at a line of code, or :break, :watch, :catch', 'dim')];
  if (rows.length === 0) return { title: 'Stops', lines: empty };
  return { title: 'Stops', ...list(ui, 'stops', rows, size) };
};

export const marksView: PaneView = (ui, size) => {
  const here = formatMark(ui.snapshot.when.mark);
  const rows = sortedBookmarks(ui).map(
    ([name, mark]): Line => [
      span(`${formatMark(mark) === here ? size.glyphs.arrow : size.glyphs.bookmark} `, 'changed'),
      span(formatMark(mark).padStart(12), 'address'),
      span(`  ${name}`),
      span(mark.note === undefined ? '' : `  ${mark.note}`, 'dim'),
    ],
  );
  const empty = [line('none: m makes one here', 'dim')];
  if (rows.length === 0) return { title: 'Bookmarks', lines: empty };
  return { title: 'Bookmarks', ...list(ui, 'marks', rows, size) };
};

export const devicesView: PaneView = (ui, size) => ({
  title: 'Devices, as last seen on the bus',
  ...list(ui, 'devices', deviceRows(ui), size),
});
