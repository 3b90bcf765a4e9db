/**
 * Threads that look through pieces of a recording for a hit, each with a vCPU of its own. Asked and
 * heard without the event loop, so that a search that never leaves the thread can use them too.
 */

import { availableParallelism } from 'node:os';
import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from 'node:worker_threads';
import { engineBuild, type SharedModule, shareModule } from '../engine/index.ts';
import type { Hit, StopCondition } from './conditions.ts';
import type { KeyStatesOptions } from './key-states.ts';
import type { Mark } from './mark.ts';
import type { Piece } from './reverse.ts';

/** What a thread needs to replay the recording from its key states. */
export interface SearchSetup {
  readonly recordingPath: string;
  readonly accel: 'jit' | 'interp';
  readonly keys: Omit<KeyStatesOptions, 'note'>;
}

export interface WorkerData extends SearchSetup {
  readonly port: MessagePort;
  readonly build: string;
  readonly module: SharedModule;
}

export interface SearchRequest {
  readonly piece: Piece;
  /** None with a `when`: functions stay in their thread. */
  readonly conditions: readonly StopCondition[];
}

/** To a thread: a request with a ticket, or to forget what it is at. */
export type ToWorker = (SearchRequest & { readonly ticket: number }) | 'forget';

export interface SearchReply {
  readonly ticket: number;
  readonly found: Hit<Mark> | 'failed' | undefined;
}

/** All threads together may take this much memory; each takes the guest's RAM and so much more. */
const MEMORY_BYTES = 512 * 2 ** 20;
const OWN_BYTES = 128 * 2 ** 20;
const THREADS_MAX = 7;

interface Member {
  readonly worker: Worker;
  readonly port: MessagePort;
  ticket: number | undefined;
}

export class SearchPool {
  readonly #setup: SearchSetup;
  readonly #threads: number;
  #members: Member[] | undefined;
  #tickets = 0;

  constructor(setup: SearchSetup, threads: number) {
    this.#setup = setup;
    this.#threads = threads;
  }

  /** As many threads as the processors and the memory allow beside this one; undefined if that is none. */
  static of(setup: SearchSetup, memoryBytes: number): SearchPool | undefined {
    // Run from source there is nothing that a thread could load.
    if (!import.meta.url.endsWith('.js')) return undefined;
    const room = Math.floor(MEMORY_BYTES / (memoryBytes + OWN_BYTES));
    const threads = Math.min(availableParallelism() - 1, room, THREADS_MAX);
    return threads > 0 ? new SearchPool(setup, threads) : undefined;
  }

  /** Is there a thread with nothing to do? */
  get idle(): boolean {
    return this.#started.some(({ ticket }) => ticket === undefined);
  }

  begin(request: SearchRequest): number {
    const member = this.#started.find(({ ticket }) => ticket === undefined);
    if (!member) throw new Error('no thread has nothing to do');
    const ticket = ++this.#tickets;
    member.ticket = ticket;
    member.port.postMessage({ ...request, ticket } satisfies ToWorker);
    return ticket;
  }

  replies(): SearchReply[] {
    const replies: SearchReply[] = [];
    for (const member of this.#members ?? []) {
      for (;;) {
        const received = receiveMessageOnPort(member.port);
        if (!received) break;
        const reply = received.message as SearchReply;
        if (reply.ticket === member.ticket) member.ticket = undefined;
        replies.push(reply);
      }
    }
    return replies;
  }

  /** What they are at is of no interest any more. */
  forget(): void {
    for (const member of this.#members ?? []) {
      if (member.ticket !== undefined) member.port.postMessage('forget' satisfies ToWorker);
    }
  }

  get #started(): readonly Member[] {
    this.#members ??= Array.from({ length: this.#threads }, () => this.#start());
    return this.#members;
  }

  #start(): Member {
    const { port1, port2 } = new MessageChannel();
    const workerData: WorkerData = {
      ...this.#setup,
      port: port2,
      build: engineBuild(),
      module: shareModule(),
    };
    const worker = new Worker(new URL('./search-worker.js', import.meta.url), {
      workerData,
      transferList: [port2],
    });
    // Nobody waits for them when the program ends.
    worker.unref();
    port1.unref();
    const member: Member = { worker, port: port1, ticket: undefined };
    worker.on('error', () => this.#lose(member));
    worker.on('exit', () => this.#lose(member));
    return member;
  }

  /** Its piece is done by whoever asks for it in the end. */
  #lose(member: Member): void {
    this.#members = this.#members?.filter((other) => other !== member);
  }
}
