/** Opcodes of the WebAssembly core specification, appendix "Index of Instructions". */

export interface Pair {
  readonly i32: number;
  readonly i64: number;
}

export const VOID = 0x40;
export const UNREACHABLE = 0x00;
export const BLOCK = 0x02;
export const LOOP = 0x03;
export const IF = 0x04;
export const ELSE = 0x05;
export const END = 0x0b;
export const BR = 0x0c;
export const BR_IF = 0x0d;
export const BR_TABLE = 0x0e;
export const RETURN = 0x0f;
export const CALL = 0x10;
export const CALL_INDIRECT = 0x11;
export const DROP = 0x1a;
export const SELECT = 0x1b;
export const LOCAL_GET = 0x20;
export const LOCAL_SET = 0x21;
export const I32_CONST = 0x41;
export const I64_CONST = 0x42;

export const EQZ: Pair = { i32: 0x45, i64: 0x50 };
export const EQ: Pair = { i32: 0x46, i64: 0x51 };
export const NE: Pair = { i32: 0x47, i64: 0x52 };
export const LT_S: Pair = { i32: 0x48, i64: 0x53 };
export const LT_U: Pair = { i32: 0x49, i64: 0x54 };
export const GT_S: Pair = { i32: 0x4a, i64: 0x55 };
export const GT_U: Pair = { i32: 0x4b, i64: 0x56 };
export const LE_S: Pair = { i32: 0x4c, i64: 0x57 };
export const LE_U: Pair = { i32: 0x4d, i64: 0x58 };
export const GE_S: Pair = { i32: 0x4e, i64: 0x59 };
export const GE_U: Pair = { i32: 0x4f, i64: 0x5a };
export const CLZ: Pair = { i32: 0x67, i64: 0x79 };
export const CTZ: Pair = { i32: 0x68, i64: 0x7a };
export const POPCNT: Pair = { i32: 0x69, i64: 0x7b };
export const ADD: Pair = { i32: 0x6a, i64: 0x7c };
export const SUB: Pair = { i32: 0x6b, i64: 0x7d };
export const MUL: Pair = { i32: 0x6c, i64: 0x7e };
export const DIV_S: Pair = { i32: 0x6d, i64: 0x7f };
export const DIV_U: Pair = { i32: 0x6e, i64: 0x80 };
export const REM_S: Pair = { i32: 0x6f, i64: 0x81 };
export const REM_U: Pair = { i32: 0x70, i64: 0x82 };
export const AND: Pair = { i32: 0x71, i64: 0x83 };
export const OR: Pair = { i32: 0x72, i64: 0x84 };
export const XOR: Pair = { i32: 0x73, i64: 0x85 };
export const SHL: Pair = { i32: 0x74, i64: 0x86 };
export const SHR_S: Pair = { i32: 0x75, i64: 0x87 };
export const SHR_U: Pair = { i32: 0x76, i64: 0x88 };
export const ROTL: Pair = { i32: 0x77, i64: 0x89 };
export const ROTR: Pair = { i32: 0x78, i64: 0x8a };
export const I32_WRAP = 0xa7;
export const I64_EXTEND_S = 0xac;
export const I64_EXTEND_U = 0xad;
export const EXTEND8: Pair = { i32: 0xc0, i64: 0xc2 };
export const EXTEND16: Pair = { i32: 0xc1, i64: 0xc3 };
export const I64_EXTEND32 = 0xc4;

export function loadOpcode(t: 'i32' | 'i64', bytes: number, signed: boolean): number {
  if (t === 'i32') {
    if (bytes === 4) return 0x28;
    if (bytes === 1) return signed ? 0x2c : 0x2d;
    if (bytes === 2) return signed ? 0x2e : 0x2f;
  } else {
    if (bytes === 8) return 0x29;
    if (bytes === 1) return signed ? 0x30 : 0x31;
    if (bytes === 2) return signed ? 0x32 : 0x33;
    if (bytes === 4) return signed ? 0x34 : 0x35;
  }
  throw new Error(`code: no load of ${bytes} bytes to ${t}`);
}

export function storeOpcode(t: string, bytes: number): number {
  if (t === 'i32') {
    if (bytes === 4) return 0x36;
    if (bytes === 1) return 0x3a;
    if (bytes === 2) return 0x3b;
  } else if (t === 'i64') {
    if (bytes === 8) return 0x37;
    if (bytes === 1) return 0x3c;
    if (bytes === 2) return 0x3d;
    if (bytes === 4) return 0x3e;
  }
  throw new Error(`code: no store of ${bytes} bytes from ${t}`);
}
