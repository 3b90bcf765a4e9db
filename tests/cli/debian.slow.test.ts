/**
 * Debian's unmodified kernels through a whole init, recorded and replayed by the command line. Needs
 * what `npm run guests` fetches.
 */

import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Recording } from '../../src/trace/recording.ts';
import { Folder } from './spawn.ts';

const GUESTS = resolve('.cache/guests');
const INITRD = join(GUESTS, 'initrd.gz');
const RECORDING_BYTES_MAX = 4 * 2 ** 20;

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
});
afterAll(() => folder.remove());

/** What the init's awk and sha256sum have to print. */
const SUM = Array.from({ length: 300_000 }, (_, i) => (i * i) % 7).reduce((a, b) => a + b, 0);
const SHA256 = createHash('sha256')
  .update(new Uint8Array(256 * 64 * 1024))
  .digest('hex');

const TIMEOUT_MS = 600_000;
const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

function record(kernel: string, output: string) {
  const ran = folder.retrovisor(
    [
      ...['record', '--kernel', kernel, '--initrd', INITRD],
      ...['--append', 'console=ttyS0 quiet panic=-1', '-m', '256'],
      ...['--rtc', 'base=2024-01-01', '-o', output, '--json'],
    ],
    { timeoutMs: TIMEOUT_MS },
  );
  return { ...ran, document: json(ran.stdout) };
}

/** Names and call stacks out of the guest's memory: no file was given, and KASLR moved the kernel. */
function namesItself(): void {
  const screen = folder.retrovisor(['tui', 'first.retro', '--at', 'end'], {
    env: { COLUMNS: '200', LINES: '60' },
    timeoutMs: TIMEOUT_MS,
  });
  expect(screen.status).toBe(0);
  // The way from a system call to the port that turns the power off (drivers/acpi, kernel/reboot.c).
  const calls = [
    'acpi_os_write_port',
    'native_machine_power_off',
    '__do_sys_reboot',
    'do_syscall_64',
  ];
  for (const name of calls) expect(screen.stdout).toContain(name);
  expect(existsSync(join(folder.path, 'first.retro.symbols'))).toBe(true);
  const args = ['exits', 'first.retro', '--export', 'folded', '-f', 'port=0x604 and out'];
  const stacks = folder.retrovisor(args, { timeoutMs: TIMEOUT_MS });
  expect(stacks.stdout).toMatch(
    /entry_SYSCALL_64\w*;do_syscall_64;__do_sys_reboot;.*;acpi_os_write_port;pio-out \d+/,
  );
}

describe.each(['cloud', 'amd64'])('%s', (name) => {
  const kernel = join(GUESTS, `vmlinuz-${name}`);
  const missing = !existsSync(kernel) || !existsSync(INITRD);

  test.skipIf(missing)('boots, computes, powers off; twice the same; replays', () => {
    const first = record(kernel, 'first.retro');
    expect(first.status).toBe(0);
    expect(first.stderr).toMatch(/INIT-OK 6\.1\.\S+/);
    expect(first.stderr).toContain(`\nAWK ${SUM}\r\n${SHA256}  -\r\nDONE-MARK\r\n`);
    expect(first.document).toMatchObject({ reason: 'poweroff' });

    const second = record(kernel, 'second.retro');
    const { icount, stateHash } = first.document;
    expect(second.document).toMatchObject({ icount, stateHash });

    for (const file of ['first.retro', 'second.retro']) {
      const args = ['replay', file, '--verify', '--json'];
      const replayed = folder.retrovisor(args, { timeoutMs: TIMEOUT_MS });
      expect(json(replayed.stdout)).toMatchObject({ icount, stateHash, divergence: null });
    }

    const recording = Recording.open(join(folder.path, 'first.retro'));
    const frames = recording.bytes - (recording.chunks[0]?.offset ?? 0);
    recording.close();
    expect(frames).toBeLessThan(RECORDING_BYTES_MAX);

    const at = folder.retrovisor(['replay', 'first.retro', '--to', 'console:INIT-OK', '--json'], {
      timeoutMs: TIMEOUT_MS,
    });
    expect(json(at.stdout)).toMatchObject({
      mode: '64',
      console: expect.stringMatching(/INIT-OK$/),
    });
    if (name === 'cloud') namesItself();
    for (const file of ['first.retro', 'second.retro']) rmSync(join(folder.path, file));
  });
});
