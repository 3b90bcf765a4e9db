/** `retrovisor bench` as one runs it: every row is there and has its numbers, whatever they are. */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import type { BenchRow } from '../../src/cli/bench/row.ts';
import { BINARY, Folder } from './spawn.ts';

const timeoutMs = 600_000;

test('--quick measures the demo guest and the loops', () => {
  const folder = new Folder();
  try {
    const ran = folder.retrovisor(['bench', '--quick', '--no-peers', '--json'], { timeoutMs });
    expect([ran.status, ran.stderr]).toEqual([0, '']);
    const { rows, host } = JSON.parse(ran.stdout) as { rows: BenchRow[]; host: object };
    expect(host).toMatchObject({ cpu: expect.any(String), node: process.versions.node });
    expect(new Set(rows.map(({ group }) => group.split(':')[0]))).toEqual(
      new Set(['demo', 'Loops']),
    );
    for (const row of rows) {
      expect(row).toMatchObject({ name: expect.any(String), unit: expect.any(String) });
      if (row.missing.ours === undefined) expect(row.ours).toEqual(expect.any(Number));
      expect(row.peers).toEqual({});
    }
    const named = (name: string) => rows.find((row) => row.name.startsWith(name));
    // The demo guest is always the same.
    expect(named('instructions')?.ours).toBe(16);
    expect(named('run')?.missing).toEqual({ qemu: 'left out' });
    for (const name of ['record', 'replay', 'a step back at', 'seek to', 'int:', 'an exit: OUT']) {
      expect(named(name)?.ours, name).toBeGreaterThan(0);
    }
  } finally {
    folder.remove();
  }
});

test('tables, in Markdown as well', () => {
  const folder = new Folder();
  try {
    const args = ['bench', '--guest', 'demo', '--only', 'boots', '--rounds', '1', '--no-peers'];
    const text = folder.retrovisor(args, { timeoutMs });
    expect(text.status).toBe(0);
    expect(text.stdout).toMatch(/^demo: from power-on to power-off\n +unit +ours/);
    expect(text.stderr).toContain('demo: ours, record, round 1 of 1');
    const markdown = folder.retrovisor([...args, '--markdown', '--quiet']);
    expect(markdown.stdout).toMatch(
      /\n### demo: from power-on to power-off\n\n\| {2}\| unit \| ours/,
    );
    expect(markdown.stderr).toBe('');
  } finally {
    folder.remove();
  }
});

test('Ctrl-C ends it, with status 130, and leaves no process and no folder', async () => {
  const before = new Set(readdirSync(tmpdir()));
  const args = [BINARY, 'bench', '--guest', 'demo', '--rounds', '100'];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
    if (!child.killed && said.includes('record, round 1')) child.kill('SIGINT');
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect(status).toBe(130);
  const left = readdirSync(tmpdir()).filter((f) => /^retrovisor-bench-/.test(f) && !before.has(f));
  expect(left).toEqual([]);
  const ours = readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.includes(`) S ${child.pid} `) || stat.includes(`) R ${child.pid} `);
    } catch {
      return false;
    }
  });
  expect(ours).toEqual([]);
});
