#!/usr/bin/env node
/** The binary. Everything is in `program.ts`, so that tests can run it without a process. */

import { runCli } from './program.ts';

const status = await runCli(process.argv.slice(2));
// A terminal or a pipe on stdin may still be open, and would keep the process alive.
process.exit(status);
