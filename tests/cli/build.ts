/**
 * Vitest's global setup for tests that run the built command line: builds it once. Type errors do
 * not stop the compiler from writing JavaScript, and are another part of `npm run check`.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';

const BINARY = 'dist/src/cli/main.js';

export default function build(): void {
  rmSync(BINARY, { force: true });
  const { stdout } = spawnSync('npm', ['run', '--silent', 'build'], { encoding: 'utf8' });
  if (!existsSync(BINARY)) throw new Error(`the build left no ${BINARY}: ${stdout}`);
}
