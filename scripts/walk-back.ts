/**
 * From a register with a bad value back to where the value came from: the load that put it into the
 * register, the last write to the word that was loaded, the load before that write, and so on, until
 * a write that did not copy it. All of it by travelling back in the recording.
 */

import { Decoder, DecoderOptions, Formatter, FormatterSyntax, Register } from 'iced-x86';
import type { Registers } from '../src/engine/vcpu/vcpu.ts';
import type { Mark } from '../src/replay/mark.ts';
import type { DebugTarget } from '../src/target/debug-target.ts';

/** An instruction the cursor stood in front of, and the memory it names. */
export interface Place {
  readonly mark: Mark;
  readonly rip: bigint;
  readonly text: string;
  readonly at: bigint;
}

export type Origin =
  /** From memory into a register. */
  | (Place & { readonly kind: 'load' })
  /** Into memory, as it was. */
  | (Place & { readonly kind: 'copy' })
  /** The write that made it: the 8 bytes at `at` before, and when it was done. */
  | (Place & { readonly kind: 'cause'; readonly before: bigint; readonly after: bigint });

const STEPS_MAX = 64;
const COPIES_MAX = 16;
const PIECES_MAX = 8;
const INSTRUCTION_BYTES = 15;
const GPR = ['RAX', 'RCX', 'RDX', 'RBX', 'RSP', 'RBP', 'RSI', 'RDI'];

/** The cursor stands where a general register holds `value`; it ends in front of the cause. */
export async function walkBack(target: DebugTarget, value: bigint): Promise<Origin[]> {
  const found: Origin[] = [];
  for (let copies = 0; copies < COPIES_MAX; copies++) {
    if (!(await stepBackToLoad(target, value))) break;
    const load = placeOf(target);
    found.push({ ...load, kind: 'load' });
    const write = await lastWriter(target, load.at);
    if (!write) break;
    if (!holds(target.registers(), value)) {
      found.push(await wholeCause(target, { ...write, at: load.at }));
      break;
    }
    found.push({ ...write, at: load.at, kind: 'copy' });
  }
  return found;
}

/** A value may be written in pieces: back to the first of them, and what was there before it. */
async function wholeCause(target: DebugTarget, last: Place): Promise<Origin> {
  let first = last;
  await target.step(1);
  const after = word(target, last.at);
  await target.seekTo(last.mark);
  let before = word(target, last.at);
  for (let pieces = 1; pieces < PIECES_MAX; pieces++) {
    const earlier = await lastWriter(target, last.at);
    // Whoever wrote the word as it was before had it in a register.
    if (!earlier || holds(target.registers(), before)) break;
    before = word(target, last.at);
    first = { ...earlier, at: last.at };
  }
  await target.seekTo(first.mark);
  return { ...first, kind: 'cause', before, after };
}

/** Back to in front of the instruction that last wrote a word. */
async function lastWriter(target: DebugTarget, at: bigint): Promise<Place | undefined> {
  const stop = await target.lastWrite({ space: 'gva', at, length: 8 });
  if (stop.reason !== 'hit') return undefined;
  await target.reverseStep(1);
  return placeOf(target);
}

/** Back to in front of the instruction that brought `value` into a register. */
async function stepBackToLoad(target: DebugTarget, value: bigint): Promise<boolean> {
  for (let steps = 0; steps < STEPS_MAX; steps++) {
    if ((await target.reverseStep(1)).reason !== 'reached') return false;
    if (!holds(target.registers(), value)) return true;
  }
  return false;
}

const holds = ({ gpr }: Registers, value: bigint): boolean => gpr.includes(value);

export function placeOf(target: DebugTarget): Place {
  const registers = target.registers();
  const { rip, gpr } = registers;
  const bytes = target.readMemory({ space: 'gva', at: rip, length: INSTRUCTION_BYTES });
  const decoder = new Decoder(64, bytes, DecoderOptions.None);
  const formatter = new Formatter(FormatterSyntax.Intel);
  formatter.hexPrefix = '0x';
  formatter.hexSuffix = '';
  formatter.uppercaseHex = false;
  formatter.spaceAfterOperandSeparator = true;
  decoder.ip = rip;
  const instruction = decoder.decode();
  try {
    const valueIn = (register: Register): bigint => {
      if (register === Register.None) return 0n;
      const name = Register[register] ?? '';
      const index = GPR.includes(name) ? GPR.indexOf(name) : Number(/^R(\d+)$/.exec(name)?.[1]);
      return gpr[index] ?? 0n;
    };
    const at =
      valueIn(instruction.memoryBase) +
      valueIn(instruction.memoryIndex) * BigInt(instruction.memoryIndexScale) +
      instruction.memoryDisplacement;
    const text = formatter.format(instruction);
    return { mark: target.when().mark, rip, text, at: BigInt.asUintN(64, at) };
  } finally {
    instruction.free();
    formatter.free();
    decoder.free();
  }
}

export function word(target: DebugTarget, at: bigint): bigint {
  const bytes = target.readMemory({ space: 'gva', at, length: 8 });
  return bytes.length === 8 ? Buffer.from(bytes).readBigUInt64LE() : 0n;
}
