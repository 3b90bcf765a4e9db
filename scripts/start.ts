/**
 * `npm start`: what Retrovisor is for, in one minute. Records the demo guest, which has a bug;
 * replays and checks the recording; goes back from the crash to the write that caused it. All
 * numbers are those of this run.
 */

import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { consoleText } from '../src/cli/console-text.ts';
import { bytes, count, duration, percent } from '../src/cli/format.ts';
import { planGuest } from '../src/cli/live-guest.ts';
import { openTarget } from '../src/cli/open-target.ts';
import { Output } from '../src/cli/output.ts';
import { packageRoot } from '../src/cli/package-root.ts';
import { record } from '../src/cli/record.ts';
import { verify } from '../src/cli/verify.ts';
import { gva } from '../src/engine/units.ts';
import { formatMark } from '../src/replay/mark.ts';
import type { DebugTarget } from '../src/target/debug-target.ts';
import { Recording } from '../src/trace/recording.ts';
import { symbolNames } from './elf-symbols.ts';
import { type Origin, type Place, placeOf, walkBack } from './walk-back.ts';

const silent = new Output({ json: false, quiet: true, color: true });
const output = new Output({ json: false, quiet: false, color: true });
const say = (text = '') => output.line(text);
const dim = (text: string) => output.style('dim', text);
const bold = (text: string) => output.style('bold', text);
const hex = (value: bigint) => value.toString(16);
/** Shown as one would type it here. */
const here = (path: string) => relative(process.cwd(), path) || path;

const KERNEL = join(packageRoot(), 'guests/demo/demo.elf');
const RECORDING = join(packageRoot(), '.cache/demo.retro');
const nameOf = symbolNames(readFileSync(KERNEL));

await recordDemo();
const recording = Recording.open(RECORDING);
await replayDemo(recording);
const cause = await findCause(openTarget(recording, RECORDING, 'jit'));
whatNext(cause);
recording.close();
process.exit(0);

async function recordDemo(): Promise<void> {
  say(bold('1. Record a guest: a small kernel of ours, with a bug in it'));
  const options = '-m 32 --rtc base=2024-01-01';
  say(dim(`   $ retrovisor record --kernel ${here(KERNEL)} ${options} \\`));
  say(dim(`       -o ${here(RECORDING)}`));
  mkdirSync(join(packageRoot(), '.cache'), { recursive: true });
  const plan = await planGuest({
    kernel: KERNEL,
    initrd: undefined,
    append: '',
    memoryMib: 32,
    serial: { kind: 'none' },
    rtc: new Date('2024-01-01T00:00:00Z'),
    cpu: undefined,
    accel: 'jit',
    name: 'demo',
    until: undefined,
    at: undefined,
  });
  const { result, totals } = await record(plan, RECORDING, silent);
  say(
    `   ${count(result.icount)} instructions in ${duration(result.seconds)}, ` +
      `${count(totals.exits)} exits, ${count(totals.interrupts)} interrupts`,
  );
  say(`   the recording has ${bytes(totals.bytes)}, the kernel included`);
}

async function replayDemo(from: Recording): Promise<void> {
  say(bold('\n2. Replay it: no devices, every exit and every state hash checked'));
  say(dim(`   $ retrovisor replay ${here(RECORDING)} --verify`));
  const { divergence, icount, seconds, stateHash } = await verify(from, 'jit');
  if (divergence || stateHash !== from.end?.stateHash) {
    throw new Error(`the replay diverged at icount ${icount}`);
  }
  say(`   ${duration(seconds)}, the same to the last bit: state hash ${stateHash}`);
}

async function findCause(target: DebugTarget): Promise<Place> {
  await target.seekTo(target.end);
  const lines = consoleText(target.consoleText(), 12);
  const panic = lines.slice(lines.findIndex((line) => line.includes('PANIC')));
  const bad = hexIn(panic[0], /(?:read of|write to) ([0-9a-f]{16})/);
  const rip = hexIn(panic[1], /RIP ([0-9a-f]{16})/);
  say(bold('\n3. It ended badly'));
  for (const line of panic.slice(0, 2)) say(`   | ${line}`);

  say(bold('\n4. So go back in time: where did that pointer come from?'));
  say(dim('         icount  function           instruction'));
  const startedMs = performance.now();
  await target.reverseContinue([{ kind: 'address', gva: gva(rip) }]);
  const crash = placeOf(target);
  sayPlace(crash, output.style('red', `crashes on ${hex(bad)}`));
  const origins = await walkBack(target, bad);
  for (const origin of origins) sayPlace(origin, explain(origin));
  const seconds = (performance.now() - startedMs) / 1000;
  const found = origins.at(-1);
  if (found?.kind !== 'cause') throw new Error('the walk back did not reach a cause');

  say(bold('\n5. The cause, found in ' + duration(seconds)));
  const [function_ = ''] = nameOf(found.rip).split('+');
  say(`   ${function_} cuts a text that is too long, and writes its "..." behind the end of it:`);
  say(`   into the next thing in memory, the pointer of a list. ${whenLater(found, crash)}`);
  return found;
}

function whenLater(found: Place, crash: Place): string {
  const later = crash.mark.icount - found.mark.icount;
  const share = percent(later / crash.mark.icount);
  return `The crash came\n   ${count(later)} instructions later, ${share} of the whole run.`;
}

function hexIn(line: string | undefined, pattern: RegExp): bigint {
  const found = pattern.exec(line ?? '');
  if (!found) throw new Error(`the demo guest did not crash as it should: ${line}`);
  return BigInt(`0x${found[1]}`);
}

function sayPlace({ mark, rip, text }: Place, what: string): void {
  say(
    `   ${count(mark.icount).padStart(12)}  ${nameOf(rip).padEnd(17)}  ${text.padEnd(16)}  ${what}`,
  );
}

function explain(origin: Origin): string {
  const { kind, at } = origin;
  if (kind === 'load') return `had read it from ${nameOf(at)}`;
  if (kind === 'copy') return 'had copied it there';
  const change = `turned ${hex(origin.before)} into ${hex(origin.after)}`;
  return output.style('green', change);
}

function whatNext({ mark }: Place): void {
  say(bold('\nWhat to type next'));
  const next: readonly (readonly [string, string])[] = [
    [
      `npx retrovisor replay ${here(RECORDING)} --to ${formatMark(mark)}`,
      'stand before that write',
    ],
    [`npx retrovisor exits ${here(RECORDING)}`, 'the VM exits of the run'],
    [`npx retrovisor run --kernel ${here(KERNEL)} -m 32`, 'the guest live: help, Ctrl-A x ends'],
    ['npm run guests', "Debian's kernels, as in README.md"],
    ['npx retrovisor --help', 'everything else'],
  ];
  const width = Math.max(...next.map(([command]) => command.length));
  for (const [command, why] of next) say(`   ${command.padEnd(width)}  ${dim(why)}`);
}
