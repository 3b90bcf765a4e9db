/** What a run through a recording can be told to stop at. */

import type { GuestExit } from '../engine/exit.ts';
import type { Gpa, Gva } from '../engine/units.ts';

/** Asked while the vCPU stands there, in either direction: false goes on as if nothing had been. */
type When = () => boolean;

export type StopCondition =
  /** In front of the instruction at an address. */
  | { readonly kind: 'address'; readonly gva: Gva; readonly when?: When }
  /**
   * After an access to memory, or in front of an instruction in it (`execute`, at most
   * `EXECUTE_BYTES_MAX` bytes of linear addresses). DMA counts as a write.
   */
  | {
      readonly kind: 'memory';
      readonly space: 'gva' | 'gpa';
      readonly at: bigint;
      readonly length: number;
      readonly on: 'read' | 'write' | 'access' | 'execute';
      readonly when?: When;
    }
  /** In front of the instruction that makes an exit; of one kind, or any. */
  | { readonly kind: 'exit'; readonly exit?: GuestExit['kind'] }
  /** In front of an access to a port from `first` to `last`. */
  | {
      readonly kind: 'port';
      readonly first: number;
      readonly last: number;
      readonly dir?: 'in' | 'out';
    }
  /** In front of an access to a GPA from `first` to `last` that is no RAM. */
  | {
      readonly kind: 'mmio';
      readonly first: Gpa;
      readonly last: Gpa;
      readonly dir?: 'read' | 'write';
    }
  /** In front of the delivery of an interrupt; with one vector, or any. */
  | { readonly kind: 'interrupt'; readonly vector?: number }
  /** After the guest has printed the last character of a text on its console. */
  | { readonly kind: 'console'; readonly text: string };

export const EXECUTE_BYTES_MAX = 4096;

/** A place where conditions hold, by their index in the list that was given. */
export interface Hit<M> {
  readonly mark: M;
  readonly conditions: readonly number[];
}
