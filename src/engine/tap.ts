/**
 * The two taps of a machine. `MachineTap` sees everything that crosses the vCPU's boundary, which is
 * what a recording holds; `MachineInput` is everything that enters the devices from the host, which
 * is what a diversion needs to run on with live devices.
 */

import type { Entry, GuestExit } from './exit.ts';
import type { Gpa, Icount, Ticks } from './units.ts';

/** The ways for host facts to reach a device of a running machine. */
export const INPUT_NAMES = ['com1', 'com2', 'scancode', 'power-button'] as const;
export type InputName = (typeof INPUT_NAMES)[number];

/**
 * Called in the order in which things happen. The machine allocates nothing for it: `exit`, `reply`
 * and `bytes` are valid during the call only, and a tap that keeps them copies what it needs.
 */
export interface MachineTap {
  /**
   * The guest left at `icount` and is about to be answered. The instruction counts as retired after
   * this.
   */
  exit(exit: GuestExit, reply: Entry, icount: Icount): void;
  /** An external interrupt is delivered between the instructions `icount - 1` and `icount`. */
  interrupt(vector: number, icount: Icount): void;
  /** An NMI was raised; the vCPU takes it at its next boundary at which NMIs are not blocked. */
  nmi(icount: Icount): void;
  /** A device wrote guest RAM. */
  dma(at: Gpa, bytes: Uint8Array, icount: Icount): void;
  /** A device was given an input. `ticks` is finer than `icount` while the guest is halted. */
  input(name: InputName, data: Uint8Array, icount: Icount, ticks: Ticks): void;
}
