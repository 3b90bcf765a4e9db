/**
 * What ran up to here, as the blocks between branches that gdb wants to have of a branch trace store
 * (gdb manual E.6, "qXfer:btrace:read"): walked again in the recording, so it need not have been
 * switched on before.
 */

import type { WorkControl } from '../target/index.ts';
import { bitsOf, compareMarks, type DebugTarget, disassemble, linearRip } from '../target/index.ts';

/** First and last instruction of a run without a branch taken. */
export interface Block {
  readonly begin: bigint;
  readonly end: bigint;
}

/** Oldest first; the last one ends with the instruction that comes next. */
export async function branchTrace(
  target: DebugTarget,
  instructions: number,
  control: WorkControl,
): Promise<Block[]> {
  const here = target.mark;
  const lengths = new Map<bigint, number>();
  const blocks: Block[] = [];
  await target.reverseStep(instructions, control);
  try {
    let begin = linearRip(target.registers());
    for (let at = begin; ; ) {
      if (compareMarks(target.mark, here) >= 0) {
        blocks.push({ begin, end: at });
        return blocks;
      }
      const length = lengths.get(at) ?? (await lengthAt(target, at));
      lengths.set(at, length);
      const stop = await target.step(1, control);
      if (stop.reason !== 'reached') return blocks;
      const next = linearRip(target.registers());
      // A repeated string instruction is one, however often it repeats.
      if (next !== at && next !== at + BigInt(length)) {
        blocks.push({ begin, end: at });
        begin = next;
      }
      at = next;
    }
  } finally {
    await target.seekTo(here);
  }
}

async function lengthAt(target: DebugTarget, rip: bigint): Promise<number> {
  const code = await disassemble({
    ...{ bits: bitsOf(target.registers()), rip, before: 0, after: 1 },
    read: (at, length) => target.readMemory({ space: 'gva', at, length }),
  });
  return code?.[0]?.bytes.length ?? 1;
}
