/** The exits pane: the frames around the cursor, with what they mean. */

import { nameOf } from '../../exits/subject.ts';
import type { PlacedFrame } from '../../target/index.ts';
import { frameLine } from '../../target/index.ts';
import { type Line, line, span, type Tone } from '../text.ts';
import type { Ui } from '../ui.ts';
import type { PaneView } from './pane.ts';

export const exitsView: PaneView = (ui, { width, height, focused, glyphs }) => {
  const { snapshot, exits } = ui;
  const middle = ui.exitSelected ?? snapshot.ordinal;
  const { before, after, searching } = exits.around(middle, height);
  const title = titleOf(ui, searching ? `  searching ${glyphs.more}` : '');
  const all = [...before, ...after];
  if (all.length === 0) {
    const text = searching
      ? 'none yet'
      : exits.filter.needsPlace
        ? unknownPlaces(ui)
        : 'no such exits';
    return { title, lines: [line(text, 'dim')] };
  }
  const wanted = before.length - Math.floor(height / 2);
  const first = Math.max(0, Math.min(wanted, all.length - height));
  const lines = all.slice(first, first + height).map((placed): Line => {
    const next = placed.ordinal === snapshot.ordinal;
    const selected = focused && placed.ordinal === middle;
    const marker = next ? glyphs.arrow : ' ';
    const row = exitText(ui, placed, width - 1);
    if (selected) return [span(`${marker}${row}`.padEnd(width), 'selected')];
    const past = placed.ordinal < snapshot.ordinal;
    return [span(marker, 'here'), span(row, next ? 'here' : past ? 'plain' : toneOf(placed))];
  });
  const selected = all.slice(first).findIndex(({ ordinal }) => ordinal >= middle);
  return { title, lines, selected };
};

function titleOf(ui: Ui, more: string): string {
  const { text, needsPlace } = ui.exits.filter;
  const filter = text === '' ? '' : `  [${text}]`;
  const share = ui.places?.share ?? 0;
  const known =
    needsPlace && share < 1 ? `  functions known up to ${(share * 100).toFixed(0)} %` : '';
  return `Exits  ${ui.snapshot.when.exits}/${ui.target.recording.exits}${filter}${known}${more}`;
}

const unknownPlaces = (ui: Ui): string =>
  (ui.places?.share ?? 1) < 1 ? 'none yet: functions are found by a replay' : 'no such exits';

/** From so many columns on the pane has room for the function. */
const FUNCTION_FROM = 110;
const FUNCTION_COLUMNS = 32;

/** icount, what happened, what it means; the middle gives way. */
function exitText(ui: Ui, { frame, ordinal }: PlacedFrame, width: number): string {
  const text = frameLine(frame);
  const at = String(frame.icount);
  const where = ui.places?.of(ordinal)?.function ?? '';
  if (width >= 100) {
    const row = `${at.padStart(12)}  ${text.slice(16)}`;
    if (where === '' || width < FUNCTION_FROM) return row;
    const room = width - FUNCTION_COLUMNS;
    return `${row.slice(0, room - 1).padEnd(room)}${where.slice(0, FUNCTION_COLUMNS)}`;
  }
  const [what = '', meaning = ''] = text.slice(16).split(/ {2,}/);
  const short = what.replace(/ size (\d)/, '/$1').replace(/0x/g, '');
  const name = meaning === '' ? nameOf(frame) : meaning;
  const asked = ui.exits.filter.needsPlace && where !== '' ? `${where}  ` : '';
  return `${at.padStart(10)} ${short.padEnd(20)} ${asked}${name}`.trimEnd();
}

function toneOf({ frame }: PlacedFrame): Tone {
  if (frame.kind === 'interrupt' || frame.kind === 'nmi') return 'interrupt';
  if (frame.kind !== 'exit') return 'warning';
  return frame.exit.kind === 'hlt' ? 'sleep' : 'exit';
}
