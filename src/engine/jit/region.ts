/**
 * A region: hot blocks of one page and mode as one WebAssembly function. Blocks stand in the order
 * of their addresses; a forward edge is a branch out of nested blocks, a backward edge goes through
 * the dispatch at the top, which is also where the region is entered.
 *
 *     loop dispatch
 *       block n-1 { ... block 0 { br_table entry } code of block 0 ... } code of block n-1
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
  const labels: Label[] = [];
  let dispatch: Label | undefined;
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
    if (k > current) e.br(labels[k]!);
    else {
      e.set(entry, k);
      e.br(dispatch!);
    }
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
      e.br(dispatch!);
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
      const relative = offset + insn.length + Number(insn.imm);
      const target = taken ? wrapTarget(relative, insn.size) : offset + insn.length;
      const k = target === undefined ? undefined : byOffset.get(target);
      if (k !== undefined && target !== undefined && target < 4096) toBlock(k);
      else toOutside(ip, taken, taken ? variant.size : insn.codeSize === 8 ? 8 : 4);
    },
    indirect: (rip) => {
      e.storeLeft();
      toRecord(e.call(runtime.goto, rip));
    },
  });
  const entry = e.var('i32');

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
    if (next !== undefined && block.end < 4096) toBlock(next);
    else {
      toOutside(block.continueIp, false, block.instructions[0]!.insn.codeSize === 8 ? 8 : 4);
    }
  };

  e.region(() => {
    e.set(entry, e.load('i32', 2, e.shru(e.param(0), 4), L.COUNTERS));
    e.loop((top) => {
      dispatch = top;
      const open = (n: number): void => {
        if (n === 0) {
          e.brTable(e.get(entry), labels);
          return;
        }
        e.block((label) => {
          labels[n - 1] = label;
          open(n - 1);
        });
        codeOf(n - 1);
      };
      open(blocks.length);
    });
  });
  return e;
}

/** Page-relative target of a branch, or undefined where its operand size would wrap RIP. */
const wrapTarget = (relative: number, size: number): number | undefined =>
  relative >= 0 && relative < 4096 && size !== 2 ? relative : undefined;
