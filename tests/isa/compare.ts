/** What differs between two outcomes of a case, apart from what the row leaves undefined. */

import type { Row } from '../../src/engine/isa/row.ts';
import { A_BYTES, B_BYTES, type Case, type Outcome } from './case.ts';

const LETTERS: Readonly<Record<string, number>> = {
  C: 0x001,
  P: 0x004,
  A: 0x010,
  Z: 0x040,
  S: 0x080,
  O: 0x800,
};

/** All arithmetic flags and DF, without those that the row leaves undefined. */
function comparedFlags(row: Row, fault: boolean): number {
  const undef = fault ? '' : (row.undef ?? '');
  return [...undef].reduce((mask, letter) => mask & ~LETTERS[letter]!, 0xcd5);
}

/** Of a page fault's error code: not compared, because a host under shadow paging may make it up. */
const PF_P = 1;

/** Instructions with two accesses, each of which may fault: processors differ in which comes first. */
const TWO_ACCESSES = new Set('MOVS MOVSB CMPS CMPSB PUSH POP CALL ENTER BOUND'.split(' '));

const hex = (n: bigint | number): string => n.toString(16);

export interface Ignore {
  /** Bytes of the FXSAVE image that are compared; by default MXCSR and the XMM registers. */
  readonly fx?: (offset: number) => boolean;
}

const mxcsrAndXmm = (offset: number): boolean =>
  (offset >= 24 && offset < 28) || (offset >= 160 && offset < 416);

/**
 * A segment of 4 GiB ends where addresses wrap, and what an access across that point does is left to
 * the processor. SDM Vol. 3A §5.3.
 */
function wraps(c: Case, ours: Outcome, theirs: Outcome): boolean {
  const limit = theirs.vector === 12 || theirs.vector === 13;
  const around = ours.cr2 >= 0xfffffff0n || ours.cr2 < 16n;
  return c.compatibility && limit && ours.vector === 14 && around;
}

/** One line for each difference; empty if there is none. */
export function differences(
  row: Row,
  c: Case,
  ours: Outcome,
  host: Outcome,
  { fx = mxcsrAndXmm }: Ignore = {},
): string[] {
  if (wraps(c, ours, host)) return [];
  const lines: string[] = [];
  const check = (what: string, mine: bigint | number | string, theirs: typeof mine): void => {
    if (mine === theirs) return;
    const show = (v: typeof mine): string => (typeof v === 'string' ? v : hex(v));
    lines.push(`${what}: ours ${show(mine)}, host ${show(theirs)}`);
  };
  const fault = host.vector !== undefined;
  const either = fault && ours.vector !== undefined && TWO_ACCESSES.has(row.name);
  if (!either) check('vector', ours.vector ?? 'none', host.vector ?? 'none');
  if (fault && !either && ours.vector === host.vector) {
    check('error code', ours.error & ~PF_P, host.error & ~PF_P);
    if (host.vector === 14) check('CR2', ours.cr2, host.cr2);
  }
  check('rip', ours.rip, host.rip);
  const flags = comparedFlags(row, fault);
  check('flags', ours.rflags & flags, host.rflags & flags);
  const registers = c.compatibility ? 8 : 16;
  const bits = c.compatibility ? 32 : 64;
  for (let n = 0; n < registers; n++) {
    check(`r${n}`, BigInt.asUintN(bits, ours.gpr[n]!), BigInt.asUintN(bits, host.gpr[n]!));
  }
  const bytes = (what: string, mine: Uint8Array, theirs: Uint8Array, count: number): void => {
    for (let i = 0; i < count; i++) check(`${what}[${hex(i)}]`, mine[i]!, theirs[i]!);
  };
  bytes('window A', ours.a, host.a, A_BYTES);
  bytes('window B', ours.b, host.b, B_BYTES);
  if (ours.strayed !== host.strayed) lines.push('one of them wrote elsewhere');
  for (let i = 0; i < 416; i++) if (fx(i)) check(`fx[${i}]`, ours.fx[i]!, host.fx[i]!);
  return lines;
}
