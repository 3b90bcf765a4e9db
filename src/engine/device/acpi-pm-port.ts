/** The ACPI block on the port bus, SMI_CMD at B2H (and its scratch byte at B3H), and the SCI pin. */

import type { PioBus } from '../bus/pio.ts';
import type { Alarm, GuestClock, Pin, PioHandler } from '../bus/ports.ts';
import { AcpiPm } from './acpi-pm.ts';
import { u8, validate } from './shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

export const PM_BASE = 0x600;
export const PM_LENGTH = 12;
export const SMI_CMD = 0xb2;

export interface AcpiPmPortState extends DeviceState {
  readonly kind: 'acpi-pm-port';
  readonly version: 1;
  readonly chip: DeviceState;
  readonly smiCommand: number;
  readonly smiScratch: number;
}

export interface AcpiPmOptions {
  readonly clock: GuestClock;
  readonly sci: Pin;
  readonly powerOff: () => void;
}

export class AcpiPmPort implements PioHandler, Stateful {
  readonly #chip: AcpiPm;
  readonly #clock: GuestClock;
  readonly #sci: Pin;
  readonly #alarm: Alarm;
  #smi = [0, 0];

  constructor(bus: PioBus, { clock, sci, powerOff }: AcpiPmOptions) {
    this.#chip = new AcpiPm(powerOff);
    this.#clock = clock;
    this.#sci = sci;
    this.#alarm = clock.alarm('acpi.timer', () => {
      this.#chip.catchUp(clock.now());
      this.#settle();
    });
    bus.claim({ name: 'ACPI PM', base: PM_BASE, length: PM_LENGTH, handler: this });
    bus.claim({ name: 'SMI_CMD', base: SMI_CMD, length: 2, handler: this, bytes: true });
  }

  /** Input. */
  pressPowerButton(): void {
    this.#chip.pressPowerButton();
    this.#settle();
  }

  pioRead(port: number, size: 1 | 2 | 4): number {
    if (port < PM_BASE) return this.#smi[port - SMI_CMD]!;
    const now = this.#clock.now();
    let value = 0;
    for (let i = 0; i < size; i++) value += this.#chip.read(port - PM_BASE + i, now) * 2 ** (8 * i);
    this.#settle();
    return value;
  }

  pioWrite(port: number, size: 1 | 2 | 4, value: number): void {
    if (port < PM_BASE) {
      this.#smi[port - SMI_CMD] = value;
      if (port === SMI_CMD) this.#chip.command(value);
    } else {
      const now = this.#clock.now();
      for (let i = 0; i < size; i++) {
        this.#chip.write(port - PM_BASE + i, (value >>> (8 * i)) & 0xff, now);
      }
    }
    this.#settle();
  }

  save(): AcpiPmPortState {
    const [smiCommand, smiScratch] = this.#smi as [number, number];
    return { kind: 'acpi-pm-port', version: 1, chip: this.#chip.save(), smiCommand, smiScratch };
  }

  load(state: DeviceState): Result<void> {
    const result = validate<AcpiPmPortState>(
      state,
      { kind: 'acpi-pm-port', version: 1 },
      { chip: () => undefined, smiCommand: u8, smiScratch: u8 },
    );
    if (!result.ok) return result;
    const chip = this.#chip.load(result.value.chip);
    if (!chip.ok) return err(`acpi-pm-port: ${chip.error}`);
    this.#smi = [result.value.smiCommand, result.value.smiScratch];
    this.#schedule();
    return ok(undefined);
  }

  #settle(): void {
    this.#sci.set(this.#chip.sci);
    this.#schedule();
  }

  #schedule(): void {
    const next = this.#chip.nextEvent();
    if (next === undefined) this.#alarm.cancel();
    else this.#alarm.schedule(next);
  }
}
