/**
 * Messages that are wrong, half right, or right at the wrong time, made from a seed, and an adapter
 * that has to answer every request among them.
 */

import type { DebugProtocol } from '@vscode/debugprotocol';
import { CliDapHost } from '../../src/cli/dap-host.ts';
import { Connection } from '../../src/dap/connection.ts';
import { CUSTOM_SHAPES } from '../../src/dap/custom.ts';
import { COMMANDS, SHAPES, TAKES } from '../../src/dap/protocol.gen.ts';
import { encode, MessageReader } from '../../src/dap/wire.ts';
import { Dice } from '../rsp/fuzz.ts';
import { RECORDING } from './client.ts';

const CUSTOM = Object.keys(CUSTOM_SHAPES);
/** They end a session; the fuzzer has them now and then. */
const ENDINGS = new Set(['disconnect', 'terminate']);

const TEXTS = [
  ...['', '0x1021e5', '0x110250', 'phys:0x1000', '0xffffffffffffffff', '-1', '$rip', '$rsp'],
  ...['job_queue', 'job_queue.head->next', 'tasks[1]', 'queue->', '1 + (', 'start', 'end', '50%'],
  ...[
    'exit:3',
    'irq:1',
    'console:"task"',
    'repl',
    'watch',
    'help',
    'when',
    'exits 5',
    'undo',
    'regs',
  ],
  ...['seek 10%', 'queue_pop', 'gva:0x110250:8:x', 'gva:0x0:999999999:', 'read', 'write', 'AQID'],
  ...[
    'panic',
    'vector-14',
    'exit-pio',
    '>=3',
    '%0',
    'a{b}c',
    'instruction',
    'physical',
    'irq',
    '\u0000',
  ],
  ...['guests/demo/list.c', '/nowhere.c', 'x'.repeat(5000), '{}', '{0}', '__proto__'],
];
const NUMBERS = [
  ...[0, 1, 2, 3, 5, 17, 18, 20, 100, 1000, 1_000_000, -1, -200, 0.5, 1e9, 2 ** 31, 2 ** 53],
  ...[-(2 ** 53), 1e308],
];

/** What a request says it takes, more or less. */
function args(dice: Dice, type: string, depth = 0): unknown {
  const plain = type.replace(/\?$/, '');
  if (type.endsWith('?') && dice.below(3) === 0) return undefined;
  if (dice.below(25) === 0) return dice.pick([null, 'x', 7, [], {}, true, [[[]]]]);
  if (plain.endsWith('[]')) {
    return Array.from({ length: dice.below(4) }, () => args(dice, plain.slice(0, -2), depth + 1));
  }
  if (plain === 'number') return dice.below(4) === 0 ? dice.pick(NUMBERS) : dice.below(40);
  if (plain === 'string') return dice.pick(TEXTS);
  if (plain === 'boolean') return dice.below(2) === 0;
  const shape = CUSTOM_SHAPES[plain] ?? SHAPES[plain];
  if (!shape || depth > 4) return dice.pick([undefined, 1, 'x', {}]);
  return Object.fromEntries(
    Object.entries(shape).map(([name, of]) => [name, args(dice, of, depth + 1)]),
  );
}

function request(dice: Dice, seq: number): DebugProtocol.Request {
  const custom = dice.below(4) === 0;
  let command: string = custom ? dice.pick(CUSTOM) : dice.pick(COMMANDS);
  if (ENDINGS.has(command) && dice.below(20) > 0) command = 'continue';
  const type = custom ? command : TAKES[command as keyof typeof TAKES];
  if (dice.below(50) === 0) command = dice.pick([...TEXTS, 'constructor', 'toString']);
  return { seq, type: 'request', command, arguments: type ? args(dice, type) : undefined };
}

export interface Outcome {
  readonly requests: number;
  /** Requests that no response came to. */
  readonly unanswered: readonly string[];
  /** Answers that are our own mistakes. */
  readonly internal: readonly string[];
}

/** Sends so many messages, over as many sessions as it takes. */
export async function fuzzAdapter(seed: number, messages: number): Promise<Outcome> {
  const dice = new Dice(seed);
  const unanswered: string[] = [];
  const internal: string[] = [];
  let requests = 0;
  for (let sent = 0; sent < messages; ) {
    const harness = new Harness();
    if (dice.below(6) > 0) await harness.begin();
    for (let n = 0; n < PER_SESSION && sent < messages && !harness.closed; n++) {
      sent++;
      if (dice.below(30) === 0) {
        harness.connection.feed(noise(dice, encode(request(dice, 1))));
        continue;
      }
      harness.ask(request(dice, harness.seq++));
      requests++;
      if (dice.below(3) > 0) await harness.breathe();
    }
    await harness.settled();
    await harness.connection.end();
    for (const [, text] of harness.open) unanswered.push(text);
    internal.push(...harness.internal);
  }
  return { requests, unanswered, internal };
}

const PER_SESSION = 500;

/** Whole messages that are none; what breaks the framing would eat the requests behind it. */
function noise(dice: Dice, message: Buffer): Uint8Array {
  switch (dice.below(4)) {
    case 0:
      return Buffer.from('Content-Length: 3\r\n\r\n{]}');
    case 1:
      return Buffer.from('Content-Type: x\r\nHost: y\r\n\r\n');
    case 2:
      return encode(
        dice.pick([null, 1, 'x', [], {}, { type: 'event' }, { type: 'response', seq: 1 }]),
      );
    default: {
      const body = message.subarray(message.indexOf('\r\n\r\n') + 4);
      for (let i = 0; i < 3; i++) body[dice.below(body.length)]! ^= 1 << dice.below(7);
      // The number is kept from being a request's that an answer is waited for.
      const text = body.toString('latin1').replace(/"seq":\d+/, '"seq":0');
      const bytes = Buffer.from(text, 'latin1');
      return Buffer.concat([Buffer.from(`Content-Length: ${bytes.length}\r\n\r\n`), bytes]);
    }
  }
}

class Harness {
  readonly connection: Connection;
  readonly open = new Map<number, string>();
  readonly internal: string[] = [];
  seq = 1;
  closed = false;
  readonly #reader = new MessageReader();
  #waiting: { readonly seq: number; readonly resolve: () => void }[] = [];

  constructor() {
    this.connection = new Connection(new CliDapHost(), {
      send: (bytes) => {
        for (const received of this.#reader.feed(bytes)) {
          if (received.kind === 'message') this.#heard(received.value as DebugProtocol.Response);
        }
      },
      close: () => {
        this.closed = true;
      },
    });
  }

  ask(message: DebugProtocol.Request): void {
    this.open.set(message.seq, JSON.stringify(message));
    this.connection.feed(encode(message));
  }

  /** A session as it should be, to begin with. */
  async begin(): Promise<void> {
    const steps: [string, unknown][] = [
      ['initialize', { adapterID: 'fuzz' }],
      ['attach', { recording: RECORDING, stopOnEntry: true, at: '50%' }],
      ['configurationDone', undefined],
    ];
    for (const [command, args] of steps) await this.#answered(command, args);
  }

  /** Requests are answered one after the other: when the last one is, all are. */
  async settled(): Promise<void> {
    if (!this.closed) await this.#answered('threads', undefined);
  }

  async #answered(command: string, args: unknown): Promise<void> {
    const seq = this.seq++;
    const answered = new Promise<void>((resolve) => this.#waiting.push({ seq, resolve }));
    this.ask({ seq, type: 'request', command, arguments: args });
    await answered;
  }

  /** Lets the adapter get on a little. */
  breathe(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  #heard(message: DebugProtocol.Response): void {
    if (message.type !== 'response') return;
    const asked = this.open.get(message.request_seq);
    this.open.delete(message.request_seq);
    if (/internal error/.test(message.message ?? ''))
      this.internal.push(`${asked}: ${message.message}`);
    for (const one of this.#waiting.filter(({ seq }) => seq === message.request_seq)) one.resolve();
  }
}
