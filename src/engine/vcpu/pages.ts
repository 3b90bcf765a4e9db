/**
 * RAM over time: which pages have been written since the last checkpoint, what they held before,
 * and the running hash of all of them.
 *
 * Checkpoints stand on a line. Between two neighbours lies an *edge*: the pages in which they
 * differ, each with the content it has at the end of the edge that is farther from where RAM stands
 * now. Walking over an edge swaps every page with RAM, so that any checkpoint can be reached from
 * any other, and nothing is stored twice. Behind the checkpoint that RAM stands at or after lies
 * the *open* set: pre-images of the pages written since.
 */

import type { MainExports } from '../interp/module.ts';
import * as L from './layout.ts';

const PAGE = 4096;
/** Behind the state, where the state hash lays out the registers. */
const HASH_SCRATCH = 0x2000;
const GRANULE = 64;

/** Pages by number, each with 4096 bytes. */
export type PageSet = Map<number, Uint8Array>;

/** A place on the line. */
export interface Anchor {
  readonly id: number;
  /** The trail's `written` there. */
  readonly written: readonly number[];
}

/** What untouched RAM holds: shared, since much of what is kept of a boot is this. */
const ZEROS = new Uint8Array(PAGE);
const SPARE_MAX = 4096;

export class Pages {
  readonly #u8: Uint8Array;
  readonly #exports: MainExports;
  readonly #line: Anchor[] = [];
  /** edges[i] lies between line[i] and line[i + 1]. */
  readonly #edges: PageSet[] = [];
  /** Index on the line of the checkpoint that RAM came from; -1 before the first. */
  #at = -1;
  #open: PageSet = new Map();
  readonly #stale = new Set<number>();
  /** Buffers that nobody uses: going far copies tens of thousands, too many to leave to the collector. */
  readonly #spare: Uint8Array[] = [];
  /** Pages written since `beginTrail`. */
  #written = new Set<number>();
  readonly #hashes: BigUint64Array;
  #hash = 0n;
  #ids = 0;
  /** Called for bytes of a page of code that are about to change, so that what was decoded goes. */
  onReplace: (gpa: number, bytes: number) => void = () => {};

  constructor(memory: ArrayBuffer, exports: MainExports, ramBytes: number) {
    this.#u8 = new Uint8Array(memory);
    this.#exports = exports;
    this.#hashes = new BigUint64Array(Math.ceil(ramBytes / PAGE));
  }

  /** First write to a page since it was last clean. */
  touch(page: number): void {
    if (this.#at >= 0 && !this.#open.has(page)) this.#open.set(page, this.#copy(page));
    this.#stale.add(page);
    this.#written.add(page);
    this.#u8[L.PAGE_FLAGS + page]! |= L.PAGE_DIRTY;
  }

  /** From now on `written` collects anew. */
  beginTrail(): void {
    this.hash();
    this.#written = new Set();
  }

  get written(): readonly number[] {
    return [...this.#written];
  }

  /** The hash of each page, as of the last `hash`. */
  get hashes(): BigUint64Array {
    return this.#hashes;
  }

  /** The same for a content that a page does not have (yet). */
  hashOf(page: number, bytes: Uint8Array): bigint {
    this.#u8.set(bytes, HASH_SCRATCH);
    return BigInt.asUintN(64, this.#exports.pageHash(HASH_SCRATCH, page));
  }

  /** Writes a whole page as if the guest had. */
  write(page: number, bytes: Uint8Array): void {
    if (!(this.#u8[L.PAGE_FLAGS + page]! & L.PAGE_DIRTY)) this.touch(page);
    this.#replace(page, bytes);
  }

  /** Hash of all RAM. */
  hash(): bigint {
    // XOR makes the order of pages irrelevant.
    for (const page of this.#stale) {
      const now = BigInt.asUintN(64, this.#exports.pageHash(L.RAM_BASE + page * PAGE, page));
      this.#hash ^= this.#hashes[page]! ^ now;
      this.#hashes[page] = now;
    }
    this.#clean();
    return this.#hash;
  }

  /** Makes the next write to every page come through `touch`. */
  #clean(): void {
    for (const page of this.#stale) this.#u8[L.PAGE_FLAGS + page]! &= ~L.PAGE_DIRTY;
    this.#stale.clear();
    this.#exports.tlbDropKind(L.TLB_WRITE);
  }

  /** Sets a checkpoint here. */
  mark(): Anchor {
    this.hash();
    const anchor = { id: this.#ids++, written: [...this.#written] };
    if (this.#at < 0) {
      this.#line.push(anchor);
      this.#at = 0;
      return anchor;
    }
    // The edge ahead now begins here: pages written since differ from what they will be there.
    const ahead = this.#edges[this.#at];
    if (ahead) {
      for (const [page, before] of this.#open) {
        if (!ahead.has(page)) ahead.set(page, this.#another(before));
      }
    }
    this.#edges.splice(this.#at, 0, this.#open);
    this.#open = new Map();
    this.#at++;
    this.#line.splice(this.#at, 0, anchor);
    return anchor;
  }

  /**
   * Sets a checkpoint here that lies before the one RAM came from: whoever wrote the pages that differ
   * went back in time by it.
   */
  markBefore(): Anchor {
    this.hash();
    const at = this.#at;
    const before = this.#edges[at - 1];
    if (!before) throw new Error('pages: there is nothing before the first checkpoint');
    // Where the two sides of the old edge agreed, they had what the far end has now.
    for (const [page, bytes] of this.#open) {
      if (!before.has(page)) before.set(page, this.#another(bytes));
    }
    const anchor = { id: this.#ids++, written: [...this.#written] };
    this.#edges.splice(at, 0, this.#open);
    this.#line.splice(at, 0, anchor);
    this.#open = new Map();
    return anchor;
  }

  /** Puts RAM back to what it was at a checkpoint. */
  restore(anchor: Anchor): void {
    const to = this.#indexOf(anchor);
    for (const [page, bytes] of this.#open) {
      this.#replace(page, bytes);
      this.#recycle(bytes);
    }
    this.#open = new Map();
    while (this.#at > to) this.#swap(this.#edges[--this.#at]!);
    while (this.#at < to) this.#swap(this.#edges[this.#at++]!);
    this.#written = new Set(anchor.written);
    this.#protect();
  }

  /** Removes a checkpoint; its neighbours stay reachable. */
  release(anchor: Anchor): void {
    const i = this.#indexOf(anchor);
    const before = this.#edges[i - 1];
    const after = this.#edges[i];
    if (i === this.#at) this.#releaseCurrent(i, before, after);
    else if (before && after) {
      // Contents are those of the far end: the nearer edge's are only there where it has no other.
      const [near, far] = i < this.#at ? [after, before] : [before, after];
      for (const [page, bytes] of far) {
        this.#recycle(near.get(page));
        near.set(page, bytes);
      }
      this.#edges.splice(i - 1, 2, near);
    } else if (before) this.#edges.splice(i - 1, 1);
    else if (after) this.#edges.splice(i, 1);
    this.#line.splice(i, 1);
    if (i < this.#at) this.#at--;
  }

  /**
   * Bytes of pages held between a checkpoint and the next; the sum over all is what they all hold, or
   * more: pages of zeros cost nothing.
   */
  bytesBehind(anchor: Anchor): number {
    const i = this.#indexOf(anchor);
    const edge = this.#edges[i]?.size ?? 0;
    return PAGE * (edge + (i === this.#at ? this.#open.size : 0));
  }

  #releaseCurrent(i: number, before: PageSet | undefined, after: PageSet | undefined): void {
    if (before && after) {
      // RAM will stand after the checkpoint before; the edge ahead must reach from there.
      for (const page of before.keys()) {
        if (after.has(page)) continue;
        const now = this.#open.get(page);
        this.#open.delete(page);
        after.set(page, now ?? this.#copy(page));
      }
    }
    if (before) {
      for (const [page, bytes] of before) {
        this.#recycle(this.#open.get(page));
        this.#open.set(page, bytes);
      }
      this.#edges.splice(i - 1, 1);
      this.#at = i - 1;
      return;
    }
    // The first checkpoint of the line: nothing before it can be reached any more.
    if (after) {
      throw new Error('pages: the first checkpoint goes last');
    }
    this.#open = new Map();
    this.#at = -1;
  }

  #swap(edge: PageSet): void {
    for (const [page, bytes] of edge) {
      const now = this.#copy(page);
      this.#replace(page, bytes);
      this.#recycle(bytes);
      edge.set(page, now);
    }
  }

  #replace(page: number, bytes: Uint8Array): void {
    if (this.#u8[L.PAGE_FLAGS + page]! & L.PAGE_CODE) this.#replaceCode(page, bytes);
    this.#u8.set(bytes, L.RAM_BASE + page * PAGE);
    this.#stale.add(page);
  }

  /** Code and data share pages; only the code that differs has to be decoded again. */
  #replaceCode(page: number, bytes: Uint8Array): void {
    const at = L.RAM_BASE + page * PAGE;
    for (let granule = 0; granule < PAGE; granule += GRANULE) {
      let i = granule;
      while (i < granule + GRANULE && this.#u8[at + i] === bytes[i]) i++;
      if (i < granule + GRANULE) this.onReplace(page * PAGE + granule, GRANULE);
    }
  }

  #protect(): void {
    // Stale pages keep their hash owed, but their next write must keep a pre-image.
    for (const page of this.#stale) this.#u8[L.PAGE_FLAGS + page]! &= ~L.PAGE_DIRTY;
    this.#exports.tlbDropKind(L.TLB_WRITE);
  }

  #copy(page: number): Uint8Array {
    // Its hash says so if it is known: zeros hash to 0.
    if (this.#hashes[page] === 0n && !this.#stale.has(page)) return ZEROS;
    const at = L.RAM_BASE + page * PAGE;
    return this.#another(this.#u8.subarray(at, at + PAGE));
  }

  /** A buffer with these bytes: each belongs to one set. */
  #another(bytes: Uint8Array): Uint8Array {
    if (bytes === ZEROS) return ZEROS;
    const copy = this.#spare.pop();
    if (!copy) return bytes.slice();
    copy.set(bytes);
    return copy;
  }

  #recycle(bytes: Uint8Array | undefined): void {
    if (bytes && bytes !== ZEROS && this.#spare.length < SPARE_MAX) this.#spare.push(bytes);
  }

  #indexOf(anchor: Anchor): number {
    const i = this.#line.indexOf(anchor);
    if (i < 0) throw new Error('pages: a checkpoint that was released');
    return i;
  }
}
