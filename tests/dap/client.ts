/**
 * The protocol's own client kit on an adapter in this process, with a transcript of all that goes over
 * the wire: what is compared with golden files.
 */

import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { ProtocolClient } from '@vscode/debugadapter-testsupport/lib/protocolClient.js';
import type { DebugProtocol } from '@vscode/debugprotocol';
import { CliDapHost } from '../../src/cli/dap-host.ts';
import type { DapHost } from '../../src/dap/host.ts';
import { serveStreams } from '../../src/dap/streams.ts';

const ROOT = join(import.meta.dirname, '../..');
const DEMO = 'traces/demo.retro';
/** A copy of its own for each file of tests: bookmarks and caches go beside a recording. */
const folder = mkdtempSync(join(tmpdir(), 'retrovisor-dap-'));
export const RECORDING = join(folder, 'demo.retro');
copyFileSync(join(ROOT, DEMO), RECORDING);
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

export const DEMO_SYMBOLS = 'guests/demo/demo.elf';

/** A request that failed, as the client kit rejects with it. */
export interface Failure extends Error {
  readonly message: string;
}

export class Client extends ProtocolClient {
  readonly lines: string[] = [];
  readonly events: DebugProtocol.Event[] = [];
  readonly ended: Promise<void>;
  readonly #input = new PassThrough();
  #waiting: { readonly event: string; readonly resolve: (body: unknown) => void }[] = [];

  constructor(host: DapHost = new CliDapHost()) {
    super();
    const output = new PassThrough();
    this.ended = serveStreams(host, this.#input, output);
    this.connect(output, this.#input);
  }

  /** The answer's body; rejects with the adapter's message. */
  async ask<T = Record<string, unknown>>(command: string, args?: unknown): Promise<T> {
    this.lines.push(`-> ${command}${args === undefined ? '' : ` ${text(args)}`}`);
    try {
      const response = (await this.send(command, args)) as DebugProtocol.Response;
      this.lines.push(
        `<- ${command}${response.body === undefined ? '' : ` ${text(response.body)}`}`,
      );
      return response.body as T;
    } catch (error) {
      const { message } = error as Failure;
      this.lines.push(`<- ${command} failed: ${message}`);
      throw error;
    }
  }

  /** The message with which a request fails. */
  async refused(command: string, args?: unknown): Promise<string> {
    try {
      await this.ask(command, args);
    } catch (error) {
      return (error as Failure).message;
    }
    throw new Error(`${command} was expected to fail`);
  }

  /** The body of the next event of a name. */
  next<T = Record<string, unknown>>(event: string): Promise<T> {
    return new Promise((resolve) => {
      this.#waiting.push({ event, resolve: resolve as (body: unknown) => void });
    });
  }

  /** A request that moves the guest: resolves with the `stopped` event, after the position that follows. */
  async go(command: string, args?: unknown): Promise<DebugProtocol.StoppedEvent['body']> {
    const stopped = this.next<DebugProtocol.StoppedEvent['body']>('stopped');
    const position = this.next('retrovisor/position');
    await this.ask(command, args);
    await position;
    return await stopped;
  }

  override emit(name: string | symbol, ...args: unknown[]): boolean {
    const event = args[0] as DebugProtocol.Event | undefined;
    if (typeof name === 'string' && event?.type === 'event' && event.event === name) {
      this.events.push(event);
      // Progress comes by the clock.
      if (!name.startsWith('progress')) {
        this.lines.push(`!! ${name}${event.body === undefined ? '' : ` ${text(event.body)}`}`);
      }
      const waiting = this.#waiting.filter((one) => one.event === name);
      const [first] = waiting;
      if (first) {
        this.#waiting = this.#waiting.filter((one) => one !== first);
        first.resolve(event.body);
      }
    }
    return super.emit(name, ...args);
  }

  close(): void {
    this.#input.end();
  }
}

/** Sorted keys, and nothing of the machine the test runs on. */
function text(value: unknown): string {
  const sorted = JSON.stringify(value, (_, item: unknown) => {
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return sorted.replaceAll(RECORDING, `./${DEMO}`).replaceAll(ROOT, '.');
}

export const INITIALIZE = {
  ...{ adapterID: 'retrovisor', clientID: 'test', linesStartAt1: true, columnsStartAt1: true },
  ...{ pathFormat: 'path', supportsVariableType: true, supportsMemoryReferences: true },
  ...{ supportsProgressReporting: true, supportsInvalidatedEvent: true, supportsMemoryEvent: true },
};

/** A session on the demo recording, stopped where it is told to. */
export async function demoSession(more: Record<string, unknown> = {}): Promise<Client> {
  const client = new Client();
  await client.ask('initialize', INITIALIZE);
  const initialized = client.next('initialized');
  const recording = RECORDING;
  const sourceFileMap = { 'guests/demo': join(ROOT, 'guests/demo') };
  await client.ask('attach', { recording, stopOnEntry: true, sourceFileMap, ...more });
  await initialized;
  await client.go('configurationDone');
  client.lines.length = 0;
  return client;
}
