/** A recorder that is killed, or whose disk fills up, leaves a recording that replays as far as it goes. */

import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BINARY, bootSector, Folder } from './spawn.ts';

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
  // Prints on and on, each byte other than the last: cs inc byte [0x7d00]; jmp 0x7c00.
  const again = [0x2e, 0xfe, 0x06, 0x00, 0x7d, 0xeb, 0xea];
  folder.write('chatter', bootSector('ab\n', again));
});
afterAll(() => folder.remove());

const GUEST = ['--kernel', 'chatter', '-m', '16', '--serial', 'none'];

/** What `info` and `replay --verify` make of what is left. */
function inspect(path: string): { complete: unknown; icount: number; replayed: unknown } {
  const info = folder.retrovisor(['info', path, '--json']);
  expect(info).toMatchObject({ status: 0, stderr: '' });
  const { complete, icount } = JSON.parse(info.stdout);
  const replay = folder.retrovisor(['replay', path, '--verify', '--json']);
  expect(replay).toMatchObject({ status: 0, stderr: '' });
  const replayed = JSON.parse(replay.stdout);
  expect(replayed.divergence).toBeNull();
  return { complete, icount, replayed: replayed.icount };
}

describe('kill -9', () => {
  test.each([0.3, 0.7, 1.1, 1.9, 2.7])('after %d s', async (seconds) => {
    const path = `killed-${seconds}.retro`;
    const args = [BINARY, 'record', ...GUEST, '-o', path];
    const child = spawn(process.execPath, args, { cwd: folder.path, stdio: 'ignore' });
    const closed = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
    await new Promise((resolve) => setTimeout(resolve, 300 + seconds * 1000));
    child.kill('SIGKILL');
    expect(await closed).toBe('SIGKILL');
    // So early that there is no file, or no whole header: unusable, and said so.
    const info = folder.retrovisor(['info', path, '--json']);
    if (info.status === 2) {
      expect(info.stderr).toMatch(/^retrovisor: [^\n]+\n$/);
      return;
    }
    const { complete, icount, replayed } = inspect(path);
    expect(complete).toBe(false);
    expect(replayed).toBe(icount);
    if (seconds > 2) expect(icount).toBeGreaterThan(0);
  });
});

/** A small file system of our own, where that is allowed. */
function tmpfs(): string | undefined {
  const root = new Folder();
  const at = join(root.path, 'small');
  mkdirSync(at);
  const made = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', at]);
  if (made.status === 0) return at;
  root.remove();
  return undefined;
}

const small = tmpfs();
afterAll(() => {
  if (small !== undefined) spawnSync('umount', [small]);
});

test.skipIf(small === undefined)('a full disk', () => {
  const path = join(small ?? '', 'full.retro');
  const { status, stdout, stderr } = folder.retrovisor(['record', ...GUEST, '-o', path, '--json']);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(
    /^retrovisor: '.*full\.retro': [^\n]*no space left on the device[^\n]*; it replays up to icount \d+\n$/,
  );
  const saved = Number(/icount (\d+)\n$/.exec(stderr)?.[1]);
  expect(saved).toBeGreaterThan(0);
  expect(inspect(path)).toEqual({ complete: false, icount: saved, replayed: saved });
});
