/** Some of `npm run conformance -- programs`: real programs print in a guest what they print here. */

import { beforeAll, expect, test } from 'vitest';
import { cpuModel } from '../../../src/engine/cpu-models.ts';
import {
  difference,
  type GuestOutputs,
  missing,
  programNames,
  runInGuest,
  runNatively,
} from './programs.ts';

const NAMES = ['bc', 'coreutils', 'gawk', 'perl'];
const why = missing();
if (why !== undefined) process.stderr.write(`programs NOT compared with the host: ${why}\n`);

let native: ReadonlyMap<string, string>;
let guest: GuestOutputs;

beforeAll(() => {
  if (why !== undefined) return;
  native = runNatively(NAMES);
  guest = runInGuest(NAMES, cpuModel('max')!);
});

test('the scripts are those that there are', () => {
  expect(programNames()).toEqual(expect.arrayContaining(NAMES));
  expect(difference('a\nb\nc', 'a\nx\nc')).toEqual(['line 2', '  natively b', '  in guest x']);
});

test.skipIf(why !== undefined).each(NAMES)('%s', (name) => {
  const here = native.get(name) ?? '';
  // The script went through natively: an empty output would agree with anything.
  expect(here).toMatch(/\nstatus 0\n$/);
  expect(guest.trouble).toBeUndefined();
  expect(difference(here, guest.outputs.get(name) ?? '')).toEqual([]);
});
