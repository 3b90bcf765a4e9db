/** GNU as as the author of test programs: many snippets in Intel syntax with one run of it. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Snippet {
  readonly bits: 16 | 32 | 64;
  readonly source: string;
}

const SLOT = 256;

export const haveAssembler = spawnSync('as', ['--version']).status === 0;

/** The bytes of each snippet. `A` stands for window A's offset in the data segment. */
export function assemble(snippets: readonly Snippet[]): Uint8Array[] {
  const directory = mkdtempSync(join(tmpdir(), 'retrovisor-as-'));
  try {
    const lines = ['.intel_syntax noprefix', '.text'];
    for (const [i, { bits, source }] of snippets.entries()) {
      lines.push(`.code${bits}`, `.org ${i * SLOT}`, `.set A, ${bits === 16 ? 0xf00 : 0x20000f00}`);
      lines.push(source, `end${i}:`);
    }
    lines.push(`.org ${snippets.length * SLOT}`);
    for (const i of snippets.keys()) lines.push(`.2byte end${i} - .text - ${i * SLOT}`);
    const [source, object, binary] = ['s', 'o', 'bin'].map((end) => join(directory, `all.${end}`));
    writeFileSync(source!, `${lines.join('\n')}\n`);
    run('as', ['--64', '-o', object!, source!]);
    run('objcopy', ['-O', 'binary', '-j', '.text', object!, binary!]);
    const bytes = readFileSync(binary!);
    return snippets.map((_, i) => {
      const length = bytes.readUInt16LE(snippets.length * SLOT + i * 2);
      return Uint8Array.from(bytes.subarray(i * SLOT, i * SLOT + length));
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run(program: string, args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args);
  if (status !== 0) throw new Error(`${program}: ${stderr.toString()}`);
}
