/**
 * The pair of 8259As in a PC: master at 0x20, slave at 0xA0 cascaded into IR2, ELCRs at 0x4D0 and
 * 0x4D1 (PIIX3, Intel 290550 §2.5.5). Offers sixteen pins and one INTR.
 */

import type { PioBus } from '../bus/pio.ts';
import type { Pin, PioHandler } from '../bus/ports.ts';
import { type A0, I8259 } from './i8259.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

/** IRQ0, 1, 2, 8 and 13 are wired to edge sources on the board; their ELCR bits stay 0. */
const ELCR_MASTER_BITS = 0xf8;
const ELCR_SLAVE_BITS = 0xde;
const CASCADE = 2;

export interface PicPairState extends DeviceState {
  readonly kind: 'i8259-pair';
  readonly version: 1;
  readonly master: DeviceState;
  readonly slave: DeviceState;
}

export class PicPair implements PioHandler, Stateful {
  readonly #master = new I8259('master');
  readonly #slave = new I8259('slave');
  readonly #intr: Pin;

  constructor(bus: PioBus, intr: Pin) {
    this.#intr = intr;
    bus.claim({ name: 'PIC1', base: 0x20, length: 2, handler: this, bytes: true });
    bus.claim({ name: 'PIC2', base: 0xa0, length: 2, handler: this, bytes: true });
    bus.claim({ name: 'ELCR', base: 0x4d0, length: 2, handler: this, bytes: true });
  }

  /** Level of the INTR output to the CPU. */
  get intr(): boolean {
    return this.#master.int;
  }

  /**
   * What firmware leaves behind: initialised, with the BIOS's vectors, and all masked. A kernel that
   * uses the I/O APIC and never looks at the PIC must not get interrupts from it.
   */
  leaveMasked(): void {
    for (const [command, vector, icw3] of [
      [0x20, 0x08, 1 << CASCADE],
      [0xa0, 0x70, CASCADE],
    ] as const) {
      this.pioWrite(command, 1, 0x11);
      for (const data of [vector, icw3, 0x01, 0xff]) this.pioWrite(command + 1, 1, data);
    }
  }

  /** The pin of ISA interrupt `irq`; the cascade itself is not one. */
  pin(irq: number): Pin {
    const chip = irq < 8 ? this.#master : this.#slave;
    return {
      set: (level) => {
        chip.setLine(irq & 7, level);
        this.#settle();
      },
    };
  }

  /** The CPU's INTA cycles: returns the vector. */
  acknowledge(): number {
    const { input, vector } = this.#master.acknowledge();
    // IR2 spurious and IR2 true look alike to the slave, which answers its own IR7 if it has none.
    const result = input === CASCADE ? this.#slave.acknowledge().vector : vector;
    this.#settle();
    return result;
  }

  pioRead(port: number): number {
    switch (port) {
      case 0x4d0:
        return this.#master.elcr;
      case 0x4d1:
        return this.#slave.elcr;
      default: {
        const value = this.#chip(port).read(a0(port));
        // A poll acknowledges.
        this.#settle();
        return value;
      }
    }
  }

  pioWrite(port: number, _size: 1 | 2 | 4, value: number): void {
    switch (port) {
      case 0x4d0:
        this.#master.setElcr(value & ELCR_MASTER_BITS);
        break;
      case 0x4d1:
        this.#slave.setElcr(value & ELCR_SLAVE_BITS);
        break;
      default:
        this.#chip(port).write(a0(port), value);
    }
    this.#settle();
  }

  save(): PicPairState {
    return {
      kind: 'i8259-pair',
      version: 1,
      master: this.#master.save(),
      slave: this.#slave.save(),
    };
  }

  load(state: DeviceState): Result<void> {
    if (state.kind !== 'i8259-pair' || state.version !== 1) {
      return err(`expected state i8259-pair v1, got ${state.kind} v${state.version}`);
    }
    const pair = state as PicPairState;
    for (const [chip, part] of [
      [this.#master, pair.master],
      [this.#slave, pair.slave],
    ] as const) {
      const result = chip.load(part);
      if (!result.ok) return result;
    }
    return ok(undefined);
  }

  #chip(port: number): I8259 {
    return port < 0xa0 ? this.#master : this.#slave;
  }

  /** Slave INT into master IR2, master INT out. */
  #settle(): void {
    this.#master.setLine(CASCADE, this.#slave.int);
    this.#intr.set(this.#master.int);
  }
}

function a0(port: number): A0 {
  return (port & 1) as A0;
}
