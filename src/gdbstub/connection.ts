/**
 * One client's connection, whatever carries its bytes: takes packets one after the other, sends the
 * replies, and hears an interrupt while the guest moves.
 */

import type { DebugTarget, WorkControl } from '../target/index.ts';
import { Framing, frame } from './framing.ts';
import { hexText } from './hex.ts';
import { Outbox } from './outbox.ts';
import { type Answer, errorText, type HexBytes, type Motion } from './packet.ts';
import { type GuestKnowledge, Stub } from './stub.ts';
import { lookUp } from './table.ts';

export interface Wire {
  send(bytes: Uint8Array): void;
  /** Is everything out, so that what was sent may be overwritten? Absent: never. */
  drained?(): boolean;
  close(): void;
}

/** An answer whose move, if it was one, has been made. */
type Reply = Exclude<Answer, Motion>;

/** A console line of the stub is cut into packets of this many characters. */
const SAY_MAX = 4000;
const ACK = Uint8Array.of(0x2b);
const NAK = Uint8Array.of(0x2d);

export class Connection {
  readonly #wire: Wire;
  readonly #stub: Stub;
  readonly #framing = new Framing();
  readonly #waiting: string[] = [];
  readonly #control: WorkControl = { cancelled: () => this.#interrupted };
  #working = false;
  #interrupted = false;
  #gone = false;
  #last: Uint8Array | undefined;
  /** An acknowledgement and the reply behind it are one write, and so are several replies. */
  readonly #out: Outbox;
  #idle: (() => void)[] = [];

  constructor(target: DebugTarget, wire: Wire, knowledge?: GuestKnowledge) {
    this.#wire = wire;
    this.#out = new Outbox(() => wire.drained?.() ?? false);
    const say = (text: string): void => {
      for (let at = 0; at === 0 || at < text.length; at += SAY_MAX) {
        this.#send(`O${hexText(text.slice(at, at + SAY_MAX))}`);
      }
      this.#flush();
    };
    this.#stub = new Stub(target, say, knowledge);
  }

  /** Is a packet being dealt with? */
  get busy(): boolean {
    return this.#working;
  }

  feed(bytes: Uint8Array): void {
    for (const received of this.#framing.feed(bytes)) {
      switch (received.kind) {
        case 'packet':
          if (!this.#stub.noAck) this.#out.append(ACK);
          this.#waiting.push(received.payload);
          break;
        case 'garbled':
          if (!this.#stub.noAck) this.#out.append(NAK);
          break;
        case 'nak':
          if (!this.#stub.noAck && this.#last) this.#out.append(this.#last);
          break;
        case 'interrupt':
          // One that comes after the guest has stopped by itself is answered by that stop.
          if (this.#working || this.#waiting.length > 0) this.#interrupted = true;
          break;
        case 'ack':
          break;
      }
    }
    if (!this.#working) void this.#work();
    // A move that takes longer than this turn: its acknowledgement does not wait for it.
    if (!this.#out.isEmpty) setImmediate(() => this.#flush());
  }

  /** The client has gone: a move under way is given up. Resolves when nothing moves any more. */
  async end(): Promise<void> {
    this.#gone = true;
    this.#interrupted = true;
    this.#waiting.length = 0;
    if (this.#working) await new Promise<void>((resolve) => this.#idle.push(resolve));
    await this.#stub.tracepoints.deselect({});
  }

  /** Most packets are dealt with before this returns: only what takes time waits for a promise. */
  async #work(): Promise<void> {
    this.#working = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        try {
          const answer = this.#handle(next);
          this.#reply(answer instanceof Promise ? await answer : answer);
        } catch (error) {
          // The recording cannot be read, or we have a mistake: the client hears of it and goes on.
          const text = error instanceof Error ? error.message : String(error);
          this.#send(errorText(text.replace(/\s+/g, ' ')));
        }
      }
      this.#flush();
    } finally {
      this.#working = false;
      this.#interrupted = false;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  #handle(payload: string): Reply | Promise<Reply> {
    const found = lookUp(payload);
    if (!found?.packet.looks) this.#stub.registerBlock = undefined;
    const answer = found?.packet.handle(this.#stub, found.args, this.#control);
    if (answer instanceof Promise) return answer.then((later) => this.#replyOf(later));
    return this.#replyOf(answer);
  }

  #replyOf(answer: Answer): Reply | Promise<Reply> {
    if (typeof answer !== 'object' || answer.kind !== 'move') return answer;
    return answer.move(this.#control).then((stop) => {
      this.#interrupted = false;
      return this.#stub.stopped(stop);
    });
  }

  #reply(reply: Reply): void {
    if (typeof reply !== 'object') this.#send(reply ?? '');
    else if (reply.kind === 'hex') this.#sendHex(reply);
    else {
      if (reply.reply !== undefined) this.#send(reply.reply);
      this.#flush();
      this.#wire.close();
    }
  }

  #send(payload: string): void {
    this.#sendFrame(frame(payload));
  }

  #sendHex(answer: HexBytes): void {
    if (answer.again instanceof Uint8Array) {
      this.#sendFrame(answer.again);
      return;
    }
    const from = this.#out.length;
    this.#out.appendHex(answer.bytes);
    // To be sent again if it is asked for again, or if it did not arrive.
    if (answer.again) this.#last = answer.again = this.#out.since(from);
    else if (!this.#stub.noAck) this.#last = this.#out.since(from);
  }

  #sendFrame(bytes: Uint8Array): void {
    this.#last = bytes;
    this.#out.append(bytes);
  }

  #flush(): void {
    if (this.#out.isEmpty) return;
    const bytes = this.#out.take();
    if (!this.#gone) this.#wire.send(bytes);
  }
}
