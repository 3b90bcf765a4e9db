/** Breakpoints and watchpoints: the debugger's, and the guest's own in DR0..DR7. */

import type { DebugStop } from '../exit.ts';
import type { Cpu } from '../microcode/cpu.ts';
import { dataBreakpointHits, dataBreakpoints, instructionBreakpoints } from '../microcode/debug.ts';
import type { Gva } from '../units.ts';
import * as L from './layout.ts';
import type { Breakpoint, Watchpoint } from './vcpu.ts';

export class Watches {
  readonly #cpu: Cpu;
  readonly #dropFast: () => void;
  readonly #flags: Uint8Array;
  readonly #entries: BigUint64Array;
  #points: readonly Watchpoint[] = [];
  #breaks = new Map<bigint, Breakpoint[]>();
  #hits: DebugStop[] = [];
  #dr7 = 0n;
  #drs: bigint[] = [];
  /** The instruction at a watched access is being let through; hits are collected. */
  passing = false;
  /** DR7 enables an instruction breakpoint: every instruction is looked at. */
  instructionBreaks = false;

  constructor(cpu: Cpu, memory: ArrayBuffer, dropFast: () => void) {
    this.#cpu = cpu;
    this.#dropFast = dropFast;
    this.#flags = new Uint8Array(memory);
    this.#entries = new BigUint64Array(memory, L.WATCHES, L.WATCHES_MAX * 3);
  }

  setBreakpoints(points: readonly Breakpoint[]): void {
    this.#breaks = new Map();
    for (const point of points) {
      const others = this.#breaks.get(point.gva);
      if (others) others.push(point);
      else this.#breaks.set(point.gva, [point]);
    }
  }

  get hasBreakpoints(): boolean {
    return this.#breaks.size > 0;
  }

  /** Those that want to stop here. */
  breakpointsAt(gva: Gva): readonly number[] {
    const points = this.#breaks.get(gva) ?? [];
    return points.filter(({ when }) => when?.() ?? true).map(({ id }) => id);
  }

  setWatchpoints(points: readonly Watchpoint[]): void {
    this.#markPhysical(0);
    this.#points = points;
    this.#markPhysical(L.PAGE_WATCH);
    this.#listPages();
  }

  /** Have the guest's debug registers changed since they were last looked at? If so, look. */
  get changed(): boolean {
    const s = this.#cpu.state;
    const dr7 = s.u64(L.DR + 7 * 8);
    if (dr7 === this.#dr7 && (dr7 & 0xffn) === 0n) return false;
    const drs = [0, 1, 2, 3].map((n) => s.u64(L.DR + n * 8));
    if (dr7 === this.#dr7 && drs.every((d, i) => d === this.#drs[i])) return false;
    this.#dr7 = dr7;
    this.#drs = drs;
    this.#listPages();
    return true;
  }

  /** After a checkpoint came back. */
  restored(): void {
    this.passing = false;
    if (this.changed) this.#listPages();
  }

  /** An access to a watched page: 1 stops the instruction before it runs. */
  hit(gva: bigint, gpa: number, bytes: number, write: boolean): number {
    const found: DebugStop[] = [];
    for (const p of this.#points) {
      if (p.on !== 'access' && (p.on === 'write') !== write) continue;
      const at = p.space === 'gva' ? gva : BigInt(gpa);
      if (at < p.at + BigInt(p.length) && p.at < at + BigInt(bytes)) {
        const access = write ? 'write' : 'read';
        found.push({ kind: 'watch', id: p.id, access, gva: gva as Gva, size: bytes });
      }
    }
    const guest = dataBreakpointHits(this.#cpu, gva, bytes, write);
    if (!found.length && !guest) return 0;
    if (!this.passing) return 1;
    for (const stop of found) {
      if (!this.#hits.some((h) => h.id === stop.id)) this.#hits.push(stop);
    }
    if (guest) {
      const s = this.#cpu.state;
      s.setU32(L.DEBUG_HITS, s.u32(L.DEBUG_HITS) | guest);
    }
    return 0;
  }

  /** What the instruction that was let through has hit and wants to stop for, now that it retired. */
  wantedHits(): readonly DebugStop[] | undefined {
    const wanted = this.takeHits()?.filter(({ id }) => {
      const point = this.#points.find((p) => p.id === id);
      return point?.when?.() ?? true;
    });
    return wanted?.length ? wanted : undefined;
  }

  /** What the instruction that was let through has hit. */
  takeHits(): readonly DebugStop[] | undefined {
    this.passing = false;
    if (!this.#hits.length) return undefined;
    const hits = this.#hits;
    this.#hits = [];
    return hits;
  }

  #markPhysical(flag: number): void {
    for (const p of this.#points) {
      if (p.space !== 'gpa') continue;
      const last = (Number(p.at) + p.length - 1) >>> 12;
      for (let page = Number(p.at) >>> 12; page <= last; page++) {
        const at = L.PAGE_FLAGS + page;
        if (at < L.COUNTERS) this.#flags[at] = (this.#flags[at]! & ~L.PAGE_WATCH) | flag;
      }
    }
  }

  /** One entry for each page of what is watched: generated code goes the slow way there. */
  #listPages(): void {
    const linear = new WatchedPages();
    const physical = new WatchedPages();
    for (const { space, at, length, on } of this.#points) {
      if (space === 'gva') linear.add(at, length, KINDS[on]);
      else physical.add(at, length, KINDS[on] << L.WATCH_PHYSICAL);
    }
    for (const { at, length } of dataBreakpoints(this.#cpu)) linear.add(at, length, KINDS.access);
    if (linear.count > L.WATCHES_MAX) {
      throw new Error(`watchpoints: expected at most ${L.WATCHES_MAX} pages, got ${linear.count}`);
    }
    // Pages of RAM have a flag besides, and can do without a list.
    const listed = linear.count + physical.count <= L.WATCHES_MAX;
    const entries = listed ? [...linear.entries, ...physical.entries] : [...linear.entries];
    this.#entries.set(entries.flat());
    const s = this.#cpu.state;
    s.setU32(L.WATCH_COUNT, entries.length);
    s.setU32(L.WATCH_UNLISTED, listed ? 0 : 1);
    this.instructionBreaks = instructionBreakpoints(this.#cpu).length > 0;
    this.#dropFast();
  }
}

/** What is watched on each page: the kinds, from the first byte to the last. */
class WatchedPages {
  readonly #pages = new Map<bigint, { kinds: number; first: bigint; last: bigint }>();

  get count(): number {
    return this.#pages.size;
  }

  /** As WATCHES has them. */
  get entries(): bigint[][] {
    return [...this.#pages].map(([page, { kinds, first, last }]) => [
      page | BigInt(kinds),
      first,
      last,
    ]);
  }

  add(first: bigint, length: number, kinds: number): void {
    const last = first + BigInt(length) - 1n;
    for (let page = first & ~0xfffn; page <= last; page += 4096n) {
      const other = this.#pages.get(page) ?? { kinds, first, last };
      this.#pages.set(page, {
        kinds: other.kinds | kinds,
        first: other.first < first ? other.first : first,
        last: other.last > last ? other.last : last,
      });
    }
  }
}

const KINDS = {
  read: L.WATCH_READS,
  write: L.WATCH_WRITES,
  access: L.WATCH_READS | L.WATCH_WRITES,
};
