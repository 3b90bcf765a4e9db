/** A debugger's side of the wire, in the same process: asks, waits for the reply, keeps a transcript. */

import { Connection } from '../../src/gdbstub/connection.ts';
import { Framing, frame } from '../../src/gdbstub/framing.ts';
import type { DebugTarget } from '../../src/target/index.ts';

export class Client {
  readonly connection: Connection;
  /** `->` is what the debugger sent, `<-` what came back; bytes that are no text as \xNN. */
  readonly transcript: string[] = [];
  closed = false;
  readonly #framing = new Framing();
  readonly #replies: string[] = [];
  #said = '';
  #wake: (() => void) | undefined;

  constructor(target: DebugTarget) {
    this.connection = new Connection(target, {
      send: (bytes) => this.#received(bytes),
      close: () => {
        this.closed = true;
        this.#wake?.();
      },
    });
  }

  /** The next reply that is no console output; `''` if the connection was closed instead. */
  async ask(payload: string): Promise<string> {
    const line = /^qRcmd,(.*)$/.exec(payload)?.[1];
    const shown = line === undefined ? payload : `qRcmd,"${decoded(line)}"`;
    this.transcript.push(`-> ${readable(shown)}`);
    this.connection.feed(frame(payload));
    return this.reply();
  }

  async reply(): Promise<string> {
    for (;;) {
      const reply = this.#replies.shift();
      if (reply !== undefined) {
        const said = /^O([0-9a-f]*)$/.exec(reply)?.[1];
        if (said === undefined) {
          this.transcript.push(`<- ${readable(reply)}`);
          return reply;
        }
        // A sign of life during a long move: how many there are is the host's affair.
        if (said === '') continue;
        this.#said += decoded(said);
        this.transcript.push(`<- O ${JSON.stringify(decoded(said))}`);
        continue;
      }
      if (this.closed) return '';
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** What `monitor LINE` shows. */
  async monitor(line: string): Promise<string> {
    this.#said = '';
    await this.ask(`qRcmd,${Buffer.from(line).toString('hex')}`);
    return this.#said;
  }

  /** A register of 8 bytes by gdb's number. */
  async register(n: number): Promise<bigint> {
    const hex = await this.ask(`p${n.toString(16)}`);
    return Buffer.from(hex, 'hex').readBigUInt64LE();
  }

  #received(bytes: Uint8Array): void {
    for (const received of this.#framing.feed(bytes)) {
      if (received.kind === 'packet') this.#replies.push(received.payload);
    }
    this.#wake?.();
  }
}

const decoded = (hex: string): string => Buffer.from(hex, 'hex').toString();

const readable = (payload: string): string =>
  payload.replace(/[^ -~]/g, (c) =>
    c === '\n' ? '\\n' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

/** gdb's number for RIP, in target.xml's order. */
export const RIP = 16;
