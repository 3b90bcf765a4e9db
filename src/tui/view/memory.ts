/** The memory pane: bytes in hex and as characters, changed ones marked, with where they really are. */

import { gva } from '../../target/index.ts';
import { ROW_BYTES } from '../memory-window.ts';
import { type Line, type Span, span } from '../text.ts';
import type { Ui } from '../ui.ts';
import { firstRow, type PaneView } from './pane.ts';

const CHARACTERS_FROM = 72;
const WORD = 8;

export const memoryView: PaneView = (ui, { width, height, focused }) => {
  const { memory } = ui;
  const each = memory.pointers ? WORD : ROW_BYTES;
  const count = (memory.bytes.length * ROW_BYTES) / each;
  const selectedRow = Number((memory.at - memory.start) / BigInt(each));
  const first = firstRow(selectedRow, count, height);
  const draw = memory.pointers ? pointerRow : row;
  const lines = Array.from({ length: Math.min(height, count - first) }, (_, i) =>
    draw(ui, first + i, { width, focused }),
  );
  return { title: `Memory  ${title(ui)}`, lines, selected: selectedRow - first };
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

/** A word, and where it leads: to a name, or from pointer to pointer as far as it goes. */
function pointerRow(ui: Ui, index: number, { focused }: { width: number; focused: boolean }): Line {
  const { memory } = ui;
  const at = BigInt.asUintN(64, memory.start + BigInt(index * WORD));
  const [half, offset] = [Math.floor(index / 2), (index % 2) * WORD];
  const bytes = memory.bytes[half]?.subarray(offset, offset + WORD);
  const address = span(`${at.toString(16).padStart(16, '0')} `, 'address');
  if (!bytes || bytes.length < WORD) return [address, span('not mapped', 'dim')];
  const changed = [...bytes.keys()].some((i) => memory.changed(half, offset + i));
  const value = Buffer.from(bytes).readBigUInt64LE();
  const selected = focused && memory.at >= at && memory.at < at + BigInt(WORD);
  const tone = selected ? 'selected' : changed ? 'changed' : value === 0n ? 'dim' : 'plain';
  return [address, span(` ${value.toString(16).padStart(16, '0')}`, tone), ...trail(ui, value)];
}

const HOPS_MAX = 4;
const TEXT_BYTES = 32;
const TEXT_LEAST = 4;
/** Small numbers are numbers, wherever something is mapped. */
const POINTER_LEAST = 0x1000n;

function trail(ui: Ui, from: bigint): Span[] {
  const spans: Span[] = [];
  let value = from;
  for (let hop = 0; hop < HOPS_MAX && value >= POINTER_LEAST; hop++) {
    if (hop > 0) spans.push(span(` ${value.toString(16)}`));
    const name = ui.symbols?.name(value);
    if (name !== undefined) spans.push(span(` <${name}>`, 'symbol'));
    const text = textAt(ui, value);
    if (text !== undefined) return [...spans, span(` "${text}"`, 'console')];
    const next = ui.guest.read(value, WORD);
    if (next === undefined || next === value) break;
    // Code is no pointer to anything.
    if (name !== undefined && ui.symbols?.locate(value)?.symbol.kind === 'code') break;
    spans.push(span(' ->', 'dim'));
    value = next;
    if (value < POINTER_LEAST) spans.push(span(` ${value.toString(16)}`, 'dim'));
  }
  return spans;
}

/** Printable bytes up to a NUL, or more of them than one would meet by chance. */
function textAt({ target }: Ui, at: bigint): string | undefined {
  const bytes = target.readMemory({ space: 'gva', at, length: TEXT_BYTES });
  let length = 0;
  while (length < bytes.length && bytes[length]! >= 0x20 && bytes[length]! < 0x7f) length++;
  const ends = length === TEXT_BYTES || bytes[length] === 0 || bytes[length] === 0x0a;
  if (length < TEXT_LEAST || !ends) return undefined;
  return Buffer.from(bytes.subarray(0, length)).toString('latin1');
}
