/** The window of the recording that the timeline shows: the whole of it, or a part zoomed into. */

import type { Density } from '../target/index.ts';
import type { TuiTarget } from './travel.ts';

const ZOOM = 4;
const LEAST = 64;

export class TimelineWindow {
  from = 0;
  readonly #target: TuiTarget;
  /** Undefined while all of it is shown, however long it gets. */
  #to: number | undefined;
  #density: { readonly key: string; readonly of: object; readonly value: Density } | undefined;

  constructor(target: TuiTarget) {
    this.#target = target;
  }

  get to(): number {
    return this.#to ?? this.#last + 1;
  }

  get #last(): number {
    const { live, end } = this.#target;
    return Math.max(1, (live?.present ?? end).icount);
  }

  get whole(): boolean {
    return this.from === 0 && this.to === this.#last + 1;
  }

  /** Around a place, by one step in or out. */
  zoom(at: number, inwards: boolean): void {
    const width = this.to - this.from;
    const wanted = Math.min(this.#last + 1, Math.max(LEAST, inwards ? width / ZOOM : width * ZOOM));
    const share = (at - this.from) / width;
    this.#place(Math.round(at - share * wanted), Math.round(wanted));
  }

  /** So that a place is in it. */
  follow(at: number): void {
    if (at >= this.from && at < this.to) return;
    const width = this.to - this.from;
    this.#place(Math.round(at - width / 2), width);
  }

  reset(): void {
    this.#place(0, this.#last + 1);
  }

  column(at: number, columns: number): number {
    return Math.floor(((at - this.from) / (this.to - this.from)) * columns);
  }

  /** The first icount of a column. */
  icountOf(column: number, columns: number): number {
    const at = this.from + Math.ceil((column / columns) * (this.to - this.from));
    return Math.min(this.#last, Math.max(0, at));
  }

  density(columns: number, fresh = false): Density {
    const { recording } = this.#target;
    const key = `${this.from} ${this.to} ${columns}`;
    if (this.#density?.key !== key || this.#density.of !== recording || fresh) {
      this.#density = { key, of: recording, value: recording.density(this.from, this.to, columns) };
    }
    return this.#density.value;
  }

  /** Sketches have come: count again. */
  forget(): void {
    this.#density = undefined;
  }

  #place(from: number, width: number): void {
    this.from = Math.max(0, Math.min(from, this.#last + 1 - width));
    this.#to = this.from === 0 && width > this.#last ? undefined : this.from + width;
  }
}
