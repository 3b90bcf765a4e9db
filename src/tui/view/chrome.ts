/** What is around the panes: header, timeline, footer. */

import { DENSITY_KINDS, type DensityKind, formatMark } from '../../target/index.ts';
import { sortedBookmarks } from '../actions.ts';
import { fitted, type Line, line, type Span, span, spread, type Tone } from '../text.ts';
import type { Glyphs } from '../theme.ts';
import type { Ui } from '../ui.ts';

export function header(ui: Ui, width: number): Line {
  const { bits, cpl } = ui.snapshot;
  const { mark, share, ticks } = ui.running ? ui.target.when() : ui.snapshot.when;
  const left: Line = [
    span(' retrovisor ', 'selected'),
    span(` ${ui.fileName}  `),
    span(`${formatMark(mark)}`, 'strong'),
    ui.running
      ? span('  running and recorded', 'good')
      : span(` of ${ui.target.end.icount}  ${(share * 100).toFixed(2)} %  `),
  ];
  const state = ui.target.diversion ? 'off the recording  ' : '';
  const right: Line = [
    span(state, 'bad'),
    span(ui.running ? `${seconds(ticks)} ` : `${seconds(ticks)}  ${bits}-bit CPL ${cpl} `, 'dim'),
  ];
  return spread(left, right, width);
}

/** Guest time. */
function seconds(ticks: number): string {
  return ticks < 1e9 ? `${(ticks / 1e6).toFixed(3)} ms` : `${(ticks / 1e9).toFixed(3)} s`;
}

export const TIMELINE_LABEL = 6;
const LABEL = TIMELINE_LABEL;

export const timelineColumns = (width: number): number => Math.max(10, width - LABEL);

interface Graph {
  readonly label: string;
  readonly kinds: readonly DensityKind[];
  readonly tone: Tone;
}

const IRQS: Graph = { label: 'irqs', kinds: ['interrupt'], tone: 'interrupt' };
const PRINT: Graph = { label: 'print', kinds: ['console'], tone: 'console' };
const EXITS: Graph = {
  ...{ label: 'exits', kinds: DENSITY_KINDS.filter((kind) => kind !== 'interrupt'), tone: 'exit' },
};
/** What fits, by how many rows there are. */
const FEW: readonly Graph[] = [EXITS, IRQS];
const SOME: readonly Graph[] = [EXITS, IRQS, PRINT];
const ALL: readonly Graph[] = [
  { label: 'ports', kinds: ['pio'], tone: 'exit' },
  { label: 'mmio', kinds: ['mmio'], tone: 'address' },
  { label: 'halts', kinds: ['hlt'], tone: 'sleep' },
  { label: 'other', kinds: ['other'], tone: 'plain' },
  { label: 'input', kinds: ['dma', 'input'], tone: 'warning' },
  IRQS,
  PRINT,
];

/** How much happens where, by kind; what was printed; marks and the cursor; the scale. */
export function timeline(ui: Ui, width: number, rows: number, glyphs: Glyphs): Line[] {
  const columns = timelineColumns(width);
  const density = ui.timeline.density(columns);
  const graphs = rows < 6 ? FEW : rows < 10 ? SOME : ALL;
  const drawn = graphs.map(({ label, kinds, tone }): Line => {
    const indices = kinds.map((kind) => DENSITY_KINDS.indexOf(kind));
    const values = density.map((counts) => indices.reduce((sum, k) => sum + counts[k]!, 0));
    const cells = levels(values, glyphs).map((text, i) =>
      span(text, label === 'exits' ? dominant(density[i]!, values[i]!) : tone),
    );
    return [span(label.padEnd(LABEL), 'dim'), ...joined(cells)];
  });
  const lines = rows < 6 ? [] : [milestoneLine(ui, columns)];
  return [...drawn, ...lines, markers(ui, columns, glyphs), scale(ui, columns)];
}

/** Exits that are mostly printing or sleeping look like that. */
function dominant(counts: Float64Array, sum: number): Tone {
  if (counts[DENSITY_KINDS.indexOf('console')]! * 2 > sum) return 'console';
  return counts[DENSITY_KINDS.indexOf('hlt')]! * 2 > sum ? 'sleep' : 'exit';
}

/** Neighbours of one tone are one span: there are few tones and many columns. */
function joined(cells: readonly Span[]): Span[] {
  const found: Span[] = [];
  for (const { text, tone } of cells) {
    const last = found.at(-1);
    if (last?.tone === tone) found[found.length - 1] = span(last.text + text, tone);
    else found.push(span(text, tone));
  }
  return found;
}

/** What the guest printed, where it did, as far as there is room. */
function milestoneLine(ui: Ui, columns: number): Line {
  const placed = ui.milestones.placed(columns, (at) => ui.timeline.column(at, columns));
  const spans: Span[] = [span('said'.padEnd(LABEL), 'dim')];
  let at = 0;
  for (const { column, text } of placed) {
    spans.push(span(' '.repeat(column - at)), span(text, 'console'));
    at = column + text.length;
  }
  return spans;
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
  const { mark } = ui.running ? ui.target : ui.snapshot.when;
  put(mark.icount, glyphs.here, 'here');
  return [span('here'.padEnd(LABEL), 'dim'), ...joined(cells)];
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
  if (ui.running) {
    const text = ' keys go to the guest; Ctrl-] pauses it';
    return [fitted([], width), fitted(line(text, 'strong'), width)];
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
