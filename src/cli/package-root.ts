/** Where the package this file belongs to is installed. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

interface Package {
  readonly root: string;
  readonly version: string;
}

let found: Package | undefined;

/** From src/cli as from dist/src/cli: the nearest package.json above is ours. */
function ownPackage(): Package {
  if (found) return found;
  for (const up of ['../../', '../../../']) {
    const root = new URL(up, import.meta.url);
    try {
      const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
        name?: unknown;
        version?: unknown;
      };
      if (manifest.name !== 'retrovisor') continue;
      found = { root: fileURLToPath(root), version: String(manifest.version) };
      return found;
    } catch {
      // Not there: the next one up.
    }
  }
  return { root: process.cwd(), version: 'unknown' };
}

export const packageRoot = (): string => ownPackage().root;
export const version = (): string => ownPackage().version;
