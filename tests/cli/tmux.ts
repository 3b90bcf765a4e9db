/** A program in a tmux of its own: a terminal as people have it, whose screen can be read as text. */

import { execFileSync, spawnSync } from 'node:child_process';
import { BINARY } from './spawn.ts';

const PATIENCE_MS = 60_000;
const LOOK_MS = 20;

export const tmuxMissing: string | undefined = (() => {
  const { status } = spawnSync('tmux', ['-V']);
  return status === 0 ? undefined : 'tmux is not installed';
})();

export class Tmux {
  readonly #socket = `retrovisor-test-${process.pid}-${Math.floor(performance.now())}`;
  #synced = 0;

  constructor(args: readonly string[], options: { cwd: string; columns: number; rows: number }) {
    const { cwd, columns, rows } = options;
    const command = [process.execPath, BINARY, ...args].map(quoted).join(' ');
    const size = ['-x', `${columns}`, '-y', `${rows}`];
    const env = ['env', '-u', 'CI', '-u', 'NO_COLOR', 'LANG=C.UTF-8'].join(' ');
    this.#run('-f', '/dev/null', 'new-session', '-d', ...size, '-c', cwd, `${env} ${command}`);
    this.#run('set', '-g', 'status', 'off');
    this.#run('set', '-g', 'window-size', 'manual');
    this.resize(columns, rows);
  }

  /** Keys as tmux names them; text goes letter by letter. */
  press(...keys: readonly string[]): void {
    for (const key of keys) this.#run('send-keys', ...(key.length > 1 ? [key] : ['-l', '--', key]));
  }

  type(text: string): void {
    this.#run('send-keys', '-l', '--', text);
  }

  resize(columns: number, rows: number): void {
    this.#run('resize-window', '-x', `${columns}`, '-y', `${rows}`);
  }

  get screen(): string {
    const text = this.#run('capture-pane', '-p');
    return text
      .split('\n')
      .map((row) => row.trimEnd())
      .join('\n');
  }

  /** The screen with SGR sequences. */
  get colored(): string {
    return this.#run('capture-pane', '-p', '-e');
  }

  async until(what: string | RegExp): Promise<string> {
    for (let waited = 0; ; waited += LOOK_MS) {
      const { screen } = this;
      if (typeof what === 'string' ? screen.includes(what) : what.test(screen)) return screen;
      if (waited > PATIENCE_MS) throw new Error(`never showed ${what}:\n${screen}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  /** When all that was typed has been done: keys wait for each other, and this one comes last. */
  async settled(): Promise<string> {
    const n = 4000 + this.#synced++;
    this.type(`:print ${n}\r`);
    const text = await this.until(`${n} = 0x${n.toString(16)} = ${n}`);
    // How often one has asked is no part of the screen.
    return text.replace(`${n} = 0x${n.toString(16)} = ${n}`, '').replace(/ +$/gm, '');
  }

  end(): void {
    spawnSync('tmux', ['-L', this.#socket, 'kill-server']);
  }

  #run(...args: readonly string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...args], { encoding: 'utf8' });
  }
}

const quoted = (word: string): string => `'${word.replace(/'/g, `'\\''`)}'`;
