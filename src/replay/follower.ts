/**
 * Follows a machine on another vCPU, exit by exit. The leader runs the machine (under KVM, which
 * counts nothing); the follower is told of everything that crosses the leader's boundary, does the
 * same on a vCPU of ours, and so finds out at which icount each of it happened. What it tells its own
 * tap is a recording like any other.
 *
 * It is a comparison too: exits that differ, and states that differ where they are compared, are
 * errors that say so. Whatever nondeterminism reached the leader unseen shows up here.
 */

import type { CpuidExit, Entry, GuestExit, VmExit } from '../engine/exit.ts';
import type { InputName, MachineTap } from '../engine/tap.ts';
import { type Gpa, type Gva, gva, type Icount, icount } from '../engine/units.ts';
import type { Registers, Segment, Vcpu } from '../engine/vcpu/vcpu.ts';
import { describeExit } from '../trace/describe.ts';
import { describeDifferences, differences, firstDifference } from './differences.ts';
import { sameExit } from './same-exit.ts';

/** How many instructions the leader may have run between two exits, before we stop looking. */
const BETWEEN_EXITS_MAX = 2_000_000_000;

/** And how often at the same instruction, when an interrupt came between two exits. */
const VISITS_MAX = 3_000_000;

/** The vCPU that is followed. */
export interface Leader {
  readonly ram: Vcpu['ram'];
  /** At an instruction boundary, with nothing under way? */
  readonly settled: boolean;
  /** Has it run on since its last exit, so that only its state tells where it is? */
  readonly pastExit: boolean;
  registers(): Registers;
  setRegisters(registers: Partial<Registers>): void;
  /** The hash of its state, as if this were its icount and so many ticks had been skipped. */
  stateHash(at: number, skipped: number, registers: Registers): string;
}

export interface FollowerOptions {
  readonly leader: Leader;
  /** Fresh, and in the state the leader starts from. */
  readonly vcpu: Vcpu;
  /** What answers CPUID: the leader answers its guest itself. */
  readonly cpuid: (exit: CpuidExit) => Entry;
  readonly tap?: MachineTap;
}

/** The two disagree: final, as a `Divergence` of a replay is. */
export class FollowError extends Error {
  override readonly name = 'FollowError';
}

export class Follower implements MachineTap {
  readonly vcpu: Vcpu;
  readonly #leader: Leader;
  readonly #cpuid: FollowerOptions['cpuid'];
  readonly #tap: MachineTap | undefined;
  #exits = 0;
  /** An exit was answered and its instruction has not retired. */
  #midway = false;
  /** It is going to fault, so that there is no boundary behind it. */
  #faults = false;
  #cr8 = 0;
  #agreedAt = 0;

  constructor({ leader, vcpu, cpuid, tap }: FollowerOptions) {
    this.vcpu = vcpu;
    this.#leader = leader;
    this.#cpuid = cpuid;
    this.#tap = tap;
  }

  /** Icount at which both had the same state, when they were last compared. */
  get agreedAt(): Icount {
    return icount(this.#agreedAt);
  }

  exit(exit: GuestExit, reply: Entry): void {
    this.#exits++;
    // The leader tells of CR8 only when something else makes it exit.
    if (exit.kind === 'cr8') {
      if (exit.value !== this.#cr8) this.#disagree(`CR8 ${this.#cr8}`, `CR8 ${exit.value}`);
      return;
    }
    const own = this.#next();
    if (!sameExit(own, exit)) this.#disagree(describe(own), describe(exit));
    this.#tap?.exit(exit, reply, this.vcpu.icount);
    if (exit.kind === 'shutdown') return;
    this.vcpu.enter(reply);
    this.#midway = true;
    this.#faults = reply.kind === 'fault' || (exit.kind === 'wrmsr' && reply.kind === 'default');
  }

  interrupt(vector: number): void {
    this.vcpu.setIntr(true);
    const own = this.#next();
    this.vcpu.setIntr(false);
    const theirs = `interrupt ${vector}`;
    if (own.kind !== 'interrupt-window') this.#disagree(describe(own), theirs);
    // That is the first window there was. The leader may have taken it later, or been interrupted.
    if (this.#leader.pastExit) this.#search(theirs);
    this.#alignAf();
    this.#tap?.interrupt(vector, this.vcpu.icount);
    this.vcpu.inject(vector);
  }

  /**
   * An interrupt pushes RFLAGS, and with it AF, which logic and shifts leave undefined. What the
   * processor made of it is as good as what we make of it, but only ours comes again in a replay.
   */
  #alignAf(): void {
    const { rflags } = this.#leader.registers();
    if ((rflags ^ this.vcpu.registers().rflags) & RFLAGS_AF) {
      this.#leader.setRegisters({ rflags: rflags ^ RFLAGS_AF });
    }
  }

  nmi(): void {
    this.#tap?.nmi(this.vcpu.icount);
    this.vcpu.nmi();
  }

  dma(at: Gpa, bytes: Uint8Array): void {
    this.#tap?.dma(at, bytes, this.vcpu.icount);
    this.vcpu.ram.poke(at, bytes);
  }

  input(name: InputName, data: Uint8Array): void {
    this.#tap?.input(name, data, this.vcpu.icount, this.vcpu.ticks);
  }

  /**
   * Compares the two states, if both stand at a boundary: only behind an exit do they stand at the
   * same one. Returns the leader's state hash, or undefined if this is no place to compare.
   */
  compare(): string | undefined {
    if (!this.#leader.settled || this.#faults || !this.#finish()) return undefined;
    const { vcpu } = this;
    const own = vcpu.registers();
    const theirs = withoutUnknown(this.#leader.registers(), own);
    const skipped = vcpu.ticks - vcpu.icount;
    const hash = this.#leader.stateHash(vcpu.icount, skipped, theirs);
    if (hash !== vcpu.stateHash()) {
      const found = differences(
        { registers: own, ram: vcpu.ram },
        { registers: theirs, ram: this.#leader.ram },
      );
      throw new FollowError(
        `after exit ${this.#exits} (icount ${vcpu.icount}) the guest's state is not what its ` +
          `instructions make of it: ${describeDifferences(found)}; ${this.#explanation}`,
      );
    }
    this.#agreedAt = vcpu.icount;
    return hash;
  }

  /** Ends at the last boundary that both have been at. */
  finish(): Icount {
    this.#finish();
    return this.vcpu.icount;
  }

  /**
   * On to where the leader stands, which is behind no exit: to the first place at which all of its
   * state is ours. If there is a later one with the same state, it has the same future.
   */
  #search(what: string): void {
    const { vcpu } = this;
    const theirs = this.#leader.registers();
    const place = new Place(this.#leader, theirs);
    if (place.is(vcpu)) return;
    vcpu.setBreakpoints([{ id: 0, gva: linearRip(theirs) }]);
    for (let visits = 0; ; visits++) {
      const own = this.#next();
      if (own.kind !== 'debug' || visits > VISITS_MAX) {
        this.#disagree(describe(own), `${what} at rip 0x${theirs.rip.toString(16)}, before that`);
      }
      if (place.is(vcpu)) break;
    }
    vcpu.setBreakpoints([]);
  }

  /** Lets the instruction retire that exited. False if that takes another exit. */
  #finish(): boolean {
    if (!this.#midway) return true;
    const exit = this.vcpu.run(icount(this.vcpu.icount + 1));
    if (exit.kind !== 'until') return false;
    this.#midway = false;
    return true;
  }

  /** The follower's next exit that the leader tells of. */
  #next(): VmExit {
    const { vcpu } = this;
    const limit = icount(vcpu.icount + BETWEEN_EXITS_MAX);
    for (;;) {
      const exit = vcpu.run(limit);
      this.#midway = false;
      if (exit.kind === 'cpuid') this.#alone(exit, this.#cpuid(exit));
      else if (exit.kind === 'cr8') this.#alone(exit, this.#answerCr8(exit));
      // Fault after fault: it may come back early.
      else if (exit.kind !== 'until' || vcpu.icount >= limit || vcpu.halted) return exit;
    }
  }

  /** An exit that the leader has dealt with by itself. */
  #alone(exit: GuestExit, reply: Entry): void {
    this.#tap?.exit(exit, reply, this.vcpu.icount);
    this.vcpu.enter(reply);
  }

  #answerCr8(exit: GuestExit & { readonly kind: 'cr8' }): Entry {
    if (exit.dir === 'read') return { kind: 'value', value: this.#cr8 };
    this.#cr8 = exit.value;
    return { kind: 'none' };
  }

  get #explanation(): string {
    return (
      `they agreed at icount ${this.#agreedAt}. Since then the guest has used what KVM gives it ` +
      'unseen and unrecorded (RDTSC, RDRAND, RDSEED), or one of the two is wrong'
    );
  }

  #disagree(own: string, theirs: string): never {
    const { rip } = this.vcpu.registers();
    throw new FollowError(
      `at exit ${this.#exits} (icount ${this.vcpu.icount}, rip 0x${rip.toString(16)}): ` +
        `expected ${own}, KVM came with ${theirs}; ${this.#explanation}`,
    );
  }
}

/** Where the leader stands: a state. */
class Place {
  readonly #leader: Leader;
  readonly #theirs: Registers;
  /** A byte of RAM that has told the two apart before. */
  #telltale: Gpa | undefined;

  constructor(leader: Leader, theirs: Registers) {
    this.#leader = leader;
    this.#theirs = theirs;
  }

  is(vcpu: Vcpu): boolean {
    const own = vcpu.registers();
    const theirs = this.#theirs;
    if (own.rip !== theirs.rip) return false;
    if (own.gpr.some((value, n) => value !== theirs.gpr[n])) return false;
    const { ram } = this.#leader;
    const at = this.#telltale;
    if (at !== undefined && ram.peek(at, 1)[0] !== vcpu.ram.peek(at, 1)[0]) return false;
    const known = withoutUnknown(theirs, own);
    const skipped = vcpu.ticks - vcpu.icount;
    if (this.#leader.stateHash(vcpu.icount, skipped, known) === vcpu.stateHash()) return true;
    this.#telltale = firstDifference(ram, vcpu.ram);
    return false;
  }
}

/** Linear address of the next instruction. */
function linearRip({ rip, segments, efer }: Registers): Gva {
  const [EFER_LMA, L] = [1n << 10n, 0x2000];
  const cs = segments[1]!;
  const is64Bit = (efer & EFER_LMA) !== 0n && (cs.rights & L) !== 0;
  return gva(is64Bit ? rip : cs.base + rip);
}

function describe(exit: VmExit): string {
  switch (exit.kind) {
    case 'until':
      return 'no exit';
    case 'interrupt-window':
      return 'an open interrupt window';
    case 'debug':
      return 'a breakpoint';
    default:
      return describeExit(exit);
  }
}

const CR0_PE = 1n;
const RFLAGS_VM = 1n << 17n;
const RFLAGS_AF = 1n << 4n;
const RPL = 3;
const FS = 4;

/**
 * The leader's registers, with ours in place of what means nothing and what hypervisors therefore
 * keep as they like: the hidden part of a segment register that holds a null selector (but the base
 * of FS and GS counts in 64-bit mode); AF, which logic and shifts leave undefined and which processors
 * do not always set alike; and where the last x87 instruction was, which AMD saves with an exception
 * pending only.
 */
function withoutUnknown(theirs: Registers, own: Registers): Registers {
  const isProtected = (own.cr0 & CR0_PE) !== 0n && (own.rflags & RFLAGS_VM) === 0n;
  const isNull = ({ selector }: Segment) => isProtected && (selector & ~RPL) === 0;
  const known = (segment: Segment, ours: Segment, hasBase: boolean): Segment => {
    // Without protection nothing looks at the type, and nothing says what loading CS makes of it.
    if (!isProtected) return { ...segment, rights: ours.rights };
    if (!isNull(segment) || segment.selector !== ours.selector) return segment;
    return { ...ours, base: hasBase ? segment.base : ours.base };
  };
  return {
    ...theirs,
    segments: theirs.segments.map((segment, n) => known(segment, own.segments[n]!, n >= FS)),
    ldtr: known(theirs.ldtr, own.ldtr, false),
    rflags: (theirs.rflags & ~RFLAGS_AF) | (own.rflags & RFLAGS_AF),
    fip: own.fip,
    fdp: own.fdp,
    fop: own.fop,
  };
}
