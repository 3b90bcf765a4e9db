/**
 * The fixed hardware of ACPI: power management timer, PM1 events with the power button, PM1 control
 * with the transition to S5, and the switch between legacy and ACPI mode.
 *
 * ACPI Specification 4.0 §4.7.3. The registers lie in one block as the FADT describes it: PM1a_EVT
 * at 0, PM1a_CNT at 4, PM_TMR at 8. There is no GPE block, and sleep states other than S5 are not in
 * the DSDT, so that entering them does nothing.
 */

import type { Ticks } from '../units.ts';
import { type Bits, bits, has } from './bits.ts';
import { countAt, ticksAt } from './frequency.ts';
import { copy, type Shape, time, u16, validate } from './shape.ts';
import { type DeviceState, ok, type Result } from './state.ts';

export interface AcpiPmState extends DeviceState {
  readonly kind: 'acpi-pm';
  readonly version: 1;
  status: number;
  enable: number;
  control: number;
  /** Changes of the timer's top bit that have been looked at. */
  carries: number;
}

const IDENTITY = { kind: 'acpi-pm', version: 1 } as const;
const SHAPE: Shape<AcpiPmState> = { status: u16, enable: u16, control: u16, carries: time };

/** PM1 status, and at the same bits PM1 enable. */
export const Pm1 = bits('PM1', {
  TMR: 0x0001,
  BM: 0x0010,
  GBL: 0x0020,
  PWRBTN: 0x0100,
  RTC: 0x0400,
});
/** RTC_EN can be set, but RTC_STS reports a wake from sleep, and nothing here sleeps. */
const ENABLE_WRITABLE = Pm1.TMR | Pm1.GBL | Pm1.PWRBTN | Pm1.RTC;
export const Pm1Control = bits('PM1_CNT', {
  SCI_EN: 0x0001,
  BM_RLD: 0x0002,
  GBL_RLS: 0x0004,
  SLP_TYP: 0x1c00,
  SLP_EN: 0x2000,
});

export const PM_TIMER_HZ = 3_579_545;
/** The counter has 24 bits; TMR_STS reports each change of the top one. */
const TIMER_MASK = 0xff_ffff;
const CARRY = 0x80_0000;

/** What the DSDT's \_S5 package says. */
export const SLP_TYP_S5 = 5;
/** What the FADT says to write to SMI_CMD. */
export const ACPI_ENABLE = 0xf1;
export const ACPI_DISABLE = 0xf0;

export class AcpiPm {
  readonly #powerOff: () => void;
  #s: AcpiPmState = { ...IDENTITY, status: 0, enable: 0, control: 0, carries: 0 };

  constructor(powerOff: () => void) {
    this.#powerOff = powerOff;
  }

  /** Level of the SCI. */
  get sci(): boolean {
    const { status, enable, control } = this.#s;
    return (
      has(control as Bits<'PM1_CNT'>, Pm1Control.SCI_EN) &&
      (status & enable & (Pm1.TMR | Pm1.GBL | Pm1.PWRBTN)) !== 0
    );
  }

  /** Input: somebody presses the power button. */
  pressPowerButton(): void {
    this.#s.status |= Pm1.PWRBTN;
  }

  /** When the timer's carry will raise the SCI; undefined unless enabled and not yet raised. */
  nextEvent(): Ticks | undefined {
    const { status, enable, carries } = this.#s;
    if ((enable & ~status & Pm1.TMR) === 0) return undefined;
    return ticksAt((carries + 1) * CARRY, PM_TIMER_HZ);
  }

  catchUp(now: Ticks): void {
    const s = this.#s;
    const carries = Math.floor(countAt(now, PM_TIMER_HZ) / CARRY);
    if (carries > s.carries) s.status |= Pm1.TMR;
    s.carries = carries;
  }

  /** One byte of the block. */
  read(offset: number, now: Ticks): number {
    this.catchUp(now);
    const { status, enable, control } = this.#s;
    switch (offset) {
      case 0:
      case 1:
        return byteOf(status, offset);
      case 2:
      case 3:
        return byteOf(enable, offset - 2);
      case 4:
      case 5:
        return byteOf(control, offset - 4);
      case 8:
      case 9:
      case 10:
      case 11:
        return byteOf(countAt(now, PM_TIMER_HZ) & TIMER_MASK, offset - 8);
      default:
        return 0;
    }
  }

  write(offset: number, byte: number, now: Ticks): void {
    this.catchUp(now);
    const s = this.#s;
    switch (offset) {
      case 0:
      case 1:
        // Write one to clear.
        s.status &= ~(byte << (8 * offset));
        return;
      case 2:
      case 3:
        s.enable = setByte(s.enable, offset - 2, byte) & ENABLE_WRITABLE;
        return;
      case 4:
        // SCI_EN belongs to the firmware's mode switch; GBL_RLS is a strobe.
        s.control =
          setByte(s.control, 0, byte & Pm1Control.BM_RLD) | (s.control & Pm1Control.SCI_EN);
        return;
      case 5:
        s.control = setByte(s.control, 1, byte & (Pm1Control.SLP_TYP >> 8));
        // SLP_EN is write-only.
        if (((byte << 8) & Pm1Control.SLP_EN) !== 0) this.#sleep();
        return;
      default: // The timer is read-only.
    }
  }

  /** SMI_CMD: what system management code would do on a real board. */
  command(byte: number): void {
    if (byte === ACPI_ENABLE) this.#s.control |= Pm1Control.SCI_EN;
    if (byte === ACPI_DISABLE) this.#s.control &= ~Pm1Control.SCI_EN;
  }

  save(): AcpiPmState {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<AcpiPmState>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }

  #sleep(): void {
    const type = (this.#s.control & Pm1Control.SLP_TYP) >> 10;
    if (type === SLP_TYP_S5) this.#powerOff();
  }
}

function byteOf(word: number, index: number): number {
  return (word >> (8 * index)) & 0xff;
}

function setByte(word: number, index: number, byte: number): number {
  return (word & ~(0xff << (8 * index))) | (byte << (8 * index));
}
