/** `retrovisor exits --export FORMAT`: the exits for other tools, to a file or to stdout. */

import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { CSV_HEADER, csvLine, jsonLine } from '../exits/export-lines.ts';
import type { Filter } from '../exits/filter.ts';
import { flameGraph, foldedLines } from '../exits/flame.ts';
import { PerfettoTrace } from '../exits/perfetto.ts';
import { type PlaceOf, rows } from '../exits/rows.ts';
import { statistics } from '../exits/statistics.ts';
import type { TracedFrame } from '../exits/subject.ts';
import type { Recording } from '../trace/recording.ts';
import { FailureError, reasonOf, UsageError } from './errors.ts';
import { type ExitsOptions, filterOf, placesIn, rangeOf } from './exits.ts';
import { bytes, plural } from './format.ts';
import { type Output, writeAll } from './output.ts';

const BUFFER_BYTES = 64 * 1024;
const STDOUT = 1;

interface Written {
  readonly frames: number;
  readonly bytes: number;
}

export async function exportExits(
  recording: Recording,
  options: ExitsOptions,
  output: Output,
): Promise<void> {
  const { export: format = '', outFile } = options;
  if (output.json && outFile === undefined) {
    throw new UsageError('exits: --export with --json expects --out-file FILE');
  }
  const stacks = format === 'folded' || format === 'svg';
  const filter = await filterOf(options, stacks ? 'exit' : '');
  const placed = stacks || filter.needsPlace || options.symbols !== undefined;
  const placeOf = placed ? await placesIn(recording, options) : undefined;
  const sink = new Sink(outFile);
  let frames: number;
  try {
    frames = exporting(format, recording, { ...options, filter, placeOf }, sink);
    sink.finish();
  } catch (error) {
    sink.abandon();
    throw error;
  }
  const written: Written = { frames, bytes: sink.bytes };
  output.document({ file: outFile, format, ...written });
  if (outFile !== undefined) {
    output.note(`${plural(frames, 'frame')} to '${outFile}', ${bytes(written.bytes)}`);
  }
}

interface Export extends Pick<ExitsOptions, 'from' | 'to' | 'limit' | 'weight'> {
  readonly filter: Filter;
  readonly placeOf: PlaceOf | undefined;
}

/** How many frames there were. */
function exporting(format: string, recording: Recording, request: Export, sink: Sink): number {
  if (format === 'folded' || format === 'svg')
    return exportStacks(format, recording, request, sink);
  const trace =
    format === 'perfetto'
      ? new PerfettoTrace(recording.guest.name, (packet) => sink.write(packet))
      : undefined;
  if (format === 'csv') sink.write(`${CSV_HEADER}\n`);
  const add = (row: TracedFrame): void => {
    if (trace) trace.add(row);
    else sink.write(`${format === 'csv' ? csvLine(row) : jsonLine(row)}\n`);
  };
  const { filter, placeOf, limit = Number.POSITIVE_INFINITY } = request;
  let [frames, ticks] = [0, 0];
  for (const row of rows(recording, filter, rangeOf(request), placeOf)) {
    if (frames === limit) break;
    add(row);
    frames++;
    ticks = row.ticks;
  }
  trace?.end(ticks);
  return frames;
}

function exportStacks(format: string, recording: Recording, request: Export, sink: Sink): number {
  const { filter, placeOf, weight } = request;
  const found = statistics(recording, { ...rangeOf(request), filter, by: 'stack', placeOf });
  const folded = foldedLines(found.tallies, weight);
  if (format === 'folded') sink.write(folded.map((line) => `${line}\n`).join(''));
  else {
    const what = weight === 'time' ? 'guest time by exit' : 'exits';
    sink.write(flameGraph(folded, `${recording.guest.name || 'guest'}: ${what} by call stack`));
  }
  return found.total;
}

/** A file takes its name when it is whole. */
class Sink {
  bytes = 0;
  readonly #path: string | undefined;
  readonly #fd: number;
  #parts: Uint8Array[] = [];
  #pending = 0;

  constructor(path: string | undefined) {
    this.#path = path;
    try {
      this.#fd = path === undefined ? STDOUT : openSync(`${path}.new`, 'w');
    } catch (error) {
      throw new UsageError(`exits: cannot write '${path}': ${reasonOf(error)}`);
    }
  }

  write(data: Uint8Array | string): void {
    const part = typeof data === 'string' ? Buffer.from(data) : data;
    this.#parts.push(part);
    this.#pending += part.length;
    this.bytes += part.length;
    if (this.#pending >= BUFFER_BYTES) this.#flush();
  }

  finish(): void {
    this.#flush();
    if (this.#path === undefined) return;
    closeSync(this.#fd);
    renameSync(`${this.#path}.new`, this.#path);
  }

  abandon(): void {
    if (this.#path === undefined) return;
    closeSync(this.#fd);
    rmSync(`${this.#path}.new`, { force: true });
  }

  #flush(): void {
    const parts = this.#parts;
    this.#parts = [];
    this.#pending = 0;
    try {
      writeAll(this.#fd, Buffer.concat(parts));
    } catch (error) {
      if (this.#path === undefined) throw error;
      throw new FailureError(`exits: cannot write '${this.#path}': ${reasonOf(error)}`);
    }
  }
}
