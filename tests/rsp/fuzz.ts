/** Packets that are wrong, half right, or right at the wrong time, made from a seed. */

import { PACKETS } from '../../src/gdbstub/table.ts';

/** Small, seeded, good enough to pick with (Numerical Recipes §7.1.4, "Even Quicker"). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(n: number): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * n);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}

/** Arguments of every kind of packet; pieces of them are put together. */
const PIECES = [
  ...['', '0', '1', 'ff', 'ffffffffffffffff', 'fffffffffffffffff', '100020', '2000', 'x', '-1'],
  ...[',', ':', ';', '=', '?', 'p1.1', 'X3,220027', 'X16,2600', 'cmds:1,', 'cmds:0,X3,220027'],
  ...['read', 'target.xml', '0,1000', '0,ffffffff', '1,4', '2,3000,8', '3,3000,8', '0,3000,1'],
  ...['\x00', '\xff', 'zz', '77686e', 'on', '61', '\u007f'],
];

/** A payload: a packet's name, or not quite, and arguments, or not quite. */
export function payload(dice: Dice): string {
  const name = dice.below(8) === 0 ? dice.pick(PIECES) : dice.pick(PACKETS).name;
  const parts = Array.from({ length: dice.below(5) }, () => dice.pick(PIECES));
  const text = name + parts.join(dice.pick(['', ',', ':', ';']));
  if (dice.below(4) > 0 || text === '') return text;
  const at = dice.below(text.length);
  const other = String.fromCharCode(dice.below(256));
  return text.slice(0, at) + other + text.slice(at + dice.below(2));
}
