/**
 * `npm run vsix`: the VS Code extension as one file, `dist/retrovisor.vsix`. It is put together in
 * `dist/vsix`: the bundled extension, a retrovisor of its own, and the demo recording with its
 * sources. vsce packs it; the first time it is fetched into `.cache/vsce`.
 */

import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { build } from 'esbuild';

const VSCE = '@vscode/vsce@3.9.2';
const FROM = 'vscode-extension';
const INTO = 'dist/vsix';
const OUTPUT = resolve('dist/retrovisor.vsix');

rmSync(INTO, { recursive: true, force: true });
mkdirSync(INTO, { recursive: true });
for (const name of ['package.json', 'README.md', 'CHANGELOG.md', 'media', 'walkthrough']) {
  cpSync(join(FROM, name), join(INTO, name), { recursive: true });
}
cpSync('LICENSE', join(INTO, 'LICENSE'));

await bundleExtension();
await bundleServer();
copyDemo();
pack();

async function bundleExtension() {
  const common = { bundle: true, minify: true, logLevel: 'warning' };
  await build({
    ...{ ...common, platform: 'node', target: 'node20', format: 'cjs', external: ['vscode'] },
    entryPoints: [join(FROM, 'src/extension.ts')],
    outfile: join(INTO, 'dist/extension.cjs'),
  });
  for (const view of ['timeline', 'console']) {
    await build({
      ...{ ...common, platform: 'browser', target: 'es2022', format: 'iife' },
      entryPoints: [join(FROM, `src/webview/${view}.ts`)],
      outfile: join(INTO, `dist/${view}.js`),
    });
    cpSync(join(FROM, `src/webview/${view}.css`), join(INTO, `dist/${view}.css`));
  }
}

/**
 * The command line as a few files. What only the terminal needs, and /dev/kvm, stays outside; iced-x86
 * finds its WebAssembly beside its own code, so it comes as it is.
 */
async function bundleServer() {
  const server = join(INTO, 'server');
  await build({
    ...{ bundle: true, minify: true, logLevel: 'warning', platform: 'node', target: 'node20' },
    ...{ format: 'esm', splitting: true, entryPoints: ['dist/src/cli/main.js'] },
    outdir: join(server, 'dist/cli'),
    external: ['koffi', 'ink', 'react', 'react/jsx-runtime', '@xterm/headless', 'iced-x86'],
    // Packages in CommonJS ask for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as retrovisorRequire } from 'node:module'; const require = retrovisorRequire(import.meta.url);",
    },
  });
  const engine = join(server, 'dist/engine');
  mkdirSync(engine, { recursive: true });
  for (const name of readdirSync('dist/src/engine')) {
    if (/\.(?:wasm|json)$/.test(name)) cpSync(join('dist/src/engine', name), join(engine, name));
  }
  const { name, version, license, engines } = JSON.parse(readFileSync('package.json', 'utf8'));
  const manifest = { name, version, license, type: 'module', engines };
  writeFileSync(join(server, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  const iced = dirname(createRequire(import.meta.url).resolve('iced-x86/package.json'));
  // vsce leaves out what is called node_modules at the top only.
  cpSync(iced, join(server, 'node_modules/iced-x86'), { recursive: true });
}

function copyDemo() {
  const demo = join(INTO, 'demo');
  mkdirSync(join(demo, 'guests'), { recursive: true });
  cpSync('traces/demo.retro', join(demo, 'demo.retro'));
  cpSync('guests/demo', join(demo, 'guests/demo'), {
    recursive: true,
    filter: (path) => !/\/build$|\.o$/.test(path),
  });
}

function pack() {
  const folder = resolve('.cache/vsce');
  const vsce = join(folder, 'node_modules/@vscode/vsce/vsce');
  if (!existsSync(vsce)) {
    console.log(`fetching ${VSCE} into .cache/vsce`);
    mkdirSync(folder, { recursive: true });
    run('npm', [
      'install',
      '--prefix',
      folder,
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
      VSCE,
    ]);
  }
  run(
    process.execPath,
    [vsce, 'package', '--no-dependencies', '--allow-missing-repository', '-o', OUTPUT],
    INTO,
  );
}

function run(command, args, cwd = '.') {
  const { status } = spawnSync(command, args, { stdio: 'inherit', cwd });
  if (status !== 0) process.exit(1);
}
