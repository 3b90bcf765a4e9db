/**
 * Where the processor may go when it delivers an exception: the targets of the IDT as it is now, as
 * linear addresses (SDM Vol. 3A §6.10, §6.14; in real mode, the interrupt vector table, §20.1.4).
 */

import { type Gva, gva } from '../engine/units.ts';
import type { Registers, Vcpu } from '../engine/vcpu/vcpu.ts';

const CR0_PE = 1n;
const EFER_LMA = 1n << 10n;
/** In a gate's access byte: interrupt and trap gates are 14, 15, 6 and 7; the latter have 16 bits. */
const P = 0x80;
const IS_32 = 8;
const VECTORS = 256;

export function handlerEntries(vcpu: Vcpu): Gva[] {
  const registers = vcpu.registers();
  const { idtr, cr0, efer } = registers;
  const long = (efer & EFER_LMA) !== 0n;
  const bytes = (cr0 & CR0_PE) === 0n ? 4 : long ? 16 : 8;
  const table = read(vcpu, idtr.base, Math.min(idtr.limit + 1, VECTORS * bytes));
  const entries = new Set<Gva>();
  for (let at = 0; at + bytes <= table.length; at += bytes) {
    const gate = new DataView(table.buffer, table.byteOffset + at, bytes);
    const entry = bytes === 4 ? vectorOf(gate) : gateOf(vcpu, registers, gate, long);
    if (entry !== undefined) entries.add(entry);
  }
  return [...entries];
}

const vectorOf = (vector: DataView): Gva =>
  gva(BigInt(vector.getUint16(2, true) * 16 + vector.getUint16(0, true)));

function gateOf(vcpu: Vcpu, registers: Registers, gate: DataView, long: boolean): Gva | undefined {
  const access = gate.getUint8(5);
  if ((access & P) === 0) return undefined;
  const low = gate.getUint16(0, true);
  const high = (access & IS_32) !== 0 ? gate.getUint16(6, true) : 0;
  const offset = BigInt(high) * 0x10000n + BigInt(low);
  if (long) return gva(offset | (BigInt(gate.getUint32(8, true)) << 32n));
  const base = baseOf(vcpu, registers, gate.getUint16(2, true));
  return gva(BigInt.asUintN(32, base + offset));
}

/** The base in a code segment's descriptor (SDM Vol. 3A §3.4.5). */
function baseOf(vcpu: Vcpu, { gdtr, ldtr }: Registers, selector: number): bigint {
  const table = (selector & 4) === 0 ? gdtr : ldtr;
  const descriptor = read(vcpu, table.base + BigInt(selector & ~7), 8);
  if (descriptor.length < 8) return 0n;
  const view = new DataView(descriptor.buffer, descriptor.byteOffset, 8);
  return BigInt(
    view.getUint16(2, true) + view.getUint8(4) * 0x10000 + view.getUint8(7) * 0x1000000,
  );
}

const PAGE = 4096n;

/** As far as it is mapped. */
function read(vcpu: Vcpu, at: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length; ) {
    const here = gva(at + BigInt(done));
    const part = Math.min(length - done, Number(PAGE - (here % PAGE)));
    const physical = vcpu.translate(here);
    if (physical === undefined) return bytes.slice(0, done);
    bytes.set(vcpu.ram.peek(physical, part), done);
    done += part;
  }
  return bytes;
}
