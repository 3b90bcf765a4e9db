/**
 * A region: hot blocks of one page and mode as one WebAssembly function. Blocks stand in the order
 * of their addresses, loops of the guest are loops here. A forward edge is a branch out of nested
 * blocks, a backward edge one to the head of its loop. Any block may be entered from outside: the
 * local `entry` says which, and every loop begins with a dispatch on it.
 *
 *     loop { block n-1 { ... block 0 { br_table entry } part 0 ... } part n-1 }
 *
 * LEFT has been charged for a block by whoever goes to it, inside the region as outside.
 */

import * as R from '../decode/record.ts';
import type { Row } from '../isa/row.ts';
import * as L from '../vcpu/layout.ts';
import type { Label, Val } from '../wasm/code.ts';
import {
  EXIT_NEXT,
  EXIT_STEP,
  EXIT_STOP,
  JitEmitter,
  type JitRuntime,
  type Placed,
} from './emitter.ts';
import { contains, findLoops, type Loop } from './loops.ts';

/** A block to compile. */
export interface RegionBlock {
  /** Its first record. */
  readonly ip: number;
  readonly offset: number;
  /** Instructions in it, as LEFT is charged for them. */
  readonly count: number;
  readonly instructions: readonly Placed[];
  /** The record behind the last instruction where that is no branch: the block goes on at `end`. */
  readonly continueIp: number | undefined;
  readonly end: number;
}

/** The rows that a region can hold; at any other it hands over to the interpreter. */
export const compilable = (row: Row): boolean => row.emit !== undefined;

export function emitRegion(
  blocks: readonly RegionBlock[],
  runtime: JitRuntime,
  tableIndex: number,
): JitEmitter {
  const byOffset = new Map(blocks.map((b, i) => [b.offset, i]));
  /** Where a branch to a part of a loop goes, by the part's first block. */
  const heads = new Map<Loop, Label>();
  const partLabels = new Map<Loop, Label[]>();
  /** Loops around the block being written, innermost first. */
  let around: Loop[] = [];
  let current = 0;
  let placed: Placed | undefined;
  const first = blocks[0]!.instructions[0]!;

  /** Charges block k and goes there. */
  const toBlock = (k: number): void => {
    const target = blocks[k]!;
    e.set(e.left, e.sub(e.get(e.left), target.count));
    e.if(e.lts(e.get(e.left), 0), () => {
      e.set(e.left, e.add(e.get(e.left), target.count));
      e.exitWith(EXIT_STOP, target.ip);
    });
    const loop = around.find((l) => contains(l, k))!;
    const here = loop.parts.findIndex((part) => contains(part, current));
    const there = loop.parts.findIndex((part) => contains(part, k));
    const forward = there > here;
    if (!forward || typeof loop.parts[there] !== 'number') e.set(entry, k);
    e.br(forward ? partLabels.get(loop)![there]! : heads.get(loop)!);
  };

  /** Goes on with the record that `next` gives: here if it is one of ours, else outside. */
  const toRecord = (next: Val): void => {
    e.set(e.at, next);
    e.loadLeft();
    // Records of this region name its function; 0 is no record of it.
    const ours = e.eq(e.load('i32', 2, e.get(e.at), R.REC_HANDLER), tableIndex);
    e.if(e.and(e.ne(e.get(e.at), 0), ours), () => {
      e.loadRipPage();
      e.set(entry, e.load('i32', 2, e.shru(e.get(e.at), 4), L.COUNTERS));
      e.br(heads.get(root)!);
    });
    e.exitWith(EXIT_NEXT);
  };

  /** Direct edge to a block outside, by the record's link or through `resolve`. */
  const toOutside = (ip: number, taken: boolean, size: number): void => {
    const link = e.let(e.load('i32', 4, e.i32(ip), taken ? R.REC_TAKEN : R.REC_NOT_TAKEN));
    // Linked: charge the block as the interpreter does (interp/control.ts, `enter`).
    e.if(link, () => {
      const left = e.let(e.sub(e.get(e.left), e.load('i32', 1, link, R.REC_REMAINING)));
      e.set(e.at, link);
      e.if(e.lts(left, 0), () => e.exitWith(EXIT_STOP));
      e.set(e.left, left);
      e.exitWith(EXIT_NEXT);
    });
    e.storeLeft();
    toRecord(e.call(runtime.resolve, e.i32(ip), taken ? 1 : 0, size));
  };

  const e: JitEmitter = new JitEmitter(first.variant, runtime, {
    go: (taken) => {
      const { insn, offset, ip, variant } = placed!;
      const target = taken ? takenOffset(placed!) : offset + insn.length;
      const k = target === undefined ? undefined : byOffset.get(target);
      if (k !== undefined) toBlock(k);
      else toOutside(ip, taken, taken ? variant.size : codeSize(placed!));
    },
    indirect: (rip) => {
      e.storeLeft();
      toRecord(e.call(runtime.goto, rip));
    },
  });
  const entry = e.var('i32');
  const root = findLoops(blocks.length, edgesOf(blocks, byOffset));

  const codeOf = (k: number): void => {
    const block = blocks[k]!;
    current = k;
    e.beginBlock();
    for (const p of block.instructions) {
      placed = p;
      if (!compilable(p.insn.row)) {
        e.exitWith(EXIT_STEP, p.ip);
        return;
      }
      e.instruction(p, p.insn.row.emit!);
    }
    if (block.continueIp === undefined) return;
    const next = byOffset.get(block.end);
    if (next !== undefined) toBlock(next);
    else toOutside(block.continueIp, false, codeSize(block.instructions[0]!));
  };

  const emitLoop = (loop: Loop): void => {
    const { parts, from, to } = loop;
    const labels: Label[] = [];
    partLabels.set(loop, labels);
    e.loop((head) => {
      heads.set(loop, head);
      const open = (n: number): void => {
        if (n === 0) {
          // Mostly it is the next time round.
          if (loop !== root && parts[0] === from) {
            e.brIf(labels[0]!, e.eq(e.get(entry), from));
          }
          const byBlock: Label[] = [];
          for (let k = from; k <= to; k++) {
            byBlock.push(labels[parts.findIndex((part) => contains(part, k))]!);
          }
          e.brTable(e.sub(e.get(entry), from), byBlock);
          return;
        }
        e.block((label) => {
          labels[n - 1] = label;
          open(n - 1);
        });
        const part = parts[n - 1]!;
        if (typeof part === 'number') codeOf(part);
        else {
          around = [part, ...around];
          emitLoop(part);
          around = around.slice(1);
        }
      };
      open(parts.length);
      e.unreachable();
    });
  };

  e.region(() => {
    e.set(entry, e.load('i32', 2, e.shru(e.param(0), 4), L.COUNTERS));
    around = [root];
    emitLoop(root);
  });
  return e;
}

const codeSize = ({ insn }: Placed): number => (insn.codeSize === 8 ? 8 : 4);

/** Offset in the page that a relative branch goes to; undefined where it leaves it or wraps RIP. */
function takenOffset({ insn, offset }: Placed): number | undefined {
  const target = offset + insn.length + Number(insn.imm);
  return target >= 0 && target < 4096 && insn.size !== 2 ? target : undefined;
}

/** Direct edges between the blocks, by number. */
function edgesOf(
  blocks: readonly RegionBlock[],
  byOffset: ReadonlyMap<number, number>,
): (readonly [number, number])[] {
  return blocks.flatMap((block, k) => {
    const last = block.instructions[block.instructions.length - 1]!;
    const targets = [block.end];
    const taken = last.insn.row.ops.startsWith('J') ? takenOffset(last) : undefined;
    if (taken !== undefined) targets.push(taken);
    return targets.flatMap((offset) => {
      const to = byOffset.get(offset);
      return to === undefined ? [] : [[k, to] as const];
    });
  });
}
