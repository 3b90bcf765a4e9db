/** `retrovisor record -o FILE`: a guest, with everything that reaches it written down. */

import { accessSync, closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { icount } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import { type Cli, finish } from './command.ts';
import { FailureError, reasonOf, UsageError } from './errors.ts';
import { bytes, duration, mips, plural } from './format.ts';
import { addGuestOptions, guestOptions } from './guest-options.ts';
import { KvmRecording } from './kvm-guest.ts';
import { gdbAsked, gdbOption, gdbWaitOption, runWithGdb } from './live-gdb.ts';
import { type GuestPlan, planGuest } from './live-guest.ts';
import {
  ending,
  type LiveResult,
  type LiveSummary,
  type RunHooks,
  runLive,
  statusAfter,
} from './live-run.ts';
import type { Output } from './output.ts';
import { writingTo } from './recording-file.ts';
import type { StartedRecording } from './recording-start.ts';

interface RecordOptions {
  output?: string;
  gdb?: string;
  tui?: boolean;
  gdbWait?: boolean;
}

export function addRecord(cli: Cli): void {
  const command = addGuestOptions(
    cli.program
      .command('record')
      .description('run a guest and record it')
      .option('-o, --output <FILE>', 'the recording to write, a .retro file')
      .option('--tui', 'watch it in the terminal interface; pause, walk back, resume')
      .addOption(gdbOption())
      .addOption(gdbWaitOption()),
  );
  const examples = [
    'retrovisor record --kernel vmlinuz --initrd initrd.gz -o boot.retro',
    'retrovisor record --kernel vmlinuz --initrd initrd.gz -o boot.retro --tui',
    'retrovisor record --kernel demo.elf -m 32 --rtc base=2024-01-01 -o d.retro',
    'retrovisor record --kernel demo.elf -o d.retro --gdb :1234 --gdb-wait',
  ];
  finish(cli, command, examples, async (_operands, options: RecordOptions, output) => {
    const guest = guestOptions(options, 'record');
    const path = options.output;
    if (path === undefined) throw new UsageError('record expects -o FILE; none was given');
    checkWritable(path);
    const gdb = gdbAsked(options, guest);
    const plan = await planGuest(guest);
    if (options.tui) {
      if (gdb) throw new UsageError('record: expected --tui or --gdb, not both');
      const { recordInTerminal } = await import('./record-tui.ts');
      return await recordInTerminal(plan, path, output);
    }
    if (gdb) {
      const { live, totals } = await runWithGdb(plan, path, gdb, output);
      summarise(path, live, totals, output);
      return statusAfter(live);
    }
    const { result, totals } = await record(plan, path, output);
    summarise(path, result, totals, output);
    return statusAfter(result);
  });
}

interface Totals {
  readonly exits: number;
  readonly interrupts: number;
  readonly bytes: number;
}

/** How often a recording with a person at the console is put on the disk. */
const FLUSH_MS = 1000;

export async function record(
  plan: GuestPlan,
  path: string,
  output: Output,
): Promise<{ result: LiveResult; totals: Totals }> {
  const { AT_EXITS, startRecording } = await import('./recording-start.ts');
  const followed =
    plan.options.accel === 'kvm'
      ? await KvmRecording.prepare(plan, (text) => output.note(text))
      : undefined;
  let kvm: KvmRecording | undefined;
  let started: StartedRecording | undefined;
  let vcpu: Vcpu | undefined;
  let flushedMs = performance.now();
  const hooks: RunHooks = {
    tapFor: (fresh) => {
      vcpu = fresh;
      const hashes = followed && AT_EXITS;
      started = writingTo(path, () => startRecording(plan, fresh.registers(), path, hashes));
      kvm = followed?.(fresh, started.recorder);
      return kvm?.follower ?? started.recorder;
    },
    nextStop: () => kvm?.nextStop ?? started?.recorder.nextHashAt ?? icount(0),
    atBoundary: () => {
      const at = kvm ? kvm.compared() : vcpu;
      if (at) started?.recorder.hashPoint(at);
    },
    afterSlice: (interactive) => {
      const nowMs = performance.now();
      if (!interactive || nowMs - flushedMs < FLUSH_MS) return;
      flushedMs = nowMs;
      started?.recorder.flush();
    },
  };
  try {
    const run = await runLive(plan, output, hooks);
    if (!started) throw new Error('a run without a recorder');
    const { recorder } = started;
    const end = kvm?.ended() ?? run.vcpu;
    const stateHash = recorder.end(run.reason, end);
    const result = { ...run, icount: end.icount, stateHash, mips: mips(end.icount, run.seconds) };
    return { result, totals: { ...recorder.totals, bytes: recorder.bytes } };
  } catch (error) {
    if (kvm && started) started.recorder.flush();
    started?.recorder.abandon();
    const names = ['RecordingError', 'KvmError', 'FollowError'];
    if (!started || !(error instanceof Error) || !names.includes(error.name)) throw error;
    // What is on the disk is a recording still, up to its last whole chunk.
    const saved = started.writer.savedIcount;
    throw new FailureError(`'${path}': ${error.message}; it replays up to icount ${saved}`);
  }
}

function summarise(path: string, result: LiveSummary, totals: Totals, output: Output): void {
  const { icount, stateHash, seconds, mips, reason } = result;
  const { exits, interrupts } = totals;
  output.document({
    file: path,
    icount,
    exits,
    interrupts,
    bytes: totals.bytes,
    stateHash,
    seconds,
    mips,
    reason,
  });
  const ended = ending(reason);
  const speed = `${duration(seconds)}, ${mips} MIPS`;
  output.note(`${ended} after ${plural(icount, 'instruction')} in ${speed}`);
  output.note(
    `${path}: ${bytes(totals.bytes)}, ${plural(exits, 'exit')}, ` +
      `${plural(interrupts, 'interrupt')}, state hash ${stateHash}`,
  );
  output.note(`next: retrovisor replay ${shellWord(path)} --verify`);
}

function shellWord(text: string): string {
  return /^[\w./+:@%=-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

const MAGIC = Buffer.from([0x89, 0x52, 0x45, 0x54, 0x52, 0x4f]);

/**
 * A recording may replace a recording. Anything else that is there stays: a slip of the hand in `-o`
 * must not cost somebody their kernel.
 */
export function checkWritable(path: string): void {
  const expects = (what: string) => new UsageError(`-o expects ${what}`);
  let found: ReturnType<typeof statSync>;
  try {
    found = statSync(path);
  } catch {
    try {
      accessSync(dirname(path), constants.W_OK);
    } catch (error) {
      throw expects(`a folder that can be written: '${dirname(path)}': ${reasonOf(error)}`);
    }
    return;
  }
  if (found.isDirectory()) throw expects(`a file; '${path}' is a directory`);
  if (found.isFile() && found.size > 0 && !startsLikeOne(path)) {
    throw expects(`a new file or a recording to replace; '${path}' is neither`);
  }
  try {
    accessSync(path, constants.W_OK);
  } catch (error) {
    throw expects(`a file that can be written: '${path}': ${reasonOf(error)}`);
  }
}

function startsLikeOne(path: string): boolean {
  const head = Buffer.alloc(MAGIC.length);
  const fd = openSync(path, 'r');
  try {
    return readSync(fd, head, 0, head.length, 0) === head.length && head.equals(MAGIC);
  } finally {
    closeSync(fd);
  }
}
