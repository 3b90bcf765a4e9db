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

interface Entry {
  readonly row: Row;
  readonly box: () => Box;
  readonly options: Conformance;
  ready: { generated: Generated[]; host: Outcome[] } | undefined;
}

/** Cases that go to the host in one process. */
const BATCH = 8000;

/** Rows to be compared. Several of them share one run of the host's program. */
export class Plan {
  readonly #host: HostCpu;
  readonly #entries: Entry[] = [];

  constructor(host: HostCpu) {
    this.#host = host;
  }

  /** Plans a row. The result gives its first differences as text, empty if there is none. */
  add(row: Row, box: () => Box, options: Conformance): () => string {
    const index = this.#entries.push({ row, box, options, ready: undefined }) - 1;
    return () => this.#compare(index);
  }

  /** Generates the cases of this entry and those after it, and runs them on the host. */
  #runHost(from: number): void {
    const batch: { entry: Entry; generated: Generated[] }[] = [];
    let total = 0;
    for (const entry of this.#entries.slice(from)) {
      if (total >= BATCH) break;
      const generated = generateAll(entry.row, entry.options);
      total += generated.length;
      batch.push({ entry, generated });
    }
    const outcomes = this.#host.run(batch.flatMap((b) => b.generated.map((g) => g.case)));
    let at = 0;
    for (const { entry, generated } of batch) {
      entry.ready = { generated, host: outcomes.slice(at, at + generated.length) };
      at += generated.length;
    }
  }

  #compare(index: number): string {
    const entry = this.#entries[index]!;
    if (!entry.ready) this.#runHost(index);
    const { generated, host } = entry.ready!;
    entry.ready = undefined;
    const { row, options } = entry;
    const box = entry.box();
    const failures: string[] = [];
    for (const [i, g] of generated.entries()) {
      const ours = box.run(g.case);
      const expected = options.settle?.(g, ours, host[i]!) ?? host[i]!;
      const lines = differences(row, g.case, ours, expected, options);
      if (lines.length) failures.push(report(g.case, lines));
    }
    if (!failures.length) return '';
    const shown = failures.slice(0, 4).join('\n');
    return `${failures.length} of ${generated.length} cases differ (seed ${SEED}):\n${shown}`;
  }
}

function generateAll(row: Row, options: Conformance): Generated[] {
  const r = new Random(SEED ^ hash(row.enc + row.ops));
  const generated: Generated[] = [];
  for (let tries = 0; generated.length < options.cases && tries < options.cases * 4; tries++) {
    const g = generate(row, r, options);
    if (!options.skip?.(g)) generated.push(g);
  }
  return generated;
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
