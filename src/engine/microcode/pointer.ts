/**
 * A linear address in two halves of 32 bits, for where BigInt arithmetic would be most of the work:
 * event delivery, IRET, descriptor tables.
 */

import * as L from '../vcpu/layout.ts';
import type { State } from '../vcpu/state.ts';
import { type Cpu, canonicalHigh, type Privilege } from './cpu.ts';

const quadword = new BigUint64Array(1);
const halves = new Uint32Array(quadword.buffer);

export class Pointer {
  low: number;
  high: number;

  constructor(low: number, high: number) {
    this.low = low;
    this.high = high;
  }

  /** The eight bytes that the state has at `at`. */
  static of(state: State, at: number): Pointer {
    return new Pointer(state.u32(at), state.u32(at + 4));
  }

  /** Moves by less than 4 GiB; wraps at 64 bits. */
  move(by: number): this {
    const low = this.low + by;
    this.low = low >>> 0;
    if (low < 0) this.high = (this.high - 1) >>> 0;
    else if (low > 0xffffffff) this.high = (this.high + 1) >>> 0;
    return this;
  }

  get canonical(): boolean {
    return canonicalHigh(this.high | 0);
  }
  /** Are all of the `bytes` from here in canonical form? */
  spans(bytes: number): boolean {
    const last = this.low + bytes - 1 > 0xffffffff ? this.high + 1 : this.high;
    return this.canonical && canonicalHigh(last | 0);
  }
  get value(): bigint {
    halves[0] = this.low;
    halves[1] = this.high;
    return quadword[0]!;
  }

  /** Loads eight bytes; `low` and `high` of what was loaded are in the state's WIDE. */
  load(cpu: Cpu, privilege: Privilege): void {
    cpu.access.loadWide(this.low, this.high, privilege);
  }
  /** Pushes eight bytes: moves down, then stores. */
  push(cpu: Cpu, low: number, high: number, privilege: Privilege): void {
    this.move(-8);
    cpu.access.storeWide(this.low, this.high, low, high, privilege);
  }
  store(state: State, at: number): void {
    state.setU32(at, this.low);
    state.setU32(at + 4, this.high);
  }
}

/** What `load` has loaded last. */
export const loadedLow = ({ state }: Cpu): number => state.u32(L.WIDE);
export const loadedHigh = ({ state }: Cpu): number => state.u32(L.WIDE + 4);
export const loaded = ({ state }: Cpu): bigint => state.u64(L.WIDE);

/** A 64-bit value in halves. */
export function split(value: bigint): Pointer {
  quadword[0] = value;
  return new Pointer(halves[0]!, halves[1]!);
}
