/**
 * The keyboard controller at ports 0x60 and 0x64 with its keyboard, IRQ1 and IRQ12; and port 0x92,
 * the PS/2's short cut to the same A20 and reset lines (PIIX3: "fast A20 gate").
 */

import type { PioBus } from '../bus/pio.ts';
import type { Pin, PioHandler } from '../bus/ports.ts';
import { bits } from './bits.ts';
import { I8042 } from './i8042.ts';
import { Ps2Keyboard } from './ps2-keyboard.ts';
import { validate } from './shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

export const Port92 = bits('PORT92', { FAST_INIT: 0x01, A20: 0x02 });

export interface KeyboardPortState extends DeviceState {
  readonly kind: 'i8042-port';
  readonly version: 1;
  readonly controller: DeviceState;
  readonly keyboard: DeviceState;
}

export interface KeyboardPortOptions {
  readonly irq1: Pin;
  readonly irq12: Pin;
  /** The reset line to the CPU was pulsed; `by` says through which register. */
  readonly reset: (by: string) => void;
}

export class KeyboardPort implements PioHandler, Stateful {
  readonly #keyboard = new Ps2Keyboard();
  readonly #controller: I8042;
  readonly #options: KeyboardPortOptions;

  constructor(bus: PioBus, options: KeyboardPortOptions) {
    this.#options = options;
    this.#controller = new I8042({
      toKeyboard: (byte) => this.#keyboard.command(byte),
      reset: () => options.reset('keyboard controller'),
    });
    bus.claim({ name: 'KBC data', base: 0x60, length: 1, handler: this });
    bus.claim({ name: 'KBC command', base: 0x64, length: 1, handler: this });
    bus.claim({ name: 'port 92', base: 0x92, length: 1, handler: this });
  }

  /** Input: one byte of a scan code, set 2. */
  scancode(byte: number): void {
    this.#keyboard.scancode(byte);
    this.#settle();
  }

  pioRead(port: number): number {
    if (port === 0x92) return this.#controller.a20 ? Port92.A20 : 0;
    if (port === 0x64) return this.#controller.readStatus();
    const byte = this.#controller.readData();
    this.#settle();
    return byte;
  }

  pioWrite(port: number, _size: 1 | 2 | 4, value: number): void {
    if (port === 0x92) {
      this.#controller.setA20((value & Port92.A20) !== 0);
      if ((value & Port92.FAST_INIT) !== 0) this.#options.reset('port 92');
      return;
    }
    if (port === 0x64) this.#controller.writeCommand(value);
    else this.#controller.writeData(value);
    this.#settle();
  }

  save(): KeyboardPortState {
    return {
      kind: 'i8042-port',
      version: 1,
      controller: this.#controller.save(),
      keyboard: this.#keyboard.save(),
    };
  }

  load(state: DeviceState): Result<void> {
    const identity = { kind: 'i8042-port', version: 1 } as const;
    const result = validate<KeyboardPortState>(state, identity, {
      controller: () => undefined,
      keyboard: () => undefined,
    });
    if (!result.ok) return result;
    const controller = this.#controller.load(result.value.controller);
    if (!controller.ok) return err(`i8042-port: ${controller.error}`);
    const keyboard = this.#keyboard.load(result.value.keyboard);
    if (!keyboard.ok) return err(`i8042-port: ${keyboard.error}`);
    return ok(undefined);
  }

  /**
   * The pins first, as the access left them (a read empties the buffer, and edge-triggered IRQ1 must
   * see that), then the next byte, if one waits, and the pins again.
   */
  #settle(): void {
    this.#drivePins();
    this.#controller.settle();
    while (this.#controller.takesKeyboard && this.#keyboard.hasByte) {
      // The translation swallows release prefixes, so that one byte may not fill the buffer.
      this.#controller.fromKeyboard(this.#keyboard.take());
    }
    this.#drivePins();
  }

  #drivePins(): void {
    this.#options.irq1.set(this.#controller.keyboardIrq);
    this.#options.irq12.set(this.#controller.auxIrq);
  }
}
