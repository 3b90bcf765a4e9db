/** Where the key states of a recording go, and how much of them there may be. */

import { engineBuild } from '../engine/build.ts';
import { keyFolderPath } from '../replay/key-folder.ts';
import type { KeyStatesOptions } from '../replay/key-states.ts';
import { UsageError } from './errors.ts';

/** `off`, or the most MiB that one recording's key states may take. */
const VARIABLE = 'RETROVISOR_CACHE';
const BUDGET_MIB = 512;

/** Undefined if none are wanted. Call after the engine has got its build id. */
export function keyStatesOf(
  recordingPath: string,
  note?: (text: string) => void,
): KeyStatesOptions | undefined {
  const mib = budgetMib(process.env[VARIABLE]);
  if (mib === 0) return undefined;
  return {
    path: keyFolderPath(recordingPath),
    build: engineBuild(),
    budgetBytes: mib * 2 ** 20,
    note,
  };
}

function budgetMib(text: string | undefined): number {
  if (text === undefined || text === '') return BUDGET_MIB;
  if (text === 'off') return 0;
  if (!/^\d{1,6}$/.test(text)) {
    throw new UsageError(`${VARIABLE} expects 'off' or a number of MiB, not '${text}'`);
  }
  return Number(text);
}
