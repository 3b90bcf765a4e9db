/**
 * Everything that a client has set for the guest to stop at: source, function, instruction and data
 * breakpoints and exception filters. Here they become the target's stop conditions; what decides
 * whether one holds (conditions, hit counts, log messages) is asked while the guest stands there, in
 * either direction.
 */

import { compareMarks, type Mark, type StopCondition } from '../target/index.ts';
import { HITS_MAX, HitIndex, type HitRule } from './hit-count.ts';
import type { DapTarget } from './host.ts';

export type PointKind =
  | 'breakpoint'
  | 'function breakpoint'
  | 'instruction breakpoint'
  | 'data breakpoint'
  | 'exception';

export interface PointSpec {
  readonly kind: PointKind;
  /** For people: "log.c:47", "write to job_queue.head", "#PF page fault". */
  readonly label: string;
  /** Any of them. A function's answer may depend on where the guest stands when it sets out. */
  readonly conditions: readonly StopCondition[] | (() => readonly StopCondition[]);
  /** Wants to have seen the end of the recording before the guest sets out. */
  readonly scout?: { readonly wantsScout: boolean; scouted(): void } | undefined;
  readonly condition?: string | undefined;
  readonly hit?: HitRule | undefined;
  readonly hitText?: string | undefined;
  readonly log?: string | undefined;
  /** Asked where a condition holds, after the text of `condition`. */
  readonly also?: (() => boolean) | undefined;
  /** More about a stop there: for `exceptionInfo`. */
  readonly details?: string | undefined;
}

export interface Point extends PointSpec {
  readonly id: number;
  readonly index: HitIndex;
}

/** What decides about points while the guest stands at one. */
export interface Judge {
  /** Does a condition hold? One that cannot be evaluated here does not. */
  holds(point: Point): boolean;
  /** Says what a log point has to say. */
  log(point: Point): void;
}

export class Points {
  readonly #owned = new Map<string, readonly Point[]>();
  #next = 1;

  /** Replaces what an owner ("source:/a/b.c", "function") had set; undefined takes part as an id only. */
  set(owner: string, specs: readonly (PointSpec | undefined)[]): number[] {
    const ids: number[] = [];
    const points: Point[] = [];
    const before = this.#owned.get(owner) ?? [];
    for (const spec of specs) {
      const same = spec && before.find((point) => key(point) === key(spec));
      // One that stays as it is keeps its number and what is known of its hits.
      const id = same && !points.some((point) => point.id === same.id) ? same.id : this.#next++;
      ids.push(id);
      if (spec) points.push({ ...spec, id, index: same?.index ?? new HitIndex() });
    }
    if (points.length > 0) this.#owned.set(owner, points);
    else this.#owned.delete(owner);
    return ids;
  }

  clear(): void {
    this.#owned.clear();
  }

  get all(): readonly Point[] {
    return [...this.#owned.values()].flat();
  }

  /** For the target, and which point each of the conditions belongs to. */
  conditions(judge: Judge, target: DapTarget): { conditions: StopCondition[]; points: Point[] } {
    const conditions: StopCondition[] = [];
    const points: Point[] = [];
    for (const point of this.all) {
      for (const condition of conditionsOf(point)) {
        conditions.push(judged(condition, point, judge, target));
        points.push(point);
      }
    }
    return { conditions, points };
  }

  /** Those whose hits have to be counted up to here before the guest moves. */
  uncounted(mark: Mark): readonly Point[] {
    return this.all.filter(({ hit, index }) => hit && !index.covers(mark));
  }
}

function judged(
  condition: StopCondition,
  point: Point,
  judge: Judge,
  target: DapTarget,
): StopCondition {
  if (condition.kind !== 'address' && condition.kind !== 'memory') return condition;
  const { condition: text, hit, log, also } = point;
  if (!text && !hit && log === undefined && !also && !condition.when) return condition;
  const when = (): boolean => {
    if (condition.when && !condition.when()) return false;
    if (also && !also()) return false;
    if (text && !judge.holds(point)) return false;
    if (hit && !hit(point.index.number(target.mark))) return false;
    if (log === undefined) return true;
    judge.log(point);
    return false;
  };
  return { ...condition, when };
}

/**
 * Conditions under which nothing stops, but every hit is collected. Accesses count by the place
 * behind them, as they are reported.
 */
export function collecting(
  point: Point,
  judge: Judge,
  target: DapTarget,
): { readonly conditions: StopCondition[]; readonly found: Mark[] } {
  const found: Mark[] = [];
  const counted: Point = { ...point, hit: undefined, log: undefined };
  const collect = { holds: judge.holds.bind(judge), log: () => {} };
  const conditions = conditionsOf(point).map((condition) => {
    const inner = judged(condition, counted, collect, target);
    if (inner.kind !== 'address' && inner.kind !== 'memory') return inner;
    const when = (): boolean => {
      const holds = inner.when?.() ?? true;
      if (holds && found.length < HITS_MAX) found.push(target.mark);
      return false;
    };
    return { ...inner, when };
  });
  return { conditions, found };
}

const conditionsOf = ({ conditions }: PointSpec): readonly StopCondition[] =>
  typeof conditions === 'function' ? conditions() : conditions;

/** What makes two settings the same one. */
function key({ kind, label, conditions, condition, hitText, log }: PointSpec): string {
  return JSON.stringify([kind, label, conditions, condition, hitText, log], (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}

/** Messages of log points, said in the order in which the guest is seen to pass them. */
export class LogBuffer {
  readonly #said = new Set<string>();
  #waiting: { readonly mark: Mark; readonly say: () => void }[] = [];
  #count = 0;
  readonly #back: boolean;

  constructor(back: boolean) {
    this.#back = back;
  }

  /** Going back looks at places stretch by stretch: they are said when it is known which count. */
  add(key: string, mark: Mark, say: () => void): void {
    if (this.#said.has(key) || this.#count >= LOGS_MAX) return;
    this.#said.add(key);
    this.#count++;
    if (this.#back) this.#waiting.push({ mark, say });
    else say();
  }

  /** The move has ended at a mark: what it went through on its way back is said. */
  flush(end: Mark): void {
    const passed = this.#waiting.filter(({ mark }) => compareMarks(mark, end) >= 0);
    this.#waiting = [];
    passed.sort((a, b) => compareMarks(b.mark, a.mark));
    for (const { say } of passed) say();
  }

  get full(): boolean {
    return this.#count >= LOGS_MAX;
  }
}

export const LOGS_MAX = 10_000;
