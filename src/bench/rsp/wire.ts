/**
 * A client of the gdb remote protocol that does nothing but ask and wait: it blocks in the system
 * calls, so that what is timed is the server and not this process's event loop. Linux's C library
 * through koffi, which is optional: `blockingWire` says so if it is not there.
 */

/** Bytes of `struct sockaddr_un`: a family of two bytes, a path of 108. */
const SOCKADDR_BYTES = 110;
const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
/** A server that says nothing for so long will not say anything. */
const PATIENCE_S = 120n;
const REPLY_BYTES = 1 << 20;
const HASH = 0x23;
const DOLLAR = 0x24;
/** Of a longer reply nobody looks at more than the beginning. */
const LONG = 600;

export interface Wire {
  /** Sends a packet and returns the reply's payload, of a long one the beginning; console output on the way is left out. */
  ask(payload: string): string;
  /** The same packets so many times in one go, as clients do that need not wait; their replies' bytes. */
  stream(payloads: readonly string[], times: number): number;
  close(): void;
}

/** The server does not answer any more. */
export class SilentError extends Error {}

interface Calls {
  readonly socket: (domain: number, type: number, protocol: number) => number;
  readonly connect: (fd: number, address: Uint8Array, length: number) => number;
  readonly setsockopt: (
    ...args: [fd: number, level: number, name: number, value: Uint8Array, length: number]
  ) => number;
  readonly send: (fd: number, bytes: Uint8Array, length: number, flags: number) => number;
  readonly recv: (fd: number, bytes: Uint8Array, length: number, flags: number) => number;
  readonly close: (fd: number) => number;
}

async function calls(): Promise<Calls> {
  const { default: koffi } = await import('koffi').catch(() => {
    throw new Error('the gdb benchmark needs the optional package koffi: npm install koffi');
  });
  const lib = koffi.load('libc.so.6');
  return {
    socket: lib.func('int socket(int, int, int)'),
    connect: lib.func('int connect(int, const uint8_t *, uint32_t)'),
    setsockopt: lib.func('int setsockopt(int, int, int, const uint8_t *, uint32_t)'),
    send: lib.func('int64_t send(int, const uint8_t *, size_t, int)'),
    recv: lib.func('int64_t recv(int, uint8_t *, size_t, int)'),
    close: lib.func('int close(int)'),
  };
}

/** Connects to a socket file and agrees on doing without acknowledgements. */
export async function blockingWire(path: string): Promise<Wire> {
  const c = await calls();
  const address = new Uint8Array(SOCKADDR_BYTES);
  address[0] = AF_UNIX;
  address.set(Buffer.from(path), 2);
  const fd = c.socket(AF_UNIX, SOCK_STREAM, 0);
  const timeout = new BigUint64Array([PATIENCE_S, 0n]);
  c.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(timeout.buffer), timeout.byteLength);
  if (c.connect(fd, address, SOCKADDR_BYTES) !== 0) throw new Error(`cannot connect to ${path}`);
  const buffer = Buffer.alloc(REPLY_BYTES);
  /** Bytes of what came; it ends with the end of a packet. */
  const receive = (): number => {
    let length = 0;
    for (;;) {
      const got = c.recv(fd, buffer.subarray(length), REPLY_BYTES - length, 0);
      if (got <= 0) throw new SilentError(`${path}: no answer in ${PATIENCE_S} s`);
      length += got;
      if (length > 3 && buffer[length - 3] === HASH) return length;
    }
  };
  // The same packets are asked again and again: what is timed is not their making.
  const made = new Map<string, Buffer>();
  const packet = (payload: string): Buffer => {
    const known = made.get(payload);
    if (known) return known;
    const bytes = Buffer.from(`$${payload}#${checksum(payload)}`, 'latin1');
    made.set(payload, bytes);
    return bytes;
  };
  const ask = (payload: string): string => {
    const bytes = packet(payload);
    c.send(fd, bytes, bytes.length, 0);
    for (;;) {
      const length = receive();
      if (length > LONG && buffer[0] === DOLLAR) return buffer.toString('latin1', 1, LONG);
      // The last packet of what came: those before it are `O`, output.
      const text = buffer.toString('latin1', 0, length);
      const last = expanded(text.slice(text.lastIndexOf('$') + 1, -3));
      if (!/^O[0-9a-f]*$/.test(last) || last === 'OK') return last;
    }
  };
  const stream = (payloads: readonly string[], times: number): number => {
    const name = `${times} ${payloads.join(' ')}`;
    let bytes = made.get(name);
    if (!bytes) {
      const once = Buffer.concat(payloads.map(packet));
      bytes = Buffer.concat(Array.from({ length: times }, () => once));
      made.set(name, bytes);
    }
    c.send(fd, bytes, bytes.length, 0);
    let ends = 0;
    let length = 0;
    // Replies are hex digits: each '#' ends one, with two digits behind it.
    while (ends < payloads.length * times || buffer[length - 3] !== HASH) {
      const got = c.recv(fd, buffer.subarray(length), REPLY_BYTES - length, 0);
      if (got <= 0) throw new SilentError(`${path}: no answer in ${PATIENCE_S} s`);
      for (let i = buffer.indexOf(HASH, length); i >= 0 && i < length + got; ) {
        ends++;
        i = buffer.indexOf(HASH, i + 1);
      }
      length += got;
    }
    return length;
  };
  ask('qSupported:swbreak+;hwbreak+');
  ask('QStartNoAckMode');
  // QEMU's stub answers `p` only to those who have read its description.
  ask('qXfer:features:read:target.xml:0,800');
  c.send(fd, Buffer.from('+'), 1, 0);
  return { ask, stream, close: () => void c.close(fd) };
}

function checksum(payload: string): string {
  let sum = 0;
  for (let i = 0; i < payload.length; i++) sum += payload.charCodeAt(i);
  return (sum & 0xff).toString(16).padStart(2, '0');
}

/** Without run-length encoding (gdb manual E.1): a count is sent as a byte, 29 more. */
const expanded = (text: string): string =>
  text.includes('*')
    ? text.replace(/(.)\*(.)/gs, (_, c: string, n: string) => c.repeat(n.charCodeAt(0) - 28))
    : text;
