/** Exception filters, and what there is to say about the exception at which the guest stands. */

import { gpa, gva, type StopCondition } from '../../target/index.ts';
import { ERROR, RequestError } from '../errors.ts';
import { EXCEPTION_FILTERS, EXIT_FILTERS, KERNEL_ENDS } from '../exception-filters.ts';
import type { Family } from '../handler.ts';
import type { PointSpec } from '../points.ts';
import { hex } from '../references.ts';
import type { Session } from '../session.ts';

export const exceptionRequests = {
  setExceptionBreakpoints: (session, { filters, filterOptions }) => {
    session.opened;
    const wanted = [
      ...filters.map((filterId) => ({ filterId, condition: undefined })),
      ...(filterOptions ?? []),
    ];
    const specs = wanted.map(({ filterId, condition }) =>
      pointOf(session, filterId, condition?.trim() || undefined),
    );
    const points = specs.map((spec) => (typeof spec === 'string' ? undefined : spec));
    const ids = session.points.set('exception', points);
    session.pointsChanged();
    return {
      breakpoints: specs.map((spec, i) =>
        typeof spec === 'string'
          ? { id: ids[i]!, verified: false, message: spec }
          : { id: ids[i]!, verified: true },
      ),
    };
  },

  exceptionInfo: (session) => {
    const { standing, exception } = session;
    if (!exception)
      throw new RequestError(ERROR.failed, 'the guest does not stand at an exception');
    const { guest } = standing;
    const cr2 = guest.register('cr2') ?? 0n;
    const error = exception.details === 'error code' ? errorCode(session) : undefined;
    const fault = exception.label.startsWith('#PF') ? `, CR2 ${hex(cr2)}` : '';
    return {
      exceptionId: exception.label,
      description: `${exception.label}${error === undefined ? '' : `, error code ${hex(error)}`}${fault}`,
      breakMode: 'always',
      details: { message: exception.label, typeName: 'x86' },
    };
  },
} satisfies Family<'setExceptionBreakpoints' | 'exceptionInfo'>;

/** What the processor has pushed in front of the return address (SDM Vol. 3A §6.13). */
function errorCode(session: Session): bigint | undefined {
  const { guest } = session.standing;
  const rsp = guest.register('rsp') ?? 0n;
  const bytes = guest.readMemory(rsp, 4);
  return bytes.length < 4 ? undefined : BigInt(Buffer.from(bytes).readUInt32LE());
}

/** Vectors that push one (SDM Vol. 3A table 6-1). */
const WITH_ERROR_CODE = new Set([8, 10, 11, 12, 13, 14, 17, 21]);

function pointOf(
  session: Session,
  filter: string,
  condition: string | undefined,
): PointSpec | string {
  const known = EXCEPTION_FILTERS.find((one) => one.filter === filter);
  if (!known) return `there is no filter '${filter}'`;
  const { label } = known;
  const base = { kind: 'exception', label } as const;
  if (filter === 'triple-fault') {
    return { ...base, conditions: [{ kind: 'exit', exit: 'shutdown' }] };
  }
  const vector = /^vector-(\d+)$/.exec(filter)?.[1];
  if (vector !== undefined) {
    const n = Number(vector);
    return {
      ...{ ...base, conditions: () => session.vectors.conditions(n), condition },
      scout: session.vectors,
      ...(WITH_ERROR_CODE.has(n) && { details: 'error code' }),
    };
  }
  const end = KERNEL_ENDS[filter];
  if (end) {
    const found = end.symbols.flatMap((name) => placesOf(session, name));
    if (found.length === 0) return `the symbols have no ${end.symbols.join(' or ')}`;
    const conditions = found.map((at): StopCondition => ({ kind: 'address', gva: gva(at) }));
    return { ...base, conditions, condition };
  }
  const kind = filter.replace(/^exit-/, '');
  if (!EXIT_FILTERS[kind]) throw new Error(`filter ${filter} means nothing`);
  const found = exitCondition(kind, condition);
  return typeof found === 'string' ? found : { ...base, conditions: [found] };
}

/** Behind the prologue, where the arguments can be read. */
function placesOf({ program }: Session, name: string): readonly bigint[] {
  const functions = program.functionsNamed(name).filter(({ inlined }) => !inlined);
  if (functions.length > 0) return functions.map(({ body }) => body);
  return [program.addressOf(name) ?? []].flat();
}

const NUMBER = '(?:0x[0-9a-f]{1,16}|\\d{1,15})';
const RANGE = new RegExp(
  `^(?:(in|out|read|write)\\b)?\\s*(?:(${NUMBER})(?:\\s*-\\s*(${NUMBER}))?)?$`,
  'i',
);

function exitCondition(kind: string, condition: string | undefined): StopCondition | string {
  const range = RANGE.exec(condition ?? '');
  if (!range) return `expected a number or a range, got '${condition}'`;
  const [, word, low, high] = range;
  const first = low === undefined ? undefined : Number(low);
  const last = high === undefined ? first : Number(high);
  switch (kind) {
    case 'pio': {
      const dir =
        word?.toLowerCase() === 'in' || word?.toLowerCase() === 'out'
          ? word.toLowerCase()
          : undefined;
      if (word && !dir) return `expected in or out, got '${word}'`;
      return {
        ...{ kind: 'port', first: first ?? 0, last: last ?? 0xffff },
        ...(dir && { dir: dir as 'in' | 'out' }),
      };
    }
    case 'mmio': {
      const dir = word?.toLowerCase();
      if (dir === 'in' || dir === 'out') return `expected read or write, got '${word}'`;
      return {
        ...{ kind: 'mmio', first: gpa(first ?? 0), last: gpa(last ?? Number.MAX_SAFE_INTEGER) },
        ...(dir && { dir: dir as 'read' | 'write' }),
      };
    }
    case 'interrupt':
      return { kind: 'interrupt', ...(first !== undefined && { vector: first }) };
    default:
      return { kind: 'exit', exit: kind as 'rdmsr' | 'wrmsr' | 'cpuid' | 'hlt' };
  }
}
