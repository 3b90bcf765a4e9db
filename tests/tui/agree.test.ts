/** What the panes say, against gdb on the same recording at the same marks. */

import { expect, test } from 'vitest';
import { GDB, gdb } from '../rsp/gdb.ts';
import { DemoUi } from './demo-ui.ts';

const MARKS = ['1398362', '7654321', 'irq:100', 'console:"PANIC"', 'end'];
const REGISTERS = ['rax', 'rcx', 'rsp', 'rbp', 'rdi', 'r8', 'rip', 'cr3'];

if (!GDB) console.warn('skipped: what the panes say against gdb: gdb is not installed');

test.skipIf(!GDB)(
  'registers, code, memory, calls and the state hash at the same marks',
  async () => {
    const demo = new DemoUi();
    demo.size = { columns: 250, rows: 70 };
    const marks = MARKS.filter((text) => {
      try {
        demo.ui.target.resolve(text);
        return true;
      } catch {
        return false;
      }
    });
    expect(marks.length).toBeGreaterThan(3);
    const shown = new Map<
      string,
      { hash: string; screen: string; here: string; calls: string[] }
    >();
    for (const text of marks) {
      await demo.command(`goto ${text}`);
      await demo.command('hash');
      const hash = demo.ui.message.text.replace('state hash ', '');
      const calls = demo.ui.snapshot.calls.map(({ rip }) => `0x${rip.toString(16)}`);
      shown.set(text, { hash, screen: demo.screen, here: demo.here, calls });
    }
    const asked = marks.flatMap((text) => [
      `monitor seek ${text}`,
      // What gdb knew before the jump is out of date.
      'maintenance flush register-cache',
      `echo == ${text.replace(/"/g, "'")}\\n`,
      'monitor hash',
      ...REGISTERS.map((name) => `printf "${name} %016lx\\n", $${name}`),
      'printf "word %016lx\\n", *(unsigned long *) $rsp',
      'bt 3',
    ]);
    const whole = (await gdb(demo.ui.target, 'guests/demo/demo.elf', asked)).join('\n');
    const said = whole.split('== ');
    for (const [i, text] of marks.entries()) {
      const { hash, screen, calls } = shown.get(text)!;
      const answer = said[i + 1]!;
      // What `monitor` says goes another way than what gdb says.
      expect(whole).toContain(hash);
      for (const name of REGISTERS) {
        const value = new RegExp(`^${name} ([0-9a-f]{16})$`, 'm').exec(answer)![1]!;
        expect(screen, `${name} at ${text}`).toMatch(new RegExp(`${name.padEnd(4)} ${value}`));
      }
      const word = /^word ([0-9a-f]{16})$/m.exec(answer)![1]!.replace(/^0+(?=.)/, '');
      expect(screen).toContain(`= ${word} `);
      // "#1  0x0000000000102457 in writer_task (...)"
      const caller = /^#1 +0x0*([0-9a-f]+) in /m.exec(answer)?.[1];
      if (caller !== undefined && calls.length > 1) expect(calls[1]).toBe(`0x${caller}`);
    }
  },
);
