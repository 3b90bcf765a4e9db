/**
 * The 8254 in a PC: ports 0x40..0x43, counter 0 on IRQ0, counter 1 the memory refresh that nobody
 * needs, counter 2 behind port 0x61 with its gate, the speaker and the read-back bits (PIIX3,
 * Intel 290550 §2.5.6, "NMI Status and Control Register").
 */

import type { PioBus } from '../bus/pio.ts';
import type { Alarm, GuestClock, Pin, PioHandler } from '../bus/ports.ts';
import { bits } from './bits.ts';
import { countAt, ticksAt } from './frequency.ts';
import { I8254 } from './i8254.ts';
import { u8, validate } from './shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

/** CLK of all three counters: a twelfth of the 14.31818 MHz crystal. */
export const PIT_HZ = 1_193_182;
/** The refresh request toggles about every 15 us, that is every 18 CLK pulses. */
const REFRESH_CLOCKS = 18;

export const Nsc = bits('NSC', { GATE2: 0x01, SPEAKER: 0x02, REFRESH: 0x10, OUT2: 0x20 });
const NSC_WRITABLE = 0x0f;

export interface PitPortState extends DeviceState {
  readonly kind: 'pit-port';
  readonly version: 1;
  readonly chip: DeviceState;
  /** The writable bits of port 0x61. */
  readonly control: number;
}

export class PitPort implements PioHandler, Stateful {
  readonly #chip = new I8254();
  readonly #clock: GuestClock;
  readonly #irq0: Pin;
  readonly #alarm: Alarm;
  #control = 0;

  constructor(bus: PioBus, clock: GuestClock, irq0: Pin) {
    this.#clock = clock;
    this.#irq0 = irq0;
    this.#alarm = clock.alarm('pit.out0', () => this.#settle());
    bus.claim({ name: 'PIT', base: 0x40, length: 4, handler: this, bytes: true });
    bus.claim({ name: 'NSC', base: 0x61, length: 1, handler: this });
  }

  pioRead(port: number): number {
    const now = this.#pulses;
    if (port !== 0x61) return this.#chip.read(port - 0x40, now);
    const refresh = Math.floor(now / REFRESH_CLOCKS) % 2 === 1;
    return this.#control | (refresh ? Nsc.REFRESH : 0) | (this.#chip.out(2, now) ? Nsc.OUT2 : 0);
  }

  pioWrite(port: number, _size: 1 | 2 | 4, value: number): void {
    const now = this.#pulses;
    if (port === 0x61) {
      this.#control = value & NSC_WRITABLE;
      this.#chip.setGate(2, (value & Nsc.GATE2) !== 0, now);
    } else {
      this.#chip.write(port - 0x40, value, now);
      this.#settle();
    }
  }

  save(): PitPortState {
    return { kind: 'pit-port', version: 1, chip: this.#chip.save(), control: this.#control };
  }

  load(state: DeviceState): Result<void> {
    const identity = { kind: 'pit-port', version: 1 } as const;
    const result = validate<PitPortState>(state, identity, { chip: () => undefined, control: u8 });
    if (!result.ok) return result;
    const chip = this.#chip.load(result.value.chip);
    if (!chip.ok) return err(`pit-port: ${chip.error}`);
    this.#control = result.value.control;
    this.#schedule();
    return ok(undefined);
  }

  get #pulses(): number {
    return countAt(this.#clock.now(), PIT_HZ);
  }

  #settle(): void {
    this.#irq0.set(this.#chip.out(0, this.#pulses));
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#chip.nextChange(0, this.#pulses);
    if (next === undefined) this.#alarm.cancel();
    else this.#alarm.schedule(ticksAt(next, PIT_HZ));
  }
}
