/**
 * Tracepoints on a recording. What a tracepoint collects is all there in the recording, so only the
 * places matter: `tstart` and `tstop` say which part is looked through, and selecting a trace frame
 * goes there. Registers and memory are then simply those of that moment.
 */

import type { DebugTarget } from '../target/index.ts';
import {
  compareMarks,
  gva,
  type Mark,
  type StopCondition,
  type WorkControl,
} from '../target/index.ts';

export interface Tracepoint {
  readonly number: number;
  readonly at: bigint;
  /** Hits after which the experiment is over; 0 for never. */
  readonly passes: number;
  readonly when?: (() => boolean) | undefined;
  enabled: boolean;
}

export interface TraceFrame {
  readonly tracepoint: number;
  readonly at: bigint;
  readonly mark: Mark;
}

/** More than anybody looks at one by one. */
const FRAMES_MAX = 10_000;

export class Tracepoints {
  readonly #target: DebugTarget;
  readonly #points: Tracepoint[] = [];
  #from: Mark | undefined;
  #to: Mark | undefined;
  #frames: TraceFrame[] | undefined;
  /** The frame gdb looks at, and where the guest stands when it looks at none. */
  #selected = -1;
  #home: Mark | undefined;

  constructor(target: DebugTarget) {
    this.#target = target;
  }

  get running(): boolean {
    return this.#from !== undefined && this.#to === undefined;
  }

  get frameCount(): number {
    return this.#frames?.length ?? 0;
  }

  hits(number: number): number {
    return this.#frames?.filter(({ tracepoint }) => tracepoint === number).length ?? 0;
  }

  clear(): void {
    this.#points.length = 0;
    this.#from = undefined;
    this.#to = undefined;
    this.#frames = undefined;
  }

  define(point: Tracepoint): void {
    this.#points.push(point);
  }

  enable(number: number, at: bigint, enabled: boolean): void {
    for (const point of this.#points) {
      if (point.number === number && point.at === at) point.enabled = enabled;
    }
  }

  start(): void {
    this.#from = this.#target.mark;
    this.#to = undefined;
    this.#frames = undefined;
  }

  /** Between `tstart` and `tstop` the guest has moved; if it has not, all of the recording counts. */
  async stop(control: WorkControl): Promise<void> {
    const here = this.#target.mark;
    const [from, to] = [this.#from ?? here, here].sort(compareMarks) as [Mark, Mark];
    const moved = compareMarks(from, to) < 0;
    this.#from = moved ? from : this.#target.start;
    this.#to = moved ? to : this.#target.end;
    this.#frames = await this.#collect(this.#from, this.#to, control);
    await this.#target.seekTo(here, control);
  }

  async #collect(from: Mark, to: Mark, control: WorkControl): Promise<TraceFrame[]> {
    const points = this.#points.filter(({ enabled }) => enabled);
    const conditions = points.map(
      ({ at, when }): StopCondition => ({
        ...{ kind: 'address', gva: gva(at) },
        ...(when ? { when } : {}),
      }),
    );
    const frames: TraceFrame[] = [];
    const hits = new Map<Tracepoint, number>();
    await this.#target.seekTo(from, control);
    while (conditions.length > 0 && frames.length < FRAMES_MAX) {
      const stop = await this.#target.run(conditions, control);
      if (stop.reason !== 'hit' || compareMarks(stop.mark, to) > 0) break;
      for (const i of stop.conditions) {
        const point = points[i]!;
        frames.push({ tracepoint: point.number, at: point.at, mark: stop.mark });
        hits.set(point, (hits.get(point) ?? 0) + 1);
      }
      if (points.some((point) => point.passes > 0 && hits.get(point) === point.passes)) break;
    }
    return frames;
  }

  /** Selects the next frame after the selected one that fits; undefined if there is none. */
  async find(
    fits: (frame: TraceFrame, n: number) => boolean,
    control: WorkControl,
  ): Promise<{ n: number; frame: TraceFrame } | undefined> {
    const frames = this.#frames ?? [];
    const n = frames.findIndex((frame, i) => i > this.#selected && fits(frame, i));
    return n < 0 ? undefined : this.select(n, control);
  }

  async select(
    n: number,
    control: WorkControl,
  ): Promise<{ n: number; frame: TraceFrame } | undefined> {
    const frame = this.#frames?.[n];
    if (!frame) return undefined;
    this.#home ??= this.#target.mark;
    await this.#target.seekTo(frame.mark, control);
    this.#selected = n;
    return { n, frame };
  }

  /** Back to where the guest stood. */
  async deselect(control: WorkControl): Promise<void> {
    const home = this.#home;
    this.#selected = -1;
    this.#home = undefined;
    if (home) await this.#target.seekTo(home, control);
  }
}
