/**
 * The board: which chips there are, at which ports, and how their pins are wired. The classical
 * single-processor PC, with the I/O APIC and the ACPI block of a PIIX4 board.
 *
 *     ISA IRQ n ─┬─ PIC pair, input n ── INTR ── LAPIC LINT0 ─┐
 *                └─ I/O APIC, input n (IRQ0: 2) ── LAPIC ─────┴─ CPU
 *
 * A write to a port nobody claimed, such as the POST code to 80H, is dropped by the bus.
 */

import { MmioBus, type MmioProbe } from '../bus/mmio.ts';
import { PioBus, type PioProbe } from '../bus/pio.ts';
import type { GuestClock, Pin } from '../bus/ports.ts';
import { AcpiPmPort } from '../device/acpi-pm-port.ts';
import { KeyboardPort } from '../device/i8042-port.ts';
import { PitPort } from '../device/i8254-port.ts';
import { PicPair } from '../device/i8259-port.ts';
import { IOAPIC_PINS } from '../device/ioapic.ts';
import { IoapicPort } from '../device/ioapic-port.ts';
import { LapicPort } from '../device/lapic-port.ts';
import { RtcPort } from '../device/mc146818-port.ts';
import { PciPort } from '../device/pci-port.ts';
import { list, u32, validate } from '../device/shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from '../device/state.ts';
import { UartPort } from '../device/uart16550-port.ts';
import { PCI_GSI_BASE, PCI_ISA_IRQS, pciLine, SCI_IRQ } from './wiring.ts';

export interface BoardOptions {
  readonly clock: GuestClock;
  readonly memoryBytes: number;
  /** Date and time at power-on, in seconds since 1970-01-01 00:00:00. */
  readonly rtcStart: number;
  /** A byte left serial port `port` (0 is COM1). */
  readonly transmitted: (port: SerialPort, byte: number) => void;
  readonly powerOff: () => void;
  readonly reset: (by: string) => void;
  readonly nmi: () => void;
  /** The CPU's INTR may have changed. */
  readonly interruptsChanged: () => void;
  readonly unclaimedPort?: PioProbe | undefined;
  readonly unclaimedAddress?: MmioProbe | undefined;
}

export type SerialPort = 0 | 1;
const SERIAL = [
  { name: 'COM1', base: 0x3f8, irq: 4 },
  { name: 'COM2', base: 0x2f8, irq: 3 },
] as const;

const ISA_IRQS = 16;
/** The I/O APIC input of each ISA interrupt: the PIT's went to 2, where the cascade was. */
const gsiOf = (irq: number): number => (irq === 0 ? 2 : irq);

export interface BoardState extends DeviceState {
  readonly kind: 'board';
  readonly version: 1;
  readonly chips: Readonly<Record<string, DeviceState>>;
  /** Per PCI line, a bit for each slot that pulls it. */
  readonly pciPulling: readonly number[];
}

export class Board implements Stateful {
  readonly pio: PioBus;
  readonly mmio: MmioBus;
  readonly lapic: LapicPort;
  readonly serial: readonly [UartPort, UartPort];
  readonly keyboard: KeyboardPort;
  readonly power: AcpiPmPort;
  readonly pci: PciPort;
  readonly #pic: PicPair;
  readonly #ioapic: IoapicPort;
  /** Everything with state, by the name it has in a saved board; loaded in this order. */
  readonly #chips: readonly (readonly [string, Stateful])[];
  #pciPulling = [0, 0, 0, 0];

  constructor(options: BoardOptions) {
    const { clock, memoryBytes, rtcStart, reset, powerOff } = options;
    this.pio = new PioBus(options.unclaimedPort);
    this.mmio = new MmioBus(options.unclaimedAddress);
    this.lapic = new LapicPort(this.mmio, {
      clock,
      eoi: (vector) => this.#ioapic.endOfInterrupt(vector),
      nmi: options.nmi,
      changed: options.interruptsChanged,
    });
    this.#ioapic = new IoapicPort(this.mmio, (message) => {
      const { destination, destinationMode, deliveryMode, vector, isLevel } = message;
      if (!this.lapic.chip.isDestination(destination, destinationMode)) return false;
      this.lapic.chip.deliver(deliveryMode, vector, isLevel);
      options.interruptsChanged();
      return true;
    });
    this.#pic = new PicPair(this.pio, this.lapic.lint(0));
    const irqs = Array.from({ length: ISA_IRQS }, (_, n) => this.#isaPin(n));
    const irq = (n: number): Pin => irqs[n]!;
    const pit = new PitPort(this.pio, clock, irq(0));
    const rtc = new RtcPort(this.pio, { clock, irq8: irq(8), start: rtcStart, memoryBytes });
    this.keyboard = new KeyboardPort(this.pio, { irq1: irq(1), irq12: irq(12), reset });
    const uart = (port: SerialPort): UartPort =>
      new UartPort(this.pio, {
        name: SERIAL[port].name,
        base: SERIAL[port].base,
        irq: irq(SERIAL[port].irq),
        clock,
        transmitted: (byte) => options.transmitted(port, byte),
      });
    this.serial = [uart(0), uart(1)];
    this.power = new AcpiPmPort(this.pio, { clock, sci: irq(SCI_IRQ), powerOff });
    this.pci = new PciPort(this.pio, reset);
    this.#chips = [
      ['lapic', this.lapic],
      ['ioapic', this.#ioapic],
      ['pic', this.#pic],
      ['pit', pit],
      ['rtc', rtc],
      ['keyboard', this.keyboard],
      ['com1', this.serial[0]],
      ['com2', this.serial[1]],
      ['power', this.power],
      ['pci', this.pci],
    ];
    this.lapic.leaveVirtualWire();
    this.#pic.leaveMasked();
  }

  /** Level of the CPU's INTR. */
  get intr(): boolean {
    return this.lapic.chip.extInt || this.lapic.chip.pending !== undefined;
  }

  /** INTA: the PIC answers if its interrupt comes through, and before the APIC's own vectors. */
  acknowledge(): number {
    return this.lapic.chip.extInt ? this.#pic.acknowledge() : this.lapic.chip.acknowledge();
  }

  /** The interrupt pin (0 is INTA#) of the PCI device in `slot`. Lines are shared: any one pulls. */
  pciPin(slot: number, pin: number): Pin {
    const line = pciLine(slot, pin);
    const isa = PCI_ISA_IRQS[line]!;
    const picPin = this.#pic.pin(isa);
    const gsi = this.#ioapic.pin(PCI_GSI_BASE + line);
    return {
      set: (level) => {
        const pulling = this.#pciPulling;
        pulling[line] =
          (level ? pulling[line]! | (1 << slot) : pulling[line]! & ~(1 << slot)) >>> 0;
        gsi.set(pulling[line] !== 0);
        picPin.set(pulling.some((slots, l) => slots !== 0 && PCI_ISA_IRQS[l] === isa));
      },
    };
  }

  save(): BoardState {
    const chips = Object.fromEntries(this.#chips.map(([name, chip]) => [name, chip.save()]));
    return { kind: 'board', version: 1, chips, pciPulling: [...this.#pciPulling] };
  }

  /** A state that one chip refuses leaves the board half loaded: it must then be thrown away. */
  load(state: DeviceState): Result<void> {
    const names = this.#chips.map(([name]) => name);
    const result = validate<BoardState>(
      state,
      { kind: 'board', version: 1 },
      {
        chips: (v) =>
          typeof v === 'object' && v !== null && names.every((name) => name in v)
            ? undefined
            : `an object with ${names.join(', ')}`,
        pciPulling: list({ exactly: 4 }, u32),
      },
    );
    if (!result.ok) return result;
    for (const [name, chip] of this.#chips) {
      const loaded = chip.load(result.value.chips[name]!);
      if (!loaded.ok) return err(`board: ${name}: ${loaded.error}`);
    }
    this.#pciPulling = [...result.value.pciPulling];
    return ok(undefined);
  }

  #isaPin(irq: number): Pin {
    const pic = this.#pic.pin(irq);
    const gsi = gsiOf(irq);
    // Input 2 belongs to the PIT; the cascade is inside the PIC pair.
    const ioapic = irq === 2 || gsi >= IOAPIC_PINS ? undefined : this.#ioapic.pin(gsi);
    return {
      set: (level) => {
        pic.set(level);
        ioapic?.set(level);
      },
    };
  }
}
