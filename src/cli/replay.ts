/**
 * `retrovisor replay FILE`: the recorded run again, checked all the way (`--verify`), or the guest
 * as it stood at a mark (`--to`).
 */

import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import type { Recording } from '../trace/recording.ts';
import { type Cli, finish } from './command.ts';
import { consoleText } from './console-text.ts';
import { codeText } from './disassembly.ts';
import { type ExitStatus, FailureError, UsageError } from './errors.ts';
import { bytes, duration, plural } from './format.ts';
import { type Output, writeAll } from './output.ts';
import { Progress } from './progress.ts';
import { openRecording, readingFromAsync } from './recording-file.ts';
import { Interruption } from './signals.ts';
import { registerDocument, registerLines } from './state-view.ts';
import type { Verified } from './verify.ts';

interface ReplayOptions {
  verify?: boolean;
  to?: string;
}

/** Lines of the console that `--to` shows. */
const CONSOLE_LINES = 24;

export function addReplay(cli: Cli): void {
  const command = cli.program
    .command('replay')
    .description('replay it, or show the guest at a mark')
    .argument('<recording>', 'a .retro file')
    .option('--verify', 'check every exit and state hash; show no console')
    .option('--to <MARK>', 'show registers, code and console at a mark');
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
          ? verifyAll(recording, options.verify === true, output)
          : showAt(recording, options.to, output),
      );
    } finally {
      recording.close();
    }
  });
}

async function vcpuFor(recording: Recording): Promise<Vcpu> {
  const { createVcpu } = await import('../engine/index.ts');
  return createVcpu({ memoryBytes: recording.guest.memoryBytes });
}

async function verifyAll(
  recording: Recording,
  silent: boolean,
  output: Output,
): Promise<ExitStatus> {
  const { verify } = await import('./verify.ts');
  const interruption = new Interruption();
  const progress = new Progress(output, 'replaying', recording.lastIcount);
  const show = silent || output.json ? () => {} : await consolePrinter(recording);
  let result: Verified;
  try {
    result = await verify({
      recording,
      vcpu: await vcpuFor(recording),
      interruption,
      onProgress: (at) => {
        if (silent) progress.update(at);
        show(at);
      },
    });
  } finally {
    progress.end();
    interruption.close();
  }
  if (!result.interrupted) show(Number.POSITIVE_INFINITY);
  return conclude(recording, result, output);
}

async function conclude(
  recording: Recording,
  result: Verified,
  output: Output,
): Promise<ExitStatus> {
  const { icount, stateHash, divergence, seconds, mips, interrupted } = result;
  output.document({
    icount,
    stateHash,
    divergence,
    seconds,
    mips,
    complete: recording.complete,
    interrupted,
  });
  if (divergence) {
    const { describeDivergence } = await import('../replay/divergence.ts');
    throw new FailureError(describeDivergence(divergence));
  }
  if (interrupted) {
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

async function showAt(recording: Recording, text: string, output: Output): Promise<ExitStatus> {
  const { guestAt } = await import('./guest-at.ts');
  const progress = new Progress(output, 'seeking', recording.lastIcount);
  const interruption = new Interruption();
  try {
    const guest = await guestAt(recording, await vcpuFor(recording), text, {
      interruption,
      onProgress: (at) => progress.update(at),
    });
    progress.end();
    if (!guest) return 130;
    const { registers, mark, mode, cpl, stateHash, code, console } = guest;
    output.document({
      icount: guest.icount,
      rip: `0x${registers.rip.toString(16)}`,
      mode: String(mode),
      cpl,
      regs: registerDocument(registers),
      stateHash,
      mark,
      halted: guest.halted,
      code: code?.map(({ rip, bytes, text }) => ({
        rip: `0x${rip.toString(16)}`,
        bytes: Buffer.from(bytes).toString('hex'),
        text,
      })),
      console: consoleText(console).join('\n'),
    });
    const where = `mark ${mark} of ${recording.lastIcount}`;
    const state = `${mode}-bit, CPL ${cpl}${guest.halted ? ', halted' : ''}, state hash ${stateHash}`;
    output.line(output.style('bold', `${where}: ${state}`));
    output.line();
    for (const line of registerLines(registers)) output.line(line);
    output.line();
    if (code) for (const line of codeText(code, guest.linearRip)) output.line(line);
    else output.line(`nothing is mapped at RIP`);
    const lines = consoleText(console, CONSOLE_LINES);
    if (lines.length > 0) {
      output.line();
      output.line(output.style('dim', `console, ${bytes(console.length)} so far:`));
      for (const line of lines) output.line(`| ${line}`.trimEnd());
    }
    return 0;
  } finally {
    progress.end();
    interruption.close();
  }
}
