/** Record, replay, compare: with the toy machine, whose every reply is random. */

import { describe, expect, test } from 'vitest';
import { setEngineBuild } from '../../src/engine/build.ts';
import { icount } from '../../src/engine/units.ts';
import { type Divergence, describeDivergence } from '../../src/replay/divergence.ts';
import { mark } from '../../src/replay/mark.ts';
import { ReplaySession } from '../../src/replay/session.ts';
import { KIND } from '../../src/trace/frame.ts';
import { Recording } from '../../src/trace/recording.ts';
import { MemorySink } from '../../src/trace/source.ts';
import { RecordingWriter } from '../../src/trace/writer.ts';
import { recordToy, toyHeader } from './toy/toy-machine.ts';
import { ToyVcpu } from './toy/toy-vcpu.ts';

const END = mark(Number.MAX_SAFE_INTEGER);

test('a replay ends in the state in which the recording ended', () => {
  const kinds = new Set<number>();
  for (let seed = 1; seed <= 60; seed++) {
    const run = recordToy({ seed, instructions: 4000 });
    const recording = Recording.fromBytes(run.file);
    const session = new ReplaySession(recording, new ToyVcpu());
    const stop = session.advance(END);
    const said = stop.kind === 'divergence' ? describeDivergence(stop.divergence) : stop.kind;
    expect(said, `seed ${seed}`).toBe('end');
    expect(session.vcpu.stateHash(), `seed ${seed}`).toBe(run.finalHash);
    for (const c of recording.chunks.keys()) {
      for (const { kind } of recording.block(c).shapes) kinds.add(kind);
    }
  }
  // The toys do everything that a recording can hold.
  expect([...kinds].sort((a, b) => a - b)).toEqual(Object.values(KIND).sort((a, b) => a - b));
});

test('how far a replay is told to go at a time changes nothing', () => {
  for (const seed of [2, 65, 72]) {
    const run = recordToy({ seed, instructions: 3000 });
    for (const stride of [1, 7, 100]) {
      const session = new ReplaySession(Recording.fromBytes(run.file), new ToyVcpu());
      let stop = session.advance(mark(0));
      for (let at = stride; stop.kind === 'reached'; at += stride) stop = session.advance(mark(at));
      expect(stop.kind).toBe('end');
      expect(session.vcpu.stateHash()).toBe(run.finalHash);
    }
  }
});

test('a recording made twice is the same file', () => {
  const once = recordToy({ seed: 65, instructions: 4000 });
  const again = recordToy({ seed: 65, instructions: 4000 });
  expect(Buffer.from(again.file).equals(Buffer.from(once.file))).toBe(true);
});

/** The toy recording of a seed, frame by frame, with one of them changed on the way. */
function tampered(
  seed: number,
  change: (writer: RecordingWriter, n: number) => boolean,
  engine?: string,
): Recording {
  const { file, finalHash } = recordToy({ seed, instructions: 2000 });
  const whole = Recording.fromBytes(file);
  const sink = new MemorySink();
  const program = Buffer.alloc(0x2000);
  whole.images.read(whole.header.images[0]!.sha256, { offset: 0, length: 0x2000 }, (at, bytes) =>
    program.set(bytes, at),
  );
  const writer = new RecordingWriter(sink, {
    header: { ...toyHeader(500), engine },
    images: [{ role: 'kernel', name: 'toy.bin', bytes: program }],
    boot: whole.boot,
  });
  for (let n = 0; n < whole.frames; n++) {
    const frame = whole.frame(n);
    if (change(writer, n)) continue;
    if (frame.kind === 'exit') writer.exit(frame.exit, frame.reply, frame.icount);
    else if (frame.kind === 'interrupt') writer.interrupt(frame.vector, frame.icount);
    else if (frame.kind === 'nmi') writer.nmi(frame.icount);
    else if (frame.kind === 'dma') writer.dma(frame.gpa, frame.bytes, frame.icount);
    else if (frame.kind === 'hash') writer.hash(frame.hash, frame.icount);
  }
  writer.end({ reason: 'limit', icount: icount(whole.lastIcount), stateHash: finalHash });
  return Recording.fromBytes(sink.bytes());
}

function divergenceOf(recording: Recording): Divergence {
  const session = new ReplaySession(recording, new ToyVcpu());
  const stop = session.advance(END);
  if (stop.kind !== 'divergence') throw new Error(`expected a divergence, got ${stop.kind}`);
  // It is final.
  expect(session.advance(END)).toEqual(stop);
  return stop.divergence;
}

describe('a divergence names what differs', () => {
  const seed = 2;
  const whole = Recording.fromBytes(recordToy({ seed, instructions: 2000 }).file);
  const find = (wanted: (n: number) => boolean) => {
    const found = Array.from({ length: whole.frames }, (_, n) => n).find(wanted);
    if (found === undefined) throw new Error('the toy has no such frame');
    return found;
  };
  const isOut = (n: number) => {
    const frame = whole.frame(n);
    return frame.kind === 'exit' && frame.exit.kind === 'pio' && frame.exit.dir === 'out';
  };

  test('the value of a port write', () => {
    const at = find(isOut);
    const frame = whole.frame(at);
    if (frame.kind !== 'exit' || frame.exit.kind !== 'pio') throw new Error('no port write');
    const { exit, reply } = frame;
    const recording = tampered(seed, (writer, n) => {
      if (n !== at) return false;
      writer.exit({ ...exit, value: exit.value ^ 1 }, reply, frame.icount);
      return true;
    });
    const divergence = divergenceOf(recording);
    const port = `0x${exit.port.toString(16)}`;
    expect(divergence).toMatchObject({
      icount: frame.icount,
      what: 'exit',
      expected: `out ${port} size 1 = 0x${(exit.value ^ 1).toString(16)} at icount ${frame.icount}`,
      actual: `out ${port} size 1 = 0x${exit.value.toString(16)} at icount ${frame.icount}`,
      exits: whole.countsBefore(at).exits,
    });
    expect(describeDivergence(divergence)).toMatch(/^divergence at icount \d+ \(rip 0x/);
  });

  test('and the builds of the engine, if another one recorded', () => {
    const at = find(isOut);
    const saidBy = (engine: string | undefined) =>
      describeDivergence(divergenceOf(tampered(seed, (_, n) => n === at, engine)));
    setEngineBuild('00f1');
    try {
      expect(saidBy('00aa')).toMatch(/; recorded by engine build 00aa, this is 00f1$/);
      expect(saidBy('00f1')).not.toContain('build');
      expect(saidBy(undefined)).not.toContain('build');
    } finally {
      setEngineBuild('');
    }
  });

  test('an exit that does not come', () => {
    const at = find(isOut);
    const recording = tampered(seed, (writer, n) => {
      if (n === at) writer.exit({ kind: 'shutdown' }, { kind: 'none' }, whole.frame(n).icount);
      return false;
    });
    expect(divergenceOf(recording)).toMatchObject({
      what: 'exit',
      expected: expect.stringMatching(/^shutdown/),
    });
  });

  test('a reply that the guest made use of, at the next state hash or before', () => {
    let diverged = 0;
    for (let at = 0; at < whole.frames && diverged < 5; at++) {
      const frame = whole.frame(at);
      if (frame.kind !== 'exit' || frame.reply.kind !== 'value') continue;
      const { exit, reply } = frame;
      const recording = tampered(seed, (writer, n) => {
        if (n !== at) return false;
        writer.exit(exit, { kind: 'value', value: reply.value ^ 0x100 }, frame.icount);
        return true;
      });
      const stop = new ReplaySession(recording, new ToyVcpu()).advance(END);
      // Overwritten unread, it never made a difference.
      if (stop.kind === 'end') continue;
      expect(divergenceOf(recording).icount).toBeLessThanOrEqual(frame.icount + 500);
      diverged++;
    }
    expect(diverged).toBe(5);
  });

  test('an interrupt that cannot be taken', () => {
    const at = find((n) => whole.frame(n).kind === 'interrupt');
    const frame = whole.frame(at);
    // Interrupts with an odd vector are taken with interrupts off: another cannot follow at once.
    const recording = tampered(seed, (writer, n) => {
      if (n !== at) return false;
      writer.interrupt(33, frame.icount);
      writer.interrupt(35, frame.icount);
      return true;
    });
    expect(divergenceOf(recording)).toMatchObject({
      icount: expect.any(Number),
      what: 'interrupt',
      expected: `to take vector 35 at icount ${frame.icount}`,
    });
  });

  test('a missing interrupt', () => {
    const at = find((n) => whole.frame(n).kind === 'interrupt');
    expect(divergenceOf(tampered(seed, (_, n) => n === at)).icount).toBeGreaterThanOrEqual(
      whole.frame(at).icount,
    );
  });
});
