/** What is around the panes: header, timeline, footer. */

import { DENSITY_KINDS, formatMark } from '../../target/index.ts';
import { sortedBookmarks } from '../actions.ts';
import { fitted, type Line, line, type Span, span, spread, type Tone } from '../text.ts';
import type { Glyphs } from '../theme.ts';
import type { Ui } from '../ui.ts';

export function header(ui: Ui, width: number): Line {
  const { when, bits, cpl } = ui.snapshot;
  const { mark, share, ticks } = when;
  const left: Line = [
    span(' retrovisor ', 'selected'),
    span(` ${ui.fileName}  `),
    span(`${formatMark(mark)}`, 'strong'),
    span(` of ${ui.target.end.icount}  ${(share * 100).toFixed(2)} %  `),
  ];
  const state = ui.target.diversion ? 'off the recording  ' : '';
  const right: Line = [
    span(state, 'bad'),
    span(`${seconds(ticks)}  ${bits}-bit CPL ${cpl} `, 'dim'),
  ];
  return spread(left, right, width);
}

/** Guest time. */
function seconds(ticks: number): string {
  return ticks < 1e9 ? `${(ticks / 1e6).toFixed(3)} ms` : `${(ticks / 1e9).toFixed(3)} s`;
}

const INTERRUPT = DENSITY_KINDS.indexOf('interrupt');
const CONSOLE = DENSITY_KINDS.indexOf('console');
const SLEEP = DENSITY_KINDS.indexOf('hlt');
const LABEL = 6;

export const timelineColumns = (width: number): number => Math.max(10, width - LABEL);

/** Exits, interrupts, console; marks and the cursor; the scale. */
export function timeline(ui: Ui, width: number, rows: number, glyphs: Glyphs): Line[] {
  const columns = timelineColumns(width);
  const density = ui.timeline.density(columns);
  const sum = (counts: Float64Array): number =>
    counts.reduce((total, count, kind) => (kind === INTERRUPT ? total : total + count), 0);
  const graph = (label: string, values: number[], tones: (i: number) => Tone): Line => [
    span(label.padEnd(LABEL), 'dim'),
    ...levels(values, glyphs).map((text, i) => span(text, tones(i))),
  ];
  const exits = density.map(sum);
  const lines = [
    graph('exits', exits, (i) => {
      const column = density[i]!;
      if (column[CONSOLE]! * 2 > exits[i]!) return 'console';
      return column[SLEEP]! * 2 > exits[i]! ? 'sleep' : 'exit';
    }),
    graph(
      'irqs',
      density.map((counts) => counts[INTERRUPT]!),
      () => 'interrupt',
    ),
    graph(
      'print',
      density.map((counts) => counts[CONSOLE]!),
      () => 'console',
    ),
    markers(ui, columns, glyphs),
    scale(ui, columns),
  ];
  if (rows >= 5) return lines;
  return [lines[0]!, lines[1]!, lines[3]!, lines[4]!].slice(0, rows);
}

/** Logarithmic: one interrupt shows beside a thousand. */
function levels(values: readonly number[], { levels: all }: Glyphs): string[] {
  const most = Math.log1p(Math.max(0, ...values));
  return values.map((value) => {
    if (value === 0 || most === 0) return all[0]!;
    const level = 1 + Math.floor((Math.log1p(value) / most) * (all.length - 1.001));
    return all[Math.min(all.length - 1, level)]!;
  });
}

function markers(ui: Ui, columns: number, glyphs: Glyphs): Line {
  const cells: Span[] = Array.from({ length: columns }, () => span(' '));
  const put = (icount: number, text: string, tone: Tone): void => {
    const column = ui.timeline.column(icount, columns);
    if (column >= 0 && column < columns) cells[column] = span(text, tone);
  };
  for (const { icount } of ui.target.recording.checkpoints()) put(icount, glyphs.checkpoint, 'dim');
  for (const [, { icount }] of sortedBookmarks(ui)) put(icount, glyphs.bookmark, 'changed');
  put(ui.snapshot.when.mark.icount, glyphs.here, 'here');
  return [span('here'.padEnd(LABEL), 'dim'), ...cells];
}

function scale(ui: Ui, columns: number): Line {
  const { from, to, whole } = ui.timeline;
  const middle = whole
    ? ''
    : `zoomed to ${(((to - from) / (ui.target.end.icount + 1)) * 100).toPrecision(2)} %`;
  const right = String(to - 1);
  const pad = Math.max(1, Math.floor((columns - middle.length) / 2) - String(from).length);
  const left = `${from}${' '.repeat(pad)}${middle}`;
  return [span(' '.repeat(LABEL)), span(left.padEnd(columns - right.length) + right, 'dim')];
}

const BAR = 20;

export function footer(ui: Ui, width: number, glyphs: Glyphs): Line[] {
  const { prompt, busy, message } = ui;
  const keys =
    's/S step  n/N over  f/F out  c/C run  [ ] exits  w wrote  u undo  : command  ? help';
  if (prompt.mark !== undefined) {
    const under = prompt.text[prompt.cursor] ?? ' ';
    return [
      fitted(line(prompt.choices.join('  '), 'dim'), width),
      fitted(
        [
          span(prompt.mark, 'strong'),
          span(prompt.text.slice(0, prompt.cursor)),
          span(under, 'selected'),
          span(prompt.text.slice(prompt.cursor + 1)),
        ],
        width,
      ),
    ];
  }
  const said: Line = busy
    ? progressLine(busy, glyphs)
    : line(` ${message.text}`, message.bad ? 'bad' : 'good');
  return [fitted(said, width), fitted(line(` ${keys}`, 'dim'), width)];
}

function progressLine({ what, progress }: NonNullable<Ui['busy']>, { levels: all }: Glyphs): Line {
  if (!progress || progress.total === 0) return line(` ${what} …`, 'warning');
  const share = Math.min(1, progress.done / progress.total);
  const filled = Math.round(share * BAR);
  const bar = `${all.at(-1)!.repeat(filled)}${' '.repeat(BAR - filled)}`;
  return line(` ${what}  [${bar}] ${(share * 100).toFixed(0)} %  Esc stops`, 'warning');
}
