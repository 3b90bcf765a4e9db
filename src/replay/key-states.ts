/**
 * Key states: states of a replay in files beside its recording, so that any mark is near one of them
 * from the moment the recording is opened. Each holds what differs from the one before, and what was
 * accessed in between, which tells whoever looks for an access where not to look.
 *
 * They are taken at hash frames, and nothing is believed that a file says: a state counts if its hash
 * is the one that the recording has there. Files of another recording or another build of the engine
 * are passed over. All of it can be deleted at any time.
 */

import { gpa } from '../engine/units.ts';
import type { Trail } from '../engine/vcpu/portable.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { Recording } from '../trace/recording.ts';
import { KeyFileError, type KeyHead, readKeyPages } from './key-file.ts';
import { KeyFolder, type KeyFolderOptions } from './key-folder.ts';
import { PAGE_BYTES, packPage, unpackPage } from './key-page.ts';
import { compareMarks, type Mark, mark } from './mark.ts';
import type { ReplaySession } from './session.ts';
import type { Work } from './work.ts';

export interface KeyStatesOptions extends Omit<KeyFolderOptions, 'recording'> {
  /** Cost between two of them, in instructions; default: KEY_SPACING. */
  readonly spacing?: number;
  /** Instructions that loading one is worth, in all and for each page that differs. */
  readonly loadCost?: { readonly all: number; readonly page: number };
}

/** A key state every so many instructions is a tenth of a second to any mark. */
const KEY_SPACING = 50_000_000;
/** Instructions that answering and checking an exit is worth. */
const FRAME_COST = 300;
/** As measured: a load reads at a tenth of a GB a second or better, a replay runs 600 MIPS or less. */
const LOAD_COST = { all: 2_000_000, page: 1_000 };
/** Pages written into RAM between two looks at whether to give up. */
const PAGES_AT_ONCE = 2_000;

/** Where the trail of a session at its start begins. */
export const FROM_START = -1;

/** A place to begin from, and what lies between it and the one before. */
export interface KeyState {
  readonly head: KeyHead;
  readonly mark: Mark;
}

/** Between two key states, or the start and the first: both ends belong to it. */
export interface KeyInterval {
  readonly from: KeyState | undefined;
  readonly to: KeyState;
}

/** What was accessed in an interval: at most this. */
export interface Accesses extends Omit<Trail, 'written'> {
  readonly written: ArrayLike<number>;
  /** Was anything written by DMA? The filters have only what instructions did. */
  readonly dma: boolean;
}

export type Loaded = 'loaded' | 'cancelled' | 'useless';

export class KeyStates {
  readonly #recording: Recording;
  readonly #folder: KeyFolder;
  readonly #spacing: number;
  readonly #loadCost: NonNullable<KeyStatesOptions['loadCost']>;
  /** Hashes of RAM at the start. */
  readonly #boot: BigUint64Array;
  /** In order; each differs from the one before as its head says. */
  #states: KeyState[] = [];
  /** Per page, the states that have it, by index, ascending. */
  #history = new Map<number, number[]>();
  readonly #filters = new Map<number, Uint8Array>();

  /** The session is at its start. Undefined where the vCPU's state cannot be told in bytes. */
  static of(session: ReplaySession, options: KeyStatesOptions): KeyStates | undefined {
    const { portable } = session.vcpu;
    return portable && new KeyStates(session, portable, options);
  }

  private constructor(
    session: ReplaySession,
    portable: NonNullable<Vcpu['portable']>,
    { spacing = KEY_SPACING, loadCost = LOAD_COST, ...folder }: KeyStatesOptions,
  ) {
    this.#recording = session.recording;
    this.#folder = new KeyFolder({ ...folder, recording: session.recording });
    this.#spacing = spacing;
    this.#loadCost = loadCost;
    portable.beginTrail();
    session.trailFrom = FROM_START;
    this.#boot = portable.pageHashes.slice();
    this.#adopt(this.#folder.heads());
    session.onHash = (ordinal) => this.#passing(session, portable, ordinal);
  }

  get count(): number {
    return this.#states.length;
  }

  /** The last one at or before a mark. */
  floor({ icount }: Mark): KeyState | undefined {
    return this.#states[this.#indexUpTo(icount)];
  }

  /** The last one before a mark. */
  before(at: Mark): KeyState | undefined {
    const i = this.#indexUpTo(at.icount);
    const state = this.#states[i];
    return state && compareMarks(state.mark, at) >= 0 ? this.#states[i - 1] : state;
  }

  /** One to go on from, if going on from `held` costs more than loading it. */
  worthLoading(key: KeyState | undefined, held: Mark): KeyState | undefined {
    if (!key || key.mark.icount <= held.icount) return undefined;
    const { all, page } = this.#loadCost;
    const cost = all + this.pagesBetween(held, key.mark) * page;
    return key.mark.icount - held.icount > cost ? key : undefined;
  }

  /** About how many pages differ between two places, the earlier first. */
  pagesBetween(a: Mark, b: Mark): number {
    let pages = 0;
    for (let n = this.#indexUpTo(a.icount) + 1; n < this.count; n++) {
      const { head, mark } = this.#states[n]!;
      pages += head.pages.length;
      if (mark.icount >= b.icount) break;
    }
    return Math.min(pages, this.#history.size);
  }

  /** The interval that ends at or behind a mark and begins before it, if both its ends are known. */
  around(at: Mark): KeyInterval | undefined {
    let i = this.#indexUpTo(at.icount);
    if (i < 0 || compareMarks(this.#states[i]!.mark, at) < 0) i++;
    const to = this.#states[i];
    return to && { from: this.#states[i - 1], to };
  }

  /** What was accessed between an interval's ends; undefined if that cannot be read any more. */
  accessesIn({ from, to }: KeyInterval): Accesses | undefined {
    const filters = this.#filtersOf(to);
    if (!filters) return undefined;
    const [first, last] = [from?.head.ordinal ?? 0, to.head.ordinal];
    const dma = this.#recording.chunks.some(
      ({ firstFrame, frames, dmaBytes }) =>
        dmaBytes > 0 && firstFrame <= last && firstFrame + frames > first,
    );
    return { written: to.head.written, filters, dma };
  }

  /**
   * Puts the session to a key state. It stands at some checkpoint, to which the caller goes back if
   * that fails; `toStart` takes it to the start's, which has the pages that nobody had written.
   */
  *load(session: ReplaySession, key: KeyState, toStart: () => void): Work<Loaded> {
    const { portable } = session.vcpu;
    const index = this.#states.indexOf(key);
    if (!portable || index < 0) return 'useless';
    const expected = this.#hashAt(key);
    session.vcpu.stateHash();
    let wanted = this.#differences(portable.pageHashes, index);
    if (!wanted) {
      toStart();
      session.vcpu.stateHash();
      wanted = this.#differences(portable.pageHashes, index);
      if (!wanted) throw new Error('key states: RAM at the start is not what it was');
    }
    let done = 0;
    const total = [...wanted.values()].reduce((sum, list) => sum + list.length, 0);
    try {
      for (const [state, list] of wanted) {
        const { head } = this.#states[state]!;
        for (const [i, packed] of readKeyPages(this.#folder.pathOf(head.ordinal), head, list)) {
          const bytes = unpackPage(packed);
          if (!bytes) throw new KeyFileError('damaged: a page');
          portable.writePage(head.pages[i]!, bytes);
          if (++done % PAGES_AT_ONCE === 0 && (yield { done, total })) return 'cancelled';
        }
      }
      if (!portable.load(this.#folder.state(key.head)))
        throw new KeyFileError('a state of another vCPU');
      if (session.vcpu.icount !== key.mark.icount) throw new KeyFileError('another icount');
    } catch (error) {
      this.#forgetAll(error);
      return 'useless';
    }
    session.adopt(key.mark, key.head.ordinal + 1);
    if (session.vcpu.stateHash() !== expected) {
      this.#forgetAll(new KeyFileError('a state with another hash than the recording has there'));
      return 'useless';
    }
    portable.beginTrail();
    session.trailFrom = key.head.ordinal;
    return 'loaded';
  }

  /** A replay has passed a hash frame and agrees with it: a place for a key state, perhaps. */
  #passing(session: ReplaySession, portable: NonNullable<Vcpu['portable']>, ordinal: number): void {
    const { mark, trailFrom } = session;
    if (trailFrom === undefined || mark.step > 0 || session.nmiDue) return;
    if ((session.vcpu.deliveries ?? 0) > 0) return;
    if (trailFrom === ordinal) return;
    const known = this.#states.find(({ head }) => head.ordinal === ordinal);
    if (!known && !this.#add(session, portable, ordinal)) return;
    portable.beginTrail();
    session.trailFrom = ordinal;
  }

  #add(
    { vcpu, mark: at, trailFrom }: ReplaySession,
    portable: NonNullable<Vcpu['portable']>,
    ordinal: number,
  ): boolean {
    const last = this.#states.at(-1);
    const previous = last?.head.ordinal ?? FROM_START;
    // Only the end of the list grows: what lies before is closed.
    if (trailFrom !== previous || !this.#folder.writable) return false;
    const from = last ? last.mark.icount + FRAME_COST * previous : 0;
    if (at.icount + FRAME_COST * ordinal - from < this.#spacing) return false;
    const { written, filters } = portable.trail();
    const now = portable.pageHashes;
    const changed = written.filter((page) => now[page] !== this.#hashOf(page, this.count - 1));
    const head = this.#folder.write({
      ordinal,
      icount: at.icount,
      previous,
      pages: changed.map((page) => ({
        page,
        hash: now[page]!,
        packed: packPage(vcpu.ram.peek(gpa(page * PAGE_BYTES), PAGE_BYTES)).slice(),
      })),
      written,
      saved: portable.save(),
      filters,
    });
    if (!head) return false;
    this.#append(head);
    if (this.#folder.overBudget) this.#adopt(this.#folder.shrink(this.#states.map((s) => s.head)));
    return true;
  }

  #adopt(heads: readonly KeyHead[]): void {
    this.#states = [];
    this.#history = new Map();
    this.#filters.clear();
    for (const head of heads) this.#append(head);
  }

  #append(head: KeyHead): void {
    const index = this.#states.length;
    this.#states.push({ head, mark: mark(head.icount) });
    for (const page of head.pages) {
      const states = this.#history.get(page);
      if (states) states.push(index);
      else this.#history.set(page, [index]);
    }
  }

  /** Nothing of it is believed any more. What is replayed from here on makes it anew. */
  #forgetAll(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#folder.discard(reason);
    this.#adopt([]);
  }

  #filtersOf({ head }: KeyState): Uint8Array | undefined {
    const kept = this.#filters.get(head.ordinal);
    if (kept) return kept;
    try {
      const filters = this.#folder.filters(head);
      this.#filters.set(head.ordinal, filters);
      return filters;
    } catch (error) {
      this.#forgetAll(error);
      return undefined;
    }
  }

  /**
   * Which pages to read from which states' files, for RAM as it is now to become that of a state:
   * indices into their heads. Undefined if only the start has what is wanted.
   */
  #differences(now: BigUint64Array, index: number): Map<number, number[]> | undefined {
    const wanted = new Map<number, number[]>();
    for (let page = 0; page < now.length; page++) {
      const from = this.#newest(page, index);
      const hash = from < 0 ? this.#boot[page] : this.#entry(page, from).hash;
      if (hash === now[page]) continue;
      if (from < 0) return undefined;
      const list = wanted.get(from);
      if (list) list.push(this.#entry(page, from).index);
      else wanted.set(from, [this.#entry(page, from).index]);
    }
    return wanted;
  }

  /** Hash of a page at a state. */
  #hashOf(page: number, index: number): bigint {
    const from = this.#newest(page, index);
    return from < 0 ? this.#boot[page]! : this.#entry(page, from).hash;
  }

  /** The last state up to `index` in which a page differs from the one before; -1: none. */
  #newest(page: number, index: number): number {
    const states = this.#history.get(page);
    if (!states) return -1;
    let i = states.length - 1;
    while (i >= 0 && states[i]! > index) i--;
    return i < 0 ? -1 : states[i]!;
  }

  #entry(page: number, state: number): { index: number; hash: bigint } {
    const { pages, hashes } = this.#states[state]!.head;
    let low = 0;
    let high = pages.length - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (pages[middle]! < page) low = middle + 1;
      else high = middle;
    }
    return { index: low, hash: hashes[low]! };
  }

  /** The hash that the recording has there, if that is a place where a key state can be. */
  #hashAt({ head: { ordinal, icount } }: KeyState): string | undefined {
    const { frames } = this.#recording;
    for (let o = this.#recording.firstAt(icount); o < frames; o++) {
      const frame = this.#recording.frame(o);
      if (frame.icount !== icount) return undefined;
      if (o === ordinal) return frame.kind === 'hash' ? frame.hash : undefined;
      if (frame.kind !== 'hash' && frame.kind !== 'input') return undefined;
    }
    return undefined;
  }

  #indexUpTo(icount: number): number {
    let low = 0;
    let high = this.#states.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#states[middle]!.mark.icount <= icount) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
