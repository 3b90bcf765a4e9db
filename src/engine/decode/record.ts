/**
 * A decoded instruction as the interpreter reads it: 32 bytes in the arena.
 *
 *     0  u16  handler: index into the function table
 *     2  u16  the interpreter's handler, where the first is the JIT's or counts executions
 *     4  u8   remaining: instructions from this one to the block's end, itself included
 *     5  u8   length in bytes
 *     6  u16  offset in its page
 *     8  u16  offset of register operand 0 in the state   (10: operand 1, 12: operand 2)
 *    14  u8   log2 of the index scale
 *    15  u8   segment slot; bit 7: a bad address is a stack fault
 *    16  u16  offset of the base register                 (18: index register)
 *    20  i32  displacement, or a branch target relative to the next instruction
 *    24  i64  immediate, or two u32: the blocks a branch goes to, taken and not taken
 */
export const RECORD_BYTES = 32;
export const REC_HANDLER = 0;
export const REC_INTERPRET = 2;
export const REC_REMAINING = 4;
export const REC_LENGTH = 5;
export const REC_OFFSET = 6;
export const REC_REG = 8;
export const REC_SCALE = 14;
export const REC_SEGMENT = 15;
export const REC_BASE = 16;
export const REC_INDEX = 18;
export const REC_DISP = 20;
export const REC_IMM = 24;
export const REC_TAKEN = 24;
export const REC_NOT_TAKEN = 28;

/** Segment bit: faults on this address are #SS, not #GP. */
export const SEGMENT_STACK = 0x80;

/**
 * How an operand in memory is addressed; the interpreter has one handler of each.
 *
 *     reg   the operand is a register
 *     base  64-bit [base + disp], segment base zero
 *     full  64-bit [base + index * scale + disp] + segment base
 *     wrap  the same with a 32-bit address size
 *     flat  32-bit address, all segments flat: no checks
 *     seg16, seg32   16- or 32-bit address with a limit and rights check
 */
export const FORMS = ['reg', 'base', 'full', 'wrap', 'flat', 'seg16', 'seg32'] as const;
export type Form = (typeof FORMS)[number];
