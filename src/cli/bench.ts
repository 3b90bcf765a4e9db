/** `retrovisor bench`: how fast it is here, beside the peers that are installed. */

import { Option } from 'commander';
import type { BenchGuest } from './bench/guests.ts';
import { GUESTS, guestFiles, missingFile } from './bench/guests.ts';
import type { BenchPlan, Subject } from './bench/plan.ts';
import { SUBJECTS } from './bench/plan.ts';
import { type Cli, finish } from './command.ts';
import { UsageError } from './errors.ts';
import type { Output } from './output.ts';
import { Interruption } from './signals.ts';

interface BenchOptions {
  guest?: BenchGuest[];
  only?: Subject[];
  rounds?: number;
  quick?: boolean;
  peers: boolean;
  markdown?: boolean;
  part?: string;
}

const ROUNDS_MAX = 100;

export function addBench(cli: Cli): void {
  const command = cli.program
    .command('bench')
    .description('how fast it is here, beside peers')
    .addOption(
      new Option('--guest <NAME...>', 'what to boot; by default all that are there').choices(
        GUESTS,
      ),
    )
    .addOption(new Option('--only <SUBJECT...>', 'what to measure').choices(SUBJECTS))
    .option('--rounds <N>', 'how often, turn and turn about', parseRounds)
    .option('--quick', 'a look that takes seconds: the demo guest, one round')
    .option('--no-peers', 'measure Retrovisor only')
    .option('--markdown', 'print the tables as Markdown')
    .addOption(new Option('--part <JSON>').hideHelp());
  const examples = [
    'retrovisor bench --quick',
    'retrovisor bench --guest amd64 --only boots --rounds 5 --json',
  ];
  finish(cli, command, examples, async (_operands, options: BenchOptions, output) => {
    if (options.part !== undefined) {
      const { runPart } = await import('./bench/part.ts');
      output.document(await runPart(options.part));
      return 0;
    }
    return await bench(options, output);
  });
}

async function bench(options: BenchOptions, output: Output) {
  const plan = planOf(options, output);
  const { runBench } = await import('./bench/run.ts');
  const { endChildren } = await import('./bench/child.ts');
  const interruption = new Interruption();
  interruption.onAsked(endChildren);
  try {
    const { rows, host } = await runBench(plan, {
      said: (text) => output.note(text),
      stopped: () => interruption.asked,
    });
    if (interruption.asked) return 130;
    output.document({ rows, host });
    const { markdownReport, textReport } = await import('./bench/report.ts');
    const lines = options.markdown === true ? markdownReport(rows, host) : textReport(rows);
    for (const line of lines) output.line(line);
    return 0;
  } catch (error) {
    // A process that Ctrl-C ended has no result.
    if (interruption.asked) return 130;
    throw error;
  } finally {
    interruption.close();
  }
}

/** What was asked for by name has to be there; what was not is left out, and that is said. */
function planOf(options: BenchOptions, output: Output): BenchPlan {
  const quick = options.quick === true;
  const guests: BenchGuest[] = [];
  for (const guest of options.guest ?? (quick ? (['demo'] as const) : GUESTS)) {
    const missing = missingFile(guestFiles(guest));
    if (missing === undefined) guests.push(guest);
    else if (options.guest) throw new UsageError(missing);
    else output.note(`left out: ${missing}`);
  }
  const { only, rounds, peers } = options;
  return { guests, subjects: only ?? SUBJECTS, rounds, quick, peers };
}

function parseRounds(text: string): number {
  const rounds = Number(text);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > ROUNDS_MAX) {
    throw new UsageError(`--rounds expects a number from 1 to ${ROUNDS_MAX}; got '${text}'`);
  }
  return rounds;
}
