/** The recorder as a machine's tap: order, hashes, console, ends. */

import { describe, expect, test } from 'vitest';
import { gpa, type Icount, icount, ticks } from '../../src/engine/units.ts';
import { Recorder } from '../../src/record/recorder.ts';
import { Recording } from '../../src/trace/recording.ts';
import { MemorySink } from '../../src/trace/source.ts';
import { RecordingWriter } from '../../src/trace/writer.ts';
import { toyHeader } from '../replay/toy/toy-machine.ts';
import { ToyVcpu } from '../replay/toy/toy-vcpu.ts';

function start(hashSpacing = 100) {
  const sink = new MemorySink();
  const boot = { registers: new ToyVcpu().registers(), writes: [] };
  const writer = new RecordingWriter(sink, { header: toyHeader(hashSpacing), images: [], boot });
  const printed: number[] = [];
  const onConsole = (byte: number) => printed.push(byte);
  const recorder = new Recorder(writer, { hashSpacing, onConsole });
  return { sink, recorder, printed };
}

const at = (n: number) => ({
  icount: icount(n),
  stateHash: () => n.toString(16).padStart(16, '0'),
});
const out = (port: number, value: number) =>
  ({ kind: 'pio', dir: 'out', port, size: 1, value }) as const;
const NONE = { kind: 'none' } as const;

const kindsOf = (recording: Recording) =>
  Array.from({ length: recording.frames }, (_, i) => recording.frame(i).kind);

describe('what an exit causes', () => {
  test('is recorded behind it, whatever the order the machine finds out in', () => {
    const { sink, recorder } = start();
    const now: Icount = icount(5);
    recorder.dma(gpa(0), Uint8Array.of(1), now);
    recorder.handling();
    const bytes = Uint8Array.of(7, 8);
    recorder.dma(gpa(4096), bytes, now);
    bytes.fill(0);
    recorder.nmi(now);
    recorder.exit(out(0x80, 1), NONE, now);
    recorder.nmi(now);
    recorder.end('limit', at(6));
    const recording = Recording.fromBytes(sink.bytes());
    expect(kindsOf(recording)).toEqual(['dma', 'exit', 'dma', 'nmi', 'nmi']);
    expect(recording.frame(2)).toMatchObject({ gpa: 4096, bytes: Uint8Array.of(7, 8) });
  });
});

describe('replies that a machine reuses', () => {
  test('are recorded as they were during the call', () => {
    const { sink, recorder } = start();
    const reply = { kind: 'value', value: 1 } as { kind: 'value'; value: number };
    const exit = { kind: 'pio', dir: 'in', port: 0x60, size: 1, value: 0 } as const;
    for (const value of [1, 2, 3]) {
      reply.value = value;
      recorder.exit(exit, reply, icount(value));
    }
    reply.value = 99;
    recorder.end('limit', at(9));
    const recording = Recording.fromBytes(sink.bytes());
    expect([0, 1, 2].map((i) => recording.frame(i))).toMatchObject([
      { reply: { value: 1 } },
      { reply: { value: 2 } },
      { reply: { value: 3 } },
    ]);
  });
});

describe('state hashes', () => {
  test('are taken at multiples of the spacing, once each', () => {
    const { sink, recorder } = start(100);
    expect(recorder.nextHashAt).toBe(100);
    recorder.hashPoint(at(99));
    recorder.hashPoint(at(100));
    recorder.hashPoint(at(100));
    expect(recorder.nextHashAt).toBe(200);
    recorder.hashPoint(at(200));
    recorder.end('limit', at(250));
    const recording = Recording.fromBytes(sink.bytes());
    expect([recording.frame(0), recording.frame(1)]).toEqual([
      { kind: 'hash', icount: 100, hash: '0000000000000064' },
      { kind: 'hash', icount: 200, hash: '00000000000000c8' },
    ]);
    expect(recording.frames).toBe(2);
    expect(recording.end).toEqual({ reason: 'limit', icount: 250, stateHash: '00000000000000fa' });
  });
});

describe('the console', () => {
  test('is what the data port sent, not the divisor latch nor the loopback', () => {
    const { recorder, printed } = start();
    const send = (port: number, value: number) => recorder.exit(out(port, value), NONE, icount(0));
    send(0x3f8, 0x41);
    send(0x3fb, 0x83);
    send(0x3f8, 0x01);
    send(0x3fb, 0x03);
    send(0x3f8, 0x42);
    send(0x3fc, 0x10);
    send(0x3f8, 0x43);
    send(0x3fc, 0x03);
    send(0x2f8, 0x44);
    send(0x3f8, 0x45);
    expect(Buffer.from(printed).toString()).toBe('ABE');
  });
});

describe('long things', () => {
  test('DMA and input are split into frames', () => {
    const { sink, recorder } = start();
    const data = Uint8Array.from({ length: 600_000 }, (_, i) => i % 251);
    recorder.dma(gpa(8192), data, icount(1));
    recorder.input('com1', data.subarray(0, 100_000), icount(2), ticks(77));
    recorder.end('limit', at(3));
    const recording = Recording.fromBytes(sink.bytes());
    expect(recording.dmaBytes).toBe(600_000);
    const memory = Buffer.alloc(600_000);
    let input = Buffer.alloc(0);
    for (let i = 0; i < recording.frames; i++) {
      const frame = recording.frame(i);
      if (frame.kind === 'dma') memory.set(frame.bytes, frame.gpa - 8192);
      if (frame.kind === 'input') input = Buffer.concat([input, frame.data]);
    }
    expect(memory.equals(data)).toBe(true);
    expect(input.equals(data.subarray(0, 100_000))).toBe(true);
    expect(recording.frame(recording.frames - 1)).toMatchObject({ name: 'com1', ticks: 77 });
  });
});
