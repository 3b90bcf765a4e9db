/** Completion scripts know every command and option, and the shells accept them. */

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Folder } from './spawn.ts';

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
});
afterAll(() => folder.remove());

const has = (shell: string) => spawnSync(shell, ['-c', 'true']).status === 0;

describe.each(['bash', 'zsh', 'fish'])('%s', (shell) => {
  test('names what there is, and not what is refused', () => {
    const { status, stdout } = folder.retrovisor(['completion', shell]);
    expect(status).toBe(0);
    for (const word of ['record', 'replay', 'exits', 'kernel', 'verify']) {
      expect(stdout).toContain(word);
    }
    expect(stdout).not.toMatch(/\b(?:cdrom|drive|bios)\b/);
  });

  test.skipIf(!has(shell))('parses', () => {
    const { stdout } = folder.retrovisor(['completion', shell]);
    folder.write('script', stdout);
    const checked = spawnSync(shell, ['-n', 'script'], { cwd: folder.path, encoding: 'utf8' });
    expect({ status: checked.status, stderr: checked.stderr }).toEqual({ status: 0, stderr: '' });
  });
});

test.skipIf(!has('bash'))('bash completes a command, an option and a file', () => {
  folder.write('script', folder.retrovisor(['completion', 'bash']).stdout);
  folder.write('boot.retro', '');
  const complete = (...words: string[]) => {
    const array = words.map((word) => `'${word}'`).join(' ');
    const line = `source ./script; COMP_WORDS=(${array}); COMP_CWORD=${words.length - 1}; _retrovisor; echo "\${COMPREPLY[*]}"`;
    return spawnSync('bash', ['-c', line], { cwd: folder.path, encoding: 'utf8' }).stdout.trim();
  };
  expect(complete('retrovisor', 're')).toBe('record replay');
  expect(complete('retrovisor', 'replay', '--v')).toBe('--verify');
  expect(complete('retrovisor', 'info', 'bo')).toBe('boot.retro');
});
