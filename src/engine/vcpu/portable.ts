/**
 * A vCPU's state in bytes, for files: all but RAM in one block, RAM page by page. And the trail: what
 * has been accessed since some moment, so that whoever looks for an access knows where it cannot be.
 */

import type { MainExports } from '../interp/module.ts';
import { mayHold } from '../memory/trail.ts';
import * as L from './layout.ts';
import type { Pages } from './pages.ts';
import type { State } from './state.ts';
import type { VcpuCheckpoint } from './vcpu.ts';

/** What was accessed. The filters are of linear pages; they may hold more, and never less. */
export interface Trail {
  /** Pages of RAM that were written, by whomever: ascending. */
  readonly written: readonly number[];
  /** Three filters, one behind the other: reads, writes, executed. */
  readonly filters: Uint8Array;
}

export const FILTERS_BYTES = L.TRAIL_BYTES;
const FILTERS = { read: L.TRAIL_READ, write: L.TRAIL_WRITE, execute: L.TRAIL_EXECUTE };

/** Can the page of a linear address have been accessed so? Of filters that are none, nothing is known. */
export function mayHaveAccessed(
  filters: Uint8Array,
  kind: 'read' | 'write' | 'execute',
  gva: bigint,
): boolean {
  if (filters.length !== FILTERS_BYTES) return true;
  const from = FILTERS[kind] - L.TRAIL;
  return mayHold(filters.subarray(from, from + L.TRAIL_KIND_BYTES), gva);
}

export interface PortableStates {
  /** Hash of each page of RAM, 0 for zeros, as of the last `stateHash`. */
  readonly pageHashes: BigUint64Array;
  /** All that is not RAM. Only at an instruction boundary. */
  save(): Uint8Array;
  /**
   * Becomes that state; the pages that differ have been written with `writePage` before. False, with
   * nothing changed, if the block is none of this build's.
   */
  load(saved: Uint8Array): boolean;
  /** Writes a page as if the guest had, so that a checkpoint before can be restored. */
  writePage(page: number, bytes: Uint8Array): void;
  /** The hash that a content would have in a page. */
  hashOf(page: number, bytes: Uint8Array): bigint;
  /**
   * A checkpoint of a state that was loaded over one from later: it lies right before the one that was
   * restored last, which cannot be the first.
   */
  checkpointBefore(): VcpuCheckpoint;
  /** Begins a trail here. It is part of checkpoints from now on. */
  beginTrail(): void;
  trail(): Trail;
}

/** The trail's filters of a vCPU, which checkpoints take along. */
export class TrailFilters {
  readonly #live: Uint8Array;
  readonly #pages: Pages;
  readonly #exports: MainExports;
  #begun = false;

  constructor(memory: ArrayBuffer, pages: Pages, exports: MainExports) {
    this.#live = new Uint8Array(memory, L.TRAIL, L.TRAIL_BYTES);
    this.#pages = pages;
    this.#exports = exports;
  }

  begin(): void {
    this.#begun = true;
    this.#pages.beginTrail();
    this.#live.fill(0);
    // From here on every page has to come through the slow path once.
    this.#exports.tlbDropFast();
  }

  read(): Trail {
    return {
      written: [...this.#pages.written].sort((a, b) => a - b),
      filters: this.#live.slice(),
    };
  }

  /** Nothing is kept where nobody has begun one. */
  save(): Uint8Array | undefined {
    return this.#begun ? this.#live.slice() : undefined;
  }

  restore(saved: Uint8Array | undefined): void {
    if (saved) this.#live.set(saved);
  }
}

/** The state page and the architectural TLB, behind the counters that are kept outside of them. */
const HEAD_BYTES = 32;
export const SAVED_BYTES = HEAD_BYTES + L.STATE_BYTES + L.ARCH_TLB_BYTES;

/** What a vCPU keeps outside its memory. */
export interface Outside {
  readonly icount: number;
  readonly nmiPending: boolean;
  readonly shutdown: boolean;
  readonly delivered: { readonly at: number; readonly count: number };
}

/** What portable states are made of and from. */
export interface PortableHost {
  readonly memory: Uint8Array;
  readonly state: State;
  readonly pages: Pages;
  readonly trail: TrailFilters;
  /** Throws inside an instruction. */
  outside(): Outside;
  /** The memory holds another state now; the rest of it is this. */
  became(outside: Outside): void;
  checkpointBefore(): VcpuCheckpoint;
}

export function portableStates({
  memory,
  state,
  pages,
  trail,
  outside,
  became,
  checkpointBefore,
}: PortableHost): PortableStates {
  return {
    pageHashes: pages.hashes,
    save: () => saveState(memory, state, outside()),
    load: (saved) => {
      const loaded = loadState(memory, saved);
      if (loaded) became(loaded);
      return loaded !== undefined;
    },
    writePage: (page, bytes) => pages.write(page, bytes),
    hashOf: (page, bytes) => pages.hashOf(page, bytes),
    checkpointBefore,
    beginTrail: () => trail.begin(),
    trail: () => trail.read(),
  };
}

function saveState(memory: Uint8Array, state: State, outside: Outside): Uint8Array {
  const saved = new Uint8Array(SAVED_BYTES);
  const head = new DataView(saved.buffer);
  head.setFloat64(0, outside.icount, true);
  head.setFloat64(8, outside.delivered.at, true);
  head.setFloat64(16, outside.delivered.count, true);
  head.setUint8(24, outside.nmiPending ? 1 : 0);
  head.setUint8(25, outside.shutdown ? 1 : 0);
  saved.set(memory.subarray(0, L.STATE_BYTES), HEAD_BYTES);
  saved.set(memory.subarray(L.ARCH_TLB, L.ARCH_TLB + L.ARCH_TLB_BYTES), HEAD_BYTES + L.STATE_BYTES);
  // Not the guest's: what a debugger or the run before left.
  const view = new DataView(saved.buffer, HEAD_BYTES);
  for (const at of [L.INTR, L.BREAK_PASS, L.STATUS, L.STOP_AT]) view.setUint32(at, 0, true);
  // Of this vCPU, not of the guest it runs.
  for (const at of [L.LEFT, L.RAM_BYTES]) view.setUint32(at, 0, true);
  state.setU32(L.BREAK_PASS, 0);
  return saved;
}

/** Undefined if that is no saved state. */
function loadState(memory: Uint8Array, saved: Uint8Array): Outside | undefined {
  if (saved.length !== SAVED_BYTES) return undefined;
  const head = new DataView(saved.buffer, saved.byteOffset, HEAD_BYTES);
  const outside: Outside = {
    icount: head.getFloat64(0, true),
    delivered: { at: head.getFloat64(8, true), count: head.getFloat64(16, true) },
    nmiPending: head.getUint8(24) !== 0,
    shutdown: head.getUint8(25) !== 0,
  };
  const { icount, delivered } = outside;
  if (![icount, delivered.at, delivered.count].every((n) => Number.isSafeInteger(n) && n >= 0)) {
    return undefined;
  }
  const ramBytes = memory.slice(L.RAM_BYTES, L.RAM_BYTES + 4);
  memory.set(saved.subarray(HEAD_BYTES, HEAD_BYTES + L.STATE_BYTES), 0);
  memory.set(ramBytes, L.RAM_BYTES);
  memory.set(saved.subarray(HEAD_BYTES + L.STATE_BYTES), L.ARCH_TLB);
  return outside;
}
