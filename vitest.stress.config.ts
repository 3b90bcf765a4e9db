/**
 * `npm run stress [-- --project 'NAME OF A STRESS']`: what runs guests, under every stress there is.
 * `npm test` runs it under everything at once (vitest.config.ts).
 */

import { defineConfig } from 'vitest/config';
import { stressProject } from './tests/stress/project.ts';
import { STRESSES } from './tests/stress/stresses.ts';

export default defineConfig({
  test: { maxWorkers: 2, projects: Object.keys(STRESSES).map((name) => stressProject(name, name)) },
});
