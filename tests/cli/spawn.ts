/** Running the built command line as a person would, with files in a folder of its own. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const BINARY = resolve('dist/src/cli/main.js');

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Folder {
  readonly path = mkdtempSync(join(tmpdir(), 'retrovisor-cli-'));

  /** Runs `retrovisor ARGS` in the folder, with `input` on stdin and an environment without color. */
  retrovisor(args: readonly string[], { input = '', env = {}, timeoutMs = 60_000 } = {}): Ran {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BINARY, ...args], {
      cwd: this.path,
      input,
      encoding: 'latin1',
      env: { PATH: process.env['PATH'], ...env },
      timeout: timeoutMs,
    });
    return { status, stdout, stderr };
  }

  write(name: string, content: string | Uint8Array): string {
    const path = join(this.path, name);
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

const COM1 = 0x3f8;

/**
 * A boot sector that prints `text` on COM1, then runs `rest`: by default it halts for good. Real
 * mode, loaded at 7C00H.
 */
export function bootSector(text: string, rest: readonly number[] = [0xfa, 0xf4]): Uint8Array {
  const code = [
    ...[0xbe, 0x00, 0x7d], //       mov si, 0x7d00
    ...[0xba, COM1 & 0xff, COM1 >> 8], // mov dx, COM1
    ...[0x2e, 0xac], //       next: cs lodsb
    ...[0x84, 0xc0], //             test al, al
    ...[0x74, 0x03], //             jz done
    ...[0xee], //                   out dx, al
    ...[0xeb, 0xf7], //             jmp next
    ...rest, //               done:
  ];
  const sector = new Uint8Array(512);
  sector.set(code);
  sector.set(Buffer.from(text, 'latin1'), 0x100);
  sector.set([0x55, 0xaa], 510);
  return sector;
}
