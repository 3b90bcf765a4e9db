/**
 * Listens for gdb, one client at a time. The first byte decides whether it is one: a web browser
 * that is made to send a request here (the page may hide packets in its body) is cut off.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { DebugTarget } from '../target/index.ts';
import { Connection } from './connection.ts';
import { frame } from './framing.ts';
import { errorText } from './packet.ts';

export type ListenAt = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ServerEvents {
  readonly onAttach?: () => void;
  readonly onDetach?: () => void;
  readonly onRefused?: (why: string) => void;
}

/** What a gdb may begin with: a packet, an acknowledgement, an interrupt. */
const OPENINGS = new Set([0x24, 0x2b, 0x2d, 0x03]);

export class GdbServer {
  readonly #target: DebugTarget;
  readonly #events: ServerEvents;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #current: { readonly socket: Socket; readonly connection: Connection } | undefined;

  constructor(target: DebugTarget, events: ServerEvents = {}) {
    this.#target = target;
    this.#events = events;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Resolves when it listens, with where; rejects with the system's error. */
  listen(at: ListenAt): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen('path' in at ? { path: at.path } : at, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        if (typeof address === 'string' || !address) resolve(address ?? '');
        else {
          const { family, port } = address;
          const host = family === 'IPv6' ? `[${address.address}]` : address.address;
          resolve(`${host}:${port}`);
        }
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await this.#current?.connection.end();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#sockets.delete(socket));
    socket.once('data', (first) => {
      if (!OPENINGS.has(first[0]!)) {
        this.#events.onRefused?.('it does not speak the gdb remote protocol');
        socket.destroy();
      } else if (this.#current) {
        this.#events.onRefused?.('another debugger is attached');
        socket.end(
          Buffer.concat([Buffer.from('+'), frame(errorText('another debugger is attached'))]),
        );
      } else this.#attach(socket, first);
    });
  }

  #attach(socket: Socket, first: Uint8Array): void {
    const connection = new Connection(this.#target, {
      send: (bytes) => {
        if (socket.writable) socket.write(bytes);
      },
      close: () => socket.end(),
    });
    this.#current = { socket, connection };
    this.#events.onAttach?.();
    socket.on('data', (bytes) => connection.feed(bytes));
    socket.once('close', () => {
      // The next client gets the recording when nothing of this one moves in it any more.
      void connection.end().then(() => this.#detach());
    });
    connection.feed(first);
  }

  async #detach(): Promise<void> {
    if (this.#target.diversion) await this.#target.endDiversion();
    this.#current = undefined;
    this.#events.onDetach?.();
  }
}
