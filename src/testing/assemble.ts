/** Assembles test programs with GNU as, which gcc brings along. Results are cached by source. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const known = new Map<string, Uint8Array>();

export interface AssembleOptions {
  /** 16, 32 or 64: the `.code` directive. */
  readonly bits?: 16 | 32 | 64;
}

/** Intel syntax, labels and directives as GNU as has them; starts at address 0. */
export function assemble(source: string, { bits = 64 }: AssembleOptions = {}): Uint8Array {
  const text = `.intel_syntax noprefix\n.code${bits}\n${source.replaceAll(';', '\n')}\n`;
  const cached = known.get(text);
  if (cached) return cached;
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-as-'));
  try {
    const [s, o, bin] = ['t.s', 't.o', 't.bin'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(s, text);
    execFileSync('as', ['--64', '-o', o, s], { stdio: ['ignore', 'ignore', 'pipe'] });
    execFileSync('objcopy', ['-O', 'binary', '-j', '.text', o, bin]);
    const bytes = new Uint8Array(readFileSync(bin));
    known.set(text, bytes);
    return bytes;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
