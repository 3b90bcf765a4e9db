/**
 * What a live guest is watched for while it runs: the stop conditions, as things that a machine and
 * its tap can notice. A tripwire only says that a condition may have held since the slice began;
 * where exactly is found afterwards, in the recording.
 */

import type { DebugStop, GuestExit } from '../engine/exit.ts';
import { codeAddress } from '../replay/code-address.ts';
import type { StopCondition } from '../replay/conditions.ts';
import type { ReplaySession } from '../replay/session.ts';
import { VcpuStops } from '../replay/vcpu-stops.ts';

export class Tripwires {
  readonly #stops: VcpuStops;
  readonly #session: ReplaySession;
  readonly #conditions: readonly StopCondition[];
  readonly #texts: readonly string[];
  readonly #longest: number;
  #tail = '';
  #tripped = false;

  constructor(session: ReplaySession, conditions: readonly StopCondition[]) {
    this.#session = session;
    this.#conditions = conditions;
    this.#stops = new VcpuStops(session, conditions);
    this.#texts = conditions.flatMap((c) => (c.kind === 'console' ? [c.text] : []));
    this.#longest = Math.max(0, ...this.#texts.map((text) => Buffer.byteLength(text)));
  }

  get tripped(): boolean {
    return this.#tripped;
  }

  arm(): void {
    this.#stops.arm();
  }

  disarm(): void {
    this.#stops.disarm();
  }

  exit(exit: GuestExit): void {
    if (this.#tripped) return;
    this.#tripped = this.#conditions.some((condition) => concerns(condition, exit));
  }

  interrupt(vector: number): void {
    if (this.#tripped) return;
    this.#tripped = this.#conditions.some(
      (c) => c.kind === 'interrupt' && (c.vector === undefined || c.vector === vector),
    );
  }

  /** A byte on the guest's console. */
  printed(byte: number): void {
    if (this.#texts.length === 0) return;
    this.#tail = (this.#tail + String.fromCharCode(byte)).slice(-this.#longest);
    const tail = Buffer.from(this.#tail, 'latin1').toString('utf8');
    if (this.#texts.some((text) => tail.endsWith(text))) this.#tripped = true;
  }

  /** The vCPU stopped; `moved` says that it is not where the run began. */
  debug(stops: readonly DebugStop[], moved: boolean): void {
    const ids = new Set(stops.flatMap((stop) => (stop.kind === 'watch' ? [stop.id] : [])));
    if (moved) for (const id of this.#stops.at(codeAddress(this.#session.vcpu))) ids.add(id);
    if (this.#stops.holding([...ids]).length > 0) this.#tripped = true;
  }
}

function concerns(condition: StopCondition, exit: GuestExit): boolean {
  switch (condition.kind) {
    case 'exit':
      return condition.exit === undefined || condition.exit === exit.kind;
    case 'port':
      return (
        exit.kind === 'pio' &&
        exit.port >= condition.first &&
        exit.port <= condition.last &&
        (condition.dir === undefined || condition.dir === exit.dir)
      );
    case 'mmio':
      return (
        exit.kind === 'mmio' &&
        exit.gpa >= condition.first &&
        exit.gpa <= condition.last &&
        (condition.dir === undefined || condition.dir === exit.dir)
      );
    default:
      return false;
  }
}
