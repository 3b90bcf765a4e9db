/**
 * `npm run traces`: records the golden recordings in traces/ anew, each with the command that
 * traces/MANIFEST.md names, and puts how they end into the manifest. They change when the guest, the
 * format, the CPU model or the engine's results change; the commit that does so says why.
 */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { count } from '../src/cli/format.ts';
import { packageRoot } from '../src/cli/package-root.ts';
import { parseManifest, withEnd } from './traces-manifest.ts';

const manifest = join(packageRoot(), 'traces/MANIFEST.md');
const main = join(packageRoot(), 'dist/src/cli/main.js');
let text = readFileSync(manifest, 'utf8');
for (const trace of parseManifest(text)) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [main, ...trace.args, '--json', '--quiet'],
    { cwd: packageRoot(), encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`${trace.file}: the command failed: ${stderr.trim()}`);
  const { icount, stateHash } = JSON.parse(stdout) as { icount: number; stateHash: string };
  text = withEnd(text, { ...trace, icount, stateHash });
  process.stdout.write(`traces/${trace.file}: ${count(icount)} instructions, ${stateHash}\n`);
}
writeFileSync(manifest, text);
