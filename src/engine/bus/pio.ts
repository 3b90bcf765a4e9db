/**
 * The port space: 65,536 ports of one byte (SDM Vol. 1 §19.3, "I/O Address Space").
 *
 * A device claims a range; two claims on one port are a bug in the board and throw. A port nobody
 * claimed reads as all ones, as an undriven ISA data bus does, and a write to it is dropped; both
 * are reported to `unclaimed`, because that is often the first sign of a missing device.
 */

import type { PioHandler } from './ports.ts';

export type PioSize = 1 | 2 | 4;

export interface PioClaim {
  readonly name: string;
  readonly base: number;
  readonly length: number;
  readonly handler: PioHandler;
  /**
   * The device has an 8-bit data bus: a wider access reaches it as byte cycles, lowest port first,
   * which is what the ISA bus makes of one.
   */
  readonly bytes?: boolean;
}

/** Called for each access, or part of one, that no device claimed. */
export type PioProbe = (dir: 'in' | 'out', port: number, size: PioSize, value: number) => void;

const PORTS = 0x1_0000;
const NOBODY = 0;

export class PioBus {
  /** Per port: 1 + the index of its claim. One byte load finds the device. */
  readonly #owner = new Uint8Array(PORTS);
  readonly #claims: PioClaim[] = [];
  readonly #unclaimed: PioProbe | undefined;

  constructor(unclaimed?: PioProbe) {
    this.#unclaimed = unclaimed;
  }

  claim(claim: PioClaim): void {
    const { name, base, length } = claim;
    const end = base + length;
    if (base < 0 || length < 1 || end > PORTS) {
      throw new Error(
        `pio: ${name} claims ports ${hex(base)}..${hex(end - 1)}, the space has 64 Ki`,
      );
    }
    for (let port = base; port < end; port++) {
      const other = this.#claims[this.#owner[port]! - 1];
      if (other !== undefined) {
        throw new Error(`pio: ${name} claims port ${hex(port)}, which ${other.name} has`);
      }
    }
    this.#claims.push(claim);
    if (this.#claims.length > 255) throw new Error('pio: more than 255 claims');
    this.#owner.fill(this.#claims.length, base, end);
  }

  /** Who has this port; for the exit tracer. */
  ownerOf(port: number): string | undefined {
    return this.#claims[this.#owner[port & 0xffff]! - 1]?.name;
  }

  read(port: number, size: PioSize): number {
    const claim = this.#whole(port, size);
    if (claim !== undefined) return claim.handler.pioRead(port, size);
    if (size === 1 || this.#isFree(port, size)) {
      this.#unclaimed?.('in', port, size, 0);
      return allOnes(size);
    }
    let value = 0;
    for (let i = 0; i < size; i++) {
      // Ports wrap at 64 Ki in our machine; what a real bus does there is not defined.
      value += this.read((port + i) & 0xffff, 1) * 2 ** (8 * i);
    }
    return value;
  }

  write(port: number, size: PioSize, value: number): void {
    const claim = this.#whole(port, size);
    if (claim !== undefined) {
      claim.handler.pioWrite(port, size, value);
      return;
    }
    if (size === 1 || this.#isFree(port, size)) {
      this.#unclaimed?.('out', port, size, value);
      return;
    }
    for (let i = 0; i < size; i++) {
      this.write((port + i) & 0xffff, 1, (value >>> (8 * i)) & 0xff);
    }
  }

  /** The claim that takes the access in one piece, if there is one. */
  #whole(port: number, size: PioSize): PioClaim | undefined {
    const owner = this.#owner[port]!;
    if (owner === NOBODY) return undefined;
    const claim = this.#claims[owner - 1]!;
    if (size === 1) return claim;
    if (claim.bytes === true || port + size > claim.base + claim.length) return undefined;
    return claim;
  }

  #isFree(port: number, size: PioSize): boolean {
    for (let i = 0; i < size; i++) {
      if (this.#owner[(port + i) & 0xffff] !== NOBODY) return false;
    }
    return true;
  }
}

function allOnes(size: PioSize): number {
  return size === 4 ? 0xffff_ffff : size === 2 ? 0xffff : 0xff;
}

function hex(n: number): string {
  return '0x' + n.toString(16);
}
