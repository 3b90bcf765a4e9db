/** Breakpoints on lines, functions and instructions. All of them hold in both directions. */

import { basename } from 'node:path';
import type { DebugProtocol } from '@vscode/debugprotocol';
import type { LineAddresses } from '../../symbols/program.ts';
import { SymbolError } from '../../symbols/program.ts';
import { gva, type StopCondition } from '../../target/index.ts';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import { parseHitRule } from '../hit-count.ts';
import type { PointSpec } from '../points.ts';
import { hex, parsePlace } from '../references.ts';
import type { Session } from '../session.ts';
import { placeName } from '../sources.ts';

/** One client's breakpoints; more than this are a mistake. */
const POINTS_MAX = 4096;

export const breakpointRequests = {
  setBreakpoints: (session, { source, breakpoints, lines }) => {
    const { program } = session.opened;
    const file = session.sources.fileOf(source);
    if (file === undefined) {
      throw new RequestError(ERROR.badArguments, 'setBreakpoints: expected a source with a path');
    }
    const wanted: readonly DebugProtocol.SourceBreakpoint[] =
      breakpoints ?? (lines ?? []).map((line) => ({ line }));
    const places = bounded(wanted).map(({ line, column }) =>
      program.addressesOf(file, line, column),
    );
    const rules = wanted.map(rulesOf);
    const specs = wanted.map((one, i): PointSpec | undefined => {
      const place = places[i];
      const rule = rules[i]!;
      if (!place || typeof rule === 'string') return undefined;
      const label = placeName(place);
      const log = one.logMessage;
      return {
        ...{ kind: 'breakpoint', label, conditions: place.addresses.map(at), ...rule },
        ...(log !== undefined && log !== '' && { log }),
      };
    });
    const ids = session.points.set(`source:${file}`, specs);
    session.pointsChanged();
    return {
      breakpoints: wanted.map((one, i) =>
        lineReply(session, file, ids[i]!, { line: one.line, place: places[i], rule: rules[i]! }),
      ),
    };
  },

  setFunctionBreakpoints: (session, { breakpoints }) => {
    const { program } = session.opened;
    const specs = bounded(breakpoints).map((one): PointSpec | string => {
      const rule = rulesOf(one);
      if (typeof rule === 'string') return rule;
      const addresses = functionAddresses(session, one.name.trim());
      if (typeof addresses === 'string') return addresses;
      return {
        ...{ kind: 'function breakpoint', label: one.name.trim(), ...rule },
        conditions: addresses.map(at),
      };
    });
    const points = specs.map((spec) => (typeof spec === 'string' ? undefined : spec));
    const ids = session.points.set('function', points);
    session.pointsChanged();
    return {
      breakpoints: specs.map((spec, i) => {
        if (typeof spec === 'string') return { id: ids[i]!, verified: false, message: spec };
        const address = functionAddresses(session, spec.label)[0] as bigint;
        const line = program.lineAt(address);
        return {
          ...{ id: ids[i]!, verified: true, instructionReference: hex(address) },
          ...(line && { source: session.sources.describe(line.file), line: line.line }),
        };
      }),
    };
  },

  setInstructionBreakpoints: (session, { breakpoints }) => {
    session.opened;
    const specs = bounded(breakpoints).map((one): PointSpec | string => {
      const rule = rulesOf(one);
      if (typeof rule === 'string') return rule;
      const { space, at: address } = parsePlace(one.instructionReference, one.offset);
      if (space === 'gpa') return 'an instruction has a linear address';
      return {
        ...{ kind: 'instruction breakpoint', label: nameOf(session, address), ...rule },
        conditions: [at(address)],
      };
    });
    const points = specs.map((spec) => (typeof spec === 'string' ? undefined : spec));
    const ids = session.points.set('instruction', points);
    session.pointsChanged();
    return {
      breakpoints: specs.map((spec, i) =>
        typeof spec === 'string'
          ? { id: ids[i]!, verified: false, message: spec }
          : {
              ...{ id: ids[i]!, verified: true },
              instructionReference: breakpoints[i]!.instructionReference,
              offset: breakpoints[i]!.offset ?? 0,
            },
      ),
    };
  },

  breakpointLocations: (session, args) => {
    const { program } = session.opened;
    if (!args) return { breakpoints: [] };
    const file = session.sources.fileOf(args.source);
    if (file === undefined) return { breakpoints: [] };
    const last = args.endLine ?? args.line;
    const lines = program.linesOf(file).filter((line) => line >= args.line && line <= last);
    return { breakpoints: lines.map((line) => ({ line })) };
  },
} satisfies Family<
  'setBreakpoints' | 'setFunctionBreakpoints' | 'setInstructionBreakpoints' | 'breakpointLocations'
>;

const at = (address: bigint): StopCondition => ({ kind: 'address', gva: gva(address) });

export function bounded<T>(list: readonly T[]): readonly T[] {
  if (list.length <= POINTS_MAX) return list;
  throw new RequestError(ERROR.badArguments, `expected at most ${POINTS_MAX} breakpoints`);
}

/** What decides whether a breakpoint stops; a text says what is wrong with it. */
export function rulesOf(one: {
  readonly condition?: string;
  readonly hitCondition?: string;
}): Pick<PointSpec, 'condition' | 'hit' | 'hitText'> | string {
  const condition = one.condition?.trim();
  const hitText = one.hitCondition?.trim();
  const hit = hitText ? parseHitRule(hitText) : undefined;
  if (hitText && !hit) return `expected a hit count such as 5, >=5 or %5, got '${hitText}'`;
  return { ...(condition && { condition }), ...(hit && { hit, hitText }) };
}

interface LineAnswer {
  readonly line: number;
  readonly place: LineAddresses | undefined;
  readonly rule: ReturnType<typeof rulesOf>;
}

function lineReply(
  session: Session,
  file: string,
  id: number,
  { line, place, rule }: LineAnswer,
): DebugProtocol.Breakpoint {
  if (typeof rule === 'string') return { id, verified: false, message: rule, line };
  if (!place) {
    const known = session.program.linesOf(file).length > 0;
    const message = known
      ? `there is no code at or after line ${line}`
      : `the symbols know no code of ${basename(file)}; see sourceFileMap and symbols`;
    return { id, verified: false, message, line };
  }
  const [first] = place.addresses;
  return {
    ...{ id, verified: true, line: place.line, source: session.sources.describe(place.file) },
    ...(first !== undefined && { instructionReference: hex(first) }),
    ...(place.addresses.length > 1 && { message: `${place.addresses.length} places` }),
  };
}

/** "queue_pop", "*0x101234", an expression. */
function functionAddresses(session: Session, name: string): readonly bigint[] | string {
  const { program } = session;
  const functions = program.functionsNamed(name);
  if (functions.length > 0) return [...new Set(functions.map(({ body }) => body))];
  const symbol = program.addressOf(name);
  if (symbol !== undefined) return [symbol];
  const address = /^\*?\s*(0x[0-9a-f]+)$/i.exec(name)?.[1];
  if (address) return [BigInt.asUintN(64, BigInt(address))];
  return `there is no function ${name}`;
}

export function nameOf(session: Session, address: bigint): string {
  try {
    return session.program.nameOf(address) ?? hex(address);
  } catch (error) {
    if (error instanceof SymbolError) return hex(address);
    throw error;
  }
}
