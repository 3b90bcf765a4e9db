/**
 * The chip set as software finds it on PCI: an 82441FX host bridge (8086:1237) with configuration
 * mechanism #1 at CF8H, and an 82371SB ISA bridge (8086:7000) with the reset control register at
 * CF9H, which sits inside the address register's doubleword and answers byte accesses only.
 *
 * Data sheets: Intel 290549 (82441FX), Intel 290550 (82371SB, PIIX3). What they configure (shadow
 * RAM, PCI interrupt routing) is fixed here: the registers hold what is written.
 */

import type { PioBus } from '../bus/pio.ts';
import type { PioHandler } from '../bus/ports.ts';
import { bits } from './bits.ts';
import { PciFunction, PciHost, type PciTarget } from './pci.ts';
import { u8, validate } from './shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

const CONFIG_ADDRESS = 0xcf8;
const CONFIG_DATA = 0xcfc;
const RESET_CONTROL = 0xcf9;

export const ResetControl = bits('RC', { SYSTEM_RESET: 0x02, RESET_CPU: 0x04 });

export interface PciPortState extends DeviceState {
  readonly kind: 'pci-port';
  readonly version: 1;
  readonly host: DeviceState;
  readonly resetControl: number;
}

export class PciPort implements PioHandler, Stateful {
  readonly #host = new PciHost();
  readonly #reset: (by: string) => void;
  #resetControl = 0;

  constructor(bus: PioBus, reset: (by: string) => void) {
    this.#reset = reset;
    this.#host.add(
      0,
      0,
      // PAM0 to PAM6, SMRAM: shadow RAM is always RAM here.
      new PciFunction({
        vendor: 0x8086,
        device: 0x1237,
        classCode: 0x06_0000,
        revision: 2,
        writable: [[0x50, 0x72]],
      }),
    );
    this.#host.add(
      1,
      0,
      // PIRQRCA to PIRQRCD at 60H and the ISA settings around them.
      new PciFunction({
        vendor: 0x8086,
        device: 0x7000,
        classCode: 0x06_0100,
        writable: [[0x4c, 0x82]],
      }),
    );
    bus.claim({ name: 'PCI config', base: CONFIG_ADDRESS, length: 8, handler: this });
  }

  /** Puts a device on bus 0. */
  add(device: number, fn: number, target: PciTarget): void {
    this.#host.add(device, fn, target);
  }

  pioRead(port: number, size: 1 | 2 | 4): number {
    if (port >= CONFIG_DATA) {
      let value = 0;
      for (let i = 0; i < size; i++) {
        value += this.#host.readData(port - CONFIG_DATA + i) * 2 ** (8 * i);
      }
      return value;
    }
    if (port === CONFIG_ADDRESS && size === 4) return this.#host.address;
    if (port === RESET_CONTROL && size === 1) return this.#resetControl;
    // CONFIG_ADDRESS takes doublewords only; the rest passes on to PCI, where nobody is.
    return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
  }

  pioWrite(port: number, size: 1 | 2 | 4, value: number): void {
    if (port >= CONFIG_DATA) {
      for (let i = 0; i < size; i++) {
        this.#host.writeData(port - CONFIG_DATA + i, (value >>> (8 * i)) & 0xff);
      }
    } else if (port === CONFIG_ADDRESS && size === 4) {
      this.#host.address = value;
    } else if (port === RESET_CONTROL && size === 1) {
      this.#writeResetControl(value);
    }
  }

  save(): PciPortState {
    return {
      kind: 'pci-port',
      version: 1,
      host: this.#host.save(),
      resetControl: this.#resetControl,
    };
  }

  load(state: DeviceState): Result<void> {
    const result = validate<PciPortState>(
      state,
      { kind: 'pci-port', version: 1 },
      { host: () => undefined, resetControl: u8 },
    );
    if (!result.ok) return result;
    const host = this.#host.load(result.value.host);
    if (!host.ok) return err(`pci-port: ${host.error}`);
    this.#resetControl = result.value.resetControl;
    return ok(undefined);
  }

  /** "A reset is initiated when RCPU transitions from 0 to 1" (PIIX3 §2.5.9.1). */
  #writeResetControl(value: number): void {
    const rises = (value & ~this.#resetControl & ResetControl.RESET_CPU) !== 0;
    this.#resetControl = value & (ResetControl.SYSTEM_RESET | ResetControl.RESET_CPU);
    if (rises) this.#reset('reset control register');
  }
}
