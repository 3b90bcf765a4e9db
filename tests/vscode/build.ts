/** The extension as it is installed, from the sources as they are now. */

import { execFileSync } from 'node:child_process';

let built = false;

/** Once for all tests of a run. */
export function buildVsix(): void {
  if (built) return;
  built = true;
  execFileSync('npm', ['run', '--silent', 'vsix'], { stdio: 'pipe' });
}
