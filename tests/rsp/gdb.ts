/** The real gdb as a child, with a server of ours in this process. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GdbServer, type ServerOptions } from '../../src/gdbstub/server.ts';
import type { DebugTarget } from '../../src/target/index.ts';

function version(): string | undefined {
  try {
    return execFileSync('gdb', ['--version'], { encoding: 'utf8' }).split('\n')[0];
  } catch {
    return undefined;
  }
}

export const GDB = version();

/** Runs commands after `target remote`, and returns what gdb printed, one line an entry. */
export async function gdb(
  target: DebugTarget,
  elf: string | undefined,
  commands: readonly string[],
  options: ServerOptions = {},
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-gdb-'));
  const path = join(folder, 's');
  const script = join(folder, 'script');
  const server = new GdbServer(target, options);
  await server.listen({ path });
  try {
    const first = ['set pagination off', 'set width 0', `target remote ${path}`];
    writeFileSync(script, `${[...first, ...commands].join('\n')}\n`);
    const output = await new Promise<string>((resolve, reject) => {
      const how = { timeout: 300_000, encoding: 'utf8' } as const;
      const args = ['-nx', '-q', '-batch', ...(elf === undefined ? [] : [elf]), '-x', script];
      execFile('gdb', args, how, (error, out, err) => {
        // gdb -batch ends with 1 if the last command failed; what matters is what it said.
        if (error?.killed) reject(new Error(`gdb took too long; it said:\n${out}${err}`));
        else resolve(out + err);
      });
    });
    return output.split('\n');
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}
