/** The engine's build id, from its source: recordings and key states say which engine made them. */

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { engineBuild, setEngineBuild } from '../engine/build.ts';

const HEX_DIGITS = 16;

/** `engine` is the folder of the engine's TypeScript. KVM's half runs no instruction of ours. */
export function buildIdOf(engine: URL): string {
  const names = readdirSync(engine, { recursive: true, encoding: 'utf8' })
    .map((name) => name.replaceAll('\\', '/'))
    .filter((name) => name.endsWith('.ts') && !name.startsWith('kvm/'))
    .sort();
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name}\0`).update(readFileSync(new URL(name, engine)));
  return hash.digest('hex').slice(0, HEX_DIGITS);
}

/** Tells the engine its id: what the build wrote down, or from the source where nothing is built. */
export function loadBuildId(): string {
  if (engineBuild() !== '') return engineBuild();
  const engine = new URL('../engine/', import.meta.url);
  try {
    setEngineBuild(readFileSync(new URL('build-id', engine), 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    setEngineBuild(buildIdOf(engine));
  }
  return engineBuild();
}
