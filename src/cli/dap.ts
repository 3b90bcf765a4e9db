/** `retrovisor dap`: the debug adapter, for editors: on stdin and stdout, or at a port of this machine. */

import { type Cli, finish } from './command.ts';
import { type ExitStatus, FailureError, reasonOf, UsageError } from './errors.ts';
import type { Output } from './output.ts';
import { Interruption } from './signals.ts';

interface DapOptions {
  readonly port?: string;
}

export function addDap(cli: Cli): void {
  const command = cli.program
    .command('dap')
    .description('the Debug Adapter Protocol, for VS Code, Neovim and other editors')
    .option(
      '--port <PORT>',
      'listen at this port of 127.0.0.1 (0: a free one), not on stdin and stdout',
    );
  const examples = ['retrovisor dap', 'retrovisor dap --port 4711'];
  finish(cli, command, examples, async (_operands, options: DapOptions, output) => {
    const { CliDapHost } = await import('./dap-host.ts');
    const host = new CliDapHost();
    if (options.port !== undefined) return await serve(host, parsePort(options.port), output);
    if (output.json) throw new UsageError('dap has no --json: stdout carries the protocol');
    const { serveStreams } = await import('../dap/streams.ts');
    await serveStreams(host, process.stdin, process.stdout);
    return 0;
  });
}

type Host = InstanceType<typeof import('./dap-host.ts').CliDapHost>;

async function serve(host: Host, wanted: number, output: Output): Promise<ExitStatus> {
  const { DapServer } = await import('../dap/server.ts');
  const interruption = new Interruption();
  const server = new DapServer(host);
  try {
    const port = await server.listen(wanted).catch((error: unknown) => {
      throw new FailureError(`cannot listen at 127.0.0.1:${wanted}: ${reasonOf(error)}`);
    });
    output.note(`waiting for editors at 127.0.0.1:${port}; Ctrl-C ends`);
    output.document({ port });
    await new Promise<void>((resolve) => interruption.onAsked(resolve));
    return 0;
  } finally {
    await server.close();
    interruption.close();
  }
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65535) return port;
  throw new UsageError(`--port ${text}: expected a number up to 65535`);
}
