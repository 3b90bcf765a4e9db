/** `npm start`'s tour tells the truth: it finds the planted bug of the demo guest. */

import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('records, replays, and walks back from the crash to the stray write', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['dist/scripts/start.js'], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] },
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const lines = stdout.split('\n');
  const steps = ['crashes on', 'read it from', 'copied it there', 'read it from', 'turned'];
  const walk = lines.filter((line) => / (?:queue_pop|format_entry)\+0x/.test(line));
  expect(walk.map((line) => steps.find((step) => line.includes(step)))).toEqual(steps);
  // "..." and its NUL, little-endian, over the low half of a pointer.
  expect(walk.at(-1)).toMatch(
    /format_entry\S+ .* turned ffff9000[0-9a-f]{8} into ffff9000002e2e2e/,
  );
  const icounts = walk.map((line) => Number(line.trim().split(' ')[0]?.replaceAll(',', '')));
  expect(icounts).toEqual([...icounts].sort((a, b) => b - a));
  expect(lines.filter((line) => line.length > 100)).toEqual([]);
});
