/** `record --tui`: a guest that one types at while it is recorded, pauses, walks back in and resumes. */

import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { ConsoleLog } from '../../src/trace/console.ts';
import { Recording } from '../../src/trace/recording.ts';
import { Pty } from './pty.ts';
import { BINARY, Folder } from './spawn.ts';

const PAUSE = '\x1d';
const RESTORED = '\x1b[?7h\x1b[?25h\x1b[?1049l';
const folder = new Folder();
let pty: Pty | undefined;

/** Real mode, at 7C00H: sends back on COM1 what comes in there. */
const ECHO = [
  ...[0xba, 0xfd, 0x03], // wait: mov dx, COM1 LSR
  0xec, //                        in al, dx
  ...[0xa8, 0x01], //             test al, DR
  ...[0x74, 0xf8], //             jz wait
  ...[0xba, 0xf8, 0x03], //       mov dx, COM1
  0xec, //                        in al, dx
  0xee, //                        out dx, al
  ...[0xeb, 0xf1], //             jmp wait
];

beforeAll(() => {
  const sector = new Uint8Array(512);
  sector.set(ECHO);
  sector.set([0x55, 0xaa], 510);
  folder.write('echo.bin', sector);
});
afterEach(() => {
  if (pty && !pty.exited) pty.kill('SIGKILL');
  pty = undefined;
});
afterAll(() => folder.remove());

function record(output: string): Pty {
  const args = ['record', '--tui', '--kernel', 'echo.bin', '--at', '0x7c00', '-m', '2'];
  pty = new Pty([BINARY, ...args, '-o', output], { cwd: folder.path, cols: 100, rows: 34 });
  return pty;
}

/** The recording replays to its end, and this is what was printed. */
function replayed(file: string): { divergence: unknown; console: string } {
  const verified = folder.retrovisor(['replay', file, '--verify', '--json']);
  const { divergence } = JSON.parse(verified.stdout) as { divergence: unknown };
  const end = folder.retrovisor(['replay', file, '--to', 'end', '--json']);
  return { divergence, console: (JSON.parse(end.stdout) as { console: string }).console };
}

/** What the console of the recording holds as it is on the disk now. */
function written(file: string): string {
  const recording = Recording.open(join(folder.path, file));
  try {
    return new ConsoleLog(recording).bytes.toString('latin1');
  } finally {
    recording.close();
  }
}

const icountOn = (screen: string): number => Number(/\.retro +(\d+)/.exec(screen)?.[1]);

test('typed through, paused, walked back in, resumed', async () => {
  const terminal = record('live.retro');
  await terminal.until('keys go to the guest');
  await terminal.until('hello', 'hello');
  const paused = icountOn(await terminal.until('paused', PAUSE));
  // Back to before the last letter came, and further still: the console follows.
  await terminal.until(/hell(?!o)/, ':rfind l\r');
  const back = await terminal.until(/\b\d+\+?\d* of/, 'S');
  expect(icountOn(back)).toBeLessThan(paused);
  await terminal.until('keys go to the guest', 'R');
  // All that a terminal sends is the guest's now, q and escape sequences as well.
  await terminal.until('hello, q', ', q');
  await terminal.until('paused', PAUSE);
  terminal.type('q');
  expect(await terminal.end()).toBe(0);
  expect(terminal.buffer).toBe('normal');
  expect(terminal.sent).toContain(RESTORED);
  expect(replayed('live.retro')).toEqual({ divergence: null, console: 'hello, q' });
});

test.each(['SIGHUP', 'SIGTERM'])(
  '%s while it runs: the recording is whole, the terminal as it was',
  async (signal) => {
    const terminal = record(`${signal}.retro`);
    await terminal.until('keys go to the guest');
    await terminal.until('abc', 'abc');
    terminal.kill(signal);
    await terminal.end();
    expect(terminal.sent).toContain(RESTORED);
    const info = folder.retrovisor(['info', `${signal}.retro`, '--json']);
    expect(JSON.parse(info.stdout)).toMatchObject({ complete: true, reason: 'interrupted' });
    expect(replayed(`${signal}.retro`)).toEqual({ divergence: null, console: 'abc' });
  },
);

test('killed outright, it is a recording up to what was written', async () => {
  const terminal = record('killed.retro');
  await terminal.until('keys go to the guest');
  await terminal.until('xyz', 'xyz');
  // Somebody is at the console: what was recorded is written every second or so.
  await terminal.until({ test: () => written('killed.retro') === 'xyz' } as unknown as RegExp);
  terminal.kill('SIGKILL');
  await terminal.end();
  const info = folder.retrovisor(['info', 'killed.retro', '--json']);
  expect(JSON.parse(info.stdout)).toMatchObject({ complete: false });
  expect(replayed('killed.retro')).toEqual({ divergence: null, console: 'xyz' });
});

test.each([
  [['--json'], 'no --json'],
  [['--gdb', ':0'], '--tui or --gdb, not both'],
])('%j beside --tui is refused', (more, message) => {
  const args = ['record', '--tui', '--kernel', 'echo.bin', '--at', '0x7c00', '-o', 'no.retro'];
  const { status, stderr } = folder.retrovisor([...args, ...more]);
  expect(status).toBe(2);
  expect(stderr).toMatch(new RegExp(`${message}|expects a terminal`));
});
