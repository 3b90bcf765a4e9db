/** Recordings that were cut off, damaged, or could not be written. */

import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { mark } from '../../src/replay/mark.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { RecordingError } from '../../src/trace/error.ts';
import { Recording } from '../../src/trace/recording.ts';
import { MemorySink } from '../../src/trace/source.ts';
import { RecordingWriter } from '../../src/trace/writer.ts';
import { recordToy, toyHeader } from '../replay/toy/toy-machine.ts';
import { ToyVcpu } from '../replay/toy/toy-vcpu.ts';
import { SEED } from '../seed.ts';
import { surviveMutations } from './damaged.ts';
import { chunkOffsets } from './mutate.ts';

const { file } = recordToy({
  seed: 59,
  instructions: 2000,
  hashSpacing: 300,
  chunkInstructions: 300,
});
const offsets = chunkOffsets(file);

describe('a recorder killed at any byte', () => {
  test('leaves a file that opens up to its last whole chunk', () => {
    const whole = Recording.fromBytes(file);
    const bootEnd = offsets[offsets.indexOf(whole.bootOffset) + 1]!;
    for (let length = 0; length < file.length; length++) {
      const prefix = file.subarray(0, length);
      if (length < bootEnd) {
        expect(() => Recording.fromBytes(prefix)).toThrow(RecordingError);
        continue;
      }
      const recording = Recording.fromBytes(prefix);
      const expected = whole.chunks.filter((_, i) => {
        const next = offsets[offsets.indexOf(whole.chunks[i]!.offset) + 1]!;
        return next <= length;
      });
      expect(recording.chunks).toEqual(expected);
      // The end chunk is whole before the index and the trailer are.
      if (!recording.complete) expect(recording.damage).toBeInstanceOf(RecordingError);
    }
  });

  test('leaves a file that replays to there', () => {
    const whole = Recording.fromBytes(file);
    for (const [i, chunk] of whole.chunks.entries()) {
      const cut = offsets[offsets.indexOf(chunk.offset) + 1]! + 5;
      const recording = Recording.fromBytes(file.subarray(0, cut));
      const session = new ReplaySession(recording, new ToyVcpu());
      expect(session.advance(mark(Number.MAX_SAFE_INTEGER))).toEqual({ kind: 'end' });
      expect(session.vcpu.icount).toBe(whole.chunks[i]!.lastIcount);
    }
  });
});

test('mutated recordings end in one line or an honest replay', () => {
  const seed = SEED % 1_000_000;
  const outcomes = surviveMutations(file, seed, 600);
  console.log(`seed ${seed}:`, outcomes);
  expect(outcomes.refused).toBeGreaterThan(100);
  expect(outcomes.replayed).toBeGreaterThan(20);
});

describe('a full disk', () => {
  class FullDisk extends MemorySink {
    readonly #room: number;
    #used = 0;
    constructor(room: number) {
      super();
      this.#room = room;
    }
    override write(bytes: Uint8Array): void {
      const fits = Math.max(0, Math.min(bytes.length, this.#room - this.#used));
      super.write(bytes.subarray(0, fits));
      this.#used += fits;
      if (fits < bytes.length) {
        throw Object.assign(new Error('ENOSPC: no space left, write'), { code: 'ENOSPC' });
      }
    }
  }

  test.skipIf(!existsSync('/dev/full'))('is told by the system itself', () => {
    const { boot } = Recording.fromBytes(file);
    const start = () =>
      RecordingWriter.create('/dev/full', { header: toyHeader(300), images: [], boot });
    expect(start).toThrow(/^recording: expected to write \d+ bytes, found no space left/);
  });

  test('ends the recording with a clear error and a file that replays', () => {
    const whole = Recording.fromBytes(file);
    const disk = new FullDisk(Math.floor(file.length * 0.7));
    const writer = new RecordingWriter(disk, {
      header: toyHeader(300),
      images: [],
      boot: { ...whole.boot, writes: [] },
      chunkInstructions: 300,
    });
    const record = () => {
      for (let lap = 0; lap < 1000; lap++) {
        for (let i = 0; i < whole.frames; i++) {
          const frame = whole.frame(i);
          const at = (frame.icount + lap * whole.lastIcount) as typeof frame.icount;
          if (frame.kind === 'exit') writer.exit(frame.exit, frame.reply, at);
        }
      }
    };
    expect(record).toThrow(RecordingError);
    expect(record).toThrow(
      /^recording: expected to write \d+ bytes, found no space left on the device, at byte \d+$/,
    );
    const recording = Recording.fromBytes(disk.bytes());
    expect(recording.complete).toBe(false);
    expect(recording.bytes).toBe(writer.bytes);
    expect(recording.lastIcount).toBe(writer.savedIcount);
    expect(recording.frames).toBeGreaterThan(100);
  });
});
