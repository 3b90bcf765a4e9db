/**
 * What tones look like: SGR attributes (ECMA-48 §8.3.117). Only the eight colors that every terminal
 * lets its user choose, so that light and dark backgrounds both work; without color, weight and
 * reverse video alone. Nothing is told by color only.
 */

import { type Line, plain, type Tone } from './text.ts';

export interface Theme {
  readonly color: boolean;
  /** No attributes at all: text for a file. */
  readonly bare?: boolean;
  /** Box drawing, blocks and arrows; ASCII otherwise. */
  readonly unicode: boolean;
}

const COLOR: Readonly<Record<Tone, string>> = {
  plain: '',
  dim: '2',
  strong: '1',
  title: '2',
  focus: '1;36',
  address: '34',
  symbol: '32',
  changed: '1;33',
  here: '1;32',
  selected: '7',
  exit: '36',
  interrupt: '35',
  console: '32',
  sleep: '2',
  good: '32',
  warning: '33',
  bad: '1;31',
};

const MONO: Readonly<Record<Tone, string>> = {
  ...{ plain: '', dim: '', strong: '1', title: '', focus: '1;4', address: '', symbol: '' },
  ...{ changed: '1', here: '1', selected: '7', exit: '', interrupt: '', console: '', sleep: '' },
  ...{ good: '', warning: '1', bad: '1' },
};

export function ansi(spans: Line, { color, bare = false }: Theme): string {
  if (bare) return plain(spans);
  const table = color ? COLOR : MONO;
  return spans
    .map(({ text, tone }) => (table[tone] === '' ? text : `\x1b[${table[tone]}m${text}\x1b[0m`))
    .join('');
}

export interface Glyphs {
  readonly horizontal: string;
  readonly vertical: string;
  /** From nothing to full, by eighths or so. */
  readonly levels: readonly string[];
  readonly here: string;
  readonly arrow: string;
  readonly breakpoint: string;
  readonly bookmark: string;
  readonly checkpoint: string;
  readonly changed: string;
  readonly more: string;
}

const UNICODE: Glyphs = {
  ...{ horizontal: '─', vertical: '│', levels: [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] },
  ...{ here: '▲', arrow: '▶', breakpoint: '●', bookmark: '◆', checkpoint: '·', changed: '*' },
  more: '…',
};
const ASCII: Glyphs = {
  ...{ horizontal: '-', vertical: '|', levels: [' ', '.', ':', '-', '=', '+', 'x', '%', '#'] },
  ...{ here: '^', arrow: '>', breakpoint: 'o', bookmark: '*', checkpoint: '.', changed: '*' },
  more: '~',
};

export const glyphs = ({ unicode }: Theme): Glyphs => (unicode ? UNICODE : ASCII);
