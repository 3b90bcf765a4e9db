/**
 * `retrovisor replay FILE`: the recorded run again, checked all the way (`--verify`), or the guest
 * as it stood at a mark (`--to`).
 */

import { codeText } from '../target/disassembly.ts';
import { registerDocument, registerLines } from '../target/state-view.ts';
import type { Recording } from '../trace/recording.ts';
import { type Cli, finish } from './command.ts';
import { consoleText } from './console-text.ts';
import { type ExitStatus, FailureError, UsageError } from './errors.ts';
import { duration, hex, plural } from './format.ts';
import type { GuestAt } from './guest-at.ts';
import { type Accel, accelOption } from './guest-options.ts';
import { type Output, writeAll } from './output.ts';
import { Progress } from './progress.ts';
import { openRecording, readingFromAsync } from './recording-file.ts';
import { Interruption } from './signals.ts';
import type { Verified } from './verify.ts';

interface ReplayOptions {
  verify?: boolean;
  to?: string;
  accel: Accel;
}

/** Lines of the console that `--to` shows. */
const CONSOLE_LINES = 24;

export function addReplay(cli: Cli): void {
  const command = cli.program
    .command('replay')
    .description('replay it, or show the guest at a mark')
    .argument('<recording>', 'a .retro file')
    .option('--verify', 'check every exit and state hash; show no console')
    .option('--to <MARK>', 'show registers, code and console at a mark')
    .addOption(accelOption());
  const examples = [
    'retrovisor replay boot.retro --verify',
    'retrovisor replay boot.retro --to 1.5G',
    'retrovisor replay boot.retro --to 50% --json',
    `retrovisor replay boot.retro --to 'console:"login:"'`,
  ];
  finish(cli, command, examples, async ([path = ''], options: ReplayOptions, output) => {
    if (options.verify && options.to !== undefined) {
      throw new UsageError('replay expects --verify or --to MARK, not both');
    }
    const recording = await openRecording('replay', path);
    try {
      return await readingFromAsync(path, () =>
        options.to === undefined
          ? verifyAll(recording, path, options, output)
          : showAt(recording, path, { ...options, to: options.to }, output),
      );
    } finally {
      recording.close();
    }
  });
}

async function verifyAll(
  recording: Recording,
  path: string,
  { verify: silent = false, accel }: ReplayOptions,
  output: Output,
): Promise<ExitStatus> {
  const { verify } = await import('./verify.ts');
  const interruption = new Interruption();
  const progress = new Progress(output, 'replaying', recording.lastIcount);
  const show = silent || output.json ? () => {} : await consolePrinter(recording);
  let result: Verified;
  try {
    result = await verify(
      recording,
      accel,
      {
        cancelled: () => interruption.asked,
        onProgress: ({ done }) => {
          if (silent) progress.update(done);
          show(done);
        },
      },
      path,
    );
  } finally {
    progress.end();
    interruption.close();
  }
  if (!result.cancelled) show(Number.POSITIVE_INFINITY);
  return conclude(recording, result, output);
}

async function conclude(
  recording: Recording,
  result: Verified,
  output: Output,
): Promise<ExitStatus> {
  const { icount, stateHash, divergence, seconds, mips, cancelled } = result;
  output.document({
    icount,
    stateHash,
    divergence,
    seconds,
    mips,
    complete: recording.complete,
    interrupted: cancelled,
  });
  if (divergence) {
    const { describeDivergence } = await import('../replay/divergence.ts');
    throw new FailureError(describeDivergence(divergence));
  }
  if (cancelled) {
    output.note(`interrupted at icount ${icount}; no divergence up to there`);
    return 130;
  }
  const speed = `${duration(seconds)}, ${mips} MIPS`;
  output.note(
    `replayed ${plural(icount, 'instruction')} and ${plural(recording.exits, 'exit')} in ${speed}`,
  );
  output.note(`no divergence; state hash ${stateHash}`);
  if (!recording.complete) {
    output.note('the recording is incomplete: this was its last whole chunk');
  }
  return 0;
}

/** Prints what the guest had sent to its console by an icount. */
async function consolePrinter(recording: Recording): Promise<(at: number) => void> {
  const { ConsoleLog } = await import('../trace/console.ts');
  const log = new ConsoleLog(recording);
  let printed = 0;
  return (at) => {
    const reached =
      at <= recording.lastIcount ? log.countBefore(recording.firstAt(at)) : log.bytes.length;
    writeAll(1, log.bytes.subarray(printed, reached));
    printed = Math.max(printed, reached);
  };
}

async function showAt(
  recording: Recording,
  path: string,
  { to, accel }: ReplayOptions & { to: string },
  output: Output,
): Promise<ExitStatus> {
  const { guestAt } = await import('./guest-at.ts');
  const { openTarget } = await import('./open-target.ts');
  const progress = new Progress(output, 'seeking', recording.lastIcount);
  const interruption = new Interruption();
  try {
    const guest = await guestAt(openTarget(recording, path, accel), to, {
      cancelled: () => interruption.asked,
      onProgress: ({ done }) => progress.update(done),
    });
    progress.end();
    if (!guest) return 130;
    if (output.json) output.document(guestDocument(guest));
    else showGuest(guest, recording.lastIcount, output);
    return 0;
  } finally {
    progress.end();
    interruption.close();
  }
}

function guestDocument(guest: GuestAt) {
  const { icount, registers, mark, mode, cpl, stateHash, code, console } = guest;
  return {
    icount,
    rip: hex(registers.rip),
    mode: String(mode),
    cpl,
    regs: registerDocument(registers),
    stateHash,
    mark,
    code: code?.map((line) => ({
      rip: hex(line.rip),
      bytes: Buffer.from(line.bytes).toString('hex'),
      text: line.text,
    })),
    console: consoleText(console).join('\n'),
  };
}

function showGuest(guest: GuestAt, last: number, output: Output): void {
  const { registers, mark, mode, cpl, stateHash, code, console } = guest;
  const state = `${mode}-bit, CPL ${cpl}, state hash ${stateHash}`;
  output.line(output.style('bold', `mark ${mark} of ${last}: ${state}`));
  output.line();
  for (const line of registerLines(registers)) output.line(line);
  output.line();
  if (code) for (const line of codeText(code, guest.linearRip)) output.line(line);
  else output.line(`nothing is mapped at ${hex(guest.linearRip)}`);
  const lines = consoleText(console, CONSOLE_LINES);
  if (lines.length === 0) return;
  output.line();
  output.line(output.style('dim', 'console:'));
  for (const line of lines) output.line(`| ${line}`.trimEnd());
}
