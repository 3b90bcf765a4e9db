/** `retrovisor exits FILE`: which VM exits a recording holds: counted by reason, or one by one. */

import { InvalidArgumentError } from 'commander';
import type { Entry, GuestExit } from '../engine/exit.ts';
import type { Recording } from '../trace/recording.ts';
import { type Cli, finish } from './command.ts';
import { UsageError } from './errors.ts';
import { count, percent, plural, table } from './format.ts';
import type { Output } from './output.ts';
import { openRecording, readingFrom } from './recording-file.ts';

interface ExitsOptions {
  list?: boolean;
  from?: number;
  limit: number;
  top: number;
}

export function addExits(cli: Cli): void {
  const command = cli.program
    .command('exits')
    .description('the VM exits of a recording')
    .argument('<recording>', 'a .retro file')
    .option('--list', 'one line for each exit, interrupt and input')
    .option('--from <ICOUNT>', 'where the list begins', parseCount, 0)
    .option('--limit <N>', 'how many lines it has at the most', parseCount, 1000)
    .option('--top <N>', 'how many subjects the statistics name', parseCount, 10);
  const examples = [
    'retrovisor exits boot.retro',
    'retrovisor exits boot.retro --json',
    'retrovisor exits boot.retro --list --from 1000000 --limit 20',
  ];
  finish(cli, command, examples, async ([path = ''], options: ExitsOptions, output) => {
    const recording = await openRecording('exits', path);
    try {
      // Names of registers come from the chips, and those from the engine: not loaded for --help.
      const text = await import('../exits/text.ts');
      readingFrom(path, () => {
        if (options.list) list(recording, options, text, output);
        else statistics(recording, options.top, text, output);
      });
    } finally {
      recording.close();
    }
    return 0;
  });
}

function parseCount(text: string): number {
  const n = Number(text.replace(/_/g, ''));
  if (!Number.isSafeInteger(n) || n < 0) throw new InvalidArgumentError('expected a whole number');
  return n;
}

type ExitText = typeof import('../exits/text.ts');

interface Tally {
  readonly reason: string;
  readonly subject: string;
  /** The register behind the subject, if it has a name. */
  readonly name: string;
  count: number;
}

/** All exits by reason and subject, most frequent first; equal counts by name. */
function tally(recording: Recording, text: ExitText): Tally[] {
  const found = new Map<string, Tally>();
  for (const chunk of recording.chunks.keys()) {
    const block = recording.block(chunk);
    // Frames of one shape are counted together: a chunk has few shapes and many frames.
    const byShape = new Map<number, { exit: GuestExit; reply: Entry; count: number }>();
    for (let i = 0; i < block.count; i++) {
      const shape = block.shapeOf[i] ?? 0;
      const seen = byShape.get(shape);
      if (seen) {
        seen.count++;
        continue;
      }
      const frame = block.frame(i);
      if (frame.kind !== 'exit') continue;
      byShape.set(shape, { exit: frame.exit, reply: frame.reply, count: 1 });
    }
    for (const { exit, reply, count } of byShape.values()) {
      const [reason, subject] = [text.reasonOfExit(exit), text.subjectOf(exit)];
      const key = `${reason} ${subject}`;
      const entry = found.get(key) ?? {
        reason,
        subject,
        name: text.nameOfSubject(exit, reply),
        count: 0,
      };
      entry.count += count;
      found.set(key, entry);
    }
  }
  return [...found.values()].sort(mostFirst);
}

function mostFirst(a: Tally, b: Tally): number {
  if (a.count !== b.count) return b.count - a.count;
  return `${a.reason} ${a.subject}` < `${b.reason} ${b.subject}` ? -1 : 1;
}

function statistics(recording: Recording, top: number, text: ExitText, output: Output): void {
  const total = recording.exits;
  const share = (n: number) => (total > 0 ? n / total : 0);
  const subjects = tally(recording, text);
  const reasons = new Map<string, Tally>();
  for (const { reason, count } of subjects) {
    const entry = reasons.get(reason) ?? { reason, subject: '', name: '', count: 0 };
    entry.count += count;
    reasons.set(reason, entry);
  }
  const byReason = [...reasons.values()].sort(mostFirst);
  const bySubject = subjects.filter(({ subject }) => subject !== '').slice(0, top);
  output.document({
    total,
    interrupts: recording.interrupts,
    icount: recording.lastIcount,
    byReason: byReason.map(({ reason, count }) => ({ reason, count, share: share(count) })),
    bySubject: bySubject.map((entry) => ({ ...entry, share: share(entry.count) })),
  });
  const per = recording.exits > 0 ? Math.round(recording.lastIcount / recording.exits) : 0;
  output.line(
    `${plural(total, 'exit')} and ${plural(recording.interrupts, 'interrupt')} in ` +
      `${plural(recording.lastIcount, 'instruction')}${per > 0 ? `, one in ${count(per)}` : ''}`,
  );
  const row = (what: string, n: number, name = '') => [what, count(n), percent(share(n)), name];
  output.line();
  for (const line of table(
    byReason.map((r) => row(r.reason, r.count)),
    [1, 2],
  ))
    output.line(line);
  if (bySubject.length === 0) return;
  output.line();
  const rows = bySubject.map((r) => row(`${r.reason} ${r.subject}`, r.count, r.name));
  for (const line of table(rows, [1, 2])) output.line(line);
}

function list(recording: Recording, options: ExitsOptions, text: ExitText, output: Output): void {
  const { from = 0, limit } = options;
  const first = recording.firstAt(from);
  if (first === recording.frames && recording.frames > 0) {
    throw new UsageError(
      `--from expects an icount up to ${recording.lastIcount}, where the recording ends; got ${from}`,
    );
  }
  const last = Math.min(recording.frames, first + limit);
  const frames = [];
  for (let i = first; i < last; i++) {
    const frame = recording.frame(i);
    if (output.json) frames.push(frameDocument(frame));
    else output.line(text.frameLine(frame));
  }
  output.document({ total: recording.exits, frames });
  if (last < recording.frames) {
    output.note(`${plural(recording.frames - last, 'frame')} more; --from and --limit move on`);
  }
}

/** Byte arrays become hex: JSON has no bytes. */
function frameDocument(frame: ReturnType<Recording['frame']>) {
  if (frame.kind === 'dma') return { ...frame, bytes: Buffer.from(frame.bytes).toString('hex') };
  if (frame.kind === 'input') return { ...frame, data: Buffer.from(frame.data).toString('hex') };
  return frame;
}
