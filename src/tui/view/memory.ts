/** The memory pane: bytes in hex and as characters, changed ones marked, with where they really are. */

import { gva } from '../../target/index.ts';
import { ROW_BYTES } from '../memory-window.ts';
import { type Line, type Span, span } from '../text.ts';
import type { Ui } from '../ui.ts';
import { firstRow, type PaneView } from './pane.ts';

const CHARACTERS_FROM = 72;

export const memoryView: PaneView = (ui, { width, height, focused }) => {
  const { memory } = ui;
  const at = memory.at;
  const selectedRow = Number((at - memory.start) / BigInt(ROW_BYTES));
  const first = firstRow(selectedRow, memory.bytes.length, height);
  const lines = memory.bytes
    .slice(first, first + height)
    .map((_, i) => row(ui, first + i, { width, focused }));
  return { title: `Memory  ${title(ui)}`, lines };
};

function title(ui: Ui): string {
  const { at, label } = ui.memory;
  const physical = ui.target.translate(gva(at));
  const name = ui.symbols?.name(at);
  const value = ui.guest.read(at, 8);
  return [
    at.toString(16),
    ...(label ? [`(${label})`] : []),
    ...(name ? [`<${name}>`] : []),
    physical === undefined ? 'not mapped' : `GPA ${physical.toString(16)}`,
    ...(value === undefined ? [] : [`= ${value.toString(16)}`]),
  ].join(' ');
}

function row(ui: Ui, index: number, { width, focused }: { width: number; focused: boolean }): Line {
  const { memory } = ui;
  const start = BigInt.asUintN(64, memory.start + BigInt(index * ROW_BYTES));
  const bytes = memory.bytes[index];
  // 16 bytes take 48 columns; half a row is shown where there is no room.
  const address =
    width >= 68
      ? start.toString(16).padStart(16, '0')
      : start.toString(16).padStart(9, '0').slice(-9);
  const spans: Span[] = [span(`${address} `, 'address')];
  if (!bytes) return [...spans, span('not mapped', 'dim')];
  let text = '';
  const shown = width >= 58 ? ROW_BYTES : 8;
  const half = shown < ROW_BYTES && memory.at - start >= 8n && memory.at - start < 16n ? 8 : 0;
  if (half > 0) spans.push(span('+8', 'dim'));
  for (let i = half; i < half + shown; i++) {
    const byte = bytes[i];
    const selected = focused && start + BigInt(i) === memory.at;
    const changed = memory.changed(index, i);
    spans.push(span(i % 8 === 0 && i > 0 ? '  ' : ' '));
    const hex = byte === undefined ? '..' : byte.toString(16).padStart(2, '0');
    spans.push(
      span(hex, selected ? 'selected' : changed ? 'changed' : byte === 0 ? 'dim' : 'plain'),
    );
    text += byte !== undefined && byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
  }
  if (width >= CHARACTERS_FROM || (shown === 8 && width >= 46)) spans.push(span(`  ${text}`));
  return spans;
}
