/**
 * The real gdb on the boot of Debian's unmodified cloud kernel, which has no debug information: places
 * come from the kernel's own symbols, found in the guest's memory. Needs what `npm run guests` fetches.
 */

import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTarget } from '../../src/cli/open-target.ts';
import { openRecording } from '../../src/cli/recording-file.ts';
import type { SymbolTable } from '../../src/symbols/symbol-table.ts';
import { type DebugTarget, LinuxNames } from '../../src/target/index.ts';
import { Folder } from '../cli/spawn.ts';
import { GDB, gdb } from './gdb.ts';

const KERNEL = resolve('.cache/guests/vmlinuz-cloud');
const INITRD = resolve('.cache/guests/initrd.gz');
const missing = !GDB
  ? 'gdb is not installed'
  : existsSync(KERNEL)
    ? ''
    : "'npm run guests' has not been run";
if (missing) console.warn(`\n*** ${missing}: gdb on Debian's boot is skipped ***\n`);

describe.skipIf(missing !== '')("gdb on Debian's boot", () => {
  const folder = new Folder();
  let target: DebugTarget;
  let names: SymbolTable;
  let close: () => void;

  beforeAll(async () => {
    const path = join(folder.path, 'boot.retro');
    const guest = ['--kernel', KERNEL, '--initrd', INITRD, '--append', 'console=ttyS0 panic=-1'];
    const stop = ['--serial', 'none', '--until', 'console:"INIT-OK"', '--quiet'];
    const args = ['record', ...guest, '-m', '256', ...stop, '-o', path];
    const ran = folder.retrovisor(args, { timeoutMs: 800_000 });
    expect(ran.status, ran.stderr).toBe(0);
    const recording = await openRecording('gdb', path);
    close = () => recording.close();
    target = openTarget(recording, path, 'jit');
    await target.seekTo(target.resolve('console:"Run /init"'));
    const linux = new LinuxNames();
    for (const _ of linux.look(target));
    names = linux.table!;
  });
  afterAll(() => {
    close?.();
    folder.remove();
  });

  const address = (symbol: string): string => `0x${names.symbol(symbol)!.start.toString(16)}`;
  /** Runs commands from where the kernel starts its init, which runs a few programs until INIT-OK. */
  const session = async (commands: readonly string[]): Promise<string> => {
    await target.seekTo(target.resolve('console:"Run /init"'));
    return (await gdb(target, undefined, commands)).join('\n');
  };

  test('breakpoints of all kinds, there and back', async () => {
    const said = await session([
      `break *${address('do_mmap')}`,
      'continue',
      'print/x $rip',
      'continue',
      'reverse-continue',
      'delete',
      `tbreak *${address('vfs_open')}`,
      'continue',
      `hbreak *${address('vfs_open')} if $rdi != 0`,
      'reverse-continue',
      'print $rdi != 0',
      'delete',
      'stepi',
      'nexti',
      'reverse-nexti',
      'reverse-stepi',
      'print/x $rip',
      'x/2i $rip',
      'info registers rip cs cr3',
    ]);
    expect(said).toContain(`$1 = ${address('do_mmap')}`);
    expect(said.match(/Breakpoint 1, /g)).toHaveLength(3);
    expect(said).toMatch(/Temporary breakpoint 2, /);
    expect(said).toMatch(/Breakpoint 3, [\s\S]*\$2 = 1\n/);
    expect(said).toContain(`$3 = ${address('vfs_open')}`);
    expect(said).toMatch(/=> 0xffffffff[\s\S]*cs +0x10 +16/);
  });

  test('watchpoints on what the kernel counts', async () => {
    const jiffies = `*(unsigned long *)${address('jiffies_64')}`;
    const said = await session([
      `print ${jiffies}`,
      `watch -l ${jiffies}`,
      'reverse-continue',
      'reverse-continue',
      'continue',
      'continue',
      'delete',
      `rwatch -l ${jiffies}`,
      'continue',
      'delete',
      `awatch -l ${jiffies}`,
      'reverse-continue',
      `print ${jiffies}`,
    ]);
    const values = [...said.matchAll(/^(Old|New) value = (\d+)$/gm)].map(([, , n]) => Number(n));
    const start = Number(/\$1 = (\d+)/.exec(said)?.[1]);
    expect(values.slice(0, 8)).toEqual(
      [0, -1, -1, -2, -2, -1, -1, 0].map((ticks) => start + ticks),
    );
    expect(said).toMatch(/Hardware read watchpoint 2: -location/);
    expect(said).toMatch(/Hardware access \(read\/write\) watchpoint 3/);
  });

  test('the calls that led here, tracepoints, tasks', async () => {
    const said = await session([
      `break *${address('do_mmap')}`,
      'continue',
      'record btrace bts',
      'record function-call-history /i',
      'record instruction-history',
      'record stop',
      'delete',
      `trace *${address('do_mmap')}`,
      'tstart',
      'monitor seek console:"INIT-OK"',
      'maintenance flush register-cache',
      'tstop',
      'tstatus',
      'tfind',
      'print/x $rip',
      'tfind none',
      'monitor ps',
      'monitor when',
    ]);
    expect(said).toMatch(/inst \d+,\d+/);
    expect(said).toMatch(/Collected [1-9]\d* trace frames\./);
    expect(said).toMatch(/Found trace frame 0, tracepoint 2/);
    expect(said).toContain(`= ${address('do_mmap')}`);
    expect(said).toMatch(/^[ *] +1 +0 [A-Z] +0xffff[0-9a-f]+ init$/m);
    expect(said).toMatch(/^ +2 +0 S +0xffff[0-9a-f]+ \[kthreadd\]$/m);
  });
});
