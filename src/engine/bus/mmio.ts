/**
 * The guest physical addresses that devices answer. RAM is not here: the vCPU reaches RAM itself
 * and exits only for what lies outside it.
 *
 * A device claims a range; an overlap is a bug in the board and throws. An address nobody claimed
 * reads as all ones and a write to it is dropped (a PCI master abort), and both are reported.
 */

import type { AccessSize } from '../exit.ts';
import { type Gpa, gpa } from '../units.ts';
import type { MmioHandler } from './ports.ts';

export interface MmioClaim {
  readonly name: string;
  readonly base: Gpa;
  readonly length: number;
  readonly handler: MmioHandler;
}

export type MmioProbe = (dir: 'read' | 'write', at: Gpa, size: AccessSize, value: bigint) => void;

export class MmioBus {
  /** Sorted by base. A PC has a handful, and the last one asked is usually asked again. */
  readonly #claims: MmioClaim[] = [];
  #last: MmioClaim | undefined;
  readonly #unclaimed: MmioProbe | undefined;

  constructor(unclaimed?: MmioProbe) {
    this.#unclaimed = unclaimed;
  }

  claim(claim: MmioClaim): void {
    const other = this.overlapping(claim.base, claim.length);
    if (other !== undefined) {
      throw new Error(`mmio: ${claim.name} at ${hex(claim.base)} overlaps ${other.name}`);
    }
    this.#claims.push(claim);
    this.#claims.sort((a, b) => a.base - b.base);
  }

  /** A device whose range the guest moves (the local APIC's base) lets go of the old one first. */
  release(claim: MmioClaim): void {
    const index = this.#claims.indexOf(claim);
    if (index < 0) throw new Error(`mmio: ${claim.name} is not claimed`);
    this.#claims.splice(index, 1);
    this.#last = undefined;
  }

  overlapping(base: Gpa, length: number): MmioClaim | undefined {
    return this.#claims.find((c) => c.base < base + length && base < c.base + c.length);
  }

  ownerOf(at: Gpa): string | undefined {
    return this.overlapping(at, 1)?.name;
  }

  read(at: Gpa, size: AccessSize): bigint {
    const claim = this.#whole(at, size);
    if (claim !== undefined) return claim.handler.mmioRead(at - claim.base, size);
    if (size === 1 || this.overlapping(at, size) === undefined) {
      this.#unclaimed?.('read', at, size, 0n);
      return (1n << BigInt(8 * size)) - 1n;
    }
    let value = 0n;
    for (let i = 0; i < size; i++) value |= this.read(gpa(at + i), 1) << BigInt(8 * i);
    return value;
  }

  write(at: Gpa, size: AccessSize, value: bigint): void {
    const claim = this.#whole(at, size);
    if (claim !== undefined) {
      claim.handler.mmioWrite(at - claim.base, size, value);
      return;
    }
    if (size === 1 || this.overlapping(at, size) === undefined) {
      this.#unclaimed?.('write', at, size, value);
      return;
    }
    for (let i = 0; i < size; i++) this.write(gpa(at + i), 1, (value >> BigInt(8 * i)) & 0xffn);
  }

  #whole(at: Gpa, size: AccessSize): MmioClaim | undefined {
    let claim = this.#last;
    if (claim === undefined || at < claim.base || at >= claim.base + claim.length) {
      claim = this.overlapping(at, 1);
      if (claim === undefined) return undefined;
      this.#last = claim;
    }
    return at + size <= claim.base + claim.length ? claim : undefined;
  }
}

function hex(n: number): string {
  return '0x' + n.toString(16);
}
