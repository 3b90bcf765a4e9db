/** What `monitor NAME ARGS` is to its table, and what its commands share. */

import { formatMark, type TargetStop, type WorkControl } from '../../target/index.ts';
import type { Stub } from '../stub.ts';

export interface MonitorCommand {
  readonly name: string;
  /** Its operands as help shows them. */
  readonly operands?: string;
  readonly help: string;
  /** The text to show, without the last newline. */
  readonly run: (
    stub: Stub,
    operands: readonly string[],
    control: WorkControl,
  ) => string | Promise<string>;
}

/** What a person typed cannot be done: shown as it is. */
export class MonitorError extends Error {}

export const hex = (value: bigint | number): string => `0x${value.toString(16)}`;

/** "0xffffffff81000000", "1234", "$rip": gdb does not evaluate what it passes to `monitor`. */
export function number(stub: Stub, text: string | undefined, what: string): bigint {
  if (text === '$rip' || text === '$pc') return stub.target.registers().rip;
  if (text === undefined || !/^(0x[0-9a-f]{1,16}|\d{1,20})$/i.test(text)) {
    throw new MonitorError(`expected ${what}, a number, got ${text ?? 'nothing'}`);
  }
  return BigInt.asUintN(64, BigInt(text));
}

export function count(stub: Stub, text: string | undefined, otherwise: number): number {
  const value = text === undefined ? BigInt(otherwise) : number(stub, text, 'a count');
  if (value > 100_000n) throw new MonitorError(`expected a count up to 100000, got ${value}`);
  return Number(value);
}

/** gdb keeps what it has read until the guest moves by its own command. */
export const STALE =
  "(gdb still shows the old registers: 'maintenance flush register-cache', then 'frame')";

/** Where a move ended, as a line. */
export function arrived(stub: Stub, stop: TargetStop): string {
  if (stop.reason === 'divergence') return 'the replay has diverged from the recording';
  const { rip } = stub.target.registers();
  const why = {
    reached: '',
    hit: '',
    start: ', the start',
    end: ', the end',
    cancelled: ', interrupted',
  };
  return `at ${formatMark(stop.mark)}${why[stop.reason]}, rip ${hex(rip)}\n${STALE}`;
}
