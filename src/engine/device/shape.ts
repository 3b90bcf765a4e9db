/**
 * Checks for `load()`: a chip's state names each of its fields once more with what may be in it, and
 * the compiler sees to it that none is missing. A state comes from a file, so anything may be there.
 */

import { type DeviceState, err, ok, type Result } from './state.ts';

/** What is wrong with a value, as the end of "field ... is not"; undefined if nothing is. */
export type Check = (value: unknown) => string | undefined;

export type Shape<S extends DeviceState> = {
  readonly [K in Exclude<keyof S, 'kind' | 'version'>]: Check;
};

/** An integer in [0, max]. */
export function upTo(max: number): Check {
  return (v) =>
    typeof v === 'number' && Number.isInteger(v) && v >= 0 && v <= max
      ? undefined
      : `an integer from 0 to ${max}`;
}

export const u8 = upTo(0xff);
export const u16 = upTo(0xffff);
export const u32 = upTo(0xffff_ffff);

/** Guest time, or a count of some clock since power-on. */
export const time: Check = (v) => (Number.isSafeInteger(v) ? undefined : 'an integer');

export const flag: Check = (v) => (typeof v === 'boolean' ? undefined : 'true or false');

export function oneOf(...values: readonly (string | number)[]): Check {
  return (v) => (values.includes(v as string | number) ? undefined : `one of ${values.join(' ')}`);
}

export function optional(check: Check): Check {
  return (v) => (v === null ? undefined : check(v) && `null or ${check(v)}`);
}

export function list(
  length: { readonly exactly: number } | { readonly atMost: number },
  of: Check,
): Check {
  return (v) => {
    if (!Array.isArray(v)) return 'a list';
    if ('exactly' in length && v.length !== length.exactly) return `a list of ${length.exactly}`;
    if ('atMost' in length && v.length > length.atMost) return `a list of at most ${length.atMost}`;
    for (const item of v) {
      const wrong = of(item);
      if (wrong !== undefined) return `a list of ${wrong}`;
    }
    return undefined;
  };
}

export function record<S extends object>(fields: { readonly [K in keyof S]: Check }): Check {
  return (v) => {
    if (typeof v !== 'object' || v === null) return 'an object';
    const object = v as Record<string, unknown>;
    for (const [name, check] of Object.entries<Check>(fields)) {
      const wrong = check(object[name]);
      if (wrong !== undefined) return `an object whose ${name} is ${wrong}`;
    }
    return undefined;
  };
}

/** A copy of `state` if it is whole, or one line that says what is wrong with it. */
export function validate<S extends DeviceState>(
  state: DeviceState,
  identity: { readonly kind: S['kind']; readonly version: S['version'] },
  shape: Shape<S>,
): Result<S> {
  const { kind, version } = identity;
  const given: unknown = state;
  if (typeof given !== 'object' || given === null) {
    return err(`${kind}: expected a device state, got ${typeof given}`);
  }
  if (state.kind !== kind || state.version !== version) {
    return err(`expected state ${kind} v${version}, got ${state.kind} v${state.version}`);
  }
  const fields = state as unknown as Record<string, unknown>;
  for (const [name, check] of Object.entries<Check>(shape)) {
    const wrong = check(fields[name]);
    if (wrong !== undefined) {
      return err(`${kind}: ${name} is not ${wrong}: ${brief(fields[name])}`);
    }
  }
  return ok(copy(state as S));
}

/** A deep copy of a plain state. States are JSON by definition (state.ts). */
export function copy<S>(state: S): S {
  return JSON.parse(JSON.stringify(state)) as S;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? text.slice(0, 57) + '...' : text;
}
