/** Generates cases for rows, runs them on the host CPU and on our vCPU, and collects differences. */

import type { Row } from '../../src/engine/isa/row.ts';
import type { Box } from './box.ts';
import type { Case, Outcome } from './case.ts';
import { differences, type Ignore } from './compare.ts';
import { type Generated, generate, type Options, showCase } from './generate.ts';
import type { HostCpu } from './host/step.ts';
import { Random, SEED } from './values.ts';

export interface Conformance extends Options, Ignore {
  readonly cases: number;
  /** The host's outcome without what may differ for a reason that is no error. */
  readonly settle?: (generated: Generated, ours: Outcome, host: Outcome) => Outcome;
  /** Cases to leave out, for reasons that the caller states. */
  readonly skip?: (generated: Generated) => boolean;
}

/** The first differences of a row's cases, as text; empty if there is none. */
export function conform(row: Row, box: Box, host: HostCpu, options: Conformance): string {
  const r = new Random(SEED ^ hash(row.enc + row.ops));
  const generated: Generated[] = [];
  for (let tries = 0; generated.length < options.cases && tries < options.cases * 4; tries++) {
    const g = generate(row, r, options);
    if (!options.skip?.(g)) generated.push(g);
  }
  const theirs = host.run(generated.map((g) => g.case));
  const failures: string[] = [];
  for (const [i, g] of generated.entries()) {
    const ours = box.run(g.case);
    const expected = options.settle?.(g, ours, theirs[i]!) ?? theirs[i]!;
    const lines = differences(row, g.case, ours, expected, options);
    if (lines.length) failures.push(report(g.case, lines));
  }
  if (!failures.length) return '';
  const shown = failures.slice(0, 4).join('\n');
  return `${failures.length} of ${generated.length} cases differ (seed ${SEED}):\n${shown}`;
}

function report(c: Case, lines: readonly string[]): string {
  const more = lines.length > 8 ? [`and ${lines.length - 8} more`] : [];
  return [showCase(c), ...lines.slice(0, 8), ...more].join('\n  ');
}

/** Rows of a table get unlike cases whatever their order. */
function hash(text: string): number {
  let h = 0x811c9dc5;
  for (const ch of text) h = Math.imul(h ^ ch.charCodeAt(0), 0x01000193) >>> 0;
  return h;
}
