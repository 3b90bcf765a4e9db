/**
 * How long a key takes in the terminal interface: types keys into it on a pseudoterminal and waits for
 * what is drawn, as a person would see it. Standing where `--at` says, which is gone to first.
 *
 *     node dist/scripts/key-latency.js boot.retro --at 90% [--size 120x40] [--rounds 8] [--without KEYS]
 *
 * Prints one JSON document: for all keys and for each, milliseconds to the first complete picture and to
 * the last (of a move that shows progress, the place where it ends), and the processor time of a key, which
 * says the same on a machine that has other things to do.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type IPty, spawn } from '@lydell/node-pty';

/** What is typed in one round: moves either way, looking around, the command line. */
const ROUND: readonly string[] = [
  ...['s', 's', 's', 'S', 'S', 'n', 'N', ']', '[', ')', '('],
  ...['j', 'j', 'k', '\t', 'j', '\x1b[6~', '\x1b[5~', 'k'],
  ...['1', '3', 'l', 'v', 'v', '5', 'j', 'k', '6', '9', '1'],
  ...[':', 'p', ' ', 'r', 'i', 'p', '\r', '?', 'j', '?', '+', '-', '='],
];
const NAMES: Readonly<Record<string, string>> = {
  '\t': 'Tab',
  '\x1b[6~': 'PgDn',
  '\x1b[5~': 'PgUp',
  '\r': 'Enter',
  ' ': 'Space',
};
/** USER_HZ is 100. */
const MS_PER_TICK = 10;
const END_OF_UPDATE = '\x1b[?2026l';
const QUIET_MS = 120;
const UNANSWERED_MS = 2000;
const READ_AHEAD_MS = 3000;
const PATIENCE_MS = 600_000;

interface Timed {
  readonly key: string;
  /** Undefined: it changed nothing on the screen. */
  readonly firstMs: number | undefined;
  readonly lastMs: number;
}

class Session {
  readonly #pty: IPty;
  #tail = '';
  #updates: number[] = [];
  text = '';

  constructor(args: readonly string[], cols: number, rows: number) {
    const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
    const env = { PATH: process.env['PATH'] ?? '', TERM: 'xterm-256color', LANG: 'C.UTF-8' };
    this.#pty = spawn(process.execPath, [main, 'tui', ...args], { cols, rows, env });
    this.#pty.onData((data) => {
      this.text = (this.text + data).slice(-100_000);
      this.#tail = (this.#tail + data).slice(-64);
      if (data.includes(END_OF_UPDATE) || this.#tail.endsWith(END_OF_UPDATE)) {
        this.#updates.push(performance.now());
      }
    });
  }

  async until(text: string): Promise<void> {
    const startMs = performance.now();
    while (!this.text.includes(text)) {
      if (performance.now() - startMs > PATIENCE_MS) throw new Error(`never showed ${text}`);
      await pause(20);
    }
    await this.quiet();
  }

  /** Until nothing has been drawn for a while; when that was drawn last. */
  async quiet(sinceMs = performance.now()): Promise<number> {
    for (;;) {
      const last = this.#updates.at(-1) ?? sinceMs;
      if (performance.now() - Math.max(last, sinceMs) >= QUIET_MS) return Math.max(last, sinceMs);
      await pause(5);
    }
  }

  async time(key: string): Promise<Timed> {
    this.#updates = [];
    const startMs = performance.now();
    this.#pty.write(key);
    while (this.#updates.length === 0 && performance.now() - startMs < UNANSWERED_MS)
      await pause(1);
    const first = this.#updates[0];
    const last = await this.quiet(startMs);
    const name = NAMES[key] ?? key;
    return {
      key: name,
      firstMs: first === undefined ? undefined : first - startMs,
      lastMs: first === undefined ? 0 : last - startMs,
    };
  }

  /** The most memory it ever had (proc(5), status). */
  get peakMib(): number {
    const status = readFileSync(`/proc/${this.#pty.pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Of all its threads, since it was started (proc(5), stat). */
  get cpuMs(): number {
    const stat = readFileSync(`/proc/${this.#pty.pid}/stat`, 'utf8').split(') ')[1] ?? '';
    const fields = stat.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
  }

  end(): void {
    this.#pty.write('q');
    this.#pty.kill();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function summary(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number): number =>
    Number(
      (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1),
    );
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    at: { type: 'string', default: '90%' },
    size: { type: 'string', default: '120x40' },
    rounds: { type: 'string', default: '8' },
    without: { type: 'string', default: '' },
  },
});
const [cols = 120, rows = 40] = values.size.split('x').map(Number);
const session = new Session([positionals[0] ?? '', '--at', values.at], cols, rows);
const openedMs = performance.now();
await session.until('for help');
const arriveMs = performance.now() - openedMs;
process.stderr.write(`arrived: ${session.pid}\n`);
// What is read ahead while nobody types is no key's doing.
await pause(READ_AHEAD_MS);
const startCpuMs = session.cpuMs;
const timed: Timed[] = [];
for (let round = 0; round < Number(values.rounds); round++) {
  for (const key of ROUND) {
    if (!values.without.includes(key)) timed.push(await session.time(key));
  }
}
const cpuMs = session.cpuMs - startCpuMs;
const { peakMib } = session;
session.end();
const answered = timed.filter(({ firstMs }) => firstMs !== undefined);
const byKey = Object.fromEntries(
  [...new Set(timed.map(({ key }) => key))].map((key) => [
    key,
    summary(answered.filter((one) => one.key === key).map(({ firstMs }) => firstMs!)),
  ]),
);
process.stdout.write(
  `${JSON.stringify(
    {
      keys: timed.length,
      unanswered: timed.filter(({ firstMs }) => firstMs === undefined).map(({ key }) => key),
      arriveMs: Math.round(arriveMs),
      peakMib,
      cpuMsPerKey: Number((cpuMs / timed.length).toFixed(1)),
      first: summary(answered.map(({ firstMs }) => firstMs!)),
      last: summary(answered.map(({ lastMs }) => lastMs)),
      byKey,
    },
    null,
    2,
  )}\n`,
);
process.exit(0);
