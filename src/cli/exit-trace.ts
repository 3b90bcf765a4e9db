/**
 * `run --trace-exits`: every exit of a live guest as it happens, and at the end how much of the host's
 * time each kind took, inside the guest before it and outside until it was answered. For a guest under
 * KVM these are the hypervisor's own costs; for our vCPU, ours.
 *
 *     number  inside µs  outside µs  RIP  symbol  exit
 */

import type { Entry, GuestExit, VmExit } from '../engine/exit.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import { Distribution } from '../exits/distribution.ts';
import { nameOfSubject, reasonOfExit } from '../exits/text.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';
import { describeEntry, describeExit } from '../trace/describe.ts';
import { count, hex, table } from './format.ts';
import type { GuestPlan } from './live-guest.ts';

interface Costs {
  /** Host time in nanoseconds. */
  readonly inside: Distribution;
  readonly outside: Distribution;
}

const now = (): number => Number(process.hrtime.bigint());

export class ExitTrace {
  readonly #line: (text: string) => void;
  readonly #symbols: SymbolTable | undefined;
  readonly #costs = new Map<string, Costs>();
  #exits = 0;

  constructor(line: (text: string) => void, symbols: SymbolTable | undefined) {
    this.#line = line;
    this.#symbols = symbols;
  }

  /** From now on, what the vCPU exits with and is answered. Own properties hide its methods. */
  follow(vcpu: Vcpu): void {
    const run = vcpu.run.bind(vcpu);
    const enter = vcpu.enter.bind(vcpu);
    let left: { exit: GuestExit; rip: bigint; inside: number; at: number } | undefined;
    vcpu.run = (until) => {
      const entered = now();
      const exit = run(until);
      const inside = now() - entered;
      if (isGuests(exit)) {
        const { rip } = vcpu.registers();
        left = { exit: { ...exit }, rip, inside, at: now() };
        if (exit.kind === 'shutdown') this.#add(left, undefined, 0);
      }
      return exit;
    };
    vcpu.enter = (entry) => {
      if (left) this.#add(left, entry, now() - left.at);
      left = undefined;
      enter(entry);
    };
  }

  /** By reason: how often, and the host's time. */
  summary(): string[] {
    const total = [...this.#costs.values()].reduce((sum, { inside }) => sum + inside.count, 0);
    const micros = (ns: number) => (ns / 1000).toFixed(1);
    const both = (d: Distribution) => [micros(d.mean), micros(d.percentile(0.99))];
    const rows = [...this.#costs]
      .sort(([, a], [, b]) => b.inside.count - a.inside.count)
      .map(([reason, { inside, outside }]) => [
        reason,
        count(inside.count),
        `${((100 * inside.count) / total).toFixed(1)} %`,
        ...both(inside),
        ...both(outside),
      ]);
    const head = ['exit', 'count', 'share', 'inside µs', 'p99', 'outside µs', 'p99'];
    return table([head, ...rows], [1, 2, 3, 4, 5, 6]);
  }

  /** The same for programs. */
  document() {
    return [...this.#costs].map(([reason, { inside, outside }]) => ({
      reason,
      count: inside.count,
      insideNs: { mean: inside.mean, p99: inside.percentile(0.99) },
      outsideNs: { mean: outside.mean, p99: outside.percentile(0.99) },
    }));
  }

  #add(
    { exit, rip, inside }: { exit: GuestExit; rip: bigint; inside: number },
    entry: Entry | undefined,
    outside: number,
  ): void {
    const reason = reasonOfExit(exit);
    let costs = this.#costs.get(reason);
    if (!costs) {
      costs = { inside: new Distribution(), outside: new Distribution() };
      this.#costs.set(reason, costs);
    }
    costs.inside.add(inside);
    costs.outside.add(outside);
    const reply = entry && entry.kind !== 'none' ? ` ${describeEntry(entry)}` : '';
    const where = this.#symbols?.name(rip) ?? '';
    const name = entry ? nameOfSubject(exit, entry) : '';
    this.#line(
      [
        String(this.#exits++).padStart(8),
        (inside / 1000).toFixed(1).padStart(9),
        (outside / 1000).toFixed(1).padStart(9),
        hex(rip).padEnd(18),
        ...(this.#symbols ? [where.padEnd(28)] : []),
        `${describeExit(exit)}${reply}${name && `  ${name}`}`,
      ].join('  '),
    );
  }
}

function isGuests(exit: VmExit): exit is GuestExit {
  return exit.kind !== 'until' && exit.kind !== 'debug' && exit.kind !== 'interrupt-window';
}

/** Names come from the kernel if it is an ELF image that has them. */
export async function traceOf(plan: GuestPlan, line: (text: string) => void): Promise<ExitTrace> {
  const { loadSymbols, SymbolError } = await import('../symbols/load.ts');
  const kernel = plan.files.find(({ role }) => role === 'kernel');
  try {
    return new ExitTrace(line, kernel && loadSymbols(Buffer.from(kernel.bytes), kernel.name));
  } catch (error) {
    if (error instanceof SymbolError) return new ExitTrace(line, undefined);
    throw error;
  }
}
