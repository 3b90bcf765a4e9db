/**
 * The escape key of the serial console, as QEMU's `-nographic` has it: Ctrl-A, then a letter. A
 * pure filter over the bytes typed, so that it can be tested without a terminal.
 */

const CTRL_A = 0x01;

export type ConsoleCommand = 'exit' | 'help' | 'monitor';

export interface Typed {
  /** What goes to the guest. */
  readonly bytes: readonly number[];
  readonly commands: readonly ConsoleCommand[];
}

export const CONSOLE_HELP = [
  'Ctrl-A x       end the run',
  'Ctrl-A h       this help',
  'Ctrl-A Ctrl-A  send Ctrl-A to the guest',
];

export class ConsoleEscape {
  #escaped = false;

  /** An escape may be split between two calls. Ctrl-A and an unknown letter are dropped, as in QEMU. */
  feed(typed: Uint8Array): Typed {
    const bytes: number[] = [];
    const commands: ConsoleCommand[] = [];
    for (const byte of typed) {
      if (!this.#escaped) {
        if (byte === CTRL_A) this.#escaped = true;
        else bytes.push(byte);
        continue;
      }
      this.#escaped = false;
      if (byte === CTRL_A) bytes.push(byte);
      const command = COMMANDS[String.fromCharCode(byte)];
      if (command) commands.push(command);
    }
    return { bytes, commands };
  }
}

const COMMANDS: Readonly<Record<string, ConsoleCommand>> = {
  x: 'exit',
  h: 'help',
  '?': 'help',
  c: 'monitor',
};
