/** Recordings as files: written, opened, looked up. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gpa, icount } from '../../src/engine/units.ts';
import { ConsoleLog } from '../../src/trace/console.ts';
import { RecordingError } from '../../src/trace/error.ts';
import { Recording } from '../../src/trace/recording.ts';
import { MemorySink } from '../../src/trace/source.ts';
import { RecordingWriter, sha256, type WriterOptions } from '../../src/trace/writer.ts';
import { recordToy, toyHeader } from '../replay/toy/toy-machine.ts';
import { ToyVcpu } from '../replay/toy/toy-vcpu.ts';

const IMAGE = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * i) >> 7);

function options(): WriterOptions {
  return {
    header: toyHeader(1000),
    images: [
      { role: 'kernel', name: 'a', bytes: IMAGE },
      { role: 'initrd', name: 'b', bytes: IMAGE },
      { role: 'disk', name: 'empty', bytes: new Uint8Array(0) },
    ],
    boot: {
      registers: new ToyVcpu().registers(),
      writes: [
        { gpa: gpa(16), bytes: Uint8Array.of(1, 2, 3) },
        { gpa: gpa(4096), sha256: sha256(IMAGE), offset: 1_048_570, length: 12 },
      ],
    },
  };
}

describe('a recording', () => {
  test('says what it was told about the guest', () => {
    const sink = new MemorySink();
    const writer = new RecordingWriter(sink, options());
    writer.end({ reason: 'poweroff', icount: icount(0), stateHash: '0123456789abcdef' });
    const recording = Recording.fromBytes(sink.bytes());
    expect(recording.guest).toEqual(toyHeader(1000).guest);
    expect(recording.header.images.map(({ role, size }) => [role, size])).toEqual([
      ['kernel', 3_000_000],
      ['initrd', 3_000_000],
      ['disk', 0],
    ]);
    expect(recording.boot).toEqual(options().boot);
    expect(recording.end).toEqual({ reason: 'poweroff', icount: 0, stateHash: '0123456789abcdef' });
    expect(recording.complete).toBe(true);
    expect(recording.lastIcount).toBe(0);
  });

  test('names the engine that made it, or does not know', () => {
    const engineOf = (engine: string | undefined) => {
      const sink = new MemorySink();
      new RecordingWriter(sink, { ...options(), header: { ...toyHeader(1000), engine } });
      return Recording.fromBytes(sink.bytes()).header.engine;
    };
    expect(engineOf('0123456789abcdef')).toBe('0123456789abcdef');
    expect(engineOf(undefined)).toBeUndefined();
    expect(() => engineOf('not hex')).toThrow(/engine build of at most 64 hex digits/);
  });

  test('holds an image once, and gives any part of it', () => {
    const sink = new MemorySink();
    new RecordingWriter(sink, options());
    const { images } = Recording.fromBytes(sink.bytes());
    expect(sink.bytes().length).toBeLessThan(IMAGE.length * 1.5);
    fc.assert(
      fc.property(fc.nat({ max: IMAGE.length }), fc.nat({ max: 2_000_000 }), (offset, more) => {
        const length = Math.min(more, IMAGE.length - offset);
        const found = Buffer.alloc(length);
        images.read(sha256(IMAGE), { offset, length }, (at, bytes) => found.set(bytes, at));
        expect(found.equals(IMAGE.subarray(offset, offset + length))).toBe(true);
      }),
      { numRuns: 10 },
    );
    expect(() => images.read('00'.repeat(32), { offset: 0, length: 1 }, () => {})).toThrow(
      'expected image 0000000000000000… with bytes up to 1, found 0 bytes of it',
    );
  });

  test('makes an image of what a loader put into RAM at length', () => {
    const bytes = IMAGE.subarray(0, 100_000);
    const { boot, ...rest } = options();
    const sink = new MemorySink();
    const writes = [{ gpa: gpa(8192), bytes }];
    new RecordingWriter(sink, { ...rest, boot: { ...boot, writes } });
    const recording = Recording.fromBytes(sink.bytes());
    expect(recording.boot.writes).toEqual([
      { gpa: 8192, sha256: sha256(bytes), offset: 0, length: 100_000 },
    ]);
    expect(recording.header.images.at(-1)).toMatchObject({ role: 'memory', size: 100_000 });
  });

  test('reads the same with and without its index', () => {
    const { file } = recordToy({ seed: 67, instructions: 5000, chunkInstructions: 500 });
    const whole = Recording.fromBytes(file);
    // Without the trailer nobody finds the index.
    const scanned = Recording.fromBytes(file.subarray(0, file.length - 16));
    expect(scanned.chunks.length).toBeGreaterThan(5);
    expect(scanned.chunks).toEqual(whole.chunks);
    expect(scanned.end).toEqual(whole.end);
    expect(scanned.complete).toBe(true);
    expect(scanned.exits).toBe(whole.exits);
  });

  test('finds frames by icount and by number', () => {
    const { file } = recordToy({ seed: 65, instructions: 5000, chunkInstructions: 500 });
    const recording = Recording.fromBytes(file);
    const all = Array.from({ length: recording.frames }, (_, i) => recording.frame(i));
    const exits = all.flatMap((frame, i) => (frame.kind === 'exit' ? [i] : []));
    const interrupts = all.flatMap((frame, i) => (frame.kind === 'interrupt' ? [i] : []));
    expect(exits.length).toBe(recording.exits);
    expect(interrupts.length).toBe(recording.interrupts);
    exits.forEach((ordinal, i) => {
      expect(recording.nth('exit', i + 1)).toBe(ordinal);
    });
    interrupts.forEach((ordinal, i) => {
      expect(recording.nth('interrupt', i + 1)).toBe(ordinal);
    });
    expect(recording.nth('exit', 0)).toBe(undefined);
    expect(recording.nth('exit', exits.length + 1)).toBe(undefined);
    for (let at = 0; at <= recording.lastIcount + 1; at += 7) {
      const first = all.findIndex((frame) => frame.icount >= at);
      expect(recording.firstAt(at)).toBe(first < 0 ? all.length : first);
    }
    const behind = all.slice(0, 777);
    expect(recording.countsBefore(777)).toEqual({
      exits: behind.filter(({ kind }) => kind === 'exit').length,
      interrupts: behind.filter(({ kind }) => kind === 'interrupt').length,
    });
  });

  test('knows what the guest printed', () => {
    for (const seed of [2, 22, 72]) {
      const run = recordToy({ seed, instructions: 5000 });
      const log = new ConsoleLog(Recording.fromBytes(run.file));
      expect(run.console.length).toBeGreaterThan(5);
      expect(log.bytes.toString('latin1')).toBe(run.console);
    }
  });
});

describe('what is no recording', () => {
  test.each([
    [
      'nothing',
      new Uint8Array(0),
      'expected a recording (bytes 89 52 45 54 …), found an empty file, at byte 0',
    ],
    ['text', Buffer.from('hello, world'), 'found bytes 68 65 6c 6c 6f 2c 20 77, at byte 0'],
    [
      'a beginning',
      Uint8Array.of(0x89, 0x52, 0x45, 0x54, 0x52, 0x4f, 13, 10, 1),
      'expected a preamble of 16 bytes, found 9 bytes, at byte 8',
    ],
    [
      'a future version',
      Uint8Array.of(0x89, 0x52, 0x45, 0x54, 0x52, 0x4f, 13, 10, 9, 0, 0, 0, 0, 0, 0, 0),
      'expected format version 1, found version 9, at byte 8',
    ],
  ])('%s', (_, bytes, message) => {
    expect(() => Recording.fromBytes(bytes)).toThrow(RecordingError);
    expect(() => Recording.fromBytes(bytes)).toThrow(message);
  });

  test('a file that is not there', () => {
    expect(() => Recording.open('/nonexistent/x.retro')).toThrow('ENOENT');
  });
});
