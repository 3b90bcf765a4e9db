/**
 * Who runs when. Contenders take turns within a round, so that whatever else the host does meets all
 * of them; every other round goes the other way, so that none always follows the same neighbour.
 */

/** One thing to run; those of one `stage` are compared, and stages come one after the other. */
export interface Turn<Contender> {
  readonly round: number;
  readonly contender: Contender;
}

export function turns<Contender>(
  stages: readonly (readonly Contender[])[],
  rounds: number,
): Turn<Contender>[] {
  const order: Turn<Contender>[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const stage of stages) {
      const sequence = round % 2 === 0 ? stage : [...stage].reverse();
      for (const contender of sequence) order.push({ round, contender });
    }
  }
  return order;
}
