/** The lines of a function as places to step to, and the activation of it that a step belongs to. */

import type { Frame, Program, ProgramFunction, SourceLine } from '../../symbols/program.ts';
import { gva, type StopCondition } from '../../target/index.ts';
import type { DapTarget } from '../host.ts';
import { Standing, VCPU_THREAD } from '../standing.ts';

/** Bytes of one function that are looked through for lines. */
const FUNCTION_BYTES_MAX = 0x40000n;

export interface Activation {
  readonly program: Program;
  readonly target: DapTarget;
  readonly frame: Frame;
  /** RSP before the call of it: tells it from other calls and other tasks. */
  readonly cfa: bigint;
  readonly function: ProgramFunction;
  /** Inlined calls the frame is inside of, by where they are. */
  readonly inlined: ReadonlySet<string>;
  /** Where it is, as a line. */
  readonly line: SourceLine;
  /** The frame it was called from, past the inlined ones. */
  readonly caller: Frame | undefined;
  readonly rows: readonly SourceLine[];
}

/** Undefined where lines or frames are not known: then one steps by instructions. */
export function activationOf(
  standing: Standing,
  thread = VCPU_THREAD,
  index = 0,
): Activation | undefined {
  const { program, target } = standing;
  const frames = standing.frames(thread, index + 32);
  const frame = frames[index];
  if (!frame || frame.cfa === undefined) return undefined;
  const line = program.lineAt(frame.lookup);
  const functions = program.functionsAt(frame.lookup);
  const outermost = functions.at(-1);
  if (!line || !outermost) return undefined;
  const depth = frames.slice(index).findIndex(({ inlined }) => !inlined);
  const around = functions.slice(
    frames[index]!.inlined ? skipped(frames, index) : functions.length - 1,
  );
  return {
    ...{ program, target, frame, cfa: frame.cfa, function: outermost, line },
    inlined: new Set(around.filter(({ inlined }) => inlined).map(copyKey)),
    caller: depth < 0 ? undefined : frames[index + depth + 1],
    rows: rowsOf(program, outermost),
  };
}

/** Inlined calls further in than this frame, at the same place. */
function skipped(frames: readonly Frame[], index: number): number {
  let count = 0;
  for (let i = index - 1; i >= 0 && frames[i]!.inlined; i--) count++;
  return count;
}

const copyKey = ({ name, entry, calledFrom }: ProgramFunction): string =>
  `${name} ${entry} ${calledFrom?.line ?? 0}`;

/** Where statements begin, in order of addresses. */
function rowsOf(program: Program, { ranges }: ProgramFunction): SourceLine[] {
  const rows: SourceLine[] = [];
  for (const { start, end } of ranges) {
    const limit = end - start > FUNCTION_BYTES_MAX ? start + FUNCTION_BYTES_MAX : end;
    for (let at = start; at < limit; ) {
      const row = program.lineAt(at);
      if (!row || row.end <= at) {
        at++;
        continue;
      }
      if (row.isStatement && row.start >= start) rows.push(row);
      at = row.end;
    }
  }
  return rows;
}

export const sameLine = (
  a: Pick<SourceLine, 'file' | 'line'>,
  b: Pick<SourceLine, 'file' | 'line'>,
): boolean => a.line === b.line && a.file === b.file;

/** Rows that are a step away: other lines, behind the prologue, no deeper in inlined calls. */
export function otherLines(
  { program, rows, inlined, function: { entry, body } }: Activation,
  line: Pick<SourceLine, 'file' | 'line'>,
  into: boolean,
): SourceLine[] {
  return rows.filter((row) => {
    if (sameLine(row, line)) return false;
    if (row.start >= entry && row.start < body) return false;
    if (into) return true;
    return program.functionsAt(row.start).every((one) => !one.inlined || inlined.has(copyKey(one)));
  });
}

/** At a place, in this activation and no other. */
export function within(activation: Activation, at: bigint): StopCondition {
  const { target, program, cfa } = activation;
  const when = (): boolean => new Standing(target, program).top?.cfa === cfa;
  return { kind: 'address', gva: gva(at), when };
}

/** At its very first instruction, where the return address is all that has been pushed. */
export function entryOf({ target, cfa, function: { entry } }: Activation): StopCondition {
  const when = (): boolean => target.registers().gpr[4]! + 8n === cfa;
  return { kind: 'address', gva: gva(entry), when };
}

/** Behind the call that made it, or where the interrupt it handles came. */
export function returnOf({ target, caller }: Activation): StopCondition | undefined {
  const rsp = caller?.register('rsp');
  if (!caller || rsp === undefined) return undefined;
  const when = (): boolean => target.registers().gpr[4] === rsp;
  return { kind: 'address', gva: gva(caller.pc), when };
}
