/**
 * From a frame to its caller's: by call frame information where there is some, by ORC in what the
 * kernel's assembly does, by frame pointers where neither knows (System V psABI AMD64 §3.2.2).
 */

import type { CallFrames, FrameRules, RegisterRule } from '../dwarf/call-frames.ts';
import { compute, type LocationContext } from '../dwarf/locate.ts';
import type { RegisterFile } from '../dwarf/registers.ts';
import { type Guest, SymbolError } from '../program.ts';
import type { OrcTable } from './orc.ts';

export type FoundBy = 'registers' | 'cfi' | 'orc' | 'frame pointer' | 'tail call';

/** A frame of the machine: inlined calls share one. */
export interface MachineFrame {
  readonly pc: bigint;
  readonly by: FoundBy;
  readonly interrupted: boolean;
  /** By DWARF number. Undefined for one that its callees need not have kept. */
  register(number: number): bigint | undefined;
  /**
   * Of such a register too, what it holds if no callee changed it. gcc knows when they do not
   * (-fipa-ra), and ends the range of a location in front of a call that may.
   */
  unchanged(number: number): bigint | undefined;
  /** Of this frame; undefined until its rules are known, and where there are none. */
  readonly cfa: bigint | undefined;
  readonly caller: MachineFrame | undefined;
}

/** The tables for an address, if there are any. */
export interface UnwindTables {
  readonly frames: CallFrames | undefined;
  readonly orc: OrcTable | undefined;
  toLinked(at: bigint): bigint;
  toGuest(linked: bigint): bigint;
}

export interface UnwindSource {
  readonly machine: RegisterFile;
  readonly guest: Guest;
  tablesAt(at: bigint): UnwindTables | undefined;
  /** The start of the function an address is in. */
  functionStart(at: bigint): bigint | undefined;
}

export function innermost(source: UnwindSource): MachineFrame | undefined {
  const { guest, machine } = source;
  const pc = guest.register(machine.names[machine.pc]!);
  if (pc === undefined) return undefined;
  const read = (number: number): bigint | undefined => {
    const name = machine.names[number];
    return name ? guest.register(name) : undefined;
  };
  return new Frame(source, { pc, by: 'registers', interrupted: true, read });
}

interface Found {
  readonly pc: bigint;
  readonly by: FoundBy;
  readonly interrupted: boolean;
  readonly read: (number: number) => bigint | undefined;
  /** For registers that `read` does not know. */
  readonly unchanged?: (number: number) => bigint | undefined;
}

interface Unwound {
  readonly cfa: bigint | undefined;
  readonly caller: Found | undefined;
}

class Frame implements MachineFrame {
  readonly pc: bigint;
  readonly by: FoundBy;
  readonly interrupted: boolean;
  readonly #source: UnwindSource;
  readonly #read: (number: number) => bigint | undefined;
  readonly #unchanged: ((number: number) => bigint | undefined) | undefined;
  #unwound: Unwound | undefined;
  #caller: Frame | undefined;

  constructor(source: UnwindSource, { pc, by, interrupted, read, unchanged }: Found) {
    this.#source = source;
    this.pc = pc;
    this.by = by;
    this.interrupted = interrupted;
    this.#read = read;
    this.#unchanged = unchanged;
  }

  register(number: number): bigint | undefined {
    return number === this.#source.machine.pc ? this.pc : this.#read(number);
  }

  unchanged(number: number): bigint | undefined {
    return this.register(number) ?? this.#unchanged?.(number);
  }

  get cfa(): bigint | undefined {
    return this.#step().cfa;
  }

  get caller(): MachineFrame | undefined {
    const { caller } = this.#step();
    if (!caller) return undefined;
    this.#caller ??= new Frame(this.#source, caller);
    return this.#caller;
  }

  #step(): Unwound {
    this.#unwound ??= this.#unwind();
    return this.#unwound;
  }

  #unwind(): Unwound {
    const { machine } = this.#source;
    const tables = this.#source.tablesAt(this.pc);
    const linked = tables?.toLinked(this.interrupted ? this.pc : this.pc - 1n);
    const rules = linked === undefined ? undefined : rulesAt(tables, linked);
    if (rules) return this.#byRules(rules, tables!);
    if (tables?.orc && machine.bytes === 8) {
      // Where it knows nothing the kernel's own tables say that the stack ends.
      return this.#byOrc(tables.orc);
    }
    return this.#byFramePointer();
  }

  #byRules(rules: FrameRules, tables: UnwindTables): Unwound {
    const { machine, guest } = this.#source;
    const context: LocationContext = {
      addressSize: machine.bytes,
      offsetSize: 4,
      version: 5,
      register: (number) => this.register(number),
      readMemory: (at, length) => guest.readMemory(at, length),
      address: (linked) => tables.toGuest(linked),
    };
    const cfa = cfaOf(rules, context, machine);
    if (cfa === undefined) return { cfa, caller: undefined };
    const value = (number: number): bigint | undefined => {
      const rule = rules.registers.get(number);
      if (!rule) {
        if (number === machine.sp) return cfa;
        return machine.preserved.has(number) ? this.register(number) : undefined;
      }
      return byRule(rule, number, cfa, context, machine);
    };
    const back = value(rules.returnRegister);
    if (back === undefined || back === 0n) return { cfa, caller: undefined };
    return {
      cfa,
      caller: {
        pc: back,
        by: 'cfi',
        interrupted: rules.signal,
        read: memo(value),
        unchanged: (number) => (rules.registers.has(number) ? undefined : this.unchanged(number)),
      },
    };
  }

  #byOrc(orc: OrcTable): Unwound {
    const { machine, guest } = this.#source;
    const sp = this.register(machine.sp);
    if (sp === undefined) return { cfa: undefined, caller: undefined };
    const next = orc.step(
      {
        ip: this.pc,
        sp,
        bp: this.register(machine.fp),
        interrupted: this.interrupted,
        register: (number) => this.register(number),
      },
      (at) => readWord(guest, at, 8),
    );
    if (!next) return { cfa: undefined, caller: undefined };
    const { saved } = next;
    const read = (number: number): bigint | undefined => {
      if (number === machine.sp) return next.sp;
      if (number === machine.fp) return next.bp;
      return saved.get(number);
    };
    const caller = { pc: next.ip, by: 'orc', interrupted: next.interrupted, read } as const;
    return { cfa: next.slot + 8n, caller: next.ip === 0n ? undefined : caller };
  }

  /** At a function's first two instructions its frame is not made, and the old one is still there. */
  #byFramePointer(): Unwound {
    const { machine, guest } = this.#source;
    const size = BigInt(machine.bytes);
    const sp = this.register(machine.sp);
    const fp = this.register(machine.fp);
    if (sp === undefined || fp === undefined) return { cfa: undefined, caller: undefined };
    const made = this.interrupted ? frameMade(this.#source, this.pc) : 'yes';
    const slot = made === 'no' ? sp : made === 'pushed' ? sp + size : fp + size;
    const pc = readWord(guest, slot, machine.bytes);
    const outer = made === 'no' ? fp : readWord(guest, made === 'pushed' ? sp : fp, machine.bytes);
    // A frame pointer that does not point up the stack is used for something else.
    const sane =
      made !== 'yes' || (fp >= sp && (outer === undefined || outer > fp || outer === 0n));
    if (!sane || pc === undefined || pc === 0n || guest.readMemory(pc, 1).length === 0) {
      return { cfa: undefined, caller: undefined };
    }
    const read = (number: number): bigint | undefined => {
      if (number === machine.sp) return slot + size;
      return number === machine.fp ? outer : undefined;
    };
    return { cfa: slot + size, caller: { pc, by: 'frame pointer', interrupted: false, read } };
  }
}

function rulesAt(tables: UnwindTables | undefined, linked: bigint): FrameRules | undefined {
  try {
    return tables?.frames?.rulesAt(linked);
  } catch (error) {
    // Damaged for this function: the other ways are left.
    if (error instanceof SymbolError) return undefined;
    throw error;
  }
}

function cfaOf(
  { cfa }: FrameRules,
  context: LocationContext,
  machine: RegisterFile,
): bigint | undefined {
  if (cfa.kind === 'expression') return compute(cfa.bytes, context);
  const register = context.register(cfa.register);
  return register === undefined ? undefined : wrap(register + cfa.offset, machine);
}

function byRule(
  rule: RegisterRule,
  number: number,
  cfa: bigint,
  context: LocationContext,
  machine: RegisterFile,
): bigint | undefined {
  const read = (at: bigint | undefined): bigint | undefined => {
    if (at === undefined) return undefined;
    const bytes = context.readMemory(wrap(at, machine), machine.bytes);
    return bytes.length < machine.bytes ? undefined : fromBytes(bytes);
  };
  switch (rule.kind) {
    case 'undefined':
      return undefined;
    case 'same':
      return context.register(number);
    case 'offset':
      return read(cfa + rule.offset);
    case 'value offset':
      return wrap(cfa + rule.offset, machine);
    case 'register':
      return context.register(rule.register);
    case 'expression':
      return read(compute(rule.bytes, context, [cfa]));
    case 'value expression':
      return compute(rule.bytes, context, [cfa]);
  }
}

/** Has the code at an address made its stack frame yet? */
function frameMade(source: UnwindSource, pc: bigint): 'no' | 'pushed' | 'yes' {
  const start = source.functionStart(pc);
  if (start === undefined || pc < start || pc - start > 8n) return 'yes';
  if (pc === start) return 'no';
  const bytes = source.guest.readMemory(start, Number(pc - start) + 1);
  // ENDBR comes first where it comes at all.
  const endbr = bytes[0] === 0xf3 && bytes[1] === 0x0f && bytes[2] === 0x1e;
  const push = endbr ? 4 : 0;
  const at = Number(pc - start);
  const PUSH_FP = 0x55;
  if (at <= push) return 'no';
  return at === push + 1 && bytes[push] === PUSH_FP ? 'pushed' : 'yes';
}

export function readWord(guest: Guest, at: bigint, bytes: number): bigint | undefined {
  const found = guest.readMemory(BigInt.asUintN(64, at), bytes);
  return found.length < bytes ? undefined : fromBytes(found);
}

const wrap = (value: bigint, { bytes }: RegisterFile): bigint => BigInt.asUintN(bytes * 8, value);

function fromBytes(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}

function memo(
  make: (number: number) => bigint | undefined,
): (number: number) => bigint | undefined {
  const known = new Map<number, bigint | undefined>();
  return (number) => {
    if (!known.has(number)) known.set(number, make(number));
    return known.get(number);
  };
}
