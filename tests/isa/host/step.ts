/**
 * The host CPU as the oracle for single instructions: builds step.c with gcc into a temporary
 * directory and runs cases through it.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { A_BYTES, B_BYTES, type Case, type Outcome } from '../case.ts';

const IN_BYTES = 16 + 8 + 8 + 128 + 512 + A_BYTES + B_BYTES;
const OUT_BYTES = 16 + 128 + 16 + 512 + A_BYTES + B_BYTES + 8;
const RETIRED = 0xffffffff;

export interface HostCpu {
  run(cases: readonly Case[]): Outcome[];
  /** Whether it has a feature, by the name that rows use. */
  has(feature: string): boolean;
  remove(): void;
}

/** The host CPU, or the reason why there is none here. */
export function hostCpu(): HostCpu | string {
  if (process.arch !== 'x64' || process.platform !== 'linux') {
    return `this is ${process.platform} on ${process.arch}, not Linux on x64`;
  }
  if (spawnSync('gcc', ['--version']).status !== 0) return 'there is no gcc';
  const directory = mkdtempSync(join(tmpdir(), 'retrovisor-isa-'));
  const binary = join(directory, 'step');
  const source = new URL('./step.c', import.meta.url).pathname;
  execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-Werror', '-o', binary, source]);
  const flags = hostFlags();
  return {
    run: (cases) => runCases(binary, cases),
    has: (feature) => flags.has(LINUX_NAMES[feature] ?? feature.toLowerCase().replace('.', '_')),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

/** Says aloud that nothing was compared. */
export function warnSkipped(reason: string): void {
  process.stderr.write(`isa: NOT compared with the host CPU, because ${reason}\n`);
}

/** Features whose name in /proc/cpuinfo is not ours in lower case. */
const LINUX_NAMES: Readonly<Record<string, string>> = {
  CLFSH: 'clflush',
  CMPXCHG16B: 'cx16',
  LZCNT: 'abm',
  PREFETCHW: '3dnowprefetch',
  SSE3: 'pni',
  'LAHF-SAHF': 'lahf_lm',
  AESNI: 'aes',
  SHA: 'sha_ni',
};

function hostFlags(): Set<string> {
  const line = /^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'latin1'));
  return new Set(line?.[1]?.trim().split(' '));
}

function runCases(binary: string, cases: readonly Case[]): Outcome[] {
  const input = new Uint8Array(cases.length * IN_BYTES);
  for (const [i, c] of cases.entries()) writeCase(input, i * IN_BYTES, c);
  const done = spawnSync(binary, [], { input, maxBuffer: 1 << 30 });
  if (done.status !== 0) throw new Error(`step: ${done.signal ?? done.stderr.toString()}`);
  if (done.stdout.length !== cases.length * OUT_BYTES) {
    const got = done.stdout.length / OUT_BYTES;
    throw new Error(`step: expected ${cases.length} results, got ${got}`);
  }
  return cases.map((_, i) => readOutcome(done.stdout, i * OUT_BYTES));
}

function writeCase(to: Uint8Array, at: number, c: Case): void {
  const view = new DataView(to.buffer);
  to.set(c.code, at);
  view.setUint32(at + 16, c.code.length, true);
  view.setUint32(at + 20, (c.repeated ? 1 : 0) | (c.compatibility ? 2 : 0), true);
  view.setBigUint64(at + 24, BigInt(c.rflags), true);
  for (const [n, value] of c.gpr.entries()) view.setBigUint64(at + 32 + n * 8, value, true);
  to.set(c.fx, at + 160);
  to.set(c.a, at + 672);
  to.set(c.b, at + 672 + A_BYTES);
}

function readOutcome(from: Uint8Array, at: number): Outcome {
  const view = new DataView(from.buffer, from.byteOffset, from.byteLength);
  const vector = view.getUint32(at + 144, true);
  const windows = at + 160 + 512;
  return {
    rip: view.getBigUint64(at, true),
    rflags: Number(view.getBigUint64(at + 8, true)),
    gpr: Array.from({ length: 16 }, (_, n) => view.getBigUint64(at + 16 + n * 8, true)),
    vector: vector === RETIRED ? undefined : vector,
    error: view.getUint32(at + 148, true),
    cr2: view.getBigUint64(at + 152, true),
    fx: from.slice(at + 160, at + 672),
    a: from.slice(windows, windows + A_BYTES),
    b: from.slice(windows + A_BYTES, windows + A_BYTES + B_BYTES),
    strayed: view.getUint32(windows + A_BYTES + B_BYTES, true) !== 0,
  };
}
