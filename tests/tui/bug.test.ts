/** The planted bug of the demo guest, found with the keys alone; and that keys do what they say. */

import { expect, test } from 'vitest';
import { DemoUi } from './demo-ui.ts';

test('from the crash to the overrun, backwards', async () => {
  const demo = new DemoUi();
  await demo.press('G');
  const rip = /RIP ([0-9a-f]{16})/.exec(demo.lines({ columns: 250, rows: 70 }).join('\n'))?.[1];
  // To the instruction that faulted: it follows a pointer with three dots in it.
  await demo.command(`runtil 0x${rip}`);
  expect(demo.screen).toContain('queue_pop+0x');
  expect(demo.screen).toMatch(/rax {2}ffff9000002e2e2e\*/);
  // The pointer is the queue's head; who wrote that?
  await demo.command('memory job_queue');
  await demo.press('3', 'w');
  expect(demo.here).toContain('mov [rax], rdx');
  // It came from the node that was taken; who wrote there?
  await demo.press('S', 'S');
  expect(demo.here).toContain('mov rdx, [rax]');
  await demo.command('memory rax');
  await demo.press('w');
  await demo.press('6');
  expect(demo.screen).toMatch(/0 {2}[0-9a-f]+ {2}format_entry\+/);
  expect(demo.screen).toMatch(/1 {2}[0-9a-f]+ {2}seal_entry\+/);
  expect(demo.screen).toMatch(/2 {2}[0-9a-f]+ {2}writer_task\+/);
  expect(demo.here).toContain('mov [rdx], al');
  await demo.command('mark the overrun');
  expect(demo.ui.target.bookmarks.get('the overrun')?.icount).toBe(demo.icount);
});

test('every step has its way back', async () => {
  const demo = new DemoUi();
  await demo.command('goto 50%');
  for (const [on, back] of [
    ['s', 'S'],
    ['n', 'N'],
    [']', '['],
    [')', '('],
    ['>', '<'],
  ] as const) {
    const from = demo.icount;
    await demo.press(on);
    const there = demo.icount;
    expect(there).toBeGreaterThan(from);
    await demo.press(back);
    expect(demo.icount).toBeLessThan(there);
    if (on === 's') expect(demo.icount).toBe(from);
  }
});

test('over, out and back to the call', async () => {
  const demo = new DemoUi();
  await demo.command('until format_entry');
  const entry = demo.icount;
  expect(demo.here).toContain('push rbp');
  await demo.press('F');
  expect(demo.here).toMatch(/call 0x[0-9a-f]+ {2}; format_entry/);
  const call = demo.icount;
  expect(call).toBe(entry - 1);
  await demo.press('n');
  const after = demo.icount;
  expect(after).toBeGreaterThan(entry + 20);
  await demo.press('N');
  expect(demo.icount).toBe(call);
  await demo.press('s', 's', 's', 's', 'f');
  expect(demo.icount).toBe(after);
  // Places visited by big moves, the way back and forth.
  await demo.press('u');
  expect(demo.icount).toBe(entry + 3);
  await demo.press('Ctrl-R');
  expect(demo.icount).toBe(after);
});

test('breakpoints with conditions and counts, both ways', async () => {
  const demo = new DemoUi();
  await demo.command('break queue_pop if dword[rdi+16] == 3');
  await demo.press('c');
  const first = demo.icount;
  expect(demo.ui.guest.read(demo.ui.snapshot.registers.gpr[7]! + 16n, 4)).toBe(3n);
  expect(demo.screen).toContain('(hit 1)');
  await demo.press('c');
  expect(demo.icount).toBeGreaterThan(first);
  await demo.press('C');
  expect(demo.icount).toBe(first);
  await demo.press('7');
  expect(demo.screen).toContain('hit 3');
  await demo.press('d');
  expect(demo.ui.stops.all).toEqual([]);
  await demo.command('watch job_queue');
  await demo.command('catch irq 0x20');
  await demo.command('catch port 0x3f8..0x3ff');
  for (let i = 0; i < 3; i++) await demo.press('c');
  expect(demo.ui.stops.all.reduce((sum, { hits }) => sum + hits, 0)).toBeGreaterThanOrEqual(3);
});

test('the console is what had been printed then', async () => {
  const demo = new DemoUi();
  await demo.press('4', '/', ...'wrote log 16', 'Enter');
  expect(demo.screen).toContain('task A: wrote log 16');
  expect(demo.screen).not.toContain('wrote log 24');
  await demo.press('\\', ...'wrote log 8', 'Enter');
  expect(demo.screen).toContain('wrote log 8');
  expect(demo.screen).not.toContain('wrote log 16');
});

test('the exits pane follows, filters and goes there', async () => {
  const demo = new DemoUi();
  await demo.command('goto 30%');
  await demo.command('filter irq');
  await demo.press('5', 'j', 'j', 'Enter');
  const { frame } = demo.ui.target.recording.frame(demo.ui.snapshot.ordinal);
  expect(frame.kind).toBe('interrupt');
  const rows = demo.lines().slice(15, 21);
  expect(rows.every((row) => /^.\s+\d+ interrupt 2[04]/.test(row))).toBe(true);
});

test('what cannot be done is said, and nothing moves', async () => {
  const demo = new DemoUi();
  await demo.command('goto 40%');
  const at = demo.icount;
  for (const [text, message] of [
    ['goto nowhere', 'expected an icount'],
    ['print 1 +', 'expected a value, got the end'],
    ['break no_such', 'no register or symbol "no_such"'],
    ['filter port=', 'expected a value'],
    ['frobnicate', 'no command "frobnicate"'],
    ['catch fire', 'expected irq'],
    ['delete 9', 'no stop 9'],
    ['memory [0]', 'nothing is mapped at 0x0'],
  ] as const) {
    await demo.command(text);
    expect(demo.ui.message.text).toContain(message);
    expect(demo.icount).toBe(at);
  }
  await demo.press('g', 'S');
  expect(demo.ui.message.text).toContain('the start of the recording');
});

test('Esc stops a long move where it is, or leaves the cursor where it was', async () => {
  const demo = new DemoUi();
  const moving = demo.press('G');
  await demo.press('Esc');
  await moving;
  expect(demo.ui.busy).toBeUndefined();
  expect(demo.icount).toBeLessThan(demo.ui.target.end.icount);
  expect(demo.ui.message.text).toMatch(/^stopped at /);
});
