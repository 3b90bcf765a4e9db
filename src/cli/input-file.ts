/** Reading a file that was named on the command line: whatever is wrong with it is usage. */

import { readFileSync, statSync } from 'node:fs';
import { reasonOf, UsageError } from './errors.ts';

/** `what` names where the path came from, such as "--kernel" or "replay". */
export function readInputFile(what: string, path: string): Uint8Array {
  checkInputFile(what, path);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UsageError(`${what} expects a file that can be read: '${path}': ${reasonOf(error)}`);
  }
}

/** The same without reading: says at once that there is nothing to read. */
export function checkInputFile(what: string, path: string): void {
  let reason: string | undefined;
  try {
    const found = statSync(path);
    if (!found.isFile()) reason = found.isDirectory() ? 'it is a directory' : 'it is not a file';
  } catch (error) {
    reason = reasonOf(error);
  }
  if (reason !== undefined) {
    throw new UsageError(`${what} expects a file that can be read: '${path}': ${reason}`);
  }
}
