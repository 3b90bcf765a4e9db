/** The hand-written encoder and decoder of the hot path, against each other and protobufjs. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameBlock } from '../../src/trace/block.ts';
import { FrameColumns } from '../../src/trace/columns.ts';
import { retrovisor as pb } from '../../src/trace/recording.gen.js';
import { WireError } from '../../src/trace/wire.ts';
import { add, frames } from './frames.ts';

/** Bytes come back as views of another class than the test's: compare them by content. */
const plain = (value: unknown) =>
  JSON.parse(
    JSON.stringify(value, (_, v) =>
      typeof v === 'bigint'
        ? `${v}n`
        : v instanceof Uint8Array
          ? Buffer.from(v).toString('hex')
          : v,
    ),
  );

describe('frames', () => {
  test('come back as they went in', () => {
    fc.assert(
      fc.property(frames, (list) => {
        const columns = new FrameColumns();
        for (const each of list) add(columns, each);
        const block = new FrameBlock(columns.encode());
        expect(block.count).toBe(list.length);
        expect(plain(list.map((_, i) => block.frame(i)))).toEqual(plain(list));
      }),
      { numRuns: 300 },
    );
  });

  test('are the message that protobufjs would write, byte for byte', () => {
    fc.assert(
      fc.property(frames, (list) => {
        const columns = new FrameColumns();
        for (const each of list) add(columns, each);
        const message = columns.encode();
        const decoded = pb.Frames.decode(message);
        expect(decoded.count).toBe(list.length);
        expect(decoded.shape.length).toBe(list.length);
        const again = pb.Frames.encode(decoded).finish();
        expect(Buffer.from(again).equals(Buffer.from(message))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  test('with a bit turned over are refused, or are still frames', () => {
    fc.assert(
      fc.property(frames, fc.nat(), fc.nat({ max: 7 }), (list, where, bit) => {
        const columns = new FrameColumns();
        for (const each of list) add(columns, each);
        const message = columns.encode().slice();
        message[where % message.length]! ^= 1 << bit;
        try {
          const block = new FrameBlock(message);
          for (let i = 0; i < block.count; i++) block.frame(i);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  test('a chunk can be cleared and used again', () => {
    const columns = new FrameColumns();
    columns.interrupt(32, 5);
    columns.encode();
    columns.clear();
    columns.interrupt(33, 9);
    const block = new FrameBlock(columns.encode());
    expect(block.frame(0)).toEqual({ kind: 'interrupt', icount: 9, vector: 33 });
    expect(block.count).toBe(1);
  });

  test('cannot go back in time', () => {
    const columns = new FrameColumns();
    columns.nmi(5);
    expect(() => columns.nmi(4)).toThrow('a frame at icount 4 after one at 5');
  });
});
