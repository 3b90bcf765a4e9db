/** The exits pane: the frames around the cursor, with what they mean. */

import { nameOf } from '../../exits/subject.ts';
import type { PlacedFrame } from '../../target/index.ts';
import { frameLine } from '../../target/index.ts';
import { type Line, line, span, type Tone } from '../text.ts';
import type { PaneView } from './pane.ts';

export const exitsView: PaneView = (ui, { width, height, focused, glyphs }) => {
  const { snapshot, exits } = ui;
  const { text } = exits.filter;
  const title = `Exits  ${snapshot.when.exits}/${ui.target.recording.exits}${text === '' ? '' : `  [${text}]`}`;
  const middle = ui.exitSelected ?? snapshot.ordinal;
  const half = Math.floor(height / 2);
  const rows = exits.around(middle, half, height);
  const ahead = rows.findIndex(({ ordinal }) => ordinal >= middle);
  const extra = ahead < 0 ? height : height - (rows.length - ahead);
  const all = extra > 0 ? exits.around(middle, half + extra, height) : rows;
  const first = Math.max(
    0,
    Math.min(all.length - height, all.findIndex(({ ordinal }) => ordinal >= middle) - half),
  );
  if (all.length === 0) return { title, lines: [line('no such exits near here', 'dim')] };
  const shown = all.slice(Math.max(0, first), Math.max(0, first) + height);
  const lines = shown.map((placed): Line => {
    const next = placed.ordinal === snapshot.ordinal;
    const selected = focused && placed.ordinal === middle;
    const marker = next ? glyphs.arrow : ' ';
    const row = exitText(placed, width);
    if (selected) return [span(`${marker}${row}`.padEnd(width), 'selected')];
    const past = placed.ordinal < snapshot.ordinal;
    return [span(marker, 'here'), span(row, next ? 'here' : past ? 'plain' : toneOf(placed))];
  });
  return { title, lines };
};

/** icount, what happened, what it means; the middle gives way. */
function exitText({ frame }: PlacedFrame, width: number): string {
  const text = frameLine(frame);
  const at = String(frame.icount);
  if (width >= 100) return `${at.padStart(12)}  ${text.slice(16)}`;
  const [what = '', meaning = ''] = text.slice(16).split(/ {2,}/);
  const short = what.replace(/ size (\d)/, '/$1').replace(/0x/g, '');
  const name = meaning === '' ? nameOf(frame) : meaning;
  return `${at.padStart(10)} ${short.padEnd(20)} ${name}`.trimEnd();
}

function toneOf({ frame }: PlacedFrame): Tone {
  if (frame.kind === 'interrupt' || frame.kind === 'nmi') return 'interrupt';
  if (frame.kind !== 'exit') return 'warning';
  return frame.exit.kind === 'hlt' ? 'sleep' : 'exit';
}
