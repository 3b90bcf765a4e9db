/**
 * A recording as a Perfetto trace (protos/perfetto/trace/trace.proto): tracks for the vCPU, the
 * interrupts, each device and the console, with guest time as nanoseconds. Opens in ui.perfetto.dev.
 * Names are interned: every packet belongs to one sequence, whose first packet clears the state.
 */

import type { Frame } from '../trace/frame.ts';
import { ConsoleLines } from './console-lines.ts';
import { hex } from './hex.ts';
import { message, type ProtoField } from './protobuf.ts';
import { carriedValue, nameOf, reasonOf, skippedBy, type TracedFrame } from './subject.ts';
import { frameLine, meaningOf, subjectOf } from './text.ts';

/** Field numbers of the messages used. */
const TRACE = { packet: 1 };
const PACKET = { timestamp: 8, sequence: 10, event: 11, interned: 12, flags: 13, descriptor: 60 };
const INTERNED = { eventNames: 2 };
const NAME = { iid: 1, name: 2 };
const DESCRIPTOR = { uuid: 1, name: 2, process: 3, thread: 4, parent: 5, counter: 8 };
const PROCESS = { pid: 1, name: 6 };
const THREAD = { pid: 1, tid: 2, name: 5 };
const EVENT = { annotations: 4, type: 9, nameIid: 10, track: 11, counter: 30 };
const ANNOTATION = { uint: 3, text: 6, name: 10 };
const TYPE = { BEGIN: 1, END: 2, INSTANT: 3, COUNTER: 4 };
const FLAGS = { CLEARED: 1, NEEDED: 2 };
const SEQUENCE = 1;
const PID = 1;

/** Fixed tracks; devices follow. */
const TRACK = { PROCESS: 1, VCPU: 2, INTERRUPTS: 3, CONSOLE: 4, RATE: 5 };
const FIRST_DEVICE = 16;
/** Of the rate counter, in ticks. */
const RATE_TICKS = 1_000_000;

export class PerfettoTrace {
  readonly #write: (bytes: Uint8Array) => void;
  readonly #names = new Map<string, number>();
  readonly #devices = new Map<string, number>();
  readonly #console = new ConsoleLines();
  #rateFrom = 0;
  #rate = 0;
  #sleepsUntil = 0;

  constructor(guestName: string, write: (bytes: Uint8Array) => void) {
    this.#write = write;
    this.#packet([[PACKET.flags, FLAGS.CLEARED]]);
    this.#track(TRACK.PROCESS, [
      [
        DESCRIPTOR.process,
        message([
          [PROCESS.pid, PID],
          [PROCESS.name, guestName || 'guest'],
        ]),
      ],
    ]);
    const vcpu: ProtoField[] = [
      [THREAD.pid, PID],
      [THREAD.tid, 1],
      [THREAD.name, 'vCPU 0'],
    ];
    this.#track(TRACK.VCPU, [[DESCRIPTOR.thread, message(vcpu)]]);
    this.#track(TRACK.INTERRUPTS, [
      [DESCRIPTOR.name, 'Interrupts'],
      [DESCRIPTOR.parent, TRACK.PROCESS],
    ]);
    this.#track(TRACK.CONSOLE, [
      [DESCRIPTOR.name, 'Console'],
      [DESCRIPTOR.parent, TRACK.PROCESS],
    ]);
    this.#track(TRACK.RATE, [
      [DESCRIPTOR.name, 'Exits per ms'],
      [DESCRIPTOR.parent, TRACK.PROCESS],
      [DESCRIPTOR.counter, message([])],
    ]);
  }

  add(row: TracedFrame): void {
    const { frame, ticks } = row;
    this.#count(ticks);
    if (frame.kind === 'interrupt') {
      this.#event(ticks, TYPE.INSTANT, TRACK.INTERRUPTS, `vector ${hex(frame.vector, 2)}`, [
        ['icount', frame.icount],
      ]);
      return;
    }
    const skip = skippedBy(frame);
    if (skip > 0) {
      this.#event(ticks, TYPE.BEGIN, TRACK.VCPU, 'halted', annotationsOf(row));
      this.#event(ticks + skip, TYPE.END, TRACK.VCPU);
      this.#sleepsUntil = ticks + skip;
      return;
    }
    // The vCPU's own exits on its track; a device's on the device's.
    const device = nameOf(frame).split(' ')[0] ?? '';
    const onBus =
      frame.kind === 'exit' && (frame.exit.kind === 'pio' || frame.exit.kind === 'mmio');
    const track = onBus ? this.#device(device || 'unclaimed') : TRACK.VCPU;
    this.#event(ticks, TYPE.INSTANT, track, titleOf(frame), annotationsOf(row));
    const line = this.#console.add(frame, ticks);
    if (line) {
      this.#event(line.start, TYPE.BEGIN, TRACK.CONSOLE, line.text || ' ');
      this.#event(Math.max(line.end, line.start + 1), TYPE.END, TRACK.CONSOLE);
    }
  }

  /** After the last frame. */
  end(ticks: number): void {
    this.#count(Math.max(ticks, this.#sleepsUntil) + RATE_TICKS);
  }

  /** One point of the rate counter for every millisecond of guest time with a change. */
  #count(ticks: number): void {
    if (ticks >= this.#rateFrom + RATE_TICKS) {
      this.#counter(this.#rateFrom, this.#rate);
      const from = Math.floor(ticks / RATE_TICKS) * RATE_TICKS;
      if (from > this.#rateFrom + RATE_TICKS) this.#counter(this.#rateFrom + RATE_TICKS, 0);
      this.#rateFrom = from;
      this.#rate = 0;
    }
    this.#rate++;
  }

  #counter(ticks: number, value: number): void {
    const event = message([
      [EVENT.type, TYPE.COUNTER],
      [EVENT.track, TRACK.RATE],
      [EVENT.counter, value],
    ]);
    this.#packet([
      [PACKET.timestamp, ticks],
      [PACKET.event, event],
    ]);
  }

  #device(name: string): number {
    const known = this.#devices.get(name);
    if (known !== undefined) return known;
    const uuid = FIRST_DEVICE + this.#devices.size;
    this.#devices.set(name, uuid);
    this.#track(uuid, [
      [DESCRIPTOR.name, name],
      [DESCRIPTOR.parent, TRACK.PROCESS],
    ]);
    return uuid;
  }

  #track(uuid: number, fields: readonly ProtoField[]): void {
    this.#packet([[PACKET.descriptor, message([[DESCRIPTOR.uuid, uuid], ...fields])]]);
  }

  #event(
    ticks: number,
    type: number,
    track: number,
    name?: string,
    annotations: readonly (readonly [string, string | number])[] = [],
  ): void {
    const fields: ProtoField[] = [];
    let interned: ProtoField[] = [];
    if (name !== undefined) {
      let iid = this.#names.get(name);
      if (iid === undefined) {
        iid = this.#names.size + 1;
        this.#names.set(name, iid);
        const entry = message([
          [NAME.iid, iid],
          [NAME.name, name],
        ]);
        interned = [[PACKET.interned, message([[INTERNED.eventNames, entry]])]];
      }
      fields.push([EVENT.nameIid, iid]);
    }
    for (const [key, value] of annotations) {
      const kind = typeof value === 'string' ? ANNOTATION.text : ANNOTATION.uint;
      fields.push([
        EVENT.annotations,
        message([
          [ANNOTATION.name, key],
          [kind, value],
        ]),
      ]);
    }
    const event = message([...fields, [EVENT.type, type], [EVENT.track, track]]);
    this.#packet([
      [PACKET.timestamp, ticks],
      ...interned,
      [PACKET.flags, FLAGS.NEEDED],
      [PACKET.event, event],
    ]);
  }

  #packet(fields: readonly ProtoField[]): void {
    const packet = message([...fields, [PACKET.sequence, SEQUENCE]]);
    this.#write(message([[TRACE.packet, packet]]));
  }
}

/** Few different ones: they are interned. */
function titleOf(frame: Frame): string {
  if (frame.kind !== 'exit') return reasonOf(frame);
  const name = nameOf(frame);
  const what = name === '' ? subjectOf(frame.exit) : name;
  return `${reasonOf(frame)} ${what}`.trimEnd();
}

function annotationsOf({ frame, place }: TracedFrame): [string, string | number][] {
  const found: [string, string | number][] = [['icount', frame.icount]];
  const value = carriedValue(frame);
  if (value !== undefined) found.push(['value', hex(value)]);
  const meaning = meaningOf(frame);
  found.push(['text', meaning === '' ? frameLine(frame).trim() : meaning]);
  if (place) found.push(['function', place.function]);
  return found;
}
