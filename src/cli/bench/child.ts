/**
 * Runs a contender as a process of its own and takes its wall time, the CPU time of the process and
 * its threads, and its largest resident set. A contender has a process group of its own, which a
 * timeout, Ctrl-C or our own end takes away whole: QEMU left behind would disturb what comes next.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ChildOptions {
  readonly timeoutMs: number;
  readonly cwd?: string;
  /** Called for each piece of standard output. */
  readonly onOutput?: (text: string) => void;
  /** Called once with what ends the child early, as a timeout would. */
  readonly onStart?: (end: () => void) => void;
}

export interface ChildResult {
  /** The exit status; undefined if a signal or the timeout ended it. */
  readonly status: number | undefined;
  readonly timedOut: boolean;
  readonly seconds: number;
  /** User and system time of the process. */
  readonly cpuSeconds: number | undefined;
  /** Bytes; undefined where the host has no /proc. */
  readonly peakBytes: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The shell tells the CPU time of what it ran: POSIX `times`, second line. */
const SCRIPT = '"$@" 3>&-; status=$?; times >&3; exit $status';
const RSS_EVERY_MS = 100;

const running = new Set<ChildProcess>();

/** SIGKILL to all that is still running. */
export function endChildren(): void {
  for (const child of running) endGroup(child);
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

process.on('exit', endChildren);

export async function runChild(
  command: readonly string[],
  { timeoutMs, cwd, onOutput, onStart }: ChildOptions,
): Promise<ChildResult> {
  const startedMs = performance.now();
  const child = spawn('sh', ['-c', SCRIPT, 'sh', ...command], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    ...(cwd !== undefined && { cwd }),
  });
  running.add(child);
  const [stdout, stderr, times] = [child.stdout, child.stderr, child.stdio[3]].map((stream) => {
    const collected = { text: '' };
    stream?.on('data', (data: Buffer) => {
      collected.text += data.toString('latin1');
      if (stream === child.stdout) onOutput?.(data.toString('latin1'));
    });
    return collected;
  });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup(child);
  }, timeoutMs);
  let peakBytes: number | undefined;
  const sampler = setInterval(() => {
    const now = child.pid === undefined ? undefined : peakOfChildren(child.pid);
    if (now !== undefined) peakBytes = Math.max(peakBytes ?? 0, now);
  }, RSS_EVERY_MS);
  onStart?.(() => endGroup(child));
  try {
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code));
    });
    return {
      status: status ?? undefined,
      timedOut,
      seconds: (performance.now() - startedMs) / 1000,
      cpuSeconds: parseTimes(times?.text ?? ''),
      peakBytes,
      stdout: stdout?.text ?? '',
      stderr: stderr?.text ?? '',
    };
  } finally {
    clearTimeout(timer);
    clearInterval(sampler);
    running.delete(child);
  }
}

/** "0m1.25s 0m0.50s" of the second line, in seconds: user and system, of the children. */
export function parseTimes(text: string): number | undefined {
  const line = text.trim().split('\n')[1] ?? '';
  const parts = [...line.matchAll(/(\d+)m([\d.]+)s/g)];
  if (parts.length !== 2) return undefined;
  return parts.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

/** VmHWM of what the shell runs (proc(5)). */
function peakOfChildren(shell: number): number | undefined {
  try {
    const pids = readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim();
    const peaks = pids.split(/\s+/).map((pid) => {
      const found = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
      return found ? Number(found[1]) * 1024 : 0;
    });
    return Math.max(...peaks);
  } catch {
    return undefined;
  }
}
