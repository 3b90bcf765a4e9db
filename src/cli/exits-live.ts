/**
 * `retrovisor exits --live FILE`: statistics of a recording while a recorder makes it, as `perf kvm
 * stat live` shows them. The recorder writes whole chunks; what has come since is looked at every
 * second, and the tables are drawn again. Ends with the recording, or with Ctrl-C.
 */

import { Recording } from '../trace/recording.ts';
import type { ExitStatus } from './errors.ts';
import type { ExitsOptions } from './exits.ts';
import { showStatistics } from './exits-statistics.ts';
import { checkInputFile } from './input-file.ts';
import { type Output, writeAll } from './output.ts';
import { readingFromAsync } from './recording-file.ts';
import { Interruption } from './signals.ts';

const EVERY_MS = 1000;
const CLEAR = '\x1b[H\x1b[J';

export async function watchLive(
  path: string,
  options: ExitsOptions,
  output: Output,
): Promise<ExitStatus> {
  checkInputFile('exits', path);
  const interruption = new Interruption();
  let shown = -1;
  try {
    for (;;) {
      const complete = await readingFromAsync(path, async () => {
        const recording = Recording.open(path);
        try {
          if (recording.frames !== shown) {
            shown = recording.frames;
            if (process.stdout.isTTY && !output.json) writeAll(1, CLEAR);
            await showStatistics(recording, options, output);
          }
          return recording.complete;
        } finally {
          recording.close();
        }
      });
      if (complete) return 0;
      if (interruption.asked) return 130;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, EVERY_MS);
        interruption.onAsked(() => {
          clearTimeout(timer);
          resolve();
        });
      });
      if (interruption.asked) return 130;
    }
  } finally {
    interruption.close();
  }
}
