/**
 * The lldbs that are installed (Debian has 14, and newer ones), on the demo guest. What they print is
 * looked at where it speaks of the guest.
 */

import { beforeAll, describe, expect, test } from 'vitest';
import type { DebugTarget } from '../../src/target/index.ts';
import { DEMO_ELF, demoTarget } from './demo.ts';
import { LLDBS, runLldb } from './lldb.ts';

if (LLDBS.length === 0) console.warn('\n*** no lldb is installed: its tests are skipped ***\n');
else if (!LLDBS.some(({ reverse }) => reverse)) {
  console.warn('\n*** no lldb here knows `process continue --reverse`: its test is skipped ***\n');
}

let target: DebugTarget;
beforeAll(() => {
  if (LLDBS.length > 0) target = demoTarget();
});

const QUEUE_LENGTH = '0x110260';

describe.skipIf(LLDBS.length === 0).each(LLDBS)('lldb $version', (lldb) => {
  const at = async (mark: string, commands: readonly string[]) => {
    await target.seekTo(target.resolve(mark));
    return runLldb(lldb, target, DEMO_ELF, commands);
  };

  test('connects, breaks, steps, reads registers and memory', async () => {
    const { said } = await at('50%', [
      'register read rip',
      'breakpoint set -n queue_pop',
      'continue',
      'thread backtrace -c 3',
      'next',
      'thread step-inst',
      'finish',
      'memory read -c 16 $rsp',
      'expression job_queue.length',
      'process plugin packet monitor when',
    ]);
    expect(said[0]).toMatch(/rip = 0x/);
    expect(said[2]).toMatch(/stop reason = breakpoint 1/);
    expect(said[3]).toMatch(/queue_pop[\s\S]*job_take at jobs\.c/);
    expect(said[4]).toMatch(/stop reason = step over/);
    expect(said[5]).toMatch(/stop reason = instruction step into/);
    expect(said[6]).toMatch(/stop reason = step out[\s\S]*Return value: \(list_node \*\)/);
    expect(said[7]).toMatch(/^0xffffa00000/m);
    expect(said[8]).toMatch(/\(u32\) \$\d = \d+/);
    expect(said[9]).toMatch(/mark \d+ of /);
  });

  test('gets errors for what is not mapped, and the guest stands where it stood', async () => {
    const { said, errors } = await at('50%', [
      'register read icount',
      'memory read 0xdead00000000',
      'expression *(int *)0xffff123400000000',
      'disassemble -s 0xdead00000000 -c 2',
      'register read icount',
      'thread step-inst',
    ]);
    expect(errors.join('\n')).toMatch(/error: .*0xdead00000000[\s\S]*error: /);
    expect(said[4]).toBe(said[0]);
    expect(said[5]).toMatch(/stop reason = instruction step into/);
  });

  test('watches', async () => {
    const { said } = await at('50%', [
      `watchpoint set expression -w write -s 4 -- ${QUEUE_LENGTH}`,
      'continue',
      'continue',
    ]);
    expect(said[2]).toMatch(/stop reason = watchpoint 1/);
  });

  test.skipIf(!lldb.reverse)('goes back', async () => {
    const { said } = await at('50%', [
      'breakpoint set -n queue_pop',
      'register read icount',
      'process continue --reverse',
      'process continue --reverse',
      'process continue',
      'breakpoint delete -f',
      `watchpoint set expression -w write -s 4 -- ${QUEUE_LENGTH}`,
      'process continue --reverse',
      'watchpoint delete -f',
      'process continue --reverse',
      'register read icount',
    ]);
    for (const n of [2, 3, 4]) expect(said[n]).toMatch(/stop reason = breakpoint 1/);
    expect(said[7]).toMatch(/stop reason = watchpoint 1/);
    expect(said[10]).toMatch(/icount = 0x0000000000000000/);
  });
});
