/** `retrovisor bench`: how fast it is here, beside the peers that are installed. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Option } from 'commander';
import { type Cli, finish } from './command.ts';
import { UsageError } from './errors.ts';
import { table } from './format.ts';
import { packageRoot } from './package-root.ts';

const GUESTS = ['demo', 'cloud', 'amd64'] as const;
export type BenchGuest = (typeof GUESTS)[number];

interface BenchOptions {
  guest: BenchGuest;
  peers: boolean;
}

export function addBench(cli: Cli): void {
  const command = cli.program
    .command('bench')
    .description('how fast it is here, beside peers')
    .addOption(
      new Option('--guest <NAME>', 'what to run: our demo kernel, or a Debian kernel')
        .choices(GUESTS)
        .default('demo'),
    )
    .option('--no-peers', 'measure Retrovisor only');
  const examples = ['retrovisor bench', 'retrovisor bench --guest cloud --json'];
  finish(cli, command, examples, async (_operands, options: BenchOptions, output) => {
    const files = guestFiles(options.guest);
    for (const file of files.needed) {
      if (!existsSync(file)) {
        throw new UsageError(`bench --guest ${options.guest} expects '${file}'; ${files.how}`);
      }
    }
    const { measure } = await import('./bench-rows.ts');
    const rows = await measure({ ...files, peers: options.peers }, (name) =>
      output.note(`measuring: ${name}`),
    );
    output.document({ rows });
    const peers = [...new Set(rows.flatMap((row) => Object.keys(row.peers)))];
    const lines = rows.map((row) => [
      row.name,
      String(row.ours),
      row.unit,
      ...peers.map((peer) => String(row.peers[peer] ?? '')),
    ]);
    const numbers = [1, ...peers.map((_, i) => i + 3)];
    for (const line of table([['', 'ours', '', ...peers], ...lines], numbers)) output.line(line);
    return 0;
  });
}

export interface BenchFiles {
  readonly kernel: string;
  readonly initrd: string | undefined;
  readonly append: string;
  readonly memoryMib: number;
  readonly rounds: number;
  readonly needed: readonly string[];
  readonly how: string;
}

function guestFiles(guest: BenchGuest): BenchFiles {
  if (guest === 'demo') {
    const kernel = join(packageRoot(), 'guests/demo/demo.elf');
    const how = 'make -C guests/demo builds it';
    const append = 'panic=poweroff';
    return { kernel, initrd: undefined, append, memoryMib: 32, rounds: 5, needed: [kernel], how };
  }
  const folder = join(packageRoot(), '.cache/guests');
  const kernel = join(folder, `vmlinuz-${guest}`);
  const initrd = join(folder, 'initrd.gz');
  const append = 'console=ttyS0 quiet panic=-1';
  const how = "'npm run guests' fetches it";
  return { kernel, initrd, append, memoryMib: 256, rounds: 2, needed: [kernel, initrd], how };
}
