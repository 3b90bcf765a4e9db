/** `retrovisor gdb FILE`: serves a recording to gdb and lldb until it is interrupted. */

import { AMD64, type Architecture, I386, I8086 } from '../gdbstub/registers.ts';
import type { ListenAt, ServerOptions } from '../gdbstub/server.ts';
import { offsetsFrom } from '../symbols/linux/dwarf-offsets.ts';
import type { OffsetOf } from '../symbols/linux/tasks.ts';
import { openProgram } from '../symbols/open.ts';
import { SymbolError } from '../symbols/program.ts';
import type { DebugTarget } from '../target/debug-target.ts';
import { type Cli, finish } from './command.ts';
import { type ExitStatus, FailureError, reasonOf, UsageError } from './errors.ts';
import { type Accel, accelOption } from './guest-options.ts';
import { guestNames, kernelOf } from './guest-symbols.ts';
import { type ArchitectureName, archOption, is32Bit } from './guest-width.ts';
import type { Output } from './output.ts';
import { openRecording, readingFromAsync } from './recording-file.ts';
import { Interruption } from './signals.ts';

interface GdbOptions {
  listen: string;
  accel: Accel;
  at?: string;
  symbols?: string;
  arch: ArchitectureName;
}

const DEFAULT_LISTEN = '127.0.0.1:1234';

export function addGdb(cli: Cli): void {
  const command = cli.program
    .command('gdb')
    .description('serve a recording to gdb or lldb, forwards and backwards')
    .argument('<recording>', 'a .retro file')
    .option('--listen <HOST:PORT|PATH>', 'where gdb finds it: TCP or a socket file', DEFAULT_LISTEN)
    .option('--at <MARK>', 'where in the recording gdb comes in (default: start)')
    .option('--symbols <FILE>', "the guest's vmlinux or System.map, for `monitor ps`")
    .addOption(archOption())
    .addOption(accelOption());
  const examples = [
    'retrovisor gdb boot.retro',
    'retrovisor gdb boot.retro --at end --listen ./gdb.sock',
    "gdb vmlinux -ex 'target remote :1234'",
  ];
  finish(cli, command, examples, async ([path = ''], options: GdbOptions, output) => {
    const at = parseListen(options.listen);
    const recording = await openRecording('gdb', path);
    try {
      const { openTarget } = await import('./open-target.ts');
      return await readingFromAsync(path, async () => {
        const target = openTarget(recording, path, options.accel);
        if (options.at !== undefined) await target.seekTo(target.resolve(options.at));
        const { symbols } = options;
        const names = guestNames({ command: 'gdb', recording, path, symbols });
        const offsets = () => debugOffsets(symbols);
        const architecture = architectureOf(
          options.arch,
          recording.guest.cpuModel,
          kernelOf(recording)?.bytes,
        );
        return await serve(target, at, output, { names, offsets, architecture });
      });
    } finally {
      recording.close();
    }
  });
}

/** ":1234", "HOST:PORT", "[::1]:1234" or the path of a socket file, which has a slash or no colon. */
export function parseListen(text: string, option = '--listen'): ListenAt {
  const tcp = /^(\[[0-9a-f:.]+\]|[^:/]*):(\d{1,5})$/i.exec(text);
  if (tcp) {
    const port = Number(tcp[2]);
    if (port > 65535) throw new UsageError(`${option} ${text}: expected a port up to 65535`);
    return { host: tcp[1]!.replace(/^\[|\]$/g, '') || '127.0.0.1', port };
  }
  if (text === '' || (text.includes(':') && !text.includes('/'))) {
    throw new UsageError(`${option} '${text}': expected HOST:PORT or the path of a socket file`);
  }
  return { path: text };
}

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\./.test(host);

async function serve(
  target: DebugTarget,
  at: ListenAt,
  output: Output,
  known: ServerOptions,
): Promise<ExitStatus> {
  const interruption = new Interruption();
  const server = await startServer(target, at, output, known);
  try {
    output.document({ listen: server.where });
    await new Promise<void>((resolve) => interruption.onAsked(resolve));
    return 0;
  } finally {
    await server.close();
    interruption.close();
  }
}

/** What gdb is told the guest is. */
export function architectureOf(
  asked: ArchitectureName,
  cpuName: string,
  kernel: Uint8Array | undefined,
): Architecture {
  if (asked === 'auto') return is32Bit(cpuName, kernel) ? I386 : AMD64;
  return { amd64: AMD64, i386: I386, i8086: I8086 }[asked];
}

/** Where a kernel's debug information has the members of its structures; undefined without any. */
function debugOffsets(path: string | undefined): OffsetOf | undefined {
  if (path === undefined) return undefined;
  try {
    return offsetsFrom(openProgram({ files: [path], cache: false }));
  } catch (error) {
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

export interface StartedServer {
  readonly where: string;
  letGo(): void;
  close(): Promise<void>;
}

/** It listens, and tells on stderr what goes on. */
export async function startServer(
  target: DebugTarget,
  at: ListenAt,
  output: Output,
  events: ServerOptions = {},
): Promise<StartedServer> {
  const { GdbServer } = await import('../gdbstub/server.ts');
  const server = new GdbServer(target, {
    ...events,
    onAttach: () => {
      output.note('a debugger has attached');
      events.onAttach?.();
    },
    onDetach: () => {
      output.note('the debugger has left; the next one may come');
      events.onDetach?.();
    },
    onRefused: (why) => output.note(`a client was refused: ${why}`),
  });
  const where = await listening(server.listen(at), at);
  if ('host' in at && !isLoopback(at.host)) {
    output.note(
      `${at.host} is not this machine alone: whoever reaches it reads the guest's memory`,
    );
  }
  output.note(`waiting for gdb at ${where}: gdb -ex 'target remote ${where}'; Ctrl-C ends`);
  return { where, letGo: () => server.letGo(), close: () => server.close() };
}

async function listening(where: Promise<string>, at: ListenAt): Promise<string> {
  try {
    return await where;
  } catch (error) {
    const place = 'path' in at ? at.path : `${at.host}:${at.port}`;
    throw new FailureError(`cannot listen at ${place}: ${listenReason(error)}`);
  }
}

function listenReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return 'something listens there already';
  return code === 'EADDRNOTAVAIL' ? 'this machine has no such address' : reasonOf(error);
}
