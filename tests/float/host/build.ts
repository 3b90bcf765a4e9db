/**
 * Builds the host harnesses with gcc, once per test run and into a temporary directory, and runs
 * cases through them. The CPU the tests run on is the oracle.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type Harness = (args: readonly string[], input: Uint8Array) => Uint8Array;

export interface Built {
  readonly run: Harness;
  readonly remove: () => void;
}

/** A harness, or the reason why this machine cannot have one. */
export function buildHarness(name: 'sse' | 'x87'): Built | string {
  if (process.arch !== 'x64') return `the host is ${process.arch}, not x64`;
  const probe = spawnSync('gcc', ['--version']);
  if (probe.status !== 0) return 'there is no gcc';
  const directory = mkdtempSync(join(tmpdir(), 'retrovisor-float-'));
  const binary = join(directory, name);
  const source = new URL(`./${name}.c`, import.meta.url).pathname;
  execFileSync('gcc', ['-O1', '-Wall', '-Werror', '-no-pie', '-o', binary, source]);
  return {
    run: (args, input) => {
      const done = spawnSync(binary, args, { input, maxBuffer: 1 << 30 });
      if (done.status !== 0) {
        throw new Error(`${name} ${args.join(' ')}: ${done.signal ?? done.stderr.toString()}`);
      }
      return done.stdout;
    },
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** For `describe.skipIf`: says aloud that nothing was compared. */
export function warnSkipped(reason: string): void {
  process.stderr.write(`float: NOT compared with the host CPU, because ${reason}\n`);
}
