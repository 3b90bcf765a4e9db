/**
 * `retrovisor exits FILE`: the VM-exit tracer. Which exits a recording holds: counted with their
 * costs, one by one, compared with another recording, or exported for other tools.
 */

import { InvalidArgumentError, Option } from 'commander';
import type { Filter } from '../exits/filter.ts';
import type { PlaceOf } from '../exits/rows.ts';
import type { Grouping } from '../exits/statistics.ts';
import type { Recording } from '../trace/recording.ts';
import { type Cli, finish } from './command.ts';
import { vcpuOf } from './cpu-option.ts';
import { FailureError, UsageError } from './errors.ts';
import { type Accel, addGuestOptions, guestOptions, replayAccel } from './guest-options.ts';
import type { Output } from './output.ts';
import { openRecording, readingFromAsync } from './recording-file.ts';

const GROUPINGS = ['reason', 'subject', 'device', 'function', 'stack'];
const FORMATS = ['jsonl', 'csv', 'perfetto', 'folded', 'svg'];

export interface ExitsOptions {
  /** The recording's. */
  readonly path: string;
  readonly list?: boolean;
  readonly filter?: string;
  readonly by?: Grouping;
  readonly percentiles?: boolean;
  readonly histogram?: boolean;
  readonly compare?: string;
  readonly live?: boolean;
  readonly kernel?: string;
  readonly export?: string;
  readonly weight: 'samples' | 'time';
  readonly outFile?: string;
  readonly symbols?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly top: number;
  readonly accel: Accel;
}

export function addExits(cli: Cli): void {
  const command = cli.program
    .command('exits')
    .description('the VM exits of a recording: statistics, list, exports')
    .argument('[recording]', 'a .retro file; with --live and --kernel none')
    .option('-f, --filter <EXPR>', "which ones: 'com1 and out', 'port=0x60..0x64', 'value&0x20'")
    .option('--from <ICOUNT>', 'none before this icount', parseCount)
    .option('--to <ICOUNT>', 'none from this icount on', parseCount)
    .option('--list', 'one line for each exit, interrupt and input')
    .option(
      '--limit <N>',
      'lines of the list, or frames of an export (default: 1000, all)',
      parseCount,
    )
    .optionsGroup('Statistics:')
    .addOption(new Option('--by <WHAT>', 'what to group by').choices(GROUPINGS))
    .option('--top <N>', 'how many rows a table has', parseCount, 10)
    .option('--percentiles', 'p50, p90, p99 and p99.9 of the costs')
    .option('--histogram', 'how the costs are distributed')
    .option('--compare <FILE>', 'beside those of another recording')
    .option('--live', 'look at a recording while it is made')
    .optionsGroup('Exports:')
    .addOption(new Option('--export <FORMAT>', 'for other tools').choices(FORMATS))
    .option('-o, --out-file <FILE>', 'where the export goes (default: stdout)')
    .addOption(
      new Option('--weight <WHAT>', 'what folded stacks and the flame graph count')
        .choices(['samples', 'time'])
        .default('samples'),
    )
    .optionsGroup('Guest functions:')
    .option('--symbols <FILE>', 'an ELF file or a System.map (default: the kernel recorded)');
  addGuestOptions(command);
  const examples = [
    'retrovisor exits boot.retro',
    "retrovisor exits boot.retro -f 'pio and not com1' --percentiles",
    'retrovisor exits boot.retro --list --from 1M --limit 20',
    'retrovisor exits boot.retro --by function',
    'retrovisor exits boot.retro --export perfetto -o boot.pftrace',
    'retrovisor exits boot.retro --export svg -o boot.svg',
    'retrovisor exits --live --accel kvm --kernel demo.elf -m 32',
  ];
  finish(cli, command, examples, async ([path = ''], given: ExitsOptions, output) => {
    const options = { ...given, path };
    if (options.live && options.kernel !== undefined) {
      if (path !== '') throw new UsageError('exits --live: a recording or a guest, not both');
      const { watchGuest } = await import('./exits-guest.ts');
      return await watchGuest(guestOptions(given, 'exits'), output);
    }
    if (path === '') throw new UsageError('exits expects a recording, or --live and --kernel FILE');
    if (options.kernel !== undefined) {
      throw new UsageError('exits --kernel: expected --live beside it; a recording has its guest');
    }
    replayAccel(given.accel);
    if (options.live) {
      const { watchLive } = await import('./exits-live.ts');
      return await watchLive(path, options, output);
    }
    const recording = await openRecording('exits', path);
    try {
      await readingFromAsync(path, () => show(recording, options, output));
    } finally {
      recording.close();
    }
    return 0;
  });
}

async function show(recording: Recording, options: ExitsOptions, output: Output): Promise<void> {
  if (options.export !== undefined) {
    const { exportExits } = await import('./exits-export.ts');
    return await exportExits(recording, options, output);
  }
  if (options.outFile !== undefined) {
    throw new UsageError('exits: --out-file expects --export FORMAT beside it');
  }
  if (options.compare !== undefined) {
    const { compareExits } = await import('./exits-compare.ts');
    return await compareExits(recording, options.compare, options, output);
  }
  if (options.list) {
    const { listExits } = await import('./exits-list.ts');
    return await listExits(recording, options, output);
  }
  const { showStatistics } = await import('./exits-statistics.ts');
  return await showStatistics(recording, options, output);
}

/** The filter of the command line, or what stands for none. */
export async function filterOf(options: ExitsOptions, fallback: string): Promise<Filter> {
  const { parseFilter, FilterError } = await import('../exits/filter.ts');
  try {
    return parseFilter(options.filter ?? fallback);
  } catch (error) {
    if (error instanceof FilterError) throw new UsageError(`exits: ${error.message}`);
    throw error;
  }
}

/** Finds functions by replaying the recording alongside; with names where there are any. */
export async function placesIn(
  recording: Recording,
  { path, symbols, accel }: Pick<ExitsOptions, 'path' | 'symbols' | 'accel'>,
): Promise<PlaceOf> {
  const { createVcpu } = await import('../engine/index.ts');
  const { ReplaySession } = await import('../replay/session.ts');
  const { Places, PlacesError } = await import('../exits/places.ts');
  const { guestNames } = await import('./guest-symbols.ts');
  const { loadPrebuiltModule } = await import('./prebuilt.ts');
  loadPrebuiltModule();
  const names = guestNames({ command: 'exits', recording, path, symbols });
  const vcpu = createVcpu({ ...vcpuOf(recording), accel });
  const places = new Places(new ReplaySession(recording, vcpu), names.along());
  return (ordinal) => {
    try {
      return places.at(ordinal);
    } catch (error) {
      if (error instanceof PlacesError) throw new FailureError(error.message);
      throw error;
    }
  };
}

export function rangeOf({ from, to }: Pick<ExitsOptions, 'from' | 'to'>): {
  from?: number;
  to?: number;
} {
  return { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) };
}

const SUFFIX: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

function parseCount(text: string): number {
  const match = /^(\d[\d_]*(?:\.\d+)?)([kmg]?)$/i.exec(text);
  const scale = SUFFIX[match?.[2]?.toLowerCase() ?? ''] ?? 1;
  const n = match ? Number(match[1]?.replace(/_/g, '')) * scale : Number.NaN;
  if (!Number.isSafeInteger(n) || n < 0) throw new InvalidArgumentError('expected a whole number');
  return n;
}
