/** What families of cases are made of: rings, descriptors of all kinds, selectors for them. */

import type { Random } from '../../float/cases.ts';
import {
  type CaseState,
  descriptor,
  gate,
  type MachineCase,
  type Patch,
  type World,
} from '../case.ts';
import * as at from '../layout.ts';

export interface Family {
  readonly name: string;
  readonly world: World;
  make(r: Random): Omit<MachineCase, 'family'>;
}

export const chance = (r: Random, oneIn: number): boolean => r.below(oneIn) === 0;

/** Registers as text names them; the others are recognizable. */
export function gpr(values: Readonly<Partial<Record<GprName, number | bigint>>>): bigint[] {
  return NAMES.map((name, n) => BigInt.asUintN(64, BigInt(values[name] ?? 0x11110000 * (n + 1))));
}
const NAMES = ['ax', 'cx', 'dx', 'bx', 'sp', 'bp', 'si', 'di'] as const;
const EXTENDED = ['r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15'] as const;
export type GprName = (typeof NAMES)[number];

export function gpr64(
  values: Readonly<Partial<Record<GprName | (typeof EXTENDED)[number], number | bigint>>>,
): bigint[] {
  return [...NAMES, ...EXTENDED].map((name, n) =>
    BigInt.asUintN(64, BigInt(values[name] ?? 0x1111_0000_0000n * BigInt(n + 1))),
  );
}

/** CS, SS and data segments of a ring. */
export function ring(n: number): Partial<CaseState> {
  const [cs, data] = [
    [at.CODE0, at.DATA0],
    [at.CODE1, at.DATA1],
    [at.CODE2, at.DATA2],
    [at.CODE3, at.DATA3],
  ][n] as [number, number];
  return { cs, ss: data, ds: data, es: data, fs: data, gs: data };
}

/** Rings 0 and 3 more often than those between. */
export const anyRing = (r: Random): number => r.pick([0, 0, 0, 3, 3, 3, 1, 2]);

/** Where the code of a ring is. */
export const codeOf = (n: number): number => (n ? at.CODE_USER : at.CODE);

/** An entry of the GDT or, for selectors with TI, of the LDT. */
export const entry = (selector: number, bytes: Uint8Array): Patch => ({
  at: (selector & 4 ? at.LDT : at.GDT) + (selector & 0xfff8),
  bytes,
});

/** Mostly present, mostly of a usual kind, anything at times. */
export function anyAccess(r: Random): number {
  const present = chance(r, 10) ? 0 : 0x80;
  const dpl = r.pick([0, 3, 3, 0, 1, 2]) << 5;
  const type = chance(r, 4) ? r.below(32) : 0x10 | r.below(16);
  return present | dpl | type;
}

/** A code or data segment that lies over the data or code pages, or over everything. */
export function anySegment(r: Random, access = anyAccess(r)): Uint8Array {
  const base = r.pick([0, 0, at.DATA, at.CODE, at.DATA + 0x10]);
  const small = base !== 0 && r.below(2) === 0;
  const limit = small ? r.below(0x1000) : chance(r, 8) ? r.below(0x100000) : 0xfffff;
  const flags = (small ? 0 : chance(r, 8) ? 0 : 8) | r.pick([4, 4, 0, 1, 5]);
  return descriptor(base, limit, access, flags);
}

/** A gate of any kind to code of any kind. */
export function anyGate(r: Random, target: number, offset: number): Uint8Array {
  const type = chance(r, 5) ? r.below(32) : r.pick([0x4, 0xc, 0xc, 0xc, 0x5]);
  const access = (chance(r, 10) ? 0 : 0x80) | (r.pick([0, 3, 3, 3, 1]) << 5) | type;
  return gate(target, offset, access, r.pick([0, 0, 1, 3, 31, r.below(256)]));
}

/** A selector near `selector`: its RPL changed, and now and then null, beyond the table, in the LDT. */
export function nearSelector(r: Random, selector: number): number {
  const rpl = r.pick([0, 3, 3, selector & 3, r.below(4)]);
  switch (r.below(24)) {
    case 0:
      return rpl;
    case 1:
      return 0x100 + 8 * r.below(16) + rpl;
    case 2:
      return 8 * r.below(8) + 4 + rpl;
    case 3:
      return 8 * r.below(32) + rpl;
    default:
      return (selector & ~3) | rpl;
  }
}

/** Flags that show when they change, and none that traps. */
export const anyFlags = (r: Random): number => (r.u32() & 0xcd5) | 2;

export const hex = (n: number | bigint): string => `0x${n.toString(16)}`;
