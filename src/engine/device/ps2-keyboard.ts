/**
 * A PS/2 keyboard (IBM Personal System/2 Hardware Interface Technical Reference, "Keyboards",
 * 84F9735): scan code set 2, answers to the commands, and the queue of what it has to say.
 *
 * Other scan code sets than 2 are acknowledged and not selected; drivers that ask read back set 2.
 */

import { copy, flag, list, optional, type Shape, u8, validate } from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

export interface Ps2KeyboardState extends DeviceState {
  readonly kind: 'ps2-keyboard';
  readonly version: 1;
  /** Bytes on their way to the host, oldest first. */
  queue: number[];
  /** Keys are reported (commands F4 and F5). */
  scanning: boolean;
  /** The command that waits for its argument. */
  awaiting: number | null;
  /** Scroll, Num and Caps Lock in bits 0..2, as the host lights them. */
  leds: number;
  typematic: number;
  lastSent: number;
}

/** The buffer of the real one holds 16 bytes; replies come on top of it. */
const KEYS_MAX = 16;
const QUEUE_MAX = KEYS_MAX + 8;

const IDENTITY = { kind: 'ps2-keyboard', version: 1 } as const;
const SHAPE: Shape<Ps2KeyboardState> = {
  queue: list({ atMost: QUEUE_MAX }, u8),
  scanning: flag,
  awaiting: optional(u8),
  leds: u8,
  typematic: u8,
  lastSent: u8,
};

const Command = {
  SET_LEDS: 0xed,
  ECHO: 0xee,
  SCAN_CODE_SET: 0xf0,
  IDENTIFY: 0xf2,
  TYPEMATIC: 0xf3,
  ENABLE: 0xf4,
  DISABLE: 0xf5,
  DEFAULTS: 0xf6,
  RESEND: 0xfe,
  RESET: 0xff,
} as const;
const ACK = 0xfa;
const BAT_PASSED = 0xaa;
const OVERRUN = 0x00;
const TYPEMATIC_DEFAULT = 0x2b; // 10.9 characters a second after 500 ms

export class Ps2Keyboard {
  #s: Ps2KeyboardState = {
    ...IDENTITY,
    queue: [],
    scanning: true,
    awaiting: null,
    leds: 0,
    typematic: TYPEMATIC_DEFAULT,
    lastSent: ACK,
  };

  /** Input: one byte of a key's set 2 make or break code. */
  scancode(byte: number): void {
    const { queue, scanning } = this.#s;
    if (!scanning || queue.length > KEYS_MAX) return;
    queue.push(queue.length === KEYS_MAX ? OVERRUN : byte & 0xff);
  }

  get hasByte(): boolean {
    return this.#s.queue.length > 0;
  }

  /** Takes the next byte off the wire; only if `hasByte`. */
  take(): number {
    const byte = this.#s.queue.shift();
    if (byte === undefined) throw new Error('ps2-keyboard: nothing to take');
    this.#s.lastSent = byte;
    return byte;
  }

  /** A byte from the host: a command or an argument. */
  command(byte: number): void {
    const s = this.#s;
    const awaiting = s.awaiting;
    s.awaiting = null;
    if (awaiting !== null && byte < 0x80) {
      this.#argument(awaiting, byte);
      return;
    }
    switch (byte) {
      case Command.SET_LEDS:
      case Command.SCAN_CODE_SET:
      case Command.TYPEMATIC:
        s.awaiting = byte;
        this.#reply(ACK);
        return;
      case Command.ECHO:
        this.#reply(Command.ECHO);
        return;
      case Command.IDENTIFY:
        this.#reply(ACK, 0xab, 0x83);
        return;
      case Command.ENABLE:
        s.queue = [];
        s.scanning = true;
        this.#reply(ACK);
        return;
      case Command.DISABLE:
        this.#defaults();
        s.scanning = false;
        this.#reply(ACK);
        return;
      case Command.DEFAULTS:
        this.#defaults();
        this.#reply(ACK);
        return;
      case Command.RESEND:
        this.#reply(s.lastSent);
        return;
      case Command.RESET:
        this.#defaults();
        s.leds = 0;
        s.scanning = true;
        this.#reply(ACK, BAT_PASSED);
        return;
      default:
        // F7 to FD set key types of scan code set 3, which has no effect on set 2.
        this.#reply(byte >= 0xf7 ? ACK : Command.RESEND);
        return;
    }
  }

  save(): Ps2KeyboardState {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<Ps2KeyboardState>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  #argument(command: number, byte: number): void {
    const s = this.#s;
    if (command === Command.SET_LEDS) s.leds = byte & 7;
    if (command === Command.TYPEMATIC) s.typematic = byte;
    if (command === Command.SCAN_CODE_SET && byte === 0) this.#reply(ACK, 2);
    else this.#reply(ACK);
  }

  #defaults(): void {
    this.#s.queue = [];
    this.#s.typematic = TYPEMATIC_DEFAULT;
  }

  #reply(...bytes: number[]): void {
    const { queue } = this.#s;
    for (const byte of bytes) if (queue.length < QUEUE_MAX) queue.push(byte);
  }
}
