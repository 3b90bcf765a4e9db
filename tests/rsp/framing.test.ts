/** Bytes to packets and back, whatever way they are cut. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Framing, frame, PACKET_BYTES_MAX, type Received } from '../../src/gdbstub/framing.ts';
import { Outbox } from '../../src/gdbstub/outbox.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, 'latin1'));
const text = (data: Uint8Array): string => Buffer.from(data).toString('latin1');
const feed = (data: string): Received[] => new Framing().feed(bytes(data));

describe('what leaves', () => {
  test.each([
    ['', '$#00'],
    ['OK', '$OK#9a'],
    ['a}b#c$d*e', '$a}\x5db}\x03c}\x04d}\x0ae#51'],
    // Four zeros: one and a repeat of three, which is a space.
    ['0000', '$0* #7a'],
    ['000', '$000#90'],
    // Seven and eight would need '#' and '$' as counts.
    ['0000000', '$0*"0#ac'],
    ['00000000', '$0*"00#dc'],
  ])('%j', (payload, wire) => {
    expect(text(frame(payload))).toBe(wire);
  });

  test('says the same when it is read again', () => {
    const payloads = fc.oneof(
      fc.uint8Array({ maxLength: 300 }).map(text),
      fc
        .array(fc.tuple(fc.constantFrom('0', '#', '*', '}', 'a'), fc.nat(200)))
        .map((runs) => runs.map(([c, n]) => c.repeat(n)).join('')),
    );
    fc.assert(
      fc.property(payloads, (payload) => {
        expect(new Framing().feed(frame(payload))).toEqual([{ kind: 'packet', payload }]);
      }),
    );
  });
});

describe('bytes in hex', () => {
  const outbox = new Outbox(() => true);
  const hex = (data: Uint8Array): Uint8Array => {
    outbox.appendHex(data);
    return outbox.take();
  };
  test.each([
    ['', '$#00'],
    ['00', '$00#60'],
    ['deadbeef', '$deadbeef#20'],
  ])('%j', (digits, wire) => {
    expect(text(hex(Uint8Array.from(Buffer.from(digits, 'hex'))))).toBe(wire);
  });

  test('say the same as their text, one behind the other', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 5 }), (parts) => {
        for (const part of parts) outbox.appendHex(part);
        const packets = parts.map((part) => Buffer.from(part).toString('hex'));
        const expected = packets.map((payload) => ({ kind: 'packet', payload }));
        expect(new Framing().feed(outbox.take())).toEqual(expected);
      }),
    );
  });

  test('stay as they are while somebody needs them', () => {
    let needed = true;
    const box = new Outbox(() => !needed);
    box.appendHex(Uint8Array.of(0xab));
    const first = box.take();
    box.appendHex(Uint8Array.of(0xcd));
    expect(text(first)).toBe('$ab#c3');
    expect(text(box.since(0))).toBe('$cd#c7');
    const second = box.take();
    needed = false;
    box.appendHex(Uint8Array.of(0xef));
    expect(text(second)).toBe(text(box.take()));
  });
});

describe('what arrives', () => {
  test('may be cut anywhere', () => {
    const wire = bytes('+$m0,4#fd\x03-$}\x03\x04}\x5d#5e+');
    const whole = new Framing().feed(wire);
    expect(whole).toEqual([
      { kind: 'ack' },
      { kind: 'packet', payload: 'm0,4' },
      { kind: 'interrupt' },
      { kind: 'nak' },
      { kind: 'packet', payload: '#\x04}' },
      { kind: 'ack' },
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(wire.length)), (cuts) => {
        const framing = new Framing();
        const places = [0, ...cuts.sort((a, b) => a - b), wire.length];
        const pieces = places.slice(1).map((end, i) => wire.subarray(places[i], end));
        expect(pieces.flatMap((piece) => framing.feed(piece))).toEqual(whole);
      }),
    );
  });

  test.each([
    ['a wrong checksum', '$m0,4#00'],
    ['no checksum', '$m0,4#zz'],
    ['an escape of nothing', '$a}#de'],
    ['a repeat of nothing', '$*!#4b'],
    ['a repeat of too few', '$a*\x1f#aa'],
  ])('%s is garbled', (_, wire) => {
    expect(feed(wire)).toEqual([{ kind: 'garbled' }]);
  });

  test('a packet that never ended does not swallow the next', () => {
    expect(feed('$m0,4$g#67')).toEqual([{ kind: 'garbled' }, { kind: 'packet', payload: 'g' }]);
  });

  test('noise between packets is nothing', () => {
    expect(feed('xyz$g#67abc')).toEqual([{ kind: 'packet', payload: 'g' }]);
  });

  test('a packet without end is given up', () => {
    const framing = new Framing();
    const found = framing.feed(bytes(`$${'x'.repeat(3 * PACKET_BYTES_MAX)}`));
    expect(found).toEqual([{ kind: 'garbled' }]);
    expect(framing.feed(bytes('$g#67'))).toEqual([{ kind: 'packet', payload: 'g' }]);
  });

  test('an interrupt inside a packet is data', () => {
    expect(feed('$a\x03#64')).toEqual([{ kind: 'packet', payload: 'a\x03' }]);
  });
});
