/**
 * The local APIC's page of MMIO (FEE00000H, movable), its two MSRs, and its timer's alarm.
 */

import type { MmioBus, MmioClaim } from '../bus/mmio.ts';
import type { Alarm, GuestClock, MmioHandler, Pin } from '../bus/ports.ts';
import type { AccessSize } from '../exit.ts';
import { type Gpa, gpa } from '../units.ts';
import { Delivery, Lapic, Lvt, Svr } from './lapic.ts';
import { time, validate } from './shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

export const IA32_APIC_BASE = 0x1b;
export const IA32_TSC_DEADLINE = 0x6e0;

const DEFAULT_BASE = 0xfee0_0000;
const PAGE = 0x1000;
/** IA32_APIC_BASE (SDM Vol. 3A figure 11-5). */
const BSP = 1n << 8n;
const EXTD = 1n << 10n;
const EN = 1n << 11n;
const ADDRESS = 0xf_ffff_f000n;

export interface LapicPortState extends DeviceState {
  readonly kind: 'lapic-port';
  readonly version: 1;
  readonly chip: DeviceState;
  readonly base: number;
}

export interface LapicPortOptions {
  readonly clock: GuestClock;
  readonly eoi: (vector: number) => void;
  readonly nmi: () => void;
  /** Something that may change what the CPU's INTR pin shows has happened. */
  readonly changed: () => void;
}

export class LapicPort implements MmioHandler, Stateful {
  readonly chip: Lapic;
  readonly #bus: MmioBus;
  readonly #options: LapicPortOptions;
  readonly #alarm: Alarm;
  #base: Gpa = gpa(DEFAULT_BASE);
  #claim: MmioClaim | undefined;

  constructor(bus: MmioBus, options: LapicPortOptions) {
    this.#bus = bus;
    this.#options = options;
    this.chip = new Lapic({ eoi: options.eoi, nmi: options.nmi });
    this.#alarm = options.clock.alarm('lapic.timer', () => {
      this.chip.catchUp(options.clock.now());
      this.#settle();
    });
    this.#map();
  }

  /** LINT0 is wired to the PIC's INTR, LINT1 to NMI. */
  lint(n: 0 | 1): Pin {
    return {
      set: (level) => {
        this.chip.setLint(n, level);
        this.#options.changed();
      },
    };
  }

  /**
   * What firmware leaves behind, and a kernel booted without any expects: virtual wire mode, with
   * the PIC's interrupts passing through LINT0 (MultiProcessor Specification 1.4 §3.6.2.2).
   */
  leaveVirtualWire(): void {
    const now = this.#options.clock.now();
    this.chip.write(0x0f0, Svr.ENABLED | 0xff, now);
    this.chip.write(0x350, (Delivery.EXTINT << 8) | Lvt.LEVEL, now);
    this.chip.write(0x360, Delivery.NMI << 8, now);
    this.#settle();
  }

  mmioRead(offset: number, size: AccessSize): bigint {
    const value = this.chip.read(offset & ~15, this.#options.clock.now());
    this.#settle();
    // Registers are 32 bits at 16-byte strides; other sizes are not defined (SDM §11.4.1). We show
    // the bytes asked for, and zeros past the register.
    const shifted = BigInt(value) >> BigInt(8 * (offset & 15));
    return shifted & ((1n << BigInt(8 * size)) - 1n);
  }

  mmioWrite(offset: number, _size: AccessSize, value: bigint): void {
    // Writes that are not to a register's first bytes are dropped.
    if ((offset & 15) !== 0) return;
    this.chip.write(offset, Number(BigInt.asUintN(32, value)), this.#options.clock.now());
    this.#settle();
  }

  get apicBase(): bigint {
    return BigInt(this.#base) | BSP | (this.chip.enabled ? EN : 0n);
  }

  /** WRMSR IA32_APIC_BASE; false for #GP: reserved bits, and x2APIC mode, which we do not offer. */
  setApicBase(value: bigint): boolean {
    if ((value & ~(ADDRESS | BSP | EN)) !== 0n || (value & EXTD) !== 0n) return false;
    this.chip.setEnabled((value & EN) !== 0n);
    this.#base = gpa(Number(value & ADDRESS));
    this.#map();
    this.#settle();
    return true;
  }

  /** IA32_TSC_DEADLINE as a tick, null when disarmed. */
  get deadline(): number | null {
    this.chip.catchUp(this.#options.clock.now());
    return this.chip.deadline;
  }

  setDeadline(deadline: number | null): void {
    this.chip.catchUp(this.#options.clock.now());
    this.chip.setDeadline(deadline);
    this.#settle();
  }

  get cr8(): number {
    return this.chip.cr8;
  }

  set cr8(value: number) {
    this.chip.cr8 = value;
    this.#settle();
  }

  save(): LapicPortState {
    return { kind: 'lapic-port', version: 1, chip: this.chip.save(), base: this.#base };
  }

  load(state: DeviceState): Result<void> {
    const identity = { kind: 'lapic-port', version: 1 } as const;
    const result = validate<LapicPortState>(state, identity, { chip: () => undefined, base: time });
    if (!result.ok) return result;
    const chip = this.chip.load(result.value.chip);
    if (!chip.ok) return err(`lapic-port: ${chip.error}`);
    this.#base = gpa(result.value.base);
    this.#map();
    this.#schedule();
    return ok(undefined);
  }

  /** The page answers while the APIC is enabled, unless the guest moved it onto another device. */
  #map(): void {
    if (this.#claim !== undefined) this.#bus.release(this.#claim);
    this.#claim = undefined;
    if (!this.chip.enabled || this.#bus.overlapping(this.#base, PAGE) !== undefined) return;
    this.#claim = { name: 'LAPIC', base: this.#base, length: PAGE, handler: this };
    this.#bus.claim(this.#claim);
  }

  #settle(): void {
    this.#schedule();
    this.#options.changed();
  }

  #schedule(): void {
    const next = this.chip.nextExpiry();
    if (next === this.#alarm.at) return;
    if (next === undefined) this.#alarm.cancel();
    else this.#alarm.schedule(next);
  }
}
