/**
 * One client's connection, whatever carries its bytes: takes packets one after the other, sends the
 * replies, and hears an interrupt while the guest moves.
 */

import type { DebugTarget, WorkControl } from '../target/index.ts';
import { Framing, frame } from './framing.ts';
import { hexText } from './hex.ts';
import type { Answer } from './packet.ts';
import { errorText } from './packet.ts';
import { Stub } from './stub.ts';
import { lookUp } from './table.ts';

export interface Wire {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** A console line of the stub is cut into packets of this many characters. */
const SAY_MAX = 4000;

export class Connection {
  readonly #wire: Wire;
  readonly #stub: Stub;
  readonly #framing = new Framing();
  readonly #waiting: string[] = [];
  #working = false;
  #interrupted = false;
  #gone = false;
  #last: Uint8Array | undefined;
  #idle: (() => void)[] = [];

  constructor(target: DebugTarget, wire: Wire) {
    this.#wire = wire;
    this.#stub = new Stub(target, (text) => {
      for (let at = 0; at === 0 || at < text.length; at += SAY_MAX) {
        this.#send(`O${hexText(text.slice(at, at + SAY_MAX))}`);
      }
    });
  }

  /** Is a packet being dealt with? */
  get busy(): boolean {
    return this.#working;
  }

  feed(bytes: Uint8Array): void {
    for (const received of this.#framing.feed(bytes)) {
      switch (received.kind) {
        case 'packet':
          if (!this.#stub.noAck) this.#wire.send(Uint8Array.of(0x2b));
          this.#waiting.push(received.payload);
          break;
        case 'garbled':
          if (!this.#stub.noAck) this.#wire.send(Uint8Array.of(0x2d));
          break;
        case 'nak':
          if (!this.#stub.noAck && this.#last) this.#wire.send(this.#last);
          break;
        case 'interrupt':
          // One that comes after the guest has stopped by itself is answered by that stop.
          if (this.#working || this.#waiting.length > 0) this.#interrupted = true;
          break;
        case 'ack':
          break;
      }
    }
    void this.#work();
  }

  /** The client has gone: a move under way is given up. Resolves when nothing moves any more. */
  async end(): Promise<void> {
    this.#gone = true;
    this.#interrupted = true;
    this.#waiting.length = 0;
    if (this.#working) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#stub.tracepoints.deselect({});
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        await this.#handle(next);
      }
    } finally {
      this.#working = false;
      this.#interrupted = false;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #handle(payload: string): Promise<void> {
    const control: WorkControl = { cancelled: () => this.#interrupted };
    const found = lookUp(payload);
    try {
      const answer = await found?.packet.handle(this.#stub, found.args, control);
      await this.#reply(answer, control);
    } catch (error) {
      // The recording cannot be read, or we have a mistake: the client hears of it and goes on.
      const text = error instanceof Error ? error.message : String(error);
      this.#send(errorText(text.replace(/\s+/g, ' ')));
    }
  }

  async #reply(answer: Answer, control: WorkControl): Promise<void> {
    if (answer === undefined) this.#send('');
    else if (typeof answer === 'string') this.#send(answer);
    else if (answer.kind === 'move') {
      const stop = await answer.move(control);
      this.#interrupted = false;
      this.#send(this.#stub.stopped(stop));
    } else {
      if (answer.reply !== undefined) this.#send(answer.reply);
      this.#wire.close();
    }
  }

  #send(payload: string): void {
    if (this.#gone) return;
    const bytes = frame(payload);
    this.#last = bytes;
    this.#wire.send(bytes);
  }
}
