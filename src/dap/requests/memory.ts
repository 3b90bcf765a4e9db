/** Guest memory, linear or physical. Writing it is leaving the recording. */

import { ERROR, RequestError } from '../errors.ts';
import type { Family } from '../handler.ts';
import { parsePlace, placeText } from '../references.ts';

const READ_MAX = 4 * 1024 * 1024;
const PAGE = 4096n;

export const memoryRequests = {
  readMemory: (session, { memoryReference, offset = 0, count }) => {
    const { target } = session.standing;
    if (!Number.isSafeInteger(count) || count < 0 || count > READ_MAX) {
      throw new RequestError(ERROR.badArguments, `count: expected 0 to ${READ_MAX}, got ${count}`);
    }
    const place = parsePlace(memoryReference, offset);
    const address = placeText(place);
    if (count === 0) return { address, data: '' };
    const bytes = target.readMemory({ ...place, length: count });
    // What cannot be read is left out up to where memory begins again: whole pages.
    const untilPage = Number(PAGE - (place.at % PAGE));
    const unreadable = bytes.length > 0 ? count - bytes.length : Math.min(count, untilPage);
    return {
      address,
      ...(bytes.length > 0 && { data: Buffer.from(bytes).toString('base64') }),
      ...(unreadable > 0 && { unreadableBytes: unreadable }),
    };
  },

  writeMemory: (session, { memoryReference, offset = 0, data, allowPartial }) => {
    const { target } = session.standing;
    const place = parsePlace(memoryReference, offset);
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data)) {
      throw new RequestError(ERROR.badArguments, 'data: expected base64');
    }
    const bytes = Buffer.from(data, 'base64');
    const readable = target.readMemory({ ...place, length: bytes.length }).length;
    if (readable < bytes.length && (!allowPartial || readable === 0)) {
      const where = `${readable} of the ${bytes.length} bytes at ${placeText(place)}`;
      throw new RequestError(ERROR.failed, `only ${where} are there to be written`, true);
    }
    let written = 0;
    session.edit(() => {
      written = target.writeMemory({ ...place, length: readable }, bytes.subarray(0, readable));
    });
    if (session.client?.supportsMemoryEvent) {
      session.out.event('memory', { memoryReference, offset, count: written });
    }
    return { offset: 0, bytesWritten: written };
  },
} satisfies Family<'readMemory' | 'writeMemory'>;
