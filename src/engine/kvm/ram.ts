/**
 * Guest RAM: anonymous memory of this process that KVM maps into the guest. Two slots, because
 * [0xA0000, 0xC0000) is no RAM of a PC: accesses there become MMIO exits.
 */

import type { Gpa } from '../units.ts';
import type { Ram } from '../vcpu/vcpu.ts';
import type { Host, Mapping } from './host.ts';

export const HOLE_START = 0xa0000;
export const HOLE_END = 0xc0000;
export const PAGE = 4096;

export interface Slot {
  readonly slot: number;
  readonly start: number;
  readonly end: number;
}

export class KvmRam implements Ram {
  readonly size: number;
  readonly slots: readonly Slot[];
  readonly #mapping: Mapping;
  #bytes: Uint8Array;
  /** Pages written from outside since `takeWritten`, which KVM's dirty log does not see. */
  #written = new Set<number>();

  constructor(host: Host, size: number) {
    this.size = size;
    this.#mapping = host.mapAnonymous(size);
    this.#bytes = this.#mapping.bytes;
    const low = { slot: 0, start: 0, end: Math.min(size, HOLE_START) };
    this.slots = size > HOLE_END ? [low, { slot: 1, start: HOLE_END, end: size }] : [low];
  }

  /** All of it, the hole included, which stays zero. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  peek(at: Gpa, length: number): Uint8Array {
    const bytes = new Uint8Array(length).fill(0xff);
    this.#eachSlot(at, length, (from, to) => {
      bytes.set(this.#bytes.subarray(from, to), from - at);
    });
    return bytes;
  }

  poke(at: Gpa, bytes: Uint8Array): void {
    this.#eachSlot(at, bytes.length, (from, to) => {
      this.#bytes.set(bytes.subarray(from - at, to - at), from);
      for (let page = Math.floor(from / PAGE); page * PAGE < to; page++) this.#written.add(page);
    });
  }

  takeWritten(): Iterable<number> {
    const written = this.#written;
    this.#written = new Set();
    return written;
  }

  /** Gives the memory back. KVM must have let go of it. */
  unmap(): void {
    this.#bytes = new Uint8Array(0);
    this.#mapping.unmap();
  }

  #eachSlot(at: number, length: number, act: (from: number, to: number) => void): void {
    for (const { start, end } of this.slots) {
      const from = Math.max(at, start);
      const to = Math.min(at + length, end);
      if (from < to) act(from, to);
    }
  }
}
