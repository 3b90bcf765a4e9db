/**
 * The units of the engine, branded so that swapping two of them does not compile.
 *
 * A guest physical address and an icount fit a JS number exactly (52 and 53 bits). A guest virtual
 * address needs 64 bits and is a bigint wherever an API shows one.
 */

declare const unit: unique symbol;

/** Guest physical address: what paging produces. At most 52 bits (SDM Vol. 3A §4.1.4). */
export type Gpa = number & { readonly [unit]: 'gpa' };
/** Guest virtual (linear) address, always zero-extended to 64 bits. */
export type Gva = bigint & { readonly [unit]: 'gva' };
/** Retired guest instructions since power-on; the only time replay knows. REP counts iterations. */
export type Icount = number & { readonly [unit]: 'icount' };
/** Guest time in ticks of the 1 GHz TSC: icount plus the ticks that HLT skipped. 1 tick = 1 ns. */
export type Ticks = number & { readonly [unit]: 'ticks' };

export const gpa = (n: number): Gpa => n as Gpa;
export const gva = (n: bigint): Gva => BigInt.asUintN(64, n) as Gva;
export const icount = (n: number): Icount => n as Icount;
export const ticks = (n: number): Ticks => n as Ticks;

/** Ticks in one second of guest time: the TSC runs at 1 GHz and retires one instruction a tick. */
export const TICKS_PER_SECOND = 1_000_000_000;
