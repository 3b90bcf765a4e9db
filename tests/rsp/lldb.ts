/** The lldbs that are installed, as children, with a server of ours in this process. */

import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { GdbServer } from '../../src/gdbstub/server.ts';
import type { DebugTarget } from '../../src/target/index.ts';

/** Unpacked by .ci/run, because Debian's lldbs exclude each other. */
const UNPACKED = resolve('.cache/lldb-14/usr/lib');
const LIBRARIES = ['x86_64-linux-gnu', 'llvm-14/lib'].map((path) => join(UNPACKED, path));
/** Debian's names: a version each, and its default. */
const NAMES = ['lldb', ...Array.from({ length: 17 }, (_, i) => `lldb-${14 + i}`)];

const environment = (command: string): NodeJS.ProcessEnv =>
  command.startsWith(UNPACKED)
    ? { ...process.env, LD_LIBRARY_PATH: LIBRARIES.join(':') }
    : process.env;

export interface Lldb {
  readonly command: string;
  readonly version: string;
  /** Knows `process continue --reverse`. */
  readonly reverse: boolean;
}

function lldb(command: string): Lldb[] {
  try {
    const ask = (args: readonly string[]) =>
      execFileSync(command, args, {
        ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], env: environment(command) },
      });
    const version = /version (\S+)/.exec(ask(['--version']))?.[1] ?? 'of unknown version';
    const reverse = /--reverse/.test(ask(['--batch', '-x', '-o', 'help process continue']));
    return [{ command, version, reverse }];
  } catch {
    return [];
  }
}

const found = [join(UNPACKED, 'llvm-14/bin/lldb'), ...NAMES].flatMap(lldb);
export const LLDBS: readonly Lldb[] = found.filter(
  ({ version }, i) => found.findIndex((other) => other.version === version) === i,
);

/** Runs commands on a connected process; returns what lldb said because of each, and its errors. */
export async function runLldb(
  { command }: Lldb,
  target: DebugTarget,
  elf: string,
  commands: readonly string[],
): Promise<{ said: string[]; errors: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-lldb-'));
  const path = join(folder, 's');
  const script = join(folder, 'script');
  const server = new GdbServer(target);
  await server.listen({ path });
  try {
    const first = [
      'settings set use-color false',
      `process connect --plugin gdb-remote unix-connect://${path}`,
    ];
    writeFileSync(script, `${[...first, ...commands].join('\n')}\n`);
    const whatever = 'settings set interpreter.stop-command-source-on-error false';
    const args = ['--batch', '--no-lldbinit', '-O', whatever, '-s', script, elf];
    const output = await new Promise<{ out: string; err: string }>((resolve, reject) => {
      const how = { timeout: 120_000, encoding: 'utf8', env: environment(command) } as const;
      execFile(command, args, how, (error, out, err) => {
        if (error?.killed) reject(new Error(`${command} took too long; it said:\n${out}${err}`));
        else resolve({ out, err });
      });
    });
    const said = output.out.split('(lldb) ').slice(-commands.length);
    return { said, errors: output.err.split('\n').filter((line) => /error: /.test(line)) };
  } finally {
    await server.close();
    rmSync(folder, { recursive: true });
  }
}
