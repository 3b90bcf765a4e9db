/**
 * A page walk, entry by entry, as the processor would do it now, and all mappings there are: for
 * looking at. Nothing is set and no TLB is asked (SDM Vol. 3A §4.3 to §4.5).
 */

import type { Registers } from '../engine/vcpu/vcpu.ts';
import type { DebugTarget } from './debug-target.ts';

export interface WalkEntry {
  /** PML4E, PDPTE, PDE or PTE. */
  readonly name: string;
  /** Where it is in guest physical memory. */
  readonly at: bigint;
  readonly value: bigint;
}

export interface Walk {
  readonly entries: readonly WalkEntry[];
  /** Where it leads; undefined if an entry on the way is not present. */
  readonly gpa: bigint | undefined;
  /** Bytes of the page. */
  readonly page: bigint;
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
}

interface Level {
  readonly name: string;
  readonly shift: bigint;
  readonly bits: bigint;
  /** May an entry of this level map a page by its PS bit? */
  readonly large: boolean;
}

interface Paging {
  readonly levels: readonly Level[];
  readonly entryBytes: number;
  readonly width: bigint;
}

const P = 1n;
const RW = 2n;
const US = 4n;
const PS = 0x80n;
const XD = 1n << 63n;
const CR0_PG = 1n << 31n;
const CR4_PSE = 1n << 4n;
const CR4_PAE = 1n << 5n;
const EFER_LMA = 1n << 10n;
/** Bits 51:12 of an 8-byte entry. */
const FRAME = 0x000f_ffff_ffff_f000n;

const level = (name: string, shift: number, bits: number, large: boolean): Level => ({
  ...{ name, shift: BigInt(shift), bits: BigInt(bits), large },
});

function pagingOf({ cr0, cr4, efer }: Registers): Paging | undefined {
  if ((cr0 & CR0_PG) === 0n) return undefined;
  if ((cr4 & CR4_PAE) === 0n) {
    const levels = [level('PDE', 22, 10, (cr4 & CR4_PSE) !== 0n), level('PTE', 12, 10, false)];
    return { levels, entryBytes: 4, width: 32n };
  }
  const lower = [level('PDE', 21, 9, true), level('PTE', 12, 9, false)];
  if ((efer & EFER_LMA) === 0n) {
    return { levels: [level('PDPTE', 30, 2, false), ...lower], entryBytes: 8, width: 32n };
  }
  const upper = [level('PML4E', 39, 9, false), level('PDPTE', 30, 9, true)];
  return { levels: [...upper, ...lower], entryBytes: 8, width: 48n };
}

const rootOf = ({ cr3 }: Registers, { entryBytes, width }: Paging): bigint =>
  entryBytes === 8 && width === 32n ? cr3 & 0xffff_ffe0n : cr3 & FRAME;

function readEntry(target: Looked, at: bigint, bytes: number): bigint {
  const read = target.readMemory({ space: 'gpa', at, length: bytes });
  return read.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

/** In PAE paging the PDPTEs have no rights of their own (SDM Vol. 3A §4.4.1). */
const hasRights = (name: string, { width, entryBytes }: Paging): boolean =>
  !(name === 'PDPTE' && width === 32n && entryBytes === 8);

export function pageWalk(target: Looked, address: bigint): Walk {
  const registers = target.registers();
  const paging = pagingOf(registers);
  const entries: WalkEntry[] = [];
  if (!paging) {
    const all = { writable: true, user: true, executable: true };
    return { entries, gpa: BigInt.asUintN(32, address), page: 4096n, ...all };
  }
  let rights = { writable: true, user: true, executable: true };
  let table = rootOf(registers, paging);
  for (const { name, shift, bits, large } of paging.levels) {
    const index = (address >> shift) & ((1n << bits) - 1n);
    const at = table + index * BigInt(paging.entryBytes);
    const value = readEntry(target, at, paging.entryBytes);
    entries.push({ name, at, value });
    const page = 1n << shift;
    if ((value & P) === 0n) return { entries, gpa: undefined, page, ...rights };
    if (hasRights(name, paging)) rights = narrowed(rights, value);
    const leaf = shift === 12n || (large && (value & PS) !== 0n);
    table = value & FRAME;
    if (!leaf) continue;
    const gpa = (table & ~(page - 1n)) | (address & (page - 1n));
    return { entries, gpa, page, ...rights };
  }
  throw new Error('a page walk without a leaf');
}

interface Rights {
  readonly writable: boolean;
  readonly user: boolean;
  readonly executable: boolean;
}

const narrowed = (rights: Rights, value: bigint): Rights => ({
  writable: rights.writable && (value & RW) !== 0n,
  user: rights.user && (value & US) !== 0n,
  executable: rights.executable && (value & XD) === 0n,
});

export interface Mapping extends Rights {
  readonly gva: bigint;
  readonly gpa: bigint;
  readonly length: bigint;
}

/** A guest that can be looked at. */
export type Looked = Pick<DebugTarget, 'registers' | 'readMemory'>;

/** All that is mapped, or of it what is in [from, to), with neighbours joined; at most `max`. */
export function mappings(
  target: Looked,
  max: number,
  { from, to }: { readonly from: bigint; readonly to: bigint } = { from: 0n, to: 1n << 64n },
): Mapping[] {
  const registers = target.registers();
  const paging = pagingOf(registers);
  const found: Mapping[] = [];
  if (!paging) return found;
  const { levels, entryBytes, width } = paging;
  const visit = (depth: number, table: bigint, base: bigint, rights: Rights): void => {
    const { name, shift, bits, large } = levels[depth]!;
    const length = entryBytes << Number(bits);
    const bytes = Buffer.from(target.readMemory({ space: 'gpa', at: table, length }));
    for (let i = 0; i * entryBytes < bytes.length && found.length < max; i++) {
      const at = i * entryBytes;
      const value = entryBytes === 8 ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUInt32LE(at));
      if ((value & P) === 0n) continue;
      const here = base | (BigInt(i) << shift);
      const gva = width === 48n ? BigInt.asUintN(64, BigInt.asIntN(48, here)) : here;
      if (gva + (1n << shift) <= from || gva >= to) continue;
      const own = hasRights(name, paging) ? narrowed(rights, value) : rights;
      if (shift !== 12n && !(large && (value & PS) !== 0n)) {
        visit(depth + 1, value & FRAME, here, own);
        continue;
      }
      const page = 1n << shift;
      join(found, { gva, gpa: value & FRAME & ~(page - 1n), length: page, ...own });
    }
  };
  visit(0, rootOf(registers, paging), 0n, { writable: true, user: true, executable: true });
  return found;
}

function join(found: Mapping[], next: Mapping): void {
  const last = found.at(-1);
  const same =
    last &&
    last.gva + last.length === next.gva &&
    last.gpa + last.length === next.gpa &&
    last.writable === next.writable &&
    last.user === next.user &&
    last.executable === next.executable;
  if (same) found[found.length - 1] = { ...last, length: last.length + next.length };
  else found.push(next);
}
