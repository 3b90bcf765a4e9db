/**
 * `npm run generate`: writes every `*.gen.*` file anew from what it is made of. With a folder as
 * argument it writes them there instead, which is how the tidy test sees whether they are current.
 */

import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

const into = process.argv[2] ?? '.';

/** The trace format's messages, without what only reflection, JSON and RPC need. */
protobuf('src/trace/recording.proto', 'src/trace/recording.gen.js');

/** The Debug Adapter Protocol's requests and events, from its pinned declarations. */
run(process.execPath, ['scripts/dap-protocol.mjs', join(into, 'src/dap/protocol.gen.ts')]);

function protobuf(schema, output) {
  const out = join(into, output);
  mkdirSync(dirname(out), { recursive: true });
  run('node_modules/.bin/pbjs', [
    ...['--target', 'static-module', '--wrap', 'esm', '--dependency', 'protobufjs/minimal.js'],
    ...['--no-create', '--no-verify', '--no-convert', '--no-delimited', '--no-typeurl'],
    ...['--dts', '--out', out, schema],
  ]);
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}
