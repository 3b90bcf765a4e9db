/**
 * What a device adapter plugs into: port space, MMIO space, interrupt pins, guest time. Chips know
 * none of these; adapters know only these.
 */

import type { AccessSize } from '../exit.ts';
import type { Gpa, Ticks } from '../units.ts';

/** A claimant of I/O ports. `port` is absolute; values are unsigned and already masked to `size`. */
export interface PioHandler {
  pioRead(port: number, size: 1 | 2 | 4): number;
  pioWrite(port: number, size: 1 | 2 | 4, value: number): void;
}

/** A claimant of guest physical addresses. `offset` is from the start of the claimed range. */
export interface MmioHandler {
  mmioRead(offset: number, size: AccessSize): bigint;
  mmioWrite(offset: number, size: AccessSize, value: bigint): void;
}

/** One interrupt input of a controller. Level in, whatever the controller makes of it is its own. */
export interface Pin {
  set(level: boolean): void;
}

/** Guest RAM as a bus master sees it. Writes are recorded; ranges outside RAM are dropped. */
export interface Dma {
  read(at: Gpa, length: number): Uint8Array;
  write(at: Gpa, bytes: Uint8Array): void;
}

/** An appointment in guest time. `fire` runs once per `schedule`, unlinked first, then called. */
export interface Alarm {
  /** Replaces any earlier appointment. A time already past fires at the next boundary. */
  schedule(at: Ticks): void;
  cancel(): void;
  readonly at: Ticks | undefined;
}

export interface GuestClock {
  now(): Ticks;
  /** Names are unique and fix the order of alarms due at the same tick. */
  alarm(name: string, fire: () => void): Alarm;
}
