/**
 * Part of the build: generates the engine's main module into `dist/src/engine`, beside its code, and
 * writes down which build of the engine that is.
 */

import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { buildIdOf } from '../src/cli/engine-build.ts';
import { generateModule } from '../src/engine/index.ts';

const { bytes, keys } = generateModule();
const file = (name: string): URL => new URL(`../src/engine/${name}`, import.meta.url);
writeFileSync(file('main-module.wasm'), bytes);
writeFileSync(file('main-module.json'), JSON.stringify(keys));
writeFileSync(file('build-id'), buildIdOf(pathToFileURL('src/engine/')));
