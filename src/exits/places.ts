/**
 * Where in the guest's code the exits of a recording were made. Frames do not say, so this replays
 * the recording, asked in ascending order, and looks at RIP and the frame pointers in front of each.
 */

import { gpa, gva } from '../engine/units.ts';
import type { Vcpu } from '../engine/vcpu/vcpu.ts';
import { describeDivergence } from '../replay/divergence.ts';
import { Positions } from '../replay/positions.ts';
import type { ReplaySession } from '../replay/session.ts';
import type { SymbolTable } from '../symbols/symbol-table.ts';
import type { Place } from './subject.ts';

/** Names that may be found on the way: a Linux kernel's own, once it has unpacked itself. */
export interface PlaceNames {
  readonly table: SymbolTable | undefined;
  /** The vCPU stands somewhere else: true if names were found there. */
  look(vcpu: Vcpu): boolean;
  /** Return addresses by unwind tables, innermost first; undefined where they say nothing. */
  callers(vcpu: Vcpu): readonly bigint[] | undefined;
}

const FRAMES_MAX = 64;
const PAGE = 4096n;
const RBP = 5;
const CS = 1;
const EFER_LMA = 1n << 10n;
const RIGHTS_L = 1 << 13;

/** The replay does not agree with the recording. One line. */
export class PlacesError extends Error {
  override readonly name = 'PlacesError';
}

export class Places {
  readonly #session: ReplaySession;
  readonly #positions: Positions;
  readonly #found: PlaceNames;
  readonly #names = new Map<bigint, string>();

  /** The session is fresh and belongs to this from here on. */
  constructor(session: ReplaySession, names: PlaceNames) {
    this.#session = session;
    this.#positions = new Positions(session.recording);
    this.#found = names;
  }

  readonly at = (ordinal: number): Place => {
    const stop = this.#session.advance(this.#positions.before(ordinal));
    if (stop.kind === 'divergence') throw new PlacesError(describeDivergence(stop.divergence));
    const { vcpu } = this.#session;
    const registers = vcpu.registers();
    const code = registers.segments[CS]!;
    const wide = (registers.efer & EFER_LMA) !== 0n && (code.rights & RIGHTS_L) !== 0;
    if (this.#found.look(vcpu)) this.#names.clear();
    const rip = wide ? registers.rip : code.base + registers.rip;
    const callers = wide ? (this.#found.callers(vcpu) ?? callersOf(vcpu, registers.gpr[RBP]!)) : [];
    // A return address is behind its call, which may be the last instruction of a function.
    const stack = [...callers.map((at) => this.#name(at - 1n)).reverse(), this.#name(rip)];
    return { rip, function: this.#name(rip), stack };
  };

  /** The function an address is in; without one, the address. */
  #name(at: bigint): string {
    const known = this.#names.get(at);
    if (known !== undefined) return known;
    const name = this.#found.table?.locate(at)?.symbol.name ?? `0x${at.toString(16)}`;
    this.#names.set(at, name);
    return name;
  }
}

/**
 * Return addresses by frame pointers, innermost first (System V AMD64 ABI §3.2.2): the caller's RBP
 * is at RBP and the return address above it, and every frame lies above the one before.
 */
function callersOf(vcpu: Vcpu, rbp: bigint): bigint[] {
  const found: bigint[] = [];
  for (let at = rbp; found.length < FRAMES_MAX; ) {
    const next = readWord(vcpu, at);
    const back = readWord(vcpu, at + 8n);
    if (next === undefined || back === undefined || vcpu.translate(gva(back)) === undefined) break;
    found.push(back);
    if (next <= at) break;
    at = next;
  }
  return found;
}

function readWord(vcpu: Vcpu, at: bigint): bigint | undefined {
  if (at % 8n !== 0n || at % PAGE > PAGE - 8n) return undefined;
  const physical = vcpu.translate(gva(at));
  if (physical === undefined || physical + 8 > vcpu.ram.size) return undefined;
  return Buffer.from(vcpu.ram.peek(gpa(physical), 8)).readBigUInt64LE();
}
