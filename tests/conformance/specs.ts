/**
 * What conformance tries: each row with the way its cases are made and compared. The ways are those of
 * tests/isa and tests/isa-sse, and so is what of the host's outcome is no measure of ours.
 */

import { INTEGER } from '../../src/engine/isa/index.ts';
import type { Row } from '../../src/engine/isa/row.ts';
import { VECTOR } from '../../src/engine/isa/vector-rows.ts';
import type { Case, Outcome } from '../isa/case.ts';
import { differences as integerDifferences } from '../isa/compare.ts';
import { generate, showCase } from '../isa/generate.ts';
import { isUndefined, settle } from '../isa/lenience.ts';
import type { Random } from '../isa/values.ts';
import { prepare } from '../isa-sse/cases.ts';
import { describeCase, differences as vectorDifferences } from '../isa-sse/compare.ts';
import {
  isX87Comparable,
  lenience,
  shaUnaligned,
  vectorRows,
  x87Lenience,
} from '../isa-sse/lenience.ts';

/** One case, and what is different between our outcome of it and the host's. */
export interface Trial {
  readonly case: Case;
  differences(ours: Outcome, host: Outcome): string[];
  describe(lines: readonly string[]): string;
}

/** A row in one mode of the processor. */
export interface Spec {
  readonly row: Row;
  readonly mode: '64-bit' | '32-bit' | '32-bit, limits';
  readonly name: string;
  /** How many instructions the row stands for: it gets as many times the cases. */
  readonly weight: number;
  /** Undefined where the case is not to be compared. */
  make(r: Random): Trial | undefined;
}

const nameOf = (row: Row): string => `${row.name} ${row.enc} ${row.ops}`.trim();

function integer(row: Row, mode: Spec['mode']): Spec {
  return {
    row,
    mode,
    name: nameOf(row),
    weight: 1,
    make(r) {
      const g = generate(row, r, { wish: { compatibility: mode !== '64-bit' } });
      if (isUndefined(g)) return undefined;
      return {
        case: g.case,
        differences: (ours, host) =>
          integerDifferences(row, g.case, ours, settle(g, ours, host), {}),
        describe: (lines) => [showCase(g.case), ...lines.slice(0, 8)].join('\n    '),
      };
    },
  };
}

/** Instructions in each of D8 to DF, in round numbers. */
const X87_PER_OPCODE = 16;

function vector(row: Row, mode: Spec['mode']): Spec {
  return {
    row,
    mode,
    name: nameOf(row),
    weight: row.name === 'x87' ? X87_PER_OPCODE : 1,
    make(r) {
      const p = prepare(row, r, mode !== '64-bit');
      const isX87 = row.unit === 'x87' || row.name === 'FWAIT';
      if (isX87 && !isX87Comparable(p)) return undefined;
      const lenient = isX87 ? x87Lenience(p) : lenience(row);
      return {
        case: p.case,
        differences: (ours, host) =>
          shaUnaligned(row, ours, host) ? [] : vectorDifferences(host, ours, p.case, lenient),
        describe: (lines) => describeCase(nameOf(row), p.case, lines),
      };
    },
  };
}

/** All that a process can execute. */
export function allSpecs(has: (feature: string) => boolean): Spec[] {
  const here = (row: Row): boolean => row.feature === undefined || has(row.feature);
  const modes = (
    rows: readonly Row[],
    make: (row: Row, mode: Spec['mode']) => Spec,
    also: readonly Spec['mode'][],
  ): Spec[] =>
    rows
      .filter(here)
      .flatMap((row) => [
        ...(row.only === 'legacy' ? [] : [make(row, '64-bit')]),
        ...(row.only === '64' ? [] : also.map((mode) => make(row, mode))),
      ]);
  return [
    ...modes(INTEGER, integer, ['32-bit', '32-bit, limits']),
    ...modes(vectorRows, vector, ['32-bit']),
    ...modes(
      VECTOR.filter((row) => row.name === 'x87'),
      vector,
      ['32-bit'],
    ),
  ];
}
