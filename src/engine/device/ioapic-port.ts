/** The I/O APIC's MMIO window at FEC00000H, and its pins. */

import type { MmioBus } from '../bus/mmio.ts';
import type { MmioHandler, Pin } from '../bus/ports.ts';
import type { AccessSize } from '../exit.ts';
import { gpa } from '../units.ts';
import { type InterruptMessage, Ioapic } from './ioapic.ts';
import type { DeviceState, Result, Stateful } from './state.ts';

export const IOAPIC_BASE = 0xfec0_0000;

export class IoapicPort implements MmioHandler, Stateful {
  readonly #chip: Ioapic;

  constructor(bus: MmioBus, send: (message: InterruptMessage) => boolean) {
    this.#chip = new Ioapic(send);
    bus.claim({ name: 'IOAPIC', base: gpa(IOAPIC_BASE), length: 0x1000, handler: this });
  }

  pin(n: number): Pin {
    return { set: (level) => this.#chip.setLine(n, level) };
  }

  endOfInterrupt(vector: number): void {
    this.#chip.endOfInterrupt(vector);
  }

  mmioRead(offset: number, size: AccessSize): bigint {
    const value = BigInt(this.#chip.read(offset & ~3));
    return (value >> BigInt(8 * (offset & 3))) & ((1n << BigInt(8 * size)) - 1n);
  }

  mmioWrite(offset: number, _size: AccessSize, value: bigint): void {
    this.#chip.write(offset, Number(BigInt.asUintN(32, value)));
  }

  save(): DeviceState {
    return this.#chip.save();
  }

  load(state: DeviceState): Result<void> {
    return this.#chip.load(state);
  }
}
