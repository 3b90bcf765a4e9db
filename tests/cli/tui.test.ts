/** The terminal interface in a real pseudoterminal: what a person would see, at every size. */

import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { Pty } from './pty.ts';
import { BINARY, Folder } from './spawn.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const SGR = /\x1b\[([\d;]*)m/g;
/** Wrapping on, cursor shown, back from the alternate screen. */
const RESTORED = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const folder = new Folder();
let pty: Pty | undefined;

beforeAll(() => {
  copyFileSync('guests/demo/demo.elf', join(folder.path, 'demo.elf'));
  const guest = ['--kernel', 'demo.elf', '-m', '32', '--rtc', 'base=2024-01-01'];
  const ran = folder.retrovisor(['record', ...guest, '--serial', 'none', '-o', 'demo.retro', '-q']);
  expect(ran.status).toBe(0);
});
afterEach(() => {
  if (pty && !pty.exited) pty.kill('SIGKILL');
  pty = undefined;
});
afterAll(() => folder.remove());

function open(args: readonly string[], cols = 80, rows = 24, env = {}): Pty {
  pty = new Pty([BINARY, ...args], { cwd: folder.path, cols, rows, env });
  return pty;
}

test('from the crash to its cause, typing only', async () => {
  const terminal = open(['demo.retro']);
  await terminal.until('? for help, : for commands');
  await terminal.until('100.00 %', ':goto end\r');
  await terminal.until('*** halted', '4');
  const rip = /RIP ([0-9a-f]{16})/.exec(await terminal.until(/RIP [0-9a-f]{16}/, 'kkkkkkl'))![1]!;
  await terminal.until(/Code {2}queue_pop\+/, `:runtil 0x${rip}\r`);
  await terminal.until(/job_queue> GPA/, ':memory job_queue\r');
  await terminal.until(/. [0-9a-f]{8} {2}mov \[rax\], rdx/, '3w');
  await terminal.until(/▶ [0-9a-f]{8} {2}mov rdx, \[rax\]/, 'SS');
  await terminal.until(/\(rax\)/, ':memory rax\r');
  await terminal.until(/Code {2}format_entry\+/, 'w');
  expect(await terminal.until(/1 {2}[0-9a-f]+ {2}seal_entry/, '6')).toMatch(
    /2 {2}[0-9a-f]+ {2}writer_task/,
  );
  await terminal.until('bookmark "overrun"', 'moverrun\r');
  terminal.type('q');
  expect(await terminal.end()).toBe(0);
  expect(terminal.buffer).toBe('normal');
  // The bookmark stays with the recording.
  const again = open(['tui', 'demo.retro', '--at', 'overrun']);
  await again.until(/Code {2}format_entry\+/);
});

test('sizes, and a resize in the middle', async () => {
  const terminal = open(['tui', 'demo.retro', '--at', '50%'], 120, 40);
  await terminal.until(/Registers[\s\S]*Memory[\s\S]*Console/);
  for (const [cols, rows] of [
    [250, 70],
    [80, 24],
    [60, 18],
    [120, 40],
  ] as const) {
    terminal.resize(cols, rows);
    const footer = 's/S step  n/N over';
    // The keys are on the last row of that size, and nothing of an older size is left.
    const text = await terminal.until(
      new RegExp(`^ retrovisor .*\\n(?:.*\\n){${rows - 2}} ${footer}`),
    );
    expect(text.split('\n').filter((row) => row.includes(footer))).toHaveLength(1);
    expect(text.split('\n').filter((row) => row.includes(' retrovisor '))).toHaveLength(1);
  }
  await terminal.until(/8[\d]{6} of/, 's');
});

test('colors, NO_COLOR, and a locale without UTF-8', async () => {
  const colors = (sent: string): string[] =>
    [...sent.matchAll(SGR)]
      .map(([, code = '']) => code)
      .filter((code) => /(?:^|;)(?:3|4|9|10)\d/.test(code));
  const colored = open(['demo.retro']);
  await colored.until('? for help');
  expect(colors(colored.sent).length).toBeGreaterThan(0);
  colored.kill('SIGKILL');
  const plain = open(['demo.retro'], 80, 24, { NO_COLOR: '1', LANG: 'C' });
  const text = await plain.until('? for help');
  expect(colors(plain.sent)).toEqual([]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all that is not ASCII
  expect(text).not.toMatch(/[^\x00-\x7f]/);
  plain.type(':hash\r');
  await plain.until(/state hash [0-9a-f]{16}/);
});

test('what it says agrees with replay --to', async () => {
  const said = folder.retrovisor(['replay', 'demo.retro', '--to', '7654321', '--json']);
  const state = JSON.parse(said.stdout) as { stateHash: string; regs: Record<string, string> };
  const terminal = open(['tui', 'demo.retro', '--at', '7654321'], 120, 40);
  await terminal.until('? for help');
  const text = await terminal.until(`state hash ${state.stateHash}`, ':hash\r');
  for (const name of ['rax', 'rsp', 'rdi', 'r15', 'rip', 'cr3']) {
    expect(text).toContain(`${name.padEnd(4)} ${state.regs[name]!.slice(2).padStart(16, '0')}`);
  }
});

test.each(['SIGTERM', '\x03', ':quit\r'])('%j gives the terminal back', async (how) => {
  const terminal = open(['demo.retro']);
  await terminal.until('? for help');
  expect(terminal.buffer).toBe('alternate');
  if (how.startsWith('SIG')) terminal.kill(how);
  else terminal.type(how);
  expect(await terminal.end()).toBe(0);
  expect(terminal.buffer).toBe('normal');
  expect(terminal.sent.endsWith(RESTORED)).toBe(true);
});

test('without a terminal it prints the screen and ends', () => {
  const { status, stdout, stderr } = folder.retrovisor(['demo.retro', '--at', '50%'], {
    env: { COLUMNS: '100', LINES: '34' },
  });
  expect([status, stderr]).toEqual([0, '']);
  const rows = stdout.trimEnd().split('\n');
  expect(rows.length).toBeLessThanOrEqual(34);
  expect(stdout).toContain('Registers');
  expect(stdout).not.toContain('\x1b');
});

test.each([
  [['tui'], "missing required argument 'recording'"],
  [['tui', 'demo.retro', '--json'], 'tui has no --json'],
  [['tui', 'demo.retro', '--at', 'nowhere'], 'expected an icount'],
  [['tui', 'demo.retro', '--symbols', 'none'], 'no such file'],
])('%j is refused', (args, message) => {
  const { status, stderr } = folder.retrovisor(args);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('the terminal goes away', async () => {
  const terminal = open(['demo.retro']);
  await terminal.until('? for help');
  terminal.kill('SIGHUP');
  expect(await terminal.end()).toBe(0);
  expect(terminal.sent.endsWith(RESTORED)).toBe(true);
});

test('Ctrl-Z gives the terminal back, fg takes it again', async () => {
  const terminal = shell();
  await terminal.until('$');
  await terminal.until('? for help', `${process.execPath} ${BINARY} demo.retro\r`);
  // The shell has it: it answers, and the line is shown as it is typed.
  await terminal.until(/Stopped[\s\S]*\$$/, '\x1a');
  expect(terminal.buffer).toBe('normal');
  await terminal.until('still 42', 'echo still $((6 * 7))\r');
  await terminal.until(/Code[\s\S]*Registers/, 'fg\r');
  expect(terminal.buffer).toBe('alternate');
  await terminal.until(/100\.00 %/, 'G');
  terminal.type('q');
  await terminal.until(/\$$/);
  expect(terminal.buffer).toBe('normal');
});

function shell(): Pty {
  const args = ['-c', 'PS1="$ " exec bash --norc --noprofile -i'];
  pty = new Pty(args, { cwd: folder.path, cols: 80, rows: 24, program: 'sh' });
  return pty;
}

test('the mouse selects, scrolls and seeks; off, it is left to the terminal', async () => {
  const terminal = open(['tui', 'demo.retro', '--at', '50%'], 120, 40);
  await terminal.until('? for help');
  expect(terminal.sent).not.toContain('\x1b[?1000h');
  await terminal.until('the mouse selects', 'M');
  expect(terminal.sent).toContain('\x1b[?1000h\x1b[?1006h');
  const press = (column: number, row: number, button = 0): string =>
    `\x1b[<${button};${column};${row}M\x1b[<${button};${column};${row}m`;
  // The last column of the timeline is the end of the recording.
  await terminal.until(/99\.\d\d %|100\.00 %/, press(120, 3));
  // A pane's row, and the wheel over it.
  const title = terminal.screen.split('\n').findIndex((row) => row.includes('─ Exits'));
  const rows = (): string =>
    terminal.screen
      .split('\n')
      .slice(title + 1, -2)
      .join('\n');
  const before = rows();
  terminal.type(press(10, title + 3, 64).repeat(4));
  await terminal.until({ test: () => rows() !== before } as unknown as RegExp);
  terminal.type('M');
  await terminal.until("the terminal's own again");
  expect(
    terminal.sent.endsWith('\x1b[?1000l') || terminal.sent.includes('\x1b[?1006l\x1b[?1000l'),
  ).toBe(true);
});

test('functions in the filter, by a replay in the background', async () => {
  const terminal = open(['tui', 'demo.retro', '--at', '50%'], 120, 40);
  await terminal.until('? for help');
  const text = await terminal.until(
    /\[function~outb\](?!.*known up to)[\s\S]* outb/,
    ':filter function~outb\r',
  );
  const rows = text.split('\n').filter((row) => /^.\s+\d+ (?:in|out|hlt|interrupt)/.test(row));
  expect(rows.length).toBeGreaterThan(5);
  expect(rows.every((row) => / outb\b/.test(row))).toBe(true);
});
