/** The smaller panes: calls, stops, bookmarks, devices. Each is a list with a selected row. */

import { nameOf, reasonOf } from '../../exits/subject.ts';
import { meaningOf } from '../../exits/text.ts';
import { formatMark } from '../../target/index.ts';
import { sortedBookmarks } from '../actions.ts';
import { type Line, line, span } from '../text.ts';
import type { Ui } from '../ui.ts';
import { firstRow, type PaneSize, type PaneView } from './pane.ts';

function list(
  ui: Ui,
  pane: 'calls' | 'stops' | 'marks' | 'devices',
  rows: readonly Line[],
  { height, focused, width }: PaneSize,
): Line[] {
  const selected = Math.min(ui.scroll[pane] ?? 0, rows.length - 1);
  const first = firstRow(selected, rows.length, height);
  return rows.slice(first, first + height).map((spans, i) => {
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
}

export const callsView: PaneView = (ui, size) => {
  const rows = ui.snapshot.calls.map(
    ({ rip, name }, i): Line => [
      span(`${String(i).padStart(2)}  `, 'dim'),
      span(`${rip.toString(16).padStart(size.width >= 50 ? 16 : 1, '0')}  `, 'address'),
      span(name ?? '', 'symbol'),
    ],
  );
  return { title: 'Calls', lines: list(ui, 'calls', rows, size) };
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
  return { title: 'Stops', lines: rows.length > 0 ? list(ui, 'stops', rows, size) : empty };
};

export const marksView: PaneView = (ui, size) => {
  const here = formatMark(ui.snapshot.when.mark);
  const rows = sortedBookmarks(ui).map(
    ([name, mark]): Line => [
      span(`${formatMark(mark) === here ? size.glyphs.arrow : size.glyphs.bookmark} `, 'changed'),
      span(formatMark(mark).padStart(12), 'address'),
      span(`  ${name}`),
    ],
  );
  const empty = [line('none: m makes one here', 'dim')];
  return { title: 'Bookmarks', lines: rows.length > 0 ? list(ui, 'marks', rows, size) : empty };
};

const FRAMES_BACK = 20_000;

/**
 * Each register of each device as the guest last saw or set it. A replay has no devices; what crossed
 * the bus is all there is to know.
 */
export const devicesView: PaneView = (ui, size) => {
  const found = new Map<string, Line>();
  const { ordinal } = ui.snapshot;
  for (let o = ordinal - 1; o >= Math.max(0, ordinal - FRAMES_BACK); o--) {
    const { frame } = ui.target.recording.frame(o);
    const name = nameOf(frame);
    if (frame.kind !== 'exit' || name === '') continue;
    const reads = /in$|read$/.test(reasonOf(frame));
    const key = `${name} ${reads ? 'read' : 'wrote'}`;
    if (found.has(key)) continue;
    const value = meaningOf(frame).slice(name.length).replace(/^: /, '');
    found.set(key, [
      span(name.padEnd(18), 'symbol'),
      span(reads ? ' -> ' : ' <- ', 'dim'),
      span(value),
      span(`  at ${frame.icount}`, 'dim'),
    ]);
  }
  const rows = [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, spans]) => spans);
  const next = nextInterrupt(ui);
  const lines = list(ui, 'devices', [...next, ...rows], size);
  return { title: 'Devices, as last seen on the bus', lines };
};

function nextInterrupt(ui: Ui): Line[] {
  const { recording } = ui.target;
  const { ordinal, when } = ui.snapshot;
  for (let o = ordinal; o < Math.min(recording.frames, ordinal + FRAMES_BACK); o++) {
    const { frame } = recording.frame(o);
    if (frame.kind !== 'interrupt') continue;
    const distance = frame.icount - when.mark.icount;
    const text = `next interrupt: vector 0x${frame.vector.toString(16)} in ${distance} instructions`;
    return [line(text, 'interrupt')];
  }
  return [];
}
