/**
 * The engine's main module from where the build left it, beside the compiled engine. Without it
 * (tests run from source) the engine generates the same at the first vCPU, which takes half a second.
 */

import { readFileSync } from 'node:fs';
import { type HandlerKeys, installModule } from '../engine/index.ts';
import { loadBuildId } from './engine-build.ts';

let tried = false;

/** Call before making a vCPU. Once per process; no module is no error. */
export function loadPrebuiltModule(): void {
  if (tried) return;
  tried = true;
  loadBuildId();
  try {
    const file = (name: string): URL => new URL(`../engine/${name}`, import.meta.url);
    const keys = JSON.parse(readFileSync(file('main-module.json'), 'utf8')) as HandlerKeys;
    installModule({ bytes: readFileSync(file('main-module.wasm')), keys });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
  }
}
