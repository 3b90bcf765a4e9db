/**
 * Data breakpoints on any number of ranges of any length, linear or physical. Forwards the guest stops
 * behind the access, backwards in front of it: on the line that made it, either way.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { SymbolError } from '../../symbols/program.ts';
import type { StopCondition } from '../../target/index.ts';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import type { PointSpec } from '../points.ts';
import { hex, parsePlace } from '../references.ts';
import type { Session } from '../session.ts';
import { bounded, rulesOf } from './breakpoints.ts';

/** A range that is watched page by page is cheap, but not without end. */
export const WATCH_BYTES_MAX = 128 * 1024;
const ACCESS_TYPES = ['read', 'write', 'readWrite'] as const;
const ON = { read: 'read', write: 'write', readWrite: 'access' } as const;

export interface Watched {
  readonly space: 'gva' | 'gpa';
  readonly at: bigint;
  readonly length: number;
  readonly label: string;
}

export const dataBreakpointRequests = {
  dataBreakpointInfo: (session, args) => {
    const found = watchedOf(session, args);
    if (typeof found === 'string') return { dataId: null, description: found };
    const { space, at, length, label } = found;
    return {
      dataId: `${space}:${hex(at)}:${length}:${label}`,
      description: `${label} (${length} byte${length === 1 ? '' : 's'} at ${hex(at)}${space === 'gpa' ? ' physical' : ''})`,
      accessTypes: [...ACCESS_TYPES],
      canPersist: true,
    };
  },

  setDataBreakpoints: (session, { breakpoints }) => {
    session.opened;
    const specs = bounded(breakpoints).map(dataPoint);
    const points = specs.map((spec) => (typeof spec === 'string' ? undefined : spec));
    const ids = session.points.set('data', points);
    session.pointsChanged();
    return {
      breakpoints: specs.map((spec, i) =>
        typeof spec === 'string'
          ? { id: ids[i]!, verified: false, message: spec }
          : { id: ids[i]!, verified: true, message: spec.label },
      ),
    };
  },
} satisfies Family<'dataBreakpointInfo' | 'setDataBreakpoints'>;

function dataPoint(one: DebugProtocol.DataBreakpoint): PointSpec | string {
  const found = /^(gva|gpa):(0x[0-9a-f]{1,16}):(\d{1,9}):(.*)$/s.exec(one.dataId);
  if (!found) return `expected a dataId from dataBreakpointInfo, got '${one.dataId.slice(0, 60)}'`;
  const [, space, at, digits, label = ''] = found;
  const length = Number(digits);
  if (length < 1 || length > WATCH_BYTES_MAX) {
    return `expected 1 to ${WATCH_BYTES_MAX} bytes, got ${length}`;
  }
  const rule = rulesOf(one);
  if (typeof rule === 'string') return rule;
  const access = one.accessType ?? 'write';
  const on = ON[access];
  if (!on) return `expected read, write or readWrite, got '${access}'`;
  const condition: StopCondition = {
    ...{ kind: 'memory', space: space as 'gva' | 'gpa', at: BigInt(at!), length, on },
  };
  const verb = { read: 'read of', write: 'write to', readWrite: 'access to' }[access];
  return { kind: 'data breakpoint', label: `${verb} ${label}`, conditions: [condition], ...rule };
}

/** What a data breakpoint on a variable, an expression or an address would watch. */
export function watchedOf(
  session: Session,
  {
    name,
    variablesReference,
    frameId,
    bytes,
    asAddress,
    mode,
  }: DebugProtocol.DataBreakpointInfoArguments,
): Watched | string {
  const physical = mode === 'physical';
  if (asAddress) {
    const place = parsePlace(physical && !/^phys:/i.test(name) ? `phys:${name}` : name);
    return withLength({ ...place, length: bytes ?? 8, label: name.trim() });
  }
  if (variablesReference) {
    const { standing: _ } = session;
    const container = session.references.container(variablesReference);
    const child = container
      .children(0, container.named + container.indexed)
      .find((shown) => shown.name === name);
    if (!child) throw new RequestError(ERROR.badArguments, `there is no ${name} here`);
    if (child.address === undefined || !child.bytes) return `${name} is not in memory`;
    const label = child.evaluateName ?? name;
    return withLength({ space: 'gva', at: child.address, length: bytes ?? child.bytes, label });
  }
  return expressionWatched(session, name, frameId, bytes);
}

export function expressionWatched(
  session: Session,
  expression: string,
  frameId: number | undefined,
  bytes: number | undefined,
): Watched | string {
  try {
    const value = session.program.evaluate(expression, session.context(frameId));
    const length = bytes ?? value.size;
    if (value.address === undefined || !length) {
      return `${expression} is ${value.state === 'known' ? 'not in memory' : value.state}`;
    }
    return withLength({ space: 'gva', at: value.address, length, label: expression.trim() });
  } catch (error) {
    if (error instanceof SymbolError) return error.message;
    throw error;
  }
}

function withLength(watched: Watched): Watched | string {
  const { length } = watched;
  if (Number.isSafeInteger(length) && length >= 1 && length <= WATCH_BYTES_MAX) return watched;
  return `expected 1 to ${WATCH_BYTES_MAX} bytes, got ${length}`;
}
