/**
 * A case for machines: a few instructions with everything that privileged software can set up around
 * them. `image.ts` packs cases into guests; what ends a case is an exception, and its whole state is
 * what machines are compared by.
 */

/** How the processor runs: 32-bit protected mode without paging, with each kind of it, or long mode. */
export type World = 'unpaged' | '32-bit paging' | 'PAE paging' | 'long';

export interface Patch {
  readonly at: number;
  readonly bytes: Uint8Array;
}

export interface TableLimit {
  readonly base: number;
  readonly limit: number;
}

export interface MachineCase {
  readonly family: string;
  /** What a reader of a report wants to know beside the code. */
  readonly about: string;
  /** GNU as, Intel syntax; put where CS:RIP points. */
  readonly code: string;
  readonly codeBits: 16 | 32 | 64;
  /** Where the code goes, linear; default: where a flat CS:RIP points. */
  readonly codeAt?: number;
  readonly state: Partial<CaseState>;
  readonly patches: readonly Patch[];
}

export interface CaseState {
  readonly cr0: number;
  readonly cr3: number;
  readonly cr4: number;
  readonly efer: number;
  /** DR0 to DR3, DR6, DR7. */
  readonly dr: readonly (number | bigint)[];
  readonly ldtr: number;
  readonly tr: number;
  readonly ds: number;
  readonly es: number;
  readonly fs: number;
  readonly gs: number;
  readonly ss: number;
  readonly rsp: number | bigint;
  readonly rflags: number;
  readonly cs: number;
  readonly rip: number | bigint;
  /** As instructions encode them; the one for RSP is not used. */
  readonly gpr: readonly bigint[];
  /** IA32_SYSENTER_CS, _ESP and _EIP. */
  readonly sysenter: readonly (number | bigint)[];
  readonly gdtr: TableLimit;
  readonly idtr: TableLimit;
  /** Long mode only: FS, GS and kernel GS base, STAR, LSTAR, CSTAR, FMASK. */
  readonly msrs: readonly bigint[];
}

// --- bytes for patches

export function u16(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(values.length * 2);
  const view = new DataView(out.buffer);
  for (const [i, value] of values.entries()) view.setUint16(i * 2, value, true);
  return out;
}

export function u32(...values: readonly number[]): Uint8Array {
  const out = new Uint8Array(values.length * 4);
  const view = new DataView(out.buffer);
  for (const [i, value] of values.entries()) view.setUint32(i * 4, value, true);
  return out;
}

export function u64(...values: readonly (bigint | number)[]): Uint8Array {
  const out = new Uint8Array(values.length * 8);
  const view = new DataView(out.buffer);
  for (const [i, value] of values.entries()) {
    view.setBigUint64(i * 8, BigInt.asUintN(64, BigInt(value)), true);
  }
  return out;
}

/** A segment descriptor: base, limit as it is encoded, access byte, flags nibble. SDM Vol. 3A §3.4.5. */
export function descriptor(base: number, limit: number, access: number, flags: number): Uint8Array {
  return u32(
    ((limit & 0xffff) | (base << 16)) >>> 0,
    (((base >>> 16) & 0xff) |
      (access << 8) |
      (limit & 0xf0000) |
      (flags << 20) |
      (base & 0xff000000)) >>>
      0,
  );
}

/** A gate of 8 bytes: selector, offset, access byte, parameters. SDM Vol. 3A §5.8.3. */
export function gate(selector: number, offset: number, access: number, count = 0): Uint8Array {
  return u32(
    ((offset & 0xffff) | (selector << 16)) >>> 0,
    ((offset & 0xffff0000) | (access << 8) | count) >>> 0,
  );
}

/** A gate of 16 bytes, or the descriptor of a 64-bit TSS with its upper half. SDM Vol. 3A §6.14.1. */
export function gate64(selector: number, offset: bigint, access: number, ist = 0): Uint8Array {
  const out = new Uint8Array(16);
  out.set(gate(selector, Number(offset & 0xffffffffn), access, ist));
  out.set(u64(offset >> 32n), 8);
  return out;
}
