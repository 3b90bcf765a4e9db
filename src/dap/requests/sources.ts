/** Sources and modules. */

import { basename } from 'node:path';
import { bitsOf, disassemble } from '../../target/index.ts';
import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import { describeImage } from '../image-view.ts';
import { hex } from '../references.ts';
import type { Session } from '../session.ts';

/** Lines of code that a listing of a missing file decodes. */
const LISTED_MAX = 4000;

export const sourceRequests = {
  source: async (session, { source, sourceReference }, call) => {
    const reference = source?.sourceReference || sourceReference;
    const moment = session.console.moment(reference);
    if (moment) {
      // A click on a line of the guest's console: that is where it goes.
      if (!session.moving) {
        call.after(() => session.move('To when it was printed', 'goto', (t) => t.seek(moment)));
      }
      return { content: session.console.textAt(moment), mimeType: 'text/plain' };
    }
    const file = session.sources.missing(reference);
    if (file === undefined) throw new RequestError(ERROR.failed, `there is no source ${reference}`);
    return { content: await listing(session, file), mimeType: 'text/x-c' };
  },

  loadedSources: (session) => ({
    sources: session.opened.program.files().map((file) => session.sources.describe(file)),
  }),

  modules: (session, { startModule = 0, moduleCount = 0 }) => {
    const { images } = session.opened.program;
    const first = Math.max(0, Math.trunc(startModule));
    const last = moduleCount > 0 ? first + Math.trunc(moduleCount) : images.length;
    return { modules: images.slice(first, last).map(describeImage), totalModules: images.length };
  },

  locations: (_session, { locationReference }) => {
    throw new RequestError(ERROR.stale, `there is no location ${locationReference}`);
  },
} satisfies Family<'source' | 'loadedSources' | 'modules' | 'locations'>;

/**
 * A file that is not here, as far as the debug information goes: its lines that have code, each with
 * its instructions, where they would be. So breakpoints can be set in it all the same.
 */
async function listing(session: Session, file: string): Promise<string> {
  const { program, target } = session.standing;
  const lines: string[] = [
    `/* ${basename(file)} is not on this machine: ${file}`,
    ' * "sourceFileMap" in launch.json says where your copy is. Until then: the instructions of each line. */',
  ];
  const bits = bitsOf(target.registers());
  const read = (at: bigint, length: number) => target.readMemory({ space: 'gva', at, length });
  for (const line of program.linesOf(file).slice(0, LISTED_MAX)) {
    const at = program.addressesOf(file, line)?.addresses[0];
    const row = at === undefined ? undefined : program.lineAt(at);
    if (at === undefined || !row) continue;
    const after = Math.min(8, Number(row.end - at));
    const code = (await disassemble({ bits, rip: at, before: 0, after, read })) ?? [];
    const text = code.filter(({ rip }) => rip < row.end).map((one) => one.text);
    while (lines.length < line) lines.push('');
    lines[line - 1] = `/* ${hex(at)} ${program.nameOf(at) ?? ''} */ ${text.join('; ')}`;
  }
  return `${lines.join('\n')}\n`;
}
