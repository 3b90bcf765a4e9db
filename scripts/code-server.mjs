/**
 * Fetches VS Code as `code-server` serves it, with the Node that it wants, into `.cache/code-server`:
 * for the end-to-end test of the extension (tests/vscode). Half a minute and 0.8 GB; nothing is
 * compiled, and no install script runs but the one that fetches Node.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';

const NODE = 'node@24';
const CODE_SERVER = 'code-server@4.139.1';
const folder = resolve('.cache/code-server');
const node = join(folder, 'n24/node_modules/node/bin');
const server = join(folder, 'cs');
const code = join(server, 'node_modules/code-server/lib/vscode');
const DONE = join(folder, 'installed');

if (existsSync(DONE)) {
  console.log(`${CODE_SERVER} is there already: ${folder}`);
  process.exit(0);
}
install(join(folder, 'n24'), [NODE]);
process.env.PATH = `${node}${delimiter}${process.env.PATH}`;
install(server, ['--ignore-scripts', CODE_SERVER]);
for (const part of [code, join(code, 'extensions')]) {
  run('npm', ['install', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], part);
}
writeFileSync(DONE, `${CODE_SERVER}\n`);

function install(into, args) {
  mkdirSync(into, { recursive: true });
  if (!existsSync(join(into, 'package.json'))) writeFileSync(join(into, 'package.json'), '{}\n');
  run('npm', ['install', '--no-audit', '--no-fund', ...args], into);
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd });
  if (status !== 0) process.exit(1);
}
