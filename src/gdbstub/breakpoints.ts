/**
 * Breakpoints and watchpoints as `Z` packets set them. The target takes any number, on ranges of any
 * length; software and hardware ones differ in nothing but the stop reason that gdb wants to hear.
 */

import type { StopCondition } from '../target/index.ts';
import { EXECUTE_BYTES_MAX, gva } from '../target/index.ts';

/** Z0 to Z4. */
export type BreakKind = 'swbreak' | 'hwbreak' | 'watch' | 'rwatch' | 'awatch';
export const BREAK_KINDS: readonly BreakKind[] = [
  'swbreak',
  'hwbreak',
  'watch',
  'rwatch',
  'awatch',
];

export interface Break {
  readonly kind: BreakKind;
  readonly at: bigint;
  readonly length: number;
  /** False lets the guest go on, as a condition or after its commands; absent means always. */
  readonly when?: (() => boolean) | undefined;
}

const ON = { watch: 'write', rwatch: 'read', awatch: 'access' } as const;

/** A range that is watched page by page is cheap, but not without end. */
const WATCH_BYTES_MAX = 128 * 1024;

export class Breakpoints {
  readonly #all = new Map<string, Break>();

  get size(): number {
    return this.#all.size;
  }

  /** Setting one that is set replaces it: gdb does so when a condition changes. */
  set(point: Break): 'set' | 'too long' {
    const max =
      point.kind === 'swbreak' || point.kind === 'hwbreak' ? EXECUTE_BYTES_MAX : WATCH_BYTES_MAX;
    if (point.length > max) return 'too long';
    this.#all.set(keyOf(point), point);
    return 'set';
  }

  remove(point: Pick<Break, 'kind' | 'at' | 'length'>): void {
    this.#all.delete(keyOf(point));
  }

  clear(): void {
    this.#all.clear();
  }

  list(): readonly Break[] {
    return [...this.#all.values()];
  }
}

const keyOf = ({ kind, at, length }: Pick<Break, 'kind' | 'at' | 'length'>): string =>
  `${kind} ${at} ${length}`;

/** What to stop at, in the order of the list. */
export function conditionsOf(points: readonly Break[], space: 'gva' | 'gpa'): StopCondition[] {
  return points.map(({ kind, at, length, when }): StopCondition => {
    const condition = when ? { when } : {};
    if (kind === 'swbreak' || kind === 'hwbreak') {
      return { kind: 'address', gva: gva(at), ...condition };
    }
    return { kind: 'memory', space, at, length: Math.max(length, 1), on: ON[kind], ...condition };
  });
}
