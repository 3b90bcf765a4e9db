/**
 * Device state: a plain, versioned, JSON-serialisable object per chip. A new field means a new
 * version. `load` validates and says what was wrong; it never throws on bad input.
 */

export interface DeviceState {
  readonly kind: string;
  readonly version: number;
}

export type Result<T, E = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });

/** Anything whose state is part of the machine's. */
export interface Stateful {
  save(): DeviceState;
  load(state: DeviceState): Result<void>;
}
