/** A guest without debug information: names from a symbol table, frames by frame pointers. */

import type {
  EvaluationContext,
  Frame,
  Guest,
  Program,
  ProgramFunction,
  Value,
} from '../symbols/program.ts';
import { ExpressionError } from '../symbols/program.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';

export function bareProgram(table: SymbolTable | undefined): Program {
  const named = (at: bigint) => table?.locate(at);
  return {
    images: [],
    prepare: async () => {},
    lineAt: () => undefined,
    stepRange: () => undefined,
    addressesOf: () => undefined,
    linesOf: () => [],
    files: () => [],
    functionsAt: () => [],
    functionsNamed: (name): ProgramFunction[] => {
      const entry = table?.address(name);
      if (entry === undefined) return [];
      const ranges = [{ start: entry, end: entry + 1n }];
      const nowhere = { declared: undefined, calledFrom: undefined };
      return [{ ...nowhere, name, inlined: false, ranges, entry, body: entry }];
    },
    nameOf: (at) => table?.name(at),
    addressOf: (name) => table?.address(name),
    frames: (guest, limit = 64) => framesOf(guest, limit, (at) => named(at)?.symbol.name),
    scopes: () => [],
    evaluate: (text, context) => evaluate(text, context, table),
    assign: () => [],
    complete: () => [],
    locate: () => false,
    close: () => {},
  };
}

function framesOf(
  guest: Guest,
  limit: number,
  name: (at: bigint) => string | undefined,
): readonly Frame[] {
  const frames: Frame[] = [];
  let pc = guest.register('rip') ?? 0n;
  let rbp = guest.register('rbp') ?? 0n;
  for (let index = 0; index < limit; index++) {
    const lookup = index === 0 ? pc : pc - 1n;
    const cfa = rbp + 16n;
    const inner = index === 0;
    frames.push({
      ...{ index, pc, lookup, function: name(lookup), place: undefined, inlined: false, cfa },
      ...{ interrupted: false, by: inner ? 'registers' : 'frame pointer' },
      register: (register) => (inner ? guest.register(register) : undefined),
    });
    const bytes = guest.readMemory(rbp, 16);
    if (bytes.length < 16) break;
    const view = new DataView(bytes.buffer, bytes.byteOffset, 16);
    const next = view.getBigUint64(0, true);
    pc = view.getBigUint64(8, true);
    if (next <= rbp || pc === 0n) break;
    rbp = next;
  }
  return frames;
}

function evaluate(
  text: string,
  { guest }: EvaluationContext,
  table: SymbolTable | undefined,
): Value {
  const name = text.trim().replace(/^\$/, '');
  const number = /^(?:0x[0-9a-f]+|\d+)$/i.test(name) ? BigInt(name) : undefined;
  const integer = number ?? guest.register(name) ?? table?.address(name);
  if (integer === undefined) throw new ExpressionError(`no register or symbol "${name}"`, 1);
  return {
    ...{ type: 'unsigned long', state: 'known', integer, named: 0, indexed: 0, size: 8 },
    ...{ address: table?.address(name), reference: integer, assignable: false },
    format: () => `0x${integer.toString(16)}`,
    children: () => [],
  };
}
