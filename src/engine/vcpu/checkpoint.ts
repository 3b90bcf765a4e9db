/** A checkpoint of the vCPU: registers and TLB as they are, RAM as a place on the line of pages.ts. */

import type { Icount } from '../units.ts';
import * as L from './layout.ts';
import type { Anchor, Pages } from './pages.ts';
import type { Outside, TrailFilters } from './portable.ts';
import type { VcpuCheckpoint } from './vcpu.ts';

export interface Checkpoint extends VcpuCheckpoint, Outside {
  readonly icount: Icount;
  readonly anchor: Anchor;
  readonly state: Uint8Array;
  readonly tlb: Uint8Array;
  readonly trail: Uint8Array | undefined;
}

export function takeCheckpoint(
  memory: Uint8Array,
  pages: Pages,
  filters: TrailFilters,
  outside: Outside & { readonly icount: Icount },
  anchor = pages.mark(),
): Checkpoint {
  const trail = filters.save();
  const own = L.STATE_BYTES + L.ARCH_TLB_BYTES + (trail?.length ?? 0);
  return {
    ...outside,
    get bytes() {
      return own + pages.bytesBehind(anchor);
    },
    anchor,
    state: memory.slice(0, L.STATE_BYTES),
    tlb: memory.slice(L.ARCH_TLB, L.ARCH_TLB + L.ARCH_TLB_BYTES),
    trail,
  };
}

/** All that is in the vCPU's memory; the caches over it are the caller's. */
export function putBack(
  { anchor, state, tlb, trail }: Checkpoint,
  memory: Uint8Array,
  pages: Pages,
  filters: TrailFilters,
): void {
  pages.restore(anchor);
  memory.set(state, 0);
  memory.set(tlb, L.ARCH_TLB);
  filters.restore(trail);
}
