/**
 * `npm run conformance`, `npm run fuzz`: compiles the sources with the tests into .cache/tests and
 * runs one of its programs. Plain JavaScript, because it comes before what it compiles.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';

const OUT = '.cache/tests';
const [first, ...rest] = process.argv.slice(2);
// `npm run conformance -- programs` is a program of its own.
const programs = first === 'conformance/main' && rest[0] === 'programs';
const program = programs ? 'conformance/programs/main' : first;
const args = programs ? rest.slice(1) : rest;

run('node_modules/.bin/tsc', ['-p', 'tsconfig.json', '--outDir', OUT, '--noCheck']);
mkdirSync(`${OUT}/src/trace`, { recursive: true });
copyFileSync('package.json', `${OUT}/package.json`);
copyFileSync('tests/isa/host/step.c', `${OUT}/tests/isa/host/step.c`);
for (const name of ['layout', 'rom', 'monitor32', 'monitor64']) {
  copyFileSync(`tests/machine/${name}.s`, `${OUT}/tests/machine/${name}.s`);
}
copyFileSync('src/trace/recording.gen.js', `${OUT}/src/trace/recording.gen.js`);
if (!existsSync(`${OUT}/node_modules`)) symlinkSync('../../node_modules', `${OUT}/node_modules`);
run(process.execPath, [`${OUT}/tests/${program}.js`, ...args]);

function run(command, parameters) {
  const { status } = spawnSync(command, parameters, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
