/**
 * Traced frames as JSON lines and as CSV (RFC 4180). Both are contracts: fields are added at the end
 * and never renamed. Numbers that may need 64 bits are hex strings; what does not apply is left out.
 */

import { describeEntry, describeExit } from '../trace/describe.ts';
import { hex } from './hex.ts';
import {
  addressOf,
  carriedValue,
  directionOf,
  nameOf,
  reasonOf,
  sizeOf,
  skippedBy,
  type TracedFrame,
} from './subject.ts';
import { meaningOf } from './text.ts';

const COLUMNS = [
  'ordinal',
  'icount',
  'ticks',
  'reason',
  'dir',
  'address',
  'size',
  'value',
  'skip',
  'name',
  'meaning',
  'text',
  'rip',
  'function',
] as const;
type Column = (typeof COLUMNS)[number];

export function jsonLine(row: TracedFrame): string {
  const record = fields(row);
  const stack = row.place ? { stack: row.place.stack } : {};
  return JSON.stringify({ ...record, ...stack });
}

export const CSV_HEADER: string = COLUMNS.join(',');

export function csvLine(row: TracedFrame): string {
  const record = fields(row);
  return COLUMNS.map((column) => csvField(record[column])).join(',');
}

function fields(row: TracedFrame): Partial<Record<Column, string | number>> {
  const { ordinal, frame, ticks, place } = row;
  const address = addressOf(frame);
  const value = carriedValue(frame);
  const record: Record<Column, string | number | undefined> = {
    ordinal,
    icount: frame.icount,
    ticks,
    reason: reasonOf(frame),
    dir: directionOf(frame),
    address: address === undefined ? undefined : hex(address),
    size: sizeOf(frame),
    value: value === undefined ? undefined : hex(value),
    skip: skippedBy(frame) || undefined,
    name: nameOf(frame) || undefined,
    meaning: meaningOf(frame) || undefined,
    text:
      frame.kind === 'exit'
        ? `${describeExit(frame.exit)} ${describeEntry(frame.reply)}`.trimEnd()
        : frame.kind === 'input'
          ? Buffer.from(frame.data).toString('hex')
          : undefined,
    rip: place && hex(place.rip),
    function: place?.function,
  };
  return Object.fromEntries(Object.entries(record).filter(([, found]) => found !== undefined));
}

function csvField(value: string | number | undefined): string {
  const text = String(value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}
