/**
 * One client's connection, whatever carries its bytes: checks what comes, answers requests one after
 * the other and each of them, and lets those that stop something overtake the others.
 */

import { ProtocolServer } from '@vscode/debugadapter/lib/protocol.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { CUSTOM_SHAPES } from './custom.ts';
import { ERROR, RequestError, toRequestError } from './errors.ts';
import type { Call, Handler } from './handler.ts';
import type { DapHost } from './host.ts';
import { TAKES } from './protocol.gen.ts';
import { Session } from './session.ts';
import { mismatch } from './shape.ts';
import { CUSTOM, TABLE } from './table.ts';
import { encode, MessageReader } from './wire.ts';

export interface Wire {
  send(bytes: Uint8Array): void;
  close(): void;
}

/** They must not wait behind what they are to stop. */
const OVERTAKING = new Set(['cancel', 'pause', 'disconnect', 'terminate']);
/** Requests that wait; a client that sends more without listening has lost its way. */
const WAITING_MAX = 10_000;

interface Waiting {
  readonly request: DebugProtocol.Request;
  cancelled: boolean;
}

export class Connection extends ProtocolServer {
  readonly session: Session;
  readonly #wire: Wire;
  readonly #reader = new MessageReader();
  readonly #waiting: Waiting[] = [];
  #current: Waiting | undefined;
  #working = false;
  #gone = false;
  #idle: (() => void)[] = [];

  constructor(host: DapHost, wire: Wire) {
    super();
    this.#wire = wire;
    this.session = new Session(host, {
      event: (event, body) => this.#event(event, body),
      custom: (event, body) => this.#event(event, body),
    });
    this.onDidSendMessage((message) => {
      if (!this.#gone) this.#wire.send(encode(message));
    });
  }

  feed(bytes: Uint8Array): void {
    for (const received of this.#reader.feed(bytes)) {
      if (received.kind === 'message') this.#receive(received.value);
      else this.#garbage(received.why);
    }
  }

  /** The client has gone: everything is given up. */
  async end(): Promise<void> {
    if (this.#gone) return;
    this.#gone = true;
    this.#waiting.length = 0;
    if (this.#current) this.#current.cancelled = true;
    await this.session.close();
    if (this.#working) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** Takes a request out of the queue, or tells the one at work that nobody waits for it. */
  cancelRequest(seq: number): boolean {
    const waiting = this.#waiting.find(({ request }) => request.seq === seq) ?? this.#current;
    if (waiting?.request.seq !== seq) return false;
    waiting.cancelled = true;
    return true;
  }

  protected override dispatchRequest(request: DebugProtocol.Request): void {
    if (OVERTAKING.has(request.command)) {
      void this.#answer({ request, cancelled: false });
      return;
    }
    if (this.#waiting.length >= WAITING_MAX) {
      const error = new RequestError(ERROR.failed, `${WAITING_MAX} requests are waiting already`);
      this.#fail(request, error);
      return;
    }
    this.#waiting.push({ request, cancelled: false });
    void this.#work();
  }

  #receive(value: unknown): void {
    const message = value as Partial<DebugProtocol.Request> | undefined;
    const type = typeof message === 'object' ? message?.type : undefined;
    // Answers to what the adapter never asks, and events that clients do not send.
    if (type === 'response' || type === 'event') return;
    if (!message || type !== 'request') {
      this.#garbage(`expected a request, got ${JSON.stringify(value)?.slice(0, 80)}`);
      return;
    }
    const { seq, command } = message;
    const numbered = Number.isSafeInteger(seq);
    if (numbered && typeof command === 'string') {
      this.handleMessage(message as DebugProtocol.Request);
      return;
    }
    // It is answered all the same, as far as one can.
    const what = numbered ? 'expected a command, got none' : 'expected a request with a number';
    const request = { ...message, seq: numbered ? seq : 0, command: String(command ?? '') };
    this.#fail(request as DebugProtocol.Request, new RequestError(ERROR.badArguments, what));
  }

  #garbage(why: string): void {
    this.#event('output', { category: 'stderr', output: `not understood: ${why}\n` });
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    try {
      for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
        this.#current = next;
        await this.#answer(next);
      }
    } finally {
      this.#working = false;
      this.#current = undefined;
      for (const resolve of this.#idle.splice(0)) resolve();
    }
  }

  async #answer(waiting: Waiting): Promise<void> {
    const { request } = waiting;
    const after: (() => void)[] = [];
    const call: Call = { cancelled: () => waiting.cancelled, after: (task) => after.push(task) };
    try {
      if (waiting.cancelled) throw new RequestError(ERROR.cancelled, 'cancelled');
      const body = await this.#perform(request, call);
      this.#respond(request, body);
      for (const task of after) task();
    } catch (error) {
      const failure = waiting.cancelled
        ? new RequestError(ERROR.cancelled, 'cancelled')
        : toRequestError(error);
      if (failure.id === ERROR.internal && process.env['RETROVISOR_DEBUG']) console.error(error);
      this.#fail(request, failure);
    }
    if (request.command === 'disconnect') {
      // What waits behind it is not left without an answer.
      const over = new RequestError(ERROR.noGuest, 'the session has ended');
      for (const { request } of this.#waiting.splice(0)) this.#fail(request, over);
      if (this.#working) await new Promise<void>((resolve) => this.#idle.push(resolve));
      await this.end();
      this.#wire.close();
    }
  }

  async #perform(request: DebugProtocol.Request, call: Call): Promise<unknown> {
    const { command } = request;
    const args: unknown = request.arguments;
    if (command === 'cancel') return this.#cancel(args);
    const own = Object.hasOwn(TABLE, command) ? TABLE[command as keyof typeof TABLE] : undefined;
    const custom = Object.hasOwn(CUSTOM, command)
      ? CUSTOM[command as keyof typeof CUSTOM]
      : undefined;
    const handler = (own ?? custom) as Handler<unknown, unknown> | undefined;
    if (!handler) {
      const name = JSON.stringify(command.slice(0, 80));
      throw new RequestError(ERROR.unknownRequest, `${name} is no request that is known here`);
    }
    const taken = own ? TAKES[command as keyof typeof TAKES] : command;
    const given = custom ? (args ?? {}) : args;
    const wrong = mismatch(given, taken, command, CUSTOM_SHAPES);
    if (wrong) throw new RequestError(ERROR.badArguments, wrong);
    return await handler(this.session, given, call);
  }

  #cancel(args: unknown): undefined {
    const wrong = mismatch(args, TAKES.cancel, 'cancel');
    if (wrong) throw new RequestError(ERROR.badArguments, wrong);
    const { requestId, progressId } = (args ?? {}) as DebugProtocol.CancelArguments;
    const request = requestId !== undefined && this.cancelRequest(requestId);
    const progress = progressId !== undefined && this.session.progress.cancel(progressId);
    if ((requestId !== undefined || progressId !== undefined) && !request && !progress) {
      throw new RequestError(ERROR.failed, 'there is nothing of that name to cancel');
    }
    return undefined;
  }

  #respond(request: DebugProtocol.Request, body: unknown): void {
    this.sendResponse({
      ...{ seq: 0, type: 'response', request_seq: request.seq, success: true },
      command: request.command,
      ...(body !== undefined && { body }),
    } as DebugProtocol.Response);
  }

  #fail(request: DebugProtocol.Request, { id, message, show }: RequestError): void {
    const error: DebugProtocol.Message = { id, format: escaped(message), showUser: show };
    this.sendResponse({
      ...{ seq: 0, type: 'response', request_seq: request.seq, success: false },
      ...{ command: request.command, message: id === ERROR.cancelled ? 'cancelled' : message },
      body: { error },
    } as DebugProtocol.Response);
  }

  #event(event: string, body: unknown): void {
    const message = { seq: 0, type: 'event', event, ...(body !== undefined && { body }) };
    this.sendEvent(message as DebugProtocol.Event);
  }
}

/** `format` has placeholders in braces, which a message has none of. */
const escaped = (text: string): string => text.replace(/\{/g, '(').replace(/\}/g, ')');
