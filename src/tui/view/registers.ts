/** The registers pane: values, which of them changed since the last stop, flags spelt out, the mode. */

import { flagNames, type Registers, SEGMENT_NAMES } from '../../target/index.ts';
import { REGISTER_ORDER } from '../actions.ts';
import { registerValue } from '../expression.ts';
import { type Line, span } from '../text.ts';
import type { Ui } from '../ui.ts';
import { firstRow, type PaneSize, type PaneView } from './pane.ts';

const TWO_COLUMNS_FROM = 46;
const CELL = 23;

export const registersView: PaneView = (ui, size) => {
  const { bits, cpl, registers } = ui.snapshot;
  const columns = size.width >= TWO_COLUMNS_FROM ? 2 : 1;
  const rows = Math.ceil(REGISTER_ORDER.length / columns);
  const lines: Line[] = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => cell(ui, row + column * rows, size)).flat(),
  );
  const more: Line[] = [
    [
      span('flags '),
      span(flagNames(registers.rflags) || '-', flagsChanged(ui) ? 'changed' : 'strong'),
    ],
    [
      span(
        `${bits}-bit  CPL ${cpl}  CR0 ${registers.cr0.toString(16)}  CR4 ${registers.cr4.toString(16)}`,
      ),
    ],
    [span(selectors(registers), 'dim')],
  ];
  const all = [...lines, ...more];
  // Where there is no room for all, flags are worth more than the control registers.
  if (all.length <= size.height) return { title: 'Registers', lines: all };
  const first = size.focused
    ? firstRow(ui.registerSelected % rows, lines.length, size.height - 1)
    : 0;
  return { title: 'Registers', lines: [...lines.slice(first, first + size.height - 1), more[0]!] };
};

function cell(ui: Ui, index: number, { focused, glyphs }: PaneSize): Line {
  const name = REGISTER_ORDER[index];
  if (name === undefined) return [];
  const value = registerValue(ui.snapshot.registers, name) ?? 0n;
  const before = ui.previous && registerValue(ui.previous.registers, name);
  const changed = before !== undefined && before !== value;
  const text = value.toString(16).padStart(16, '0');
  if (focused && index === ui.registerSelected) {
    return [
      span(`${short(name)} ${text}${changed ? glyphs.changed : ' '}`.padEnd(CELL), 'selected'),
    ];
  }
  return [
    span(`${short(name)} `, 'dim'),
    span(text, changed ? 'changed' : 'plain'),
    span((changed ? glyphs.changed : ' ').padEnd(CELL - 21), 'changed'),
  ];
}

function flagsChanged({ previous, snapshot }: Ui): boolean {
  return previous !== undefined && previous.registers.rflags !== snapshot.registers.rflags;
}

function selectors({ segments }: Registers): string {
  return SEGMENT_NAMES.map(
    (name, i) => `${name} ${(segments[i]?.selector ?? 0).toString(16)}`,
  ).join(' ');
}

const short = (name: string): string => (name === 'rflags' ? 'rfl' : name).padEnd(4);
