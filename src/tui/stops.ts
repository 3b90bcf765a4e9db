/** Breakpoints, watchpoints and catchpoints of the session: what `run` and `reverseContinue` are told to stop at. */

import type { StopCondition } from '../target/index.ts';
import { type Expression, ExpressionError, type Guest } from './expression.ts';

export interface Stop {
  readonly id: number;
  /** As it was asked for: "break queue_pop if rdi==0". */
  readonly text: string;
  readonly condition: StopCondition;
  /** For those at an address: where. */
  readonly at?: bigint | undefined;
  readonly only?: Expression | undefined;
  enabled: boolean;
  hits: number;
}

export class Stops {
  readonly all: Stop[] = [];
  #next = 1;

  add(text: string, condition: StopCondition, more: Pick<Stop, 'at' | 'only'> = {}): Stop {
    const stop: Stop = { id: this.#next++, text, condition, ...more, enabled: true, hits: 0 };
    this.all.push(stop);
    return stop;
  }

  remove(id: number): boolean {
    const index = this.all.findIndex((stop) => stop.id === id);
    if (index >= 0) this.all.splice(index, 1);
    return index >= 0;
  }

  /** The breakpoint at an address. */
  at(address: bigint): Stop | undefined {
    return this.all.find((stop) => stop.condition.kind === 'address' && stop.at === address);
  }

  /** The enabled ones and, in the same order, what to give the target. */
  active(guest: Guest): { readonly stops: readonly Stop[]; readonly conditions: StopCondition[] } {
    const stops = this.all.filter(({ enabled }) => enabled);
    const conditions = stops.map(({ condition, only }): StopCondition => {
      if (!only || (condition.kind !== 'address' && condition.kind !== 'memory')) return condition;
      return { ...condition, when: () => holds(only, guest) };
    });
    return { stops, conditions };
  }
}

/** A condition that cannot be evaluated here, because nothing is mapped, does not hold. */
function holds(only: Expression, guest: Guest): boolean {
  try {
    return only(guest) !== 0n;
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
