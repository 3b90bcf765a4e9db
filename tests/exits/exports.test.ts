/** What the exports say, read back: by protobufjs with Perfetto's own field numbers, as CSV, as XML. */

import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import { CSV_HEADER, csvLine, jsonLine } from '../../src/exits/export-lines.ts';
import { parseFilter } from '../../src/exits/filter.ts';
import { flameGraph, foldedLines } from '../../src/exits/flame.ts';
import { PerfettoTrace } from '../../src/exits/perfetto.ts';
import { rows } from '../../src/exits/rows.ts';
import { statistics } from '../../src/exits/statistics.ts';
import { toyRecording } from '../replay/toy/toy-timeline.ts';

const recording = toyRecording(72, 4000);
const all = [...rows(recording, parseFilter(''))];

/** From protos/perfetto/trace: what of it a reader needs for our tracks. */
const SCHEMA = protobuf.parse(`
  syntax = "proto2";
  message Trace { repeated TracePacket packet = 1; }
  message TracePacket {
    optional uint64 timestamp = 8;
    optional uint32 trusted_packet_sequence_id = 10;
    optional TrackEvent track_event = 11;
    optional InternedData interned_data = 12;
    optional uint32 sequence_flags = 13;
    optional TrackDescriptor track_descriptor = 60;
  }
  message InternedData { repeated EventName event_names = 2; }
  message EventName { optional uint64 iid = 1; optional string name = 2; }
  message TrackDescriptor {
    optional uint64 uuid = 1; optional string name = 2;
    optional ProcessDescriptor process = 3; optional ThreadDescriptor thread = 4;
    optional uint64 parent_uuid = 5; optional CounterDescriptor counter = 8;
  }
  message ProcessDescriptor { optional int32 pid = 1; optional string process_name = 6; }
  message ThreadDescriptor {
    optional int32 pid = 1; optional int32 tid = 2; optional string thread_name = 5;
  }
  message CounterDescriptor { optional int64 unit_multiplier = 4; }
  message TrackEvent {
    enum Type {
      TYPE_UNSPECIFIED = 0; TYPE_SLICE_BEGIN = 1; TYPE_SLICE_END = 2; TYPE_INSTANT = 3;
      TYPE_COUNTER = 4;
    }
    repeated DebugAnnotation debug_annotations = 4;
    optional Type type = 9; optional uint64 name_iid = 10; optional uint64 track_uuid = 11;
    optional int64 counter_value = 30;
  }
  message DebugAnnotation {
    optional uint64 uint_value = 3; optional string string_value = 6; optional string name = 10;
  }
`).root;

interface Packet {
  timestamp?: number;
  trustedPacketSequenceId: number;
  sequenceFlags?: number;
  internedData?: { eventNames: { iid: number; name: string }[] };
  trackDescriptor?: { uuid: number; name?: string; thread?: { threadName: string } };
  trackEvent?: {
    type: string;
    nameIid?: number;
    trackUuid: number;
    counterValue?: number;
    debugAnnotations?: { name: string; uintValue?: number; stringValue?: string }[];
  };
}

function perfetto(): Packet[] {
  const parts: Uint8Array[] = [];
  const trace = new PerfettoTrace('toy', (bytes) => parts.push(bytes));
  for (const row of all) trace.add(row);
  trace.end(all.at(-1)!.ticks);
  const type = SCHEMA.lookupType('Trace');
  const read = type.toObject(type.decode(Buffer.concat(parts)), { longs: Number, enums: String });
  return read['packet'] as Packet[];
}

test('a Perfetto trace: every frame is on a track that exists, with a name that was said before', () => {
  const packets = perfetto();
  expect(packets[0]!.sequenceFlags).toBe(1);
  const tracks = new Map<number, string>();
  const names = new Map<number, string>();
  const seen = { interrupts: 0, begins: 0, ends: 0, rate: 0, icounts: [] as number[] };
  for (const { trackDescriptor, internedData, trackEvent, trustedPacketSequenceId } of packets) {
    expect(trustedPacketSequenceId).toBe(1);
    if (trackDescriptor) {
      const { uuid, name, thread } = trackDescriptor;
      tracks.set(uuid, name ?? thread?.threadName ?? '');
    }
    for (const { iid, name } of internedData?.eventNames ?? []) names.set(iid, name);
    if (!trackEvent) continue;
    const track = tracks.get(trackEvent.trackUuid);
    expect(track).toBeDefined();
    if (trackEvent.type === 'TYPE_COUNTER') seen.rate += trackEvent.counterValue!;
    else if (trackEvent.type === 'TYPE_SLICE_END') seen.ends++;
    else expect(names.has(trackEvent.nameIid!)).toBe(true);
    if (trackEvent.type === 'TYPE_SLICE_BEGIN') seen.begins++;
    if (track === 'Interrupts') seen.interrupts++;
    const icount = trackEvent.debugAnnotations?.find(({ name }) => name === 'icount');
    if (icount) seen.icounts.push(icount.uintValue!);
  }
  expect(seen.interrupts).toBe(recording.interrupts);
  expect(seen.begins).toBe(seen.ends);
  expect(seen.icounts).toEqual(all.map(({ frame }) => frame.icount));
  expect(seen.rate).toBe(all.length);
});

test('JSON lines and CSV say the same', () => {
  const columns = CSV_HEADER.split(',');
  for (const row of all) {
    const record = JSON.parse(jsonLine(row)) as Record<string, unknown>;
    const fields = csvLine(row).match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)!;
    expect(record['icount']).toBe(row.frame.icount);
    for (const [i, column] of columns.entries()) {
      const field = (fields[i] ?? '')
        .replace(/,$/, '')
        .replace(/^"(.*)"$/s, '$1')
        .replace(/""/g, '"');
      expect(field).toBe(String(record[column] ?? ''));
    }
  }
});

test('folded stacks and the flame graph', () => {
  const placeOf = (ordinal: number) => ({
    rip: 0n,
    function: 'f',
    stack: ordinal % 3 === 0 ? ['main', 'f'] : ['main', 'operator<', 'f'],
  });
  const found = statistics(recording, { filter: parseFilter('exit'), by: 'stack', placeOf });
  const folded = foldedLines(found.tallies, 'samples');
  const sum = folded.reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
  expect(sum).toBe(recording.exits);
  expect(folded.every((line) => /^main;(operator<;)?f;[a-z0-9-]+ \d+$/.test(line))).toBe(true);
  const svg = flameGraph(folded, 'a <b> & c');
  expect(svg).toContain('a &#60;b&#62; &#38; c');
  expect(svg).toContain(`all: ${recording.exits.toLocaleString('en-US')} (100.00 %)`);
  expect(svg.match(/<g>/g)!.length).toBe(svg.match(/<\/g>/g)!.length);
  expect(svg).not.toMatch(/operator</);
});
