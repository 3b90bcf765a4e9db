/** A program on a real pseudoterminal, and a terminal emulator that reads its screen. */

import { type IPty, spawn } from '@lydell/node-pty';
import xterm from '@xterm/headless';

const { Terminal } = xterm;
const PATIENCE_MS = 45_000;
const LOOK_MS = 25;

export class Pty {
  /** Everything it sent, for what a screen does not show. */
  sent = '';
  exited: { readonly exitCode: number; readonly signal?: number | undefined } | undefined;
  readonly #pty: IPty;
  readonly #terminal: InstanceType<typeof Terminal>;

  constructor(
    args: readonly string[],
    options: { cwd: string; cols: number; rows: number; env?: object; program?: string },
  ) {
    const { cwd, cols, rows, env = {}, program = process.execPath } = options;
    this.#terminal = new Terminal({ cols, rows, allowProposedApi: true });
    // No CI in the environment: under it Ink draws the last frame only.
    const clean = {
      PATH: process.env['PATH'] ?? '',
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      ...env,
    };
    this.#pty = spawn(program, [...args], { cwd, cols, rows, env: clean });
    this.#pty.onData((data) => {
      this.sent += data;
      this.#terminal.write(data);
    });
    this.#pty.onExit((exited) => {
      this.exited = exited;
    });
  }

  type(text: string): void {
    this.#pty.write(text);
  }

  resize(cols: number, rows: number): void {
    this.#terminal.resize(cols, rows);
    this.#pty.resize(cols, rows);
  }

  kill(signal: string): void {
    this.#pty.kill(signal);
  }

  get screen(): string {
    const { active } = this.#terminal.buffer;
    const rows = Array.from({ length: this.#terminal.rows }, (_, y) =>
      (active.getLine(active.baseY + y)?.translateToString(true) ?? '').trimEnd(),
    );
    return rows.join('\n').trimEnd();
  }

  /** Which buffer is shown: a program that has ended must leave "normal". */
  get buffer(): string {
    return this.#terminal.buffer.active.type;
  }

  /** Waits until the screen shows something; types `keys` first. */
  async until(what: string | RegExp, keys = ''): Promise<string> {
    if (keys !== '') this.type(keys);
    const shows = (): boolean =>
      typeof what === 'string' ? this.screen.includes(what) : what.test(this.screen);
    await this.#wait(shows, () => `never showed ${what}:\n${this.screen}`);
    return this.screen;
  }

  async end(): Promise<number> {
    await this.#wait(
      () => this.exited !== undefined,
      () => `did not end:\n${this.screen}`,
    );
    await new Promise((resolve) => this.#terminal.write('', () => resolve(undefined)));
    return this.exited!.exitCode;
  }

  async #wait(holds: () => boolean, complaint: () => string): Promise<void> {
    for (let waited = 0; !holds(); waited += LOOK_MS) {
      if (waited > PATIENCE_MS) throw new Error(complaint());
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }
}
