/**
 * `npm run build`: TypeScript to `dist/`, and the generated JavaScript that the compiler leaves
 * alone beside it, and the engine's main module, so that no start has to generate it. Type errors do not keep it from writing, but they do show and fail the build.
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
if (status === 0)
  spawnSync(process.execPath, ['dist/scripts/main-module.js'], { stdio: 'inherit' });
process.exit(status ?? 1);
