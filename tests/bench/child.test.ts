/** Contenders as processes: what is measured of them, and that none is left behind. */

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseTimes, runChild } from '../../src/cli/bench/child.ts';

/** Ended, whether or not somebody has collected it. */
function hasEnded(pid: string): boolean {
  const stat = `/proc/${pid}/stat`;
  if (!existsSync(stat)) return true;
  return / [ZX] /.test(readFileSync(stat, 'utf8'));
}

describe('a child', () => {
  test('gives its output, status and times', async () => {
    const script =
      'i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo out; echo err >&2; exit 3';
    const result = await runChild(['sh', '-c', script], { timeoutMs: 60_000 });
    expect(result).toMatchObject({ status: 3, timedOut: false, stdout: 'out\n', stderr: 'err\n' });
    expect(result.seconds).toBeGreaterThan(0);
    expect(result.cpuSeconds).toBeGreaterThanOrEqual(0);
  });

  test('that takes too long is ended with all it started', async () => {
    const script = 'sleep 1000 & echo $!; sleep 1000';
    const result = await runChild(['sh', '-c', script], { timeoutMs: 300 });
    expect(result).toMatchObject({ status: undefined, timedOut: true });
    expect(result.stdout).toMatch(/^\d+\n$/);
    expect(hasEnded(result.stdout.trim())).toBe(true);
  });

  test('can be ended by whoever started it', async () => {
    let end = () => {};
    const running = runChild(['sh', '-c', 'echo ready; sleep 1000'], {
      timeoutMs: 60_000,
      onStart: (kill) => {
        end = kill;
      },
      onOutput: () => end(),
    });
    expect(await running).toMatchObject({ status: undefined, timedOut: false, stdout: 'ready\n' });
  });

  test('that does not exist has the status a shell gives it', async () => {
    const result = await runChild(['/nowhere/at-all'], { timeoutMs: 60_000 });
    expect(result.status).toBe(127);
  });
});

test.each([
  ['0m0.00s 0m0.00s\n0m1.25s 0m0.50s\n', 1.75],
  ['0m0.000s 0m0.000s\n2m1.250s 0m0.500s\n', 121.75],
  ['', undefined],
  ['nonsense\nnonsense', undefined],
])('times of a shell: %j', (text, seconds) => {
  expect(parseTimes(text)).toBe(seconds);
});
