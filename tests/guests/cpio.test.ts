/** scripts/cpio.ts and scripts/initramfs.ts, read back by an independent reader of newc. */
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { cpioArchive } from '../../scripts/cpio.ts';
import { buildInitramfs, INIT } from '../../scripts/initramfs.ts';

interface Member {
  name: string;
  ino: number;
  mode: number;
  uid: number;
  nlink: number;
  mtime: number;
  data: string;
}

/** A reader written from the format's table, sharing nothing with the writer. */
function readNewc(archive: Buffer): Member[] {
  const members: Member[] = [];
  let at = 0;
  for (;;) {
    expect(archive.toString('latin1', at, at + 6)).toBe('070701');
    expect(at % 4).toBe(0);
    const field = (index: number): number => {
      const text = archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8);
      expect(text).toMatch(/^[0-9A-F]{8}$/);
      return Number.parseInt(text, 16);
    };
    const [ino, mode, uid, nlink, mtime, size, nameSize] = [0, 1, 2, 4, 5, 6, 11].map(field) as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    const name = archive.toString('utf8', at + 110, at + 110 + nameSize - 1);
    expect(archive[at + 110 + nameSize - 1]).toBe(0);
    const dataAt = (at + 110 + nameSize + 3) & ~3;
    if (name === 'TRAILER!!!') return members;
    const data = archive.toString('latin1', dataAt, dataAt + size);
    members.push({ name, ino, mode, uid, nlink, mtime, data });
    at = (dataAt + size + 3) & ~3;
  }
}

test('an archive reads back, whatever the lengths of names and data', () => {
  const names = ['a', 'ab', 'abc', 'abcd', 'd/e'];
  const archive = cpioArchive([
    { kind: 'directory', path: '/d', mode: 0o755 },
    ...names.map((path, index) => ({
      kind: 'file' as const,
      path,
      mode: 0o640,
      data: Buffer.from('x'.repeat(index)),
    })),
  ]);
  expect(archive.length % 512).toBe(0);
  expect(readNewc(archive)).toEqual([
    { name: 'd', ino: 1, mode: 0o040755, uid: 0, nlink: 2, mtime: 0, data: '' },
    ...names.map((name, index) => ({
      name,
      ino: index + 2,
      mode: 0o100640,
      uid: 0,
      nlink: 1,
      mtime: 0,
      data: 'x'.repeat(index),
    })),
  ]);
});

test('the initramfs holds busybox and an executable /init, the same bytes each time', () => {
  const busybox = Buffer.from('\x7fELF not really');
  const initramfs = buildInitramfs(busybox);
  const members = readNewc(gunzipSync(initramfs));
  expect(members.map(({ name, mode }) => [name, mode.toString(8)])).toEqual([
    ['bin', '40755'],
    ['bin/busybox', '100755'],
    ['init', '100755'],
  ]);
  expect(members[2]?.data).toBe(INIT);
  expect(initramfs.readUInt32LE(4)).toBe(0); // gzip's MTIME
  expect(buildInitramfs(busybox).equals(initramfs)).toBe(true);
});
