/** The golden recordings in traces/ replay as they did, and their commands make the same run again. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type GoldenTrace, parseManifest } from '../../scripts/traces-manifest.ts';
import { Folder } from './spawn.ts';

const top = resolve(import.meta.dirname, '../..');
const traces = parseManifest(readFileSync(join(top, 'traces/MANIFEST.md'), 'utf8'));
const folder = new Folder();
afterAll(() => folder.remove());

const path = ({ file }: GoldenTrace) => join(top, 'traces', file);

function json(args: readonly string[]) {
  const { status, stdout, stderr } = folder.retrovisor([...args, '--json']);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

test('the manifest lists what is there', () => {
  const there = readdirSync(join(top, 'traces')).filter((name) => name.endsWith('.retro'));
  expect(traces.map(({ file }) => file).sort()).toEqual(there.sort());
  expect(traces.length).toBeGreaterThan(0);
});

describe.each(traces)('$file', (trace) => {
  const { icount, stateHash } = trace;

  test('is complete and small', () => {
    expect(json(['info', path(trace)])).toMatchObject({ complete: true, icount, stateHash });
    expect(statSync(path(trace)).size).toBeLessThan(256 << 10);
  });

  test.each(['jit', 'interp'])('replays to the hash that the manifest names, with %s', (accel) => {
    const replayed = json(['replay', path(trace), '--verify', '--accel', accel]);
    expect(replayed).toMatchObject({ icount, stateHash, divergence: null });
  });

  test('is what its command makes (npm run traces, if the engine was changed on purpose)', () => {
    const args = trace.args
      .map((arg) => (arg.startsWith('guests/') ? join(top, arg) : arg))
      .map((arg) => (arg.startsWith('traces/') ? 'again.retro' : arg));
    expect(json(args)).toMatchObject({ icount, stateHash });
  });
});
