/** Part of the build: generates the engine's main module into `dist/src/engine`, beside its code. */

import { writeFileSync } from 'node:fs';
import { generateModule } from '../src/engine/index.ts';

const { bytes, keys } = generateModule();
const file = (name: string): URL => new URL(`../src/engine/${name}`, import.meta.url);
writeFileSync(file('main-module.wasm'), bytes);
writeFileSync(file('main-module.json'), JSON.stringify(keys));
