/**
 * SHA1 and SHA256: rounds and message schedules of FIPS 180-4, one to four words at a time. SDM Vol.
 * 2B, by name. Word n is lane n of a vector, the lowest bits being lane 0.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import type { Emitter } from './emitter.ts';
import type { Row } from './row.ts';
import * as simd from './simd.ts';
import { aligned } from './vector.ts';

type Words = readonly [Val, Val, Val, Val];

function words(e: Emitter, v: Val): Words {
  const lane = (n: number): Val => e.let(simd.extract(e, 4, n, v));
  return [lane(0), lane(1), lane(2), lane(3)];
}

/** Destination and source as words. The source may be in memory, aligned. */
function operands(e: Emitter): { d: Words; s: Words } {
  const source = aligned(e, 1);
  return { d: words(e, e.let(e.value(0))), s: words(e, source) };
}

function assign(e: Emitter, r: Words): void {
  let v = simd.splat(e, 4, r[0]);
  for (const n of [1, 2, 3]) v = simd.replace(e, 4, n, v, r[n]!);
  e.assign(0, v);
}

const xor3 = (e: Emitter, a: Val, b: Val, c: Val): Val => e.xor(e.xor(a, b), c);
/** b where a has ones, c where it has zeros. */
const choose = (e: Emitter, a: Val, b: Val, c: Val): Val => e.xor(e.and(e.xor(b, c), a), c);
const majority = (e: Emitter, a: Val, b: Val, c: Val): Val =>
  e.or(e.and(a, b), e.and(c, e.or(a, b)));

// --- SHA1 -------------------------------------------------------------------------------------------

const K1 = [0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6];

/** Four rounds; A is lane 3. E comes in with the first of the message's words. */
function sha1Rounds(e: Emitter): void {
  const { d, s } = operands(e);
  const imm = e.let(e.and(e.value(2), 3));
  const is = (n: number): Val => e.eq(imm, n);
  const key = (): Val =>
    e.select(
      is(0),
      e.i32(K1[0]!),
      e.select(is(1), e.i32(K1[1]!), e.select(is(2), e.i32(K1[2]!), e.i32(K1[3]!))),
    );
  const k = e.let(key());
  let [z, y, x, a] = d;
  let late: Val | undefined;
  for (const n of [3, 2, 1, 0]) {
    const f = e.select(
      is(0),
      choose(e, x, y, z),
      e.select(is(2), majority(e, x, y, z), xor3(e, x, y, z)),
    );
    let sum = e.add(e.add(e.add(f, e.rotl(a, 5)), s[n]!), k);
    if (late) sum = e.add(sum, late);
    const next = e.let(sum);
    late = z;
    z = y;
    y = e.let(e.rotl(x, 30));
    x = a;
    a = next;
  }
  assign(e, [z, y, x, a]);
}

function sha1NextE(e: Emitter): void {
  const { d, s } = operands(e);
  assign(e, [s[0], s[1], s[2], e.add(s[3], e.rotl(d[3], 30))]);
}

function sha1Message1(e: Emitter): void {
  const { d, s } = operands(e);
  assign(e, [e.xor(d[0], s[2]), e.xor(d[1], s[3]), e.xor(d[2], d[0]), e.xor(d[3], d[1])]);
}

function sha1Message2(e: Emitter): void {
  const { d, s } = operands(e);
  const word = (n: 0 | 1 | 2 | 3, with_: Val): Val => e.let(e.rotl(e.xor(d[n], with_), 1));
  const w16 = word(3, s[2]);
  assign(e, [word(0, w16), word(1, s[0]), word(2, s[1]), w16]);
}

// --- SHA256 -----------------------------------------------------------------------------------------

const sigma = (e: Emitter, x: Val, a: number, b: number, shift: number): Val =>
  xor3(e, e.rotr(x, a), e.rotr(x, b), e.shru(x, shift));
const sum = (e: Emitter, x: Val, a: number, b: number, c: number): Val =>
  xor3(e, e.rotr(x, a), e.rotr(x, b), e.rotr(x, c));

/** Two rounds. Words and constants come added, in XMM0; the state is in both operands. */
function sha256Rounds(e: Emitter): void {
  const { d, s } = operands(e);
  const schedule = e.let(e.xmmPart(L.XMM, 16));
  let [f, ee, b, a] = s;
  let [h, g, dd, c] = d;
  for (const n of [0, 1]) {
    const wk = simd.extract(e, 4, n, schedule);
    const t1 = e.let(e.add(e.add(choose(e, ee, f, g), sum(e, ee, 6, 11, 25)), e.add(wk, h)));
    const t2 = e.add(majority(e, a, b, c), sum(e, a, 2, 13, 22));
    const nextA = e.let(e.add(t1, t2));
    const nextE = e.let(e.add(t1, dd));
    [h, g, f, ee, dd, c, b, a] = [g, f, ee, nextE, c, b, a, nextA];
  }
  assign(e, [f, ee, b, a]);
}

function sha256Message1(e: Emitter): void {
  const { d, s } = operands(e);
  const word = (w: Val, next: Val): Val => e.add(w, sigma(e, next, 7, 18, 3));
  assign(e, [word(d[0], d[1]), word(d[1], d[2]), word(d[2], d[3]), word(d[3], s[0])]);
}

function sha256Message2(e: Emitter): void {
  const { d, s } = operands(e);
  const word = (w: Val, earlier: Val): Val => e.let(e.add(w, sigma(e, earlier, 17, 19, 10)));
  const w16 = word(d[0], s[2]);
  const w17 = word(d[1], s[3]);
  assign(e, [w16, w17, word(d[2], w16), word(d[3], w17)]);
}

const row = (enc: string, name: string, emit: (e: Emitter) => void, ops = 'Vdq,Wdq'): Row => ({
  enc,
  name,
  ops,
  unit: 'sse',
  emit,
  feature: 'SHA',
  cite: `SDM 2B ${name}`,
});

export const sha: readonly Row[] = [
  row('NP 0F 38 C8 /r', 'SHA1NEXTE', sha1NextE),
  row('NP 0F 38 C9 /r', 'SHA1MSG1', sha1Message1),
  row('NP 0F 38 CA /r', 'SHA1MSG2', sha1Message2),
  row('NP 0F 38 CB /r', 'SHA256RNDS2', sha256Rounds),
  row('NP 0F 38 CC /r', 'SHA256MSG1', sha256Message1),
  row('NP 0F 38 CD /r', 'SHA256MSG2', sha256Message2),
  row('NP 0F 3A CC /r ib', 'SHA1RNDS4', sha1Rounds, 'Vdq,Wdq,Ib'),
];
