/**
 * The adapter over TCP, on this machine only: each client has a session of its own. Whoever speaks
 * HTTP is cut off: a web page can make a browser send requests here, with messages in their bodies.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { Connection } from './connection.ts';
import type { DapHost } from './host.ts';

const HTTP = /^(?:GET|POST|PUT|HEAD|OPTIONS|DELETE|PATCH|CONNECT|TRACE) /;

export class DapServer {
  readonly #host: DapHost;
  readonly #server: Server;
  readonly #sockets = new Map<Socket, Connection | undefined>();

  constructor(host: DapHost) {
    this.#host = host;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Resolves with the port when it listens; 0 takes one that is free. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ host: '127.0.0.1', port }, () => {
        this.#server.off('error', reject);
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const [socket, connection] of this.#sockets) {
      await connection?.end();
      socket.destroy();
    }
    await closed;
  }

  #accept(socket: Socket): void {
    this.#sockets.set(socket, undefined);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      void this.#sockets.get(socket)?.end();
      this.#sockets.delete(socket);
    });
    socket.once('data', (first) => {
      if (HTTP.test(Buffer.from(first).toString('latin1', 0, 10))) {
        socket.destroy();
        return;
      }
      const connection = new Connection(this.#host, {
        send: (bytes) => {
          if (socket.writable) socket.write(bytes);
        },
        close: () => socket.end(),
      });
      this.#sockets.set(socket, connection);
      socket.on('data', (bytes) => connection.feed(bytes));
      connection.feed(first);
    });
  }
}
