/**
 * Read-modify-write exchanges: XCHG XADD CMPXCHG CMPXCHG8B CMPXCHG16B. SDM Vol. 2A/2C, by name.
 *
 * With one vCPU every instruction is atomic, so LOCK only decides which encodings exist. A memory
 * destination is written whatever the comparison says, so that it needs write permission.
 */

import * as L from '../vcpu/layout.ts';
import type { Val } from '../wasm/code.ts';
import { type Emitter, GP } from './emitter.ts';
import { ZF } from './flags.ts';
import type { Row } from './row.ts';

function xchg(e: Emitter): void {
  const to = e.open(0);
  const other = e.value(1);
  to.put(other);
  e.assign(1, to.old);
}

/** The sum goes to the destination last, which counts where both are the same register. */
function xadd(e: Emitter): void {
  const to = e.open(0);
  const b = e.value(1);
  const r = e.let(e.add(to.old, b));
  if (e.isMemory(0)) {
    to.put(r);
    e.assign(1, to.old);
  } else {
    e.assign(1, to.old);
    to.put(r);
  }
  e.flagsAdd(to.old, b, r, e.bytes(0));
}

function cmpxchg(e: Emitter): void {
  const bytes = e.bytes(0);
  const to = e.open(0);
  const source = e.value(1);
  const accumulator = e.read(L.RAX, bytes);
  const equal = e.let(e.eq(to.old, accumulator));
  if (e.isMemory(0)) to.put(e.select(equal, source, to.old));
  // A register that is not written keeps the upper half that writing it would have cleared.
  e.if(
    equal,
    () => (e.isMemory(0) ? undefined : to.put(source)),
    () => e.write(L.RAX, bytes, to.old),
  );
  e.flagsSub(accumulator, to.old, e.sub(accumulator, to.old), bytes);
}

/** ZF alone changes. */
function setZero(e: Emitter, equal: Val): void {
  e.setFlags(e.or(e.and(e.flagWord(), ~ZF), e.shl(equal, 6)));
}

function cmpxchg8b(e: Emitter): void {
  const to = e.open(0);
  const pair = (high: number, low: number): Val =>
    e.let(e.or(e.shl(e.extu(e.read(high, 4)), 32), e.extu(e.read(low, 4))));
  const equal = e.let(e.eq(to.old, pair(L.RDX, L.RAX)));
  to.put(e.select(equal, pair(L.RCX, L.RBX), to.old));
  e.if(e.eqz(equal), () => {
    e.write(L.RAX, 4, e.wrap(to.old));
    e.write(L.RDX, 4, e.wrap(e.shru(to.old, 32)));
  });
  setZero(e, equal);
}

const I64X2_SPLAT = 0xfd12;
const I64X2_EXTRACT_LANE = 0xfd1d;
const I64X2_REPLACE_LANE = 0xfd1e;

function cmpxchg16b(e: Emitter): void {
  const at = e.let(e.linear(16, true));
  e.raiseIf(e.and(e.wrap(at), 15), GP);
  const to = e.modify(at, 16);
  const half = (lane: number): Val => e.let(e.lane('i64', I64X2_EXTRACT_LANE, lane, to.old));
  const low = half(0);
  const high = half(1);
  const equal = e.let(e.and(e.eq(low, e.read(L.RAX, 8)), e.eq(high, e.read(L.RDX, 8))));
  const newLow = e.select(equal, e.read(L.RBX, 8), low);
  const newHigh = e.select(equal, e.read(L.RCX, 8), high);
  to.put(e.lane('v128', I64X2_REPLACE_LANE, 1, e.op('v128', I64X2_SPLAT, newLow), newHigh));
  e.if(e.eqz(equal), () => {
    e.write(L.RAX, 8, low);
    e.write(L.RDX, 8, high);
  });
  setZero(e, equal);
}

const XCHG = { name: 'XCHG', emit: xchg, cite: 'SDM 2C XCHG' } as const;
const XADD = { name: 'XADD', emit: xadd, lock: true, cite: 'SDM 2C XADD' } as const;
const CMPXCHG = { name: 'CMPXCHG', emit: cmpxchg, lock: true, cite: 'SDM 2A CMPXCHG' } as const;
const CMPXCHG_WIDE = { lock: true, cite: 'SDM 2A CMPXCHG8B/CMPXCHG16B' } as const;

export const exchange: readonly Row[] = [
  { enc: '86 /r', ops: 'Eb,Gb', lock: true, ...XCHG },
  { enc: '87 /r', ops: 'Ev,Gv', lock: true, ...XCHG },
  { enc: '90+r', ops: 'Zv,rAX', ...XCHG },
  { enc: '0F C0 /r', ops: 'Eb,Gb', ...XADD },
  { enc: '0F C1 /r', ops: 'Ev,Gv', ...XADD },
  { enc: '0F B0 /r', ops: 'Eb,Gb', ...CMPXCHG },
  { enc: '0F B1 /r', ops: 'Ev,Gv', ...CMPXCHG },
  { enc: 'W0 0F C7 /1', name: 'CMPXCHG8B', ops: 'Mq', emit: cmpxchg8b, ...CMPXCHG_WIDE },
  {
    enc: 'W1 0F C7 /1',
    name: 'CMPXCHG16B',
    ops: 'Mdq',
    emit: cmpxchg16b,
    feature: 'CMPXCHG16B',
    ...CMPXCHG_WIDE,
  },
];
