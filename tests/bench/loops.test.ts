/** The loops that are measured: each runs to its end, the same in both tiers, and is what it says. */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { COSTS, type Loop, RATES, runLoop } from '../../src/cli/bench/loops.ts';

const GUEST = join(import.meta.dirname, '../../guests/bench');
const loops = [...Object.keys(RATES), ...Object.keys(COSTS), 'spin', 'timer'] as Loop[];
const run = (loop: Loop, count: number, accel: 'jit' | 'interp' = 'jit') =>
  runLoop({ kind: 'loop', loop, count, accel });

describe('the loops', () => {
  const before = run('int', 0).icount;

  test.each(loops)('%s goes round as often as it is told', (loop) => {
    const [some, more] = [run(loop, 100), run(loop, 300)];
    const each = (more.icount - some.icount) / 200;
    expect(each).toBeGreaterThanOrEqual(3);
    // What comes before the loop and behind it is always the same.
    expect(Math.abs(some.icount - 100 * each - before)).toBeLessThan(500);
    const interpreted = run(loop, 300, 'interp');
    expect({ ...interpreted, seconds: 0 }).toEqual({ ...more, seconds: 0 });
  });

  test.each(['pio', 'mmio', 'cpuid'] as const)('%s exits once a round', (loop) => {
    expect(run(loop, 500).exits - run(loop, 100).exits).toBe(400);
  });

  test('timer is spin, interrupted every 10,000 ticks', () => {
    const { interrupts, icount } = run('timer', 100_000);
    expect(run('spin', 100_000).interrupts).toBe(0);
    expect(Math.abs(interrupts - (icount - before) / 10_000)).toBeLessThan(2);
  });

  test('checkpoints are taken when asked for', () => {
    const part = { kind: 'loop', loop: 'memory', count: 50_000, accel: 'jit' } as const;
    const [without, taken] = [runLoop(part), runLoop({ ...part, checkpoints: true })];
    expect(without.checkpoints).toBe(0);
    expect(taken.checkpoints).toBeGreaterThan(3);
    expect(taken.icount).toBe(without.icount);
  });

  test('an unknown one ends at once', () => {
    expect(run('nosuch' as Loop, 1_000_000).icount).toBeLessThan(before + 200);
  });
});

const tools = ['make', 'gcc', 'ld'].every((tool) => spawnSync(tool, ['--version']).status === 0);
if (!tools)
  process.stderr.write('bench: loops.bin NOT rebuilt, because make, gcc or ld is missing\n');

test.skipIf(!tools)('make gives the committed image, byte for byte', () => {
  const folder = mkdtempSync(join(tmpdir(), 'retrovisor-loops-'));
  try {
    for (const file of ['Makefile', 'loops.S']) cpSync(join(GUEST, file), join(folder, file));
    execFileSync('make', ['-C', folder, 'loops.bin'], { stdio: 'pipe' });
    const [made, committed] = [folder, GUEST].map((f) => readFileSync(join(f, 'loops.bin')));
    expect(made!.equals(committed!)).toBe(true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
