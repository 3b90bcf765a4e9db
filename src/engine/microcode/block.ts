/**
 * Memory operands longer than a register: state images of x87 and SSE. A block is probed as a whole
 * before its first byte is written, so that a fault changes nothing.
 */

import type { Instruction } from '../decode/instruction.ts';
import type { Cpu } from './cpu.ts';

const M80_BYTES = 10;

/**
 * Offsets and sizes of the pieces that a block is accessed in. Images of the x87 state are aligned if
 * doublewords are, or words with a 16-bit operand: SDM Vol. 3A table 6-7.
 */
function* pieces(
  { row, size: operand }: Instruction,
  size: number,
): Generator<{ at: number; bytes: 1 | 2 | 4 | 8 }> {
  const widest = row.name !== 'x87' || size <= M80_BYTES ? 8 : operand === 2 ? 2 : 4;
  let at = 0;
  for (const bytes of [8, 4, 2, 1] as const) {
    if (bytes > widest) continue;
    for (; size - at >= bytes; at += bytes) yield { at, bytes };
  }
}

export function readBlock(cpu: Cpu, insn: Instruction, size: number, from = 0): Uint8Array {
  cpu.operandAddress(insn, size, false, BigInt(from));
  const block = new Uint8Array(size);
  const view = new DataView(block.buffer);
  for (const { at, bytes } of pieces(insn, size)) {
    const value = cpu.readOperand(insn, bytes, BigInt(from + at));
    if (bytes === 8) view.setBigUint64(at, value, true);
    else if (bytes === 4) view.setUint32(at, Number(value), true);
    else if (bytes === 2) view.setUint16(at, Number(value), true);
    else view.setUint8(at, Number(value));
  }
  return block;
}

/** Throws what writing `size` bytes would throw. */
export function probeBlock(cpu: Cpu, insn: Instruction, size: number): void {
  cpu.operandAddress(insn, size, true);
  for (const { at, bytes } of pieces(insn, size)) {
    const gva = cpu.operandAddress(insn, bytes, true, BigInt(at));
    cpu.access.probeWrite(gva, bytes, 'program');
  }
}

export function writeBlock(cpu: Cpu, insn: Instruction, block: Uint8Array, to = 0): void {
  const view = new DataView(block.buffer, block.byteOffset);
  for (const { at, bytes } of pieces(insn, block.length)) {
    const value =
      bytes === 8
        ? view.getBigUint64(at, true)
        : BigInt(
            bytes === 4
              ? view.getUint32(at, true)
              : bytes === 2
                ? view.getUint16(at, true)
                : view.getUint8(at),
          );
    cpu.writeOperand(insn, bytes, value, BigInt(to + at));
  }
}
