/**
 * One instruction with everything a user-level program can give it, and what came of it. The host
 * CPU (host/step.c) and our vCPU (box.ts) both turn a `Case` into an `Outcome`.
 */

export const PAGE = 4096;
export const CODE = 0x10000000;
/** The instruction's address. */
export const AT = CODE + 0x800;
/** Two pages of data, with nothing mapped on either side. */
export const DATA = 0x20000000;
export const A_BYTES = 512;
export const B_BYTES = 128;
/** Window A lies across the boundary of the two pages; window B ends where they end. */
export const WINDOW_A = DATA + PAGE - A_BYTES / 2;
export const WINDOW_B = DATA + 2 * PAGE - B_BYTES;

export interface Case {
  readonly code: Uint8Array;
  /** The instruction repeats: run it until RIP moves on. */
  readonly repeated: boolean;
  /** 32-bit code in compatibility mode instead of 64-bit code. */
  readonly compatibility: boolean;
  /** 16-bit code, at CODE:IP with data at DATA:offset. Only our vCPU runs that here. */
  readonly sixteen?: boolean;
  /** At CPL 0. Only our vCPU, again. */
  readonly supervisor?: boolean;
  readonly rflags: number;
  /** As instructions encode them. */
  readonly gpr: readonly bigint[];
  /** x87, MMX, XMM and MXCSR as FXSAVE64 lays them out. */
  readonly fx: Uint8Array;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
}

export interface Outcome {
  readonly rip: bigint;
  readonly rflags: number;
  readonly gpr: readonly bigint[];
  /** The fault it ended in; everything else is then as the fault's handler finds it. */
  readonly vector: number | undefined;
  readonly error: number;
  /** The address of a page fault. */
  readonly cr2: bigint;
  readonly fx: Uint8Array;
  readonly a: Uint8Array;
  readonly b: Uint8Array;
  /** It wrote into the data pages, but outside the windows. */
  readonly strayed: boolean;
}

/** The FXSAVE image of a processor after FNINIT with the default MXCSR. */
export function initialFx(): Uint8Array {
  const fx = new Uint8Array(512);
  const view = new DataView(fx.buffer);
  view.setUint16(0, 0x037f, true);
  view.setUint32(24, 0x1f80, true);
  return fx;
}
