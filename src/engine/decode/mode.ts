/** What decoding depends on beside the bytes, packed into the MODE_KEY of blocks and jump cache. */

export interface Mode {
  /** 2, 4 or 8 for 16-, 32- and 64-bit code. */
  readonly codeSize: 2 | 4 | 8;
  readonly stackSize: 2 | 4 | 8;
  /** Legacy code with base 0, limit 4 GiB and ordinary rights in CS, DS, ES and SS. */
  readonly flat: boolean;
  /** CR0.EM, CR0.TS, CR4.OSFXSR: whether x87, MMX and SSE are there. */
  readonly em: boolean;
  readonly ts: boolean;
  readonly osfxsr: boolean;
}

export function modeKey(mode: Mode): number {
  return (
    (mode.codeSize === 8 ? 2 : mode.codeSize === 4 ? 1 : 0) |
    ((mode.stackSize === 8 ? 2 : mode.stackSize === 4 ? 1 : 0) << 2) |
    (mode.flat ? 0x10 : 0) |
    (mode.em ? 0x20 : 0) |
    (mode.ts ? 0x40 : 0) |
    (mode.osfxsr ? 0x80 : 0)
  );
}

export function modeOfKey(key: number): Mode {
  const size = (bits: number): 2 | 4 | 8 => (bits === 2 ? 8 : bits === 1 ? 4 : 2);
  return {
    codeSize: size(key & 3),
    stackSize: size((key >> 2) & 3),
    flat: (key & 0x10) !== 0,
    em: (key & 0x20) !== 0,
    ts: (key & 0x40) !== 0,
    osfxsr: (key & 0x80) !== 0,
  };
}
