/** The version of the package this file was installed with. */

import { readFileSync } from 'node:fs';

export function version(): string {
  // From src/cli as from dist/src/cli: the nearest package.json above is ours.
  for (const up of ['../../package.json', '../../../package.json']) {
    try {
      const found = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as unknown;
      if (isOurs(found)) return found.version;
    } catch {
      // Not there: the next one up.
    }
  }
  return 'unknown';
}

function isOurs(value: unknown): value is { version: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    value.name === 'retrovisor' &&
    'version' in value &&
    typeof value.version === 'string'
  );
}
