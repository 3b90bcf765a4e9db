/**
 * What a plain walk forward saw, instruction by instruction: the truth that breakpoints, watchpoints
 * and every way back are compared with. It sets no stop of ours: which address an instruction has is
 * read from the registers, what it writes is worked out from iced-x86's description of it.
 */

import {
  Decoder,
  DecoderOptions,
  FlowControl,
  InstructionInfoFactory,
  MemorySizeExt,
  OpAccess,
  Register,
  type UsedMemory,
} from 'iced-x86';
import { type Gva, gva } from '../../../src/engine/units.ts';
import type { Registers, Vcpu } from '../../../src/engine/vcpu/vcpu.ts';
import type { Mark } from '../../../src/replay/mark.ts';
import type { Timeline } from '../../../src/replay/timeline.ts';
import { finish } from '../../../src/replay/work.ts';
import { KIND } from '../../../src/trace/frame.ts';

/** A linear address range. */
export interface Span {
  readonly at: bigint;
  readonly length: number;
}

export interface Logged {
  readonly before: Mark;
  readonly after: Mark;
  /** Linear; undefined if an interrupt was what came. */
  readonly address: Gva | undefined;
  readonly writes: readonly Span[];
  /** Not to be foreseen from outside: it faulted, repeated, or writes on a condition. */
  readonly vague: boolean;
  /** Mode: 16, 32 or 64. */
  readonly bits: number;
}

/** `count` steps from where the timeline stands. */
export function forwardLog(timeline: Timeline, count: number): Logged[] {
  const log: Logged[] = [];
  const infos = new InstructionInfoFactory();
  const { vcpu } = timeline.session;
  while (log.length < count) {
    const before = timeline.mark;
    const kind = timeline.positions.nextKind(before);
    const delivers = kind === KIND.INTERRUPT || kind === KIND.NMI || kind === KIND.DMA;
    const r = vcpu.registers();
    const seen = delivers ? NOTHING : foresee(vcpu, r, infos);
    if (finish(timeline.step()).reason !== 'reached') break;
    const { mark: after } = timeline;
    const strayed = seen.next !== undefined && vcpu.registers().rip !== seen.next;
    const { address, writes, bits } = seen;
    log.push({ before, after, address, writes, bits, vague: seen.vague || strayed });
  }
  infos.free();
  return log;
}

/** L and D/B of CS, L in long mode only (SDM Vol. 3A §3.4.5). */
export function modeOf({ segments, efer }: Registers): 16 | 32 | 64 {
  const { rights } = segments[1]!;
  if (rights & (1 << 13) && efer & 0x400n) return 64;
  return rights & (1 << 14) ? 32 : 16;
}

interface Foreseen {
  readonly address: Gva | undefined;
  readonly writes: readonly Span[];
  readonly vague: boolean;
  readonly bits: number;
  /** RIP afterwards, if it does not branch. */
  readonly next: bigint | undefined;
}

const NOTHING: Foreseen = { address: undefined, writes: [], vague: true, bits: 0, next: undefined };
const INSTRUCTION_BYTES = 15;
const PAGE = 4096n;

function foresee(vcpu: Vcpu, r: Registers, infos: InstructionInfoFactory): Foreseen {
  const cs = r.segments[1]!;
  const bits = modeOf(r);
  const address = gva(bits === 64 ? r.rip : (cs.base + r.rip) & 0xffff_ffffn);
  const decoder = new Decoder(bits, fetch(vcpu, address), DecoderOptions.None);
  decoder.ip = r.rip;
  const instruction = decoder.decode();
  const info = infos.info(instruction);
  const used = info.usedMemory() as UsedMemory[];
  const writing = used.filter(({ access }) => WRITES.has(access));
  const repeats = instruction.hasRepPrefix || instruction.hasRepnePrefix;
  const sizes = writing.map(({ memorySize }) => MemorySizeExt.size(memorySize));
  const vague =
    instruction.isInvalid ||
    repeats ||
    instruction.isSaveRestoreInstruction ||
    writing.some(({ access }) => access !== OpAccess.Write && access !== OpAccess.ReadWrite) ||
    sizes.some((size) => size === 0) ||
    instruction.flowControl === FlowControl.Interrupt ||
    instruction.flowControl === FlowControl.Exception;
  const writes = writing.map((memory, i) => ({
    at: linear(memory, r, bits),
    length: sizes[i] ?? 0,
  }));
  const straight = instruction.flowControl === FlowControl.Next && !instruction.isInvalid;
  const next = straight ? instruction.nextIP : undefined;
  for (const memory of used) memory.free();
  info.free();
  instruction.free();
  decoder.free();
  return { address, writes, vague, bits, next };
}

const WRITES = new Set([
  OpAccess.Write,
  OpAccess.CondWrite,
  OpAccess.ReadWrite,
  OpAccess.ReadCondWrite,
]);

function fetch(vcpu: Vcpu, from: bigint): Uint8Array {
  const bytes: number[] = [];
  for (let at = from; bytes.length < INSTRUCTION_BYTES; ) {
    const physical = vcpu.translate(gva(at));
    if (physical === undefined) break;
    const length = Number(PAGE - (at % PAGE));
    const take = Math.min(length, INSTRUCTION_BYTES - bytes.length);
    bytes.push(...vcpu.ram.peek(physical, take));
    at += BigInt(take);
  }
  return Uint8Array.from(bytes);
}

const SEGMENTS = [Register.ES, Register.CS, Register.SS, Register.DS, Register.FS, Register.GS];

function linear(memory: UsedMemory, r: Registers, bits: number): bigint {
  const base = value(memory.base, r);
  const index = value(memory.index, r) * BigInt(memory.scale);
  const width = addressBits(memory, bits);
  const offset = BigInt.asUintN(width, base + index + memory.displacement);
  if (bits === 64) {
    const own = { [Register.FS]: r.fsBase, [Register.GS]: r.gsBase } as Record<number, bigint>;
    return BigInt.asUintN(64, offset + (own[memory.segment] ?? 0n));
  }
  const segment = r.segments[SEGMENTS.indexOf(memory.segment)]!;
  return BigInt.asUintN(32, offset + segment.base);
}

function addressBits(memory: UsedMemory, bits: number): number {
  const named = memory.base !== Register.None ? memory.base : memory.index;
  if (named >= Register.RAX && named <= Register.R15) return 64;
  if (named >= Register.EAX && named <= Register.R15D) return 32;
  if (named >= Register.AX && named <= Register.R15W) return 16;
  return bits;
}

function value(register: Register, r: Registers): bigint {
  if (register === Register.None) return 0n;
  for (const [first, last, width] of [
    [Register.RAX, Register.R15, 64],
    [Register.EAX, Register.R15D, 32],
    [Register.AX, Register.R15W, 16],
  ] as const) {
    if (register >= first && register <= last) {
      return BigInt.asUintN(width, r.gpr[register - first]!);
    }
  }
  return 0n;
}

export const overlaps = (a: Span, b: Span): boolean =>
  a.at < b.at + BigInt(b.length) && b.at < a.at + BigInt(a.length);
