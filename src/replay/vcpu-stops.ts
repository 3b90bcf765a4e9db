/**
 * The stop conditions that only the vCPU can see, as breakpoints and watchpoints on it. Their ids
 * are the indices of the conditions.
 */

import { type Gpa, gva } from '../engine/units.ts';
import { mayHaveAccessed } from '../engine/vcpu/portable.ts';
import type { Breakpoint, Vcpu, Watchpoint } from '../engine/vcpu/vcpu.ts';
import { EXECUTE_BYTES_MAX, type StopCondition } from './conditions.ts';
import type { Accesses } from './key-states.ts';
import type { ReplaySession } from './session.ts';

const PAGE = 4096;

export class VcpuStops {
  readonly #session: ReplaySession;
  readonly #breakpoints: readonly Breakpoint[];
  readonly #watchpoints: readonly Watchpoint[];
  readonly #addresses = new Map<bigint, number[]>();
  readonly #conditions: readonly StopCondition[];

  constructor(session: ReplaySession, conditions: readonly StopCondition[]) {
    this.#session = session;
    this.#conditions = conditions;
    const breakpoints: Breakpoint[] = [];
    const watchpoints: Watchpoint[] = [];
    for (const [id, condition] of conditions.entries()) {
      if (condition.kind === 'address') {
        breakpoints.push({ id, gva: condition.gva, when: condition.when });
      } else if (condition.kind === 'memory') {
        const { space, at, length, on, when } = condition;
        if (on !== 'execute') watchpoints.push({ id, space, at, length, on, when });
        else breakpoints.push(...executeBreakpoints(id, condition));
      }
    }
    this.#breakpoints = breakpoints;
    this.#watchpoints = watchpoints;
    for (const { id, gva: at } of breakpoints) {
      const ids = this.#addresses.get(at);
      if (ids) ids.push(id);
      else this.#addresses.set(at, [id]);
    }
  }

  get any(): boolean {
    return this.#breakpoints.length > 0 || this.#watchpoints.length > 0;
  }

  get hasBreakpoints(): boolean {
    return this.#breakpoints.length > 0;
  }

  /** The conditions that want to stop in front of the instruction at `rip`. */
  at(rip: bigint): readonly number[] {
    return this.#addresses.get(rip) ?? [];
  }

  /** Those of the conditions whose `when` agrees. */
  holding(ids: readonly number[]): readonly number[] {
    return ids.filter((id) => {
      const condition = this.#conditions[id];
      if (condition?.kind !== 'address' && condition?.kind !== 'memory') return true;
      return condition.when?.() ?? true;
    });
  }

  /** Is this one about an access, rather than about a place? */
  isAccess(id: number): boolean {
    const condition = this.#conditions[id];
    return condition?.kind === 'memory' && condition.on !== 'execute';
  }

  /** Could one of them stop where no more than this was accessed? */
  mayBeHit({ written, filters, dma }: Accesses): boolean {
    const linear = (kind: 'read' | 'write' | 'execute', at: bigint, length: number): boolean => {
      for (let page = at & ~0xfffn; page < at + BigInt(length); page += BigInt(PAGE)) {
        // Outside 64-bit mode addresses wrap at 4 GiB.
        if (mayHaveAccessed(filters, kind, page)) return true;
        if (mayHaveAccessed(filters, kind, BigInt.asUintN(32, page))) return true;
      }
      return false;
    };
    const watched = ({ space, at, length, on }: Watchpoint): boolean => {
      const reads = on !== 'write';
      const writes = on !== 'read';
      if (space === 'gpa') {
        const [first, last] = [Number(at) >>> 12, (Number(at) + length - 1) >>> 12];
        // Nobody has noted which pages of RAM were read.
        return reads || Array.from(written).some((page) => page >= first && page <= last);
      }
      if (writes && dma) return true;
      return (reads && linear('read', at, length)) || (writes && linear('write', at, length));
    };
    return (
      this.#breakpoints.some((b) => linear('execute', b.gva, 1)) || this.#watchpoints.some(watched)
    );
  }

  /** The conditions that a DMA write fulfils. */
  dma(at: Gpa, length: number): readonly number[] {
    const { vcpu } = this.#session;
    return this.#watchpoints.flatMap((w) => {
      if (w.on === 'read') return [];
      const ranges =
        w.space === 'gpa' ? [{ at: Number(w.at), length: w.length }] : physical(vcpu, w);
      return ranges.some((r) => r.at < at + length && at < r.at + r.length) ? [w.id] : [];
    });
  }

  arm(): void {
    const { vcpu } = this.#session;
    vcpu.setBreakpoints(this.#breakpoints);
    vcpu.setWatchpoints(this.#watchpoints);
    this.#session.watching = this.#watchpoints.length > 0;
    this.#session.watchDma = this.#session.watching
      ? (at, length) => this.dma(at, length).length > 0
      : undefined;
  }

  /** All but the breakpoints at `rip`: to leave an instruction that has been stopped at. */
  armExcept(rip: bigint): void {
    this.#session.vcpu.setBreakpoints(this.#breakpoints.filter((b) => b.gva !== rip));
  }

  disarm(): void {
    disarm(this.#session);
  }
}

export function disarm(session: ReplaySession): void {
  session.vcpu.setBreakpoints([]);
  session.vcpu.setWatchpoints([]);
  session.watching = false;
  session.watchDma = undefined;
}

type MemoryCondition = Extract<StopCondition, { kind: 'memory' }>;

function executeBreakpoints(
  id: number,
  { space, at, length, when }: MemoryCondition,
): Breakpoint[] {
  if (space === 'gpa') throw new Error('an execute stop on physical addresses');
  if (length > EXECUTE_BYTES_MAX) throw new Error(`an execute stop on ${length} bytes`);
  return Array.from({ length }, (_, i) => ({ id, gva: gva(at + BigInt(i)), when }));
}

/** Where a linear range is in guest physical memory now, page by page. */
function physical(vcpu: Vcpu, { at, length }: Watchpoint): { at: number; length: number }[] {
  const ranges: { at: number; length: number }[] = [];
  for (let done = 0; done < length; ) {
    const linear = gva(at + BigInt(done));
    const part = Math.min(length - done, PAGE - Number(linear % BigInt(PAGE)));
    const start = vcpu.translate(linear);
    if (start !== undefined) ranges.push({ at: start, length: part });
    done += part;
  }
  return ranges;
}
