/** What of two outcomes must agree, and how a difference reads. */

import type { Case, Outcome } from '../isa/case.ts';

export interface Leniency {
  /** RFLAGS bits that are undefined. */
  readonly rflags?: number;
  /** Bytes of window A that need not agree, as [from, to). */
  readonly a?: readonly (readonly [number, number])[];
  /** XMM registers need not agree: estimates. */
  readonly xmm?: boolean;
  /** FSW bits that need not agree. */
  readonly fsw?: number;
  /** Of a page fault's address only the page counts: an operand is accessed in pieces. */
  readonly inPieces?: boolean;
  /** After a fault, neither need x87 registers. */
  readonly x87AfterFault?: boolean;
}

const FLAGS = 0x8d5;

const hex = (n: bigint | number): string => n.toString(16);
const dump = (b: Uint8Array): string => Buffer.from(b).toString('hex');

/**
 * The parts of the FXSAVE image that are architecture: not the pointers to the last x87
 * instruction, which AMD's processors only keep for exceptions, nor MXCSR_MASK.
 */
const FX_PARTS = [
  ['fcw', 0, 2],
  ['fsw', 2, 4],
  ['tags', 4, 5],
  ['mxcsr', 24, 28],
  ...Array.from({ length: 8 }, (_, i) => [`st${i}`, 32 + 16 * i, 42 + 16 * i] as const),
  ...Array.from({ length: 16 }, (_, i) => [`xmm${i}`, 160 + 16 * i, 176 + 16 * i] as const),
] as const;

const fswOf = ({ fx }: Outcome): number => fx[2]! | (fx[3]! << 8);

/** Differences, one a line; empty if there are none. */
export function differences(
  want: Outcome,
  got: Outcome,
  c: Case,
  lenient: Leniency = {},
): string[] {
  const lines: string[] = [];
  const check = (what: string, w: string, g: string): void => {
    if (w !== g) lines.push(`${what}: want ${w}, got ${g}`);
  };
  check('vector', String(want.vector), String(got.vector));
  check('rip', hex(want.rip), hex(got.rip));
  const flags = FLAGS & ~(lenient.rflags ?? 0);
  check('flags', hex(want.rflags & flags), hex(got.rflags & flags));
  const cr2 = lenient.inPieces ? ~0xfffn : ~0n;
  if (want.vector === 14) check('cr2', hex(want.cr2 & cr2), hex(got.cr2 & cr2));
  if (want.vector === 14) check('error', hex(want.error), hex(got.error));
  const registers = c.compatibility ? 8 : 16;
  for (let n = 0; n < registers; n++) {
    const mask = c.compatibility ? 0xffff_ffffn : ~0n;
    check(`gpr${n}`, hex(want.gpr[n]! & mask), hex(got.gpr[n]! & mask));
  }
  for (const [name, from, to] of FX_PARTS) {
    if (lenient.xmm && name.startsWith('xmm')) continue;
    const x87 = to <= 5 || name.startsWith('st');
    if (lenient.x87AfterFault && want.vector !== undefined && x87) continue;
    if (name === 'fsw' && lenient.fsw) {
      check(name, hex(fswOf(want) & ~lenient.fsw), hex(fswOf(got) & ~lenient.fsw));
    } else check(name, dump(want.fx.slice(from, to)), dump(got.fx.slice(from, to)));
  }
  const [wantA, gotA] = [want.a.slice(), got.a.slice()];
  for (const [from, to] of lenient.a ?? []) {
    wantA.fill(0, from, to);
    gotA.fill(0, from, to);
  }
  check('a', dump(wantA), dump(gotA));
  check('b', dump(want.b), dump(got.b));
  check('strayed', String(want.strayed), String(got.strayed));
  return lines;
}

/** The case that differs, so that it can be read. */
export function describeCase(name: string, c: Case, lines: readonly string[]): string {
  const mxcsr = new DataView(c.fx.buffer).getUint32(24, true);
  const head = `${name}: ${dump(c.code)}${c.compatibility ? ' (32-bit)' : ''} mxcsr ${hex(mxcsr)}`;
  const xmm = Array.from({ length: 16 }, (_, i) => dump(c.fx.slice(160 + 16 * i, 176 + 16 * i)));
  const st = Array.from({ length: 8 }, (_, i) => dump(c.fx.slice(32 + 16 * i, 42 + 16 * i)));
  const x87 = `fcw fsw tags ${dump(c.fx.slice(0, 5))} st ${st.join(' ')}`;
  const gpr = c.gpr.map(hex).join(' ');
  return [head, ...lines.slice(0, 6), `gpr ${gpr}`, x87, `xmm ${xmm.join(' ')}`].join('\n  ');
}
