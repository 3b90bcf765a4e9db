/**
 * Exceptions by vector. The processor delivers one by going to where the IDT says (SDM Vol. 3A §6.10),
 * so that is where to stop; and an IDT is set up, replaced and filled while a guest boots. So handlers
 * are collected: from the IDT wherever the guest stands, from how it is at the end of the recording,
 * and from the names that Linux gives them. Whether it is this vector's is asked at each stop.
 */

import type { Program } from '../symbols/program.ts';
import { gva, linearRip, type Registers, type StopCondition } from '../target/index.ts';
import type { DapTarget } from './host.ts';

const CR0_PE = 1n;
const EFER_LMA = 1n << 10n;
const P = 0x80;
const IS_32 = 8;
/** arch/x86/include/asm/idtentry.h */
const LINUX: Readonly<Record<number, string>> = {
  ...{ 0: 'asm_exc_divide_error', 1: 'asm_exc_debug', 2: 'asm_exc_nmi', 3: 'asm_exc_int3' },
  ...{ 4: 'asm_exc_overflow', 5: 'asm_exc_bounds', 6: 'asm_exc_invalid_op' },
  ...{ 7: 'asm_exc_device_not_available', 8: 'asm_exc_double_fault', 10: 'asm_exc_invalid_tss' },
  ...{ 11: 'asm_exc_segment_not_present', 12: 'asm_exc_stack_segment' },
  ...{ 13: 'asm_exc_general_protection', 14: 'asm_exc_page_fault' },
  ...{ 16: 'asm_exc_coprocessor_error', 17: 'asm_exc_alignment_check' },
  ...{ 18: 'asm_exc_machine_check', 19: 'asm_exc_simd_coprocessor_error' },
  ...{ 20: 'asm_exc_virtualization_exception', 21: 'asm_exc_control_protection' },
};

export class ExceptionVectors {
  readonly #target: DapTarget;
  readonly #program: Program;
  readonly #seen = new Map<number, Set<bigint>>();
  #scouted = false;

  constructor(target: DapTarget, program: Program) {
    this.#target = target;
    this.#program = program;
  }

  /** Must the end of the recording be looked at before handlers are known? */
  get wantsScout(): boolean {
    const linux = this.#program.addressOf('asm_exc_page_fault') !== undefined;
    return !this.#scouted && !linux && !this.#target.live;
  }

  /** Called while the guest stands at the end. */
  scouted(): void {
    this.#scouted = true;
    for (const { 0: vector } of Object.entries(LINUX)) this.#look(Number(vector));
  }

  conditions(vector: number): StopCondition[] {
    this.#look(vector);
    const entries = new Set(this.#seen.get(vector));
    const name = LINUX[vector];
    const linux = name === undefined ? undefined : this.#program.addressOf(name);
    if (linux !== undefined) entries.add(linux);
    return [...entries].map((at) => ({
      kind: 'address',
      gva: gva(at),
      when: () => this.#now(vector),
    }));
  }

  #look(vector: number): void {
    const entry = handlerOf(this.#target, vector);
    if (entry === undefined) return;
    const known = this.#seen.get(vector);
    if (known) known.add(entry);
    else this.#seen.set(vector, new Set([entry]));
  }

  /** Has the guest just come to the handler of this vector? */
  #now(vector: number): boolean {
    const target = this.#target;
    return handlerOf(target, vector) === linearRip(target.registers());
  }
}

/** Where a vector leads now, as a linear address. */
export function handlerOf(target: DapTarget, vector: number): bigint | undefined {
  const registers = target.registers();
  const { idtr, cr0, efer } = registers;
  const long = (efer & EFER_LMA) !== 0n;
  const bytes = (cr0 & CR0_PE) === 0n ? 4 : long ? 16 : 8;
  if (vector * bytes + bytes - 1 > idtr.limit) return undefined;
  const at = idtr.base + BigInt(vector * bytes);
  const read = target.readMemory({ space: 'gva', at, length: bytes });
  if (read.length < bytes) return undefined;
  const gate = new DataView(read.buffer, read.byteOffset, bytes);
  // SDM Vol. 3A §20.1.4: the interrupt vector table of real mode.
  if (bytes === 4) return BigInt(gate.getUint16(2, true) * 16 + gate.getUint16(0, true));
  const access = gate.getUint8(5);
  if ((access & P) === 0) return undefined;
  const high = (access & IS_32) !== 0 ? gate.getUint16(6, true) : 0;
  const offset = BigInt(high) * 0x10000n + BigInt(gate.getUint16(0, true));
  if (long) return offset | (BigInt(gate.getUint32(8, true)) << 32n);
  return BigInt.asUintN(32, codeBase(target, registers, gate.getUint16(2, true)) + offset);
}

/** The base in a code segment's descriptor (SDM Vol. 3A §3.4.5). */
function codeBase(target: DapTarget, { gdtr, ldtr }: Registers, selector: number): bigint {
  const table = (selector & 4) === 0 ? gdtr : ldtr;
  const at = table.base + BigInt(selector & ~7);
  const read = target.readMemory({ space: 'gva', at, length: 8 });
  if (read.length < 8) return 0n;
  const view = new DataView(read.buffer, read.byteOffset, 8);
  return BigInt(
    view.getUint16(2, true) + view.getUint8(4) * 0x10000 + view.getUint8(7) * 0x1000000,
  );
}
