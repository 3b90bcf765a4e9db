/** Record, replay, exits, info and run of small guests, as scripts would use them. */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BINARY, bootSector, Folder } from './spawn.ts';

const RTC = ['--rtc', 'base=2024-01-01'];
const GUEST = ['--kernel', 'kernel', '-m', '16', ...RTC];

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
  folder.write('kernel', bootSector('hello, world\n'));
  // jmp $: runs until it is told to stop.
  folder.write('endless', bootSector('on and on\n', [0xeb, 0xfe]));
  // lidt of an empty table, then a divide error: nothing can deliver it.
  folder.write('crash', bootSector('oh no\n', [0x0f, 0x01, 0x1e, 0x00, 0x7e, 0xd4, 0x00]));
});
afterAll(() => folder.remove());

const json = (text: string): Record<string, unknown> => {
  expect(text).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(text);
};

/** Records `kernel` once for all tests that only read. */
const recorded = () => {
  if (!existsSync(join(folder.path, 'boot.retro'))) {
    const { status, stderr } = folder.retrovisor(['record', ...GUEST, '-o', 'boot.retro']);
    expect(stderr).toContain('the guest halted for good after ');
    expect(status).toBe(0);
  }
  return 'boot.retro';
};

describe('record', () => {
  test('shows the console, then a summary and the next command', () => {
    const { status, stdout, stderr } = folder.retrovisor(['record', ...GUEST, '-o', 'a.retro']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hello, world\n' });
    const [ended, totals, next, ...rest] = stderr.trimEnd().split('\n');
    expect(ended).toMatch(/^the guest halted for good after \d+ instructions in /);
    expect(totals).toMatch(/^a\.retro: .* exits, 0 interrupts, state hash [0-9a-f]{16}$/);
    expect(next).toBe('next: retrovisor replay a.retro --verify');
    expect(rest).toEqual([]);
  });

  test('--json prints one document; the console goes to stderr', () => {
    const args = ['record', ...GUEST, '-o', 'b.retro', '--json'];
    const { status, stdout, stderr } = folder.retrovisor(args);
    expect({ status, stderr }).toEqual({ status: 0, stderr: 'hello, world\n' });
    const document = json(stdout);
    expect(document).toMatchObject({
      file: 'b.retro',
      interrupts: 0,
      bytes: statSync(join(folder.path, 'b.retro')).size,
      stateHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      seconds: expect.any(Number),
      mips: expect.any(Number),
      reason: 'halted',
    });
    // 13 characters, 5 instructions each; then the NUL, CLI and HLT.
    expect(document['icount']).toBe(2 + 13 * 5 + 3 + 2);
    expect(document['exits']).toBe(13 + 1);
  });

  test('twice gives the same guest', () => {
    const one = json(folder.retrovisor(['record', ...GUEST, '-o', '1.retro', '--json']).stdout);
    const two = json(folder.retrovisor(['record', ...GUEST, '-o', '2.retro', '--json']).stdout);
    expect([two['icount'], two['stateHash']]).toEqual([one['icount'], one['stateHash']]);
    const [a, b] = ['1', '2'].map((name) => readFileSync(join(folder.path, `${name}.retro`)));
    expect(b).toEqual(a);
  });

  test('--quiet leaves the console only, --serial none not even that', () => {
    const args = ['record', ...GUEST, '-o', 'q.retro', '--quiet'];
    expect(folder.retrovisor(args)).toEqual({ status: 0, stdout: 'hello, world\n', stderr: '' });
    const none = folder.retrovisor([...args, '--serial', 'none']);
    expect(none).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('--serial file:', () => {
    const args = ['record', ...GUEST, '-o', 's.retro', '--serial', 'file:log', '--quiet'];
    expect(folder.retrovisor(args)).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(readFileSync(join(folder.path, 'log'), 'utf8')).toBe('hello, world\n');
  });

  test('--until an icount ends exactly there', () => {
    const args = ['record', '--kernel', 'endless', '-m', '16', '-o', 'u.retro'];
    const { status, stdout } = folder.retrovisor([...args, '--until', '100k', '--json']);
    expect(status).toBe(0);
    expect(json(stdout)).toMatchObject({ icount: 100_000, reason: 'limit' });
    const verified = folder.retrovisor(['replay', 'u.retro', '--verify', '--json']);
    expect(json(verified.stdout)).toMatchObject({ icount: 100_000, divergence: null });
  });

  test('--until a console text', () => {
    const args = ['run', '--kernel', 'endless', '-m', '16', '--until', 'console:"and on"'];
    const { status, stdout } = folder.retrovisor([...args, '--json']);
    expect(status).toBe(0);
    expect(json(stdout)).toMatchObject({ reason: 'limit' });
  });

  test('a triple fault is the guest failing: status 1, and a whole recording', () => {
    const args = ['record', '--kernel', 'crash', '-m', '16', '-o', 'crash.retro', '--json'];
    const { status, stdout, stderr } = folder.retrovisor(args);
    expect(status).toBe(1);
    expect(json(stdout)).toMatchObject({ reason: 'triple-fault' });
    expect(stderr).toMatch(/oh no\nretrovisor: the guest ended in a triple fault at icount \d+\n$/);
    const info = json(folder.retrovisor(['info', 'crash.retro', '--json']).stdout);
    expect(info).toMatchObject({ complete: true, reason: 'triple-fault' });
  });

  test('replaces a recording, and nothing else', () => {
    const args = ['record', ...GUEST, '-o', 'kernel'];
    const { status, stderr } = folder.retrovisor(args);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "retrovisor: -o expects a new file or a recording to replace; 'kernel' is neither\n",
    });
    recorded();
    expect(folder.retrovisor(['record', ...GUEST, '-o', 'boot.retro', '-q']).status).toBe(0);
  });

  test.skipIf(!existsSync('/dev/full'))('a full disk is one clear line and status 1', () => {
    const { status, stderr } = folder.retrovisor(['record', ...GUEST, '-o', '/dev/full', '-q']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^retrovisor: '\/dev\/full': .*no space left on the device[^\n]*\n$/);
  });
});

describe('SIGINT', () => {
  test('ends a recording in an orderly way with status 130', async () => {
    const args = ['record', '--kernel', 'endless', '-m', '16', '-o', 'int.retro', '--json'];
    const child = spawn(process.execPath, [BINARY, ...args], { cwd: folder.path });
    let stdout = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    let asked = false;
    child.stderr.on('data', () => {
      if (!asked) child.kill('SIGINT');
      asked = true;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    const document = json(stdout);
    expect(document).toMatchObject({ reason: 'interrupted' });
    const verified = folder.retrovisor(['replay', 'int.retro', '--verify', '--json']);
    expect(verified.status).toBe(0);
    expect(json(verified.stdout)).toMatchObject({
      icount: document['icount'],
      stateHash: document['stateHash'],
      divergence: null,
    });
  });
});

describe('replay', () => {
  test('--verify agrees with the recorder', () => {
    const info = json(folder.retrovisor(['info', recorded(), '--json']).stdout);
    const { status, stdout, stderr } = folder.retrovisor([
      ...['replay', recorded(), '--verify', '--json'],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(json(stdout)).toMatchObject({
      icount: info['icount'],
      stateHash: info['stateHash'],
      divergence: null,
      seconds: expect.any(Number),
      mips: expect.any(Number),
    });
  });

  test('without options shows the console as it was', () => {
    const { status, stdout, stderr } = folder.retrovisor(['replay', recorded()]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'hello, world\n' });
    expect(stderr).toContain('no divergence; state hash ');
  });

  test('--to a console text: registers, code and console as they stood', () => {
    const to = ['replay', recorded(), '--to', 'console:"hello"'];
    const document = json(folder.retrovisor([...to, '--json']).stdout);
    expect(document).toMatchObject({
      mode: '16',
      cpl: 0,
      stateHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      rip: '0x7c0d',
      console: 'hello',
    });
    expect(document['regs']).toMatchObject({ rax: '0x6f', rdx: '0x3f8', rsi: '0x7d05' });
    const { stdout } = folder.retrovisor(to);
    expect(stdout).toContain('RAX 000000000000006f');
    expect(stdout).toMatch(/\n-> 0000000000007c0d {2}ebf7 +jmp short 0x7c06\n/);
    expect(stdout).toMatch(/\n\| hello\n$/);
  });

  test('--to start, to end, to a share and to an icount', () => {
    const at = (mark: string) =>
      json(folder.retrovisor(['replay', recorded(), '--to', mark, '--json']).stdout);
    expect(at('start')).toMatchObject({ icount: 0, rip: '0x7c00' });
    expect(at('end')).toMatchObject({ icount: 72, rip: '0x7c11' });
    expect(at('50%')).toMatchObject({ icount: 36 });
    expect(at('7')).toMatchObject({ icount: 7 });
  });

  test.each(['later', 'exit:99', '1G', 'console:"bye"', '120%'])('--to %s is refused', (mark) => {
    const { status, stdout, stderr } = folder.retrovisor(['replay', recorded(), '--to', mark]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(/^retrovisor: mark [^\n]+\n$/);
  });

  test('an incomplete recording replays to its last whole chunk, and says so', () => {
    const bytes = readFileSync(join(folder.path, recorded()));
    const cut = (length: number) =>
      writeFileSync(join(folder.path, 'cut.retro'), bytes.subarray(0, bytes.length - length));
    // The frames are one chunk; behind it are the end, the index and the trailer.
    cut(16 + 60);
    const { status, stderr } = folder.retrovisor(['replay', 'cut.retro', '--verify']);
    expect(status).toBe(0);
    expect(stderr).toContain('the recording is incomplete');
    const info = json(folder.retrovisor(['info', 'cut.retro', '--json']).stdout);
    expect(info).toMatchObject({ complete: false, reason: null, stateHash: null });
  });
});

describe('info and exits', () => {
  test('info says what is inside', () => {
    const { status, stdout } = folder.retrovisor(['info', recorded(), '--json']);
    expect(status).toBe(0);
    expect(json(stdout)).toMatchObject({
      format: expect.any(Number),
      complete: true,
      icount: 72,
      exits: 14,
      interrupts: 0,
      dmaBytes: 0,
      bytes: statSync(join(folder.path, recorded())).size,
      checkpoints: expect.any(Number),
      engine: expect.stringMatching(/^[0-9a-f]{16}$/),
      guest: {
        memoryBytes: 16 * 2 ** 20,
        rtc: '2024-01-01T00:00:00.000Z',
        boot: 'flat',
        images: [{ role: 'kernel', name: 'kernel', size: 512 }],
      },
    });
    const said = folder.retrovisor(['info', recorded()]).stdout;
    expect(said).toMatch(/\nicount +72\n/);
    expect(said).toMatch(/\nengine +build [0-9a-f]{16}, as this one\n/);
  });

  test('exits are counted by reason', () => {
    const { stdout } = folder.retrovisor(['exits', recorded(), '--json']);
    expect(json(stdout)).toMatchObject({
      total: 14,
      byReason: [
        { reason: 'pio-out', count: 13, share: 13 / 14 },
        { reason: 'hlt', count: 1, share: 1 / 14 },
      ],
      bySubject: [{ reason: 'pio-out', subject: 'port 0x03f8', count: 13 }],
    });
  });

  test('exits are listed', () => {
    const { stdout } = folder.retrovisor(['exits', recorded(), '--list', '--limit', '2']);
    expect(stdout.split('\n')[0]).toMatch(/^ +5 {2}out 0x3f8 size 1 = 0x68 +COM1 /);
    expect(stdout.split('\n').length).toBe(3);
  });
});
