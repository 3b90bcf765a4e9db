/**
 * A 16550A on the port bus: eight ports, an interrupt pin, the alarm of the receive timeout, and
 * the host's end of the line.
 */

import type { PioBus } from '../bus/pio.ts';
import type { Alarm, GuestClock, Pin, PioHandler } from '../bus/ports.ts';
import { ticks } from '../units.ts';
import { countAt, ticksAt } from './frequency.ts';
import type { DeviceState, Result, Stateful } from './state.ts';
import { UART_HZ, Uart16550 } from './uart16550.ts';

export interface UartPortOptions {
  readonly name: string;
  readonly base: number;
  readonly irq: Pin;
  readonly clock: GuestClock;
  /** A byte the guest sent. */
  readonly transmitted: (byte: number) => void;
}

export class UartPort implements PioHandler, Stateful {
  readonly #chip: Uart16550;
  readonly #base: number;
  readonly #irq: Pin;
  readonly #clock: GuestClock;
  readonly #timeout: Alarm;

  constructor(bus: PioBus, options: UartPortOptions) {
    const { name, base, irq, clock, transmitted } = options;
    this.#chip = new Uart16550((byte) => {
      this.#irq.set(this.#chip.intr);
      transmitted(byte);
    });
    this.#base = base;
    this.#irq = irq;
    this.#clock = clock;
    this.#timeout = clock.alarm(`${name}.timeout`, () => {
      this.#chip.timeOut();
      this.#settle();
    });
    bus.claim({ name, base, length: 8, handler: this, bytes: true });
  }

  /** How many bytes `receive` can take now. */
  get room(): number {
    return this.#chip.room;
  }

  /** Input: a byte from the host's console. */
  receive(byte: number): void {
    this.#chip.receive(byte);
    this.#restartTimeout();
    this.#settle();
  }

  pioRead(port: number): number {
    const offset = port - this.#base;
    const value = this.#chip.read(offset);
    if (offset === 0) this.#restartTimeout();
    this.#settle();
    return value;
  }

  pioWrite(port: number, _size: 1 | 2 | 4, value: number): void {
    this.#chip.write(port - this.#base, value);
    // Loopback, a new trigger level or a cleared FIFO all decide anew whether bytes are waiting.
    this.#restartTimeout();
    this.#settle();
  }

  save(): DeviceState {
    return this.#chip.save();
  }

  load(state: DeviceState): Result<void> {
    const result = this.#chip.load(state);
    this.#followChip();
    return result;
  }

  #settle(): void {
    this.#irq.set(this.#chip.intr);
  }

  /** Data sheet §8.4.2: the timeout counts from the last byte received or read. */
  #restartTimeout(): void {
    if (this.#chip.awaitsTimeout) {
      const clocks = countAt(this.#clock.now(), UART_HZ) + 4 * this.#chip.characterClocks;
      this.#chip.armTimeout(ticksAt(clocks, UART_HZ));
    } else if (this.#chip.timeoutAt !== null) {
      this.#chip.armTimeout(null);
    } else {
      return;
    }
    this.#followChip();
  }

  #followChip(): void {
    const at = this.#chip.timeoutAt;
    if (at === null) this.#timeout.cancel();
    else this.#timeout.schedule(ticks(at));
  }
}
