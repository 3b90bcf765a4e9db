/** `retrovisor exits --list`: one line for each frame that the filter lets through. */

import { rows } from '../exits/rows.ts';
import { frameLine } from '../exits/text.ts';
import type { Frame } from '../trace/frame.ts';
import type { Recording } from '../trace/recording.ts';
import { UsageError } from './errors.ts';
import { type ExitsOptions, filterOf, placesIn, rangeOf } from './exits.ts';
import { hex } from './format.ts';
import type { Output } from './output.ts';

const LINES = 1000;

export async function listExits(
  recording: Recording,
  options: ExitsOptions,
  output: Output,
): Promise<void> {
  const { from = 0, limit = LINES, by } = options;
  if (recording.frames > 0 && recording.firstAt(from) === recording.frames) {
    throw new UsageError(
      `--from expects an icount up to ${recording.lastIcount}, where the recording ends; got ${from}`,
    );
  }
  const filter = await filterOf(options, '');
  const placed = filter.needsPlace || by === 'function' || by === 'stack';
  const placeOf = placed ? await placesIn(recording, options) : undefined;
  const frames: unknown[] = [];
  let [shown, more] = [0, false];
  for (const { frame, place } of rows(recording, filter, rangeOf(options), placeOf)) {
    if (shown === limit) {
      more = true;
      break;
    }
    shown++;
    const where = place && { rip: hex(place.rip), function: place.function };
    if (output.json) frames.push({ ...frameDocument(frame), ...where });
    else
      output.line(where ? `${frameLine(frame).padEnd(84)}  ${where.function}` : frameLine(frame));
  }
  output.document({ total: recording.exits, frames });
  if (more) output.note('there are more; --from and --limit move on');
}

/** Byte arrays become hex: JSON has no bytes. */
function frameDocument(frame: Frame): object {
  if (frame.kind === 'dma') return { ...frame, bytes: Buffer.from(frame.bytes).toString('hex') };
  if (frame.kind === 'input') return { ...frame, data: Buffer.from(frame.data).toString('hex') };
  return frame;
}
