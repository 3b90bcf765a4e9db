/**
 * Listens for gdb, one client at a time. The first byte decides whether it is one: a web browser
 * that is made to send a request here (the page may hide packets in its body) is cut off.
 *
 * A live guest goes its own way while no client is there: it stops when one comes, and goes on when it
 * has left.
 */

import { createServer, type Server, type Socket } from 'node:net';
import type { DebugTarget, WorkControl } from '../target/index.ts';
import { Connection } from './connection.ts';
import { frame } from './framing.ts';
import { LinuxGuest, type LinuxKnowledge } from './linux-guest.ts';
import { errorText } from './packet.ts';
import { AMD64, type Architecture } from './registers.ts';

export type ListenAt = { readonly host: string; readonly port: number } | { readonly path: string };

export interface ServerOptions extends LinuxKnowledge {
  /** What gdb takes the guest for; amd64 if not said. */
  readonly architecture?: Architecture;
  readonly onAttach?: () => void;
  readonly onDetach?: () => void;
  readonly onRefused?: (why: string) => void;
  /** What the guest does as long as nobody is attached; nothing if this is absent. */
  readonly alone?: (control: WorkControl) => Promise<unknown>;
}

/** What a gdb may begin with: a packet, an acknowledgement, an interrupt. */
const OPENINGS = new Set([0x24, 0x2b, 0x2d, 0x03]);

export class GdbServer {
  readonly #target: DebugTarget;
  readonly #events: ServerOptions;
  readonly #linux: LinuxGuest;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #current: { readonly socket: Socket; readonly connection: Connection } | undefined;
  #alone: Promise<unknown> | undefined;
  #wanted = false;

  constructor(target: DebugTarget, events: ServerOptions = {}) {
    this.#target = target;
    this.#events = events;
    this.#linux = new LinuxGuest(target, events);
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

  /** Lets the guest go its own way until a client comes; with `alone` absent, nothing. */
  letGo(): void {
    if (this.#current || this.#alone || !this.#events.alone) return;
    this.#wanted = false;
    this.#alone = this.#events.alone({ cancelled: () => this.#wanted });
  }

  /** Resolves when the guest stands. */
  async #stopAlone(): Promise<void> {
    this.#wanted = true;
    await this.#alone?.catch(() => {});
    this.#alone = undefined;
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await this.#stopAlone();
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
    const wire = {
      send: (bytes: Uint8Array) => {
        if (socket.writable) socket.write(bytes);
      },
      drained: () => socket.writableLength === 0,
      close: () => void socket.end(),
    };
    const connection = new Connection(this.#target, wire, {
      linux: this.#linux,
      architecture: this.#events.architecture ?? AMD64,
    });
    this.#current = { socket, connection };
    this.#events.onAttach?.();
    const standing = this.#alone ? this.#stopAlone() : undefined;
    socket.once('close', () => {
      // The next client gets the recording when nothing of this one moves in it any more.
      void Promise.resolve(standing)
        .then(() => connection.end())
        .then(() => this.#detach());
    });
    const converse = (): void => {
      socket.on('data', (bytes) => connection.feed(bytes));
      connection.feed(first);
    };
    if (!standing) converse();
    else {
      socket.pause();
      void standing.then(() => {
        converse();
        socket.resume();
      });
    }
  }

  async #detach(): Promise<void> {
    if (this.#target.diversion) await this.#target.endDiversion();
    this.#current = undefined;
    this.#events.onDetach?.();
    this.letGo();
  }
}
