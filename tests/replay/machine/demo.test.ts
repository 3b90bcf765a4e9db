/** Time travel over the demo guest, on the real vCPU: timer interrupts, page faults, two tasks. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { gva } from '../../../src/engine/units.ts';
import type { StopCondition } from '../../../src/replay/conditions.ts';
import { describeDivergence } from '../../../src/replay/divergence.ts';
import { compareMarks, formatMark, type Mark, mark } from '../../../src/replay/mark.ts';
import { ReplaySession } from '../../../src/replay/session.ts';
import { Timeline, type TimelineOptions } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { Recording } from '../../../src/trace/recording.ts';
import { freshVcpu, type RecordedGuest, recordGuest } from './record-guest.ts';

const MEMORY = 64 << 20;
/** The demo's crash is at some 16 M. */
const LIMIT = 20_000_000;
let guest: RecordedGuest;
/** What a replay straight through saw, every so many instructions. */
let truth: { mark: Mark; hash: string }[];

const open = () => new ReplaySession(Recording.fromBytes(guest.file), freshVcpu(MEMORY));
const timelineOf = (options: TimelineOptions) => new Timeline(open(), options);

beforeAll(() => {
  const kernel = new Uint8Array(
    readFileSync(join(import.meta.dirname, '../../../guests/demo/demo.elf')),
  );
  guest = recordGuest({ kernel, memoryBytes: MEMORY, limit: LIMIT, hashSpacing: 500_000 });
  truth = [];
  const session = open();
  for (let at = 0; session.mark.icount < guest.icount; at += 90_011) {
    session.advance(mark(at));
    truth.push({ mark: session.mark, hash: session.vcpu.stateHash() });
  }
});

test('the replay ends as the recording did', () => {
  const session = open();
  const stop = session.advance(mark(Number.MAX_SAFE_INTEGER));
  expect(stop.kind === 'divergence' ? describeDivergence(stop.divergence) : stop.kind).toBe('end');
  expect(session.vcpu.icount).toBe(guest.icount);
  expect(session.vcpu.stateHash()).toBe(guest.stateHash);
});

const policies = fc.record({
  spacing: fc.integer({ min: 50_000, max: 3_000_000 }),
  nearest: fc.integer({ min: 100, max: 50_000 }),
  budgetBytes: fc.constantFrom(4 << 20, 256 << 20),
});

test('seeking in any order finds the states that a straight replay saw', () => {
  fc.assert(
    fc.property(policies, fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (policy, picks) => {
      const timeline = timelineOf(policy);
      for (const pick of picks) {
        const place = truth[pick % truth.length]!;
        finish(timeline.seekTo(place.mark));
        expect(timeline.mark).toEqual(place.mark);
        expect(timeline.session.vcpu.stateHash()).toBe(place.hash);
      }
    }),
    { numRuns: 6 },
  );
});

test('n steps forward and n back is the identity', () => {
  const timeline = timelineOf({ spacing: 1_000_000, nearest: 1000 });
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 5000 }), (pick, n) => {
      const place = truth[pick % truth.length]!;
      finish(timeline.seekTo(place.mark));
      if (compareMarks(timeline.positions.forward(place.mark, n), timeline.positions.end) >= 0)
        return;
      finish(timeline.step(n));
      finish(timeline.reverseStep(n));
      expect(formatMark(timeline.mark)).toBe(formatMark(place.mark));
      expect(timeline.session.vcpu.stateHash()).toBe(place.hash);
    }),
    { numRuns: 20 },
  );
});

/** Stops from `from` on, at most `count` of them. */
function forward(timeline: Timeline, wanted: readonly StopCondition[], count: number): string[] {
  const found: string[] = [];
  while (found.length < count) {
    const stop = finish(timeline.run(wanted));
    if (stop.reason !== 'hit') break;
    found.push(`${formatMark(stop.mark)} ${timeline.session.vcpu.stateHash()}`);
  }
  return found;
}

function backward(timeline: Timeline, wanted: readonly StopCondition[], count: number): string[] {
  const found: string[] = [];
  while (found.length < count) {
    const stop = finish(timeline.reverseContinue(wanted));
    if (stop.reason !== 'hit') break;
    found.push(`${formatMark(stop.mark)} ${timeline.session.vcpu.stateHash()}`);
  }
  return found.reverse();
}

/** Where the guest is, most often, when it is looked at. */
function busyPlaces(): { rip: bigint; stack: bigint }[] {
  const timeline = timelineOf({});
  return [0.2, 0.5, 0.8].map((share) => {
    finish(timeline.seekTo(mark(Math.floor(guest.icount * share))));
    const { rip, gpr } = timeline.session.vcpu.registers();
    return { rip, stack: gpr[4]! };
  });
}

test('backwards finds what forwards found: addresses, memory, interrupts', () => {
  for (const { rip, stack } of busyPlaces()) {
    const conditions: StopCondition[][] = [
      [{ kind: 'address', gva: gva(rip) }],
      [{ kind: 'memory', space: 'gva', at: stack, length: 8, on: 'write' }],
      [{ kind: 'memory', space: 'gva', at: stack & ~0xfn, length: 16, on: 'access' }],
      [{ kind: 'interrupt' }, { kind: 'port', first: 0x3f8, last: 0x3f8, dir: 'out' }],
    ];
    for (const wanted of conditions) {
      const timeline = timelineOf({ spacing: 400_000, nearest: 5000 });
      const found = forward(timeline, wanted, 40);
      expect(found.length).toBeGreaterThan(0);
      // From just behind the last one found, back over all of them.
      finish(timeline.step(1));
      expect(backward(timeline, wanted, found.length)).toEqual(found);
    }
  }
});

test('a write watch tells the truth about a word', () => {
  const timeline = timelineOf({ spacing: 500_000, nearest: 5000 });
  const { vcpu } = timeline.session;
  finish(timeline.seekTo(mark(Math.floor(guest.icount / 2))));
  const at = vcpu.translate(gva(vcpu.registers().gpr[4]!))!;
  const word = () => Buffer.from(vcpu.ram.peek(at, 8)).toString('hex');
  const wanted: StopCondition[] = [
    { kind: 'memory', space: 'gpa', at: BigInt(at), length: 8, on: 'write' },
  ];
  // Between two writes the word does not change.
  const first = finish(timeline.reverseContinue(wanted));
  expect(first.reason).toBe('hit');
  const after = word();
  const second = finish(timeline.reverseContinue(wanted));
  expect(second.reason).toBe('hit');
  const before = word();
  finish(timeline.seekTo(mark(first.mark.icount - 1)));
  expect(word()).toBe(before);
  finish(timeline.seekTo(first.mark));
  expect(word()).toBe(after);
});

/** Where a 64-bit interrupt gate leads (SDM Vol. 3A §6.14.1). */
function handlerOf(timeline: Timeline, vector: number): bigint {
  const { vcpu } = timeline.session;
  const at = vcpu.translate(gva(vcpu.registers().idtr.base + BigInt(16 * vector)))!;
  const gate = Buffer.from(vcpu.ram.peek(at, 16));
  const low = BigInt(gate.readUInt16LE(0)) | (BigInt(gate.readUInt16LE(6)) << 16n);
  return low | (BigInt(gate.readUInt32LE(8)) << 32n);
}

test('the entry of a fault handler is a place of its own', () => {
  const timeline = timelineOf({});
  finish(timeline.seekTo(timeline.positions.end));
  const handler = handlerOf(timeline, 14);
  const fault = finish(timeline.reverseContinue([{ kind: 'address', gva: gva(handler) }]));
  expect(fault).toMatchObject({ reason: 'hit', mark: { landing: { count: 1, rip: handler } } });
  const rip = () => timeline.session.vcpu.registers().rip;
  const hash = timeline.session.vcpu.stateHash();
  expect(rip()).toBe(handler);
  // One step back is the instruction that faulted; CR2 is not set yet.
  const { cr2 } = timeline.session.vcpu.registers();
  finish(timeline.reverseStep());
  expect(rip()).not.toBe(handler);
  expect(timeline.mark.icount).toBe(fault.mark.icount);
  expect(timeline.session.vcpu.registers().cr2).not.toBe(cr2);
  finish(timeline.seekTo(timeline.positions.start));
  finish(timeline.seekTo(fault.mark));
  expect(rip()).toBe(handler);
  expect(timeline.session.vcpu.stateHash()).toBe(hash);
});
