/** Help, wrong usage and unusable input: the right stream, one line, the right status. */

import { chmodSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bootSector, Folder } from './spawn.ts';

let folder: Folder;
beforeAll(() => {
  folder = new Folder();
  folder.write('kernel', bootSector('hi\n'));
  folder.write('text', 'This is no kernel.\n');
  folder.write('empty', '');
  folder.write('broken.retro', 'This is no recording.\n');
});
afterAll(() => folder.remove());

const COMMANDS = ['record', 'run', 'replay', 'exits', 'info', 'bench', 'completion'];

describe('help', () => {
  test('names every command that works, with examples, in 80 columns', () => {
    const { status, stdout, stderr } = folder.retrovisor(['--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toContain(`\n  ${command} `);
    expect(stdout).toContain('\nExamples:\n  $ retrovisor record ');
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test.each(COMMANDS)('%s --help has examples and fits', (command) => {
    const { status, stdout, stderr } = folder.retrovisor([command, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`Usage: retrovisor ${command} `);
    expect(stdout).toContain(`\nExamples:\n  $ `);
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(folder.retrovisor(['help', command]).stdout).toBe(stdout);
  });

  test('is what a bare command line shows', () => {
    expect(folder.retrovisor([])).toEqual(folder.retrovisor(['--help']));
  });

  test('--version', () => {
    expect(folder.retrovisor(['--version']).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** Arguments, and all of what stderr says. */
const MISTAKES: readonly (readonly [string, RegExp])[] = [
  ['recrod', /^retrovisor: unknown command 'recrod'; did you mean record\? /],
  ['--jsn', /^retrovisor: unknown option '--jsn'/],
  ['record --kernal x', /^retrovisor record: unknown option '--kernal'; did you mean --kernel\? /],
  ['record -o x.retro', /^retrovisor: record expects --kernel FILE; none was given$/],
  ['record --kernel kernel', /^retrovisor: record expects -o FILE; none was given$/],
  ['run --kernel', /^retrovisor run: option '--kernel <FILE>' argument missing /],
  ['run --kernel missing', /^retrovisor: --kernel expects a file .*'missing': no such file$/],
  ['run --kernel .', /^retrovisor: --kernel expects a file .*'\.': it is a directory$/],
  ['run --kernel text', /^retrovisor: 'text': kernel: not a bzImage, /],
  ['run --kernel empty', /^retrovisor: 'empty': kernel: the file is empty$/],
  ['run --kernel kernel --initrd no', /^retrovisor: --initrd expects a file .*'no': no such file$/],
  [
    'run --kernel kernel -m lots',
    /^retrovisor run: option .* argument 'lots' is invalid: expected /,
  ],
  ['run --kernel kernel -m 0', /'0' is invalid: expected 1 to \d+ MiB/],
  ['run --kernel kernel --rtc today', /'today' is invalid: expected base=DATE/],
  ['run --kernel kernel --serial tty', /'tty' is invalid: expected stdio, file:FILE or none/],
  ['run --kernel kernel --serial file:no/log', /^retrovisor: --serial .*'no\/log': no such file$/],
  ['run --kernel kernel --accel warp', /'warp' is invalid: expected jit, interp or kvm/],
  ['run --kernel kernel --smp 4', /^retrovisor: --smp 4 is not in this version; /],
  ['run --kernel kernel --drive file=x', /^retrovisor: --drive is not in this version; /],
  ['run --kernel kernel --until exit:5', /^retrovisor: --until expects .*got 'exit:5'$/],
  ['run --kernel kernel extra', /^retrovisor run: too many arguments/],
  [
    'record --kernel kernel -o no/x.retro',
    /^retrovisor: -o expects a folder .*'no': no such file$/,
  ],
  ['record --kernel kernel -o .', /^retrovisor: -o expects a file; '\.' is a directory$/],
  ['record --kernel kernel -o text', /^retrovisor: -o expects a new file or a recording .*'text'/],
  ['replay', /^retrovisor replay: missing required argument 'recording'/],
  ['replay missing.retro', /^retrovisor: replay expects a file .*'missing\.retro': no such file$/],
  [
    'replay broken.retro',
    /^retrovisor: 'broken\.retro': recording: expected .*, found .*, at byte 0$/,
  ],
  ['replay empty', /^retrovisor: 'empty': recording: expected .*, found .*, at byte 0$/],
  ['replay kernel --verify --to 5', /^retrovisor: replay expects --verify or --to MARK, not both$/],
  ['info kernel', /^retrovisor: 'kernel': recording: expected /],
  ['exits kernel', /^retrovisor: 'kernel': recording: expected /],
  ['exits kernel --limit x', /'x' is invalid: expected a whole number/],
  ['completion ksh', /^retrovisor completion: shell 'ksh' is invalid: expected bash, zsh or fish/],
  ['bench --guest win', /'win' is invalid: allowed choices are demo, cloud, amd64, i386\. /],
  ['tui broken.retro', /^retrovisor: 'broken\.retro': recording: expected /],
  ['gdb broken.retro --listen :1', /^retrovisor: 'broken\.retro': recording: expected /],
  ['broken.retro', /^retrovisor: 'broken\.retro': recording: expected /],
];

describe('a mistake is one line on stderr, nothing on stdout, and status 2', () => {
  test.each(MISTAKES)('%s', (line, message) => {
    const { status, stdout, stderr } = folder.retrovisor(line.split(' '));
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr.trimEnd()).toMatch(message);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  test('under --json as well', () => {
    const { status, stdout, stderr } = folder.retrovisor(['info', 'broken.retro', '--json']);
    expect(stderr).toMatch(/^retrovisor: 'broken\.retro': [^\n]+\n$/);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  test('a file name cannot break the line or color it', () => {
    const { stderr } = folder.retrovisor(['info', 'a\nb\x1b[31m']);
    expect(stderr).toBe(
      "retrovisor: info expects a file that can be read: 'a b\\x1b[31m': no such file\n",
    );
  });

  test.skipIf(process.getuid?.() === 0)('a file that may not be read', () => {
    chmodSync(folder.write('secret', bootSector('')), 0);
    const { status, stderr } = folder.retrovisor(['run', '--kernel', 'secret']);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "retrovisor: --kernel expects a file that can be read: 'secret': permission denied\n",
    });
  });
});

test('common options may come before the command', () => {
  const { stdout, stderr } = folder.retrovisor(['--json', 'completion', 'fish']);
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject({ shell: 'fish' });
});
