/**
 * `npm run build`: TypeScript to `dist/`, and the generated JavaScript that the compiler leaves
 * alone beside it. Type errors do not keep it from writing, but they do show and fail the build.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const args = ['-p', 'tsconfig.build.json'];
const { status } = spawnSync('node_modules/.bin/tsc', args, { stdio: 'inherit' });

for (const entry of readdirSync('src', { recursive: true, encoding: 'utf8' })) {
  if (!entry.endsWith('.gen.js')) continue;
  const to = join('dist/src', entry);
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(join('src', entry), to);
}
process.exit(status ?? 1);
