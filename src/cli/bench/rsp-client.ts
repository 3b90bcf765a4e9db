/**
 * As much of the gdb Remote Serial Protocol as it takes to drive a peer's stub: one request at a
 * time, with acknowledgements. gdb manual, appendix E.
 */

import { createConnection, type Socket } from 'node:net';

export class RspClient {
  readonly #socket: Socket;
  #received = '';
  #wanted: ((packet: string) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => this.#take(text));
    const gone = (why: string) => this.#failed?.(new Error(`gdb stub: ${why}`));
    socket.on('error', (error) => gone(error.message));
    socket.on('close', () => gone('the connection is closed'));
  }

  static connect(path: string): Promise<RspClient> {
    return new Promise((resolve, reject) => {
      const socket = createConnection(path, () => {
        socket.off('error', reject);
        resolve(new RspClient(socket));
      });
      socket.once('error', reject);
    });
  }

  /** Sends a packet and waits for the reply to it, for so long. */
  async request(packet: string, timeoutMs: number): Promise<string> {
    const reply = this.#next(timeoutMs, packet);
    this.#socket.write(framed(packet), 'latin1');
    return await reply;
  }

  /** Ctrl-C, to a guest that `request('c')` set running: that request gets its stop reply. */
  interrupt(): void {
    this.#socket.write('\x03', 'latin1');
  }

  /** What a monitor command prints: console output packets up to OK. */
  async monitor(command: string, timeoutMs: number): Promise<string> {
    let text = '';
    let reply = await this.request(`qRcmd,${Buffer.from(command).toString('hex')}`, timeoutMs);
    while (/^O[0-9a-f]+$/.test(reply)) {
      text += Buffer.from(reply.slice(1), 'hex').toString('latin1');
      reply = await this.#next(timeoutMs, command);
    }
    return text;
  }

  close(): void {
    this.#failed = undefined;
    this.#socket.destroy();
  }

  #next(timeoutMs: number, what: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#failed?.(new Error(`no answer to ${what}`)), timeoutMs);
      const settle = () => {
        clearTimeout(timer);
        this.#wanted = undefined;
        this.#failed = undefined;
      };
      this.#wanted = (packet) => {
        settle();
        resolve(packet);
      };
      this.#failed = (error) => {
        settle();
        reject(error);
      };
      this.#deliver();
    });
  }

  #take(text: string): void {
    this.#received += text;
    this.#deliver();
  }

  #deliver(): void {
    if (!this.#wanted) return;
    const found = takePacket(this.#received);
    if (!found) return;
    this.#received = found.rest;
    this.#socket.write('+', 'latin1');
    this.#wanted(found.packet);
  }
}

export function framed(packet: string): string {
  let sum = 0;
  for (const c of packet) sum = (sum + c.charCodeAt(0)) & 0xff;
  return `$${packet}#${sum.toString(16).padStart(2, '0')}`;
}

/** The first whole packet in what came, with acknowledgements in front of it left out. */
export function takePacket(text: string): { packet: string; rest: string } | undefined {
  const found = /\$([^#]*)#[0-9a-fA-F]{2}/.exec(text);
  if (!found) return undefined;
  return { packet: found[1] ?? '', rest: text.slice(found.index + found[0].length) };
}
