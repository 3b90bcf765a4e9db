/**
 * The RTC at ports 0x70 (index, and the NMI mask in bit 7) and 0x71 (data), IRQ8, and the bytes that
 * firmware leaves in CMOS memory: how much RAM there is.
 */

import type { PioBus } from '../bus/pio.ts';
import type { Alarm, GuestClock, Pin, PioHandler } from '../bus/ports.ts';
import { Mc146818 } from './mc146818.ts';
import { u8, validate } from './shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

export interface RtcPortState extends DeviceState {
  readonly kind: 'rtc-port';
  readonly version: 1;
  readonly chip: DeviceState;
  /** Last write to port 0x70. */
  readonly index: number;
}

export interface RtcOptions {
  readonly clock: GuestClock;
  readonly irq8: Pin;
  /** Date and time at power-on, in seconds since 1970-01-01 00:00:00. */
  readonly start: number;
  readonly memoryBytes: number;
}

export class RtcPort implements PioHandler, Stateful {
  readonly #chip: Mc146818;
  readonly #clock: GuestClock;
  readonly #irq8: Pin;
  readonly #alarm: Alarm;
  #index = 0;

  constructor(bus: PioBus, { clock, irq8, start, memoryBytes }: RtcOptions) {
    this.#chip = new Mc146818(start);
    this.#clock = clock;
    this.#irq8 = irq8;
    this.#alarm = clock.alarm('rtc', () => {
      this.#chip.catchUp(clock.now());
      this.#settle();
    });
    for (const [index, byte] of configuration(memoryBytes)) this.#chip.poke(index, byte);
    bus.claim({ name: 'RTC', base: 0x70, length: 2, handler: this, bytes: true });
  }

  pioRead(port: number): number {
    if (port === 0x70) return 0xff; // Write only.
    const value = this.#chip.read(this.#index, this.#clock.now());
    this.#settle();
    return value;
  }

  pioWrite(port: number, _size: 1 | 2 | 4, value: number): void {
    if (port === 0x70) {
      this.#index = value;
      return;
    }
    this.#chip.write(this.#index, value, this.#clock.now());
    this.#settle();
  }

  save(): RtcPortState {
    return { kind: 'rtc-port', version: 1, chip: this.#chip.save(), index: this.#index };
  }

  load(state: DeviceState): Result<void> {
    const identity = { kind: 'rtc-port', version: 1 } as const;
    const result = validate<RtcPortState>(state, identity, { chip: () => undefined, index: u8 });
    if (!result.ok) return result;
    const chip = this.#chip.load(result.value.chip);
    if (!chip.ok) return err(`rtc-port: ${chip.error}`);
    this.#index = result.value.index;
    this.#schedule();
    return ok(undefined);
  }

  #settle(): void {
    this.#irq8.set(this.#chip.irq);
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#chip.nextEvent();
    if (next === undefined) this.#alarm.cancel();
    else this.#alarm.schedule(next);
  }
}

/** The CMOS bytes that kernels and loaders read, as the AT BIOS laid them out. */
function configuration(memoryBytes: number): [index: number, byte: number][] {
  const word = (index: number, value: number): [number, number][] => [
    [index, value & 0xff],
    [index + 1, (value >> 8) & 0xff],
  ];
  const above1M = Math.min(0xffff, Math.max(0, memoryBytes - 0x10_0000) >>> 10);
  const above16M = Math.min(0xffff, Math.max(0, memoryBytes - 0x100_0000) / 0x1_0000);
  const checked: [number, number][] = [
    [0x14, 0x02], // Equipment: a math coprocessor, no floppy, no display.
    ...word(0x15, 640),
    ...word(0x17, above1M),
  ];
  const sum = checked.reduce((total, [, byte]) => total + byte, 0);
  return [
    ...checked,
    // The checksum of bytes 0x10 to 0x2D, high byte first.
    [0x2e, sum >> 8],
    [0x2f, sum & 0xff],
    ...word(0x30, above1M),
    ...word(0x34, Math.floor(above16M)),
  ];
}
