/**
 * ORC, Linux's own unwind tables (Documentation/arch/x86/orc-unwinder.rst, arch/x86/include/asm/
 * orc_types.h): for each address how the previous stack pointer is made. They cover what compilers do
 * not describe: assembly code, interrupts and the changes of stack between.
 */

/** What unwinding needs of a frame; other registers are known only behind saved ones. */
export interface OrcState {
  readonly ip: bigint;
  readonly sp: bigint;
  readonly bp: bigint | undefined;
  /** `ip` is where the code was interrupted, not where a call returns to. */
  readonly interrupted: boolean;
  /** R10, R13, RDI, RDX where they are known: by DWARF number. */
  readonly register?: (number: number) => bigint | undefined;
}

export interface OrcStep extends OrcState {
  /** By DWARF number, what an interrupt or a system call saved. */
  readonly saved: ReadonlyMap<number, bigint>;
  /** Where the return address was. */
  readonly slot: bigint;
  /** It was in user mode: the kernel's stack ends here. */
  readonly user: boolean;
}

export type ReadWord = (at: bigint) => bigint | undefined;

interface Entry {
  readonly spOffset: number;
  readonly bpOffset: number;
  readonly spReg: number;
  readonly bpReg: number;
  readonly type: 'call' | 'regs' | 'iret' | 'end';
}

const REG = {
  UNDEFINED: 0,
  PREV_SP: 1,
  DX: 2,
  DI: 3,
  BP: 4,
  SP: 5,
  R10: 6,
  R13: 7,
  BP_INDIRECT: 8,
  SP_INDIRECT: 9,
} as const;

const ENTRY_BYTES = 6;
/** `struct pt_regs`: where each register is, by DWARF number. */
const PT_REGS: readonly (readonly [number, number])[] = [
  [15, 0x00],
  [14, 0x08],
  [13, 0x10],
  [12, 0x18],
  [6, 0x20],
  [3, 0x28],
  [11, 0x30],
  [10, 0x38],
  [9, 0x40],
  [8, 0x48],
  [0, 0x50],
  [2, 0x58],
  [1, 0x60],
  [4, 0x68],
  [5, 0x70],
];
const IRET = { IP: 0n, CS: 8n, FLAGS: 16n, SP: 24n } as const;
const PT_REGS_IP = 0x80n;
const EFLAGS = 49;
const [R10, R13, RDI, RDX] = [10, 13, 5, 1] as const;

export class OrcTable {
  /** Distances from the table's own place. */
  readonly #ips: Float64Array;
  readonly #at: bigint;
  readonly #entries: DataView;
  readonly #newer: boolean;

  /**
   * `ips`: .orc_unwind_ip, each a distance from itself; `at`: where it is in the guest. `newer`: with
   * .orc_header, since Linux 6.4.
   */
  constructor(ips: Uint8Array, entries: Uint8Array, at: bigint, newer = false) {
    const distances = new DataView(ips.buffer, ips.byteOffset, ips.byteLength);
    const count = Math.min(Math.floor(ips.length / 4), Math.floor(entries.length / ENTRY_BYTES));
    this.#at = at;
    this.#ips = new Float64Array(count);
    for (let i = 0; i < count; i++) this.#ips[i] = i * 4 + distances.getInt32(i * 4, true);
    this.#entries = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
    this.#newer = newer;
  }

  get count(): number {
    return this.#ips.length;
  }

  /** The caller's frame; undefined where the stack ends or the table says nothing. */
  step(state: OrcState, read: ReadWord): OrcStep | undefined {
    const entry = this.#entryAt(state.interrupted ? state.ip : state.ip - 1n);
    if (!entry || entry.type === 'end') return undefined;
    const sp = previousSp(entry, state, read);
    if (sp === undefined) return undefined;
    const bp = (): bigint | undefined => {
      if (entry.bpReg === REG.UNDEFINED) return state.bp;
      if (entry.bpReg === REG.PREV_SP) return read(wrap(sp + BigInt(entry.bpOffset)));
      return state.bp === undefined ? undefined : read(wrap(state.bp + BigInt(entry.bpOffset)));
    };
    if (entry.type === 'call') {
      const slot = wrap(sp - 8n);
      const ip = read(slot);
      if (ip === undefined) return undefined;
      return { ip, sp, bp: bp(), interrupted: false, saved: new Map(), slot, user: false };
    }
    const iret = entry.type === 'iret' ? sp : wrap(sp + PT_REGS_IP);
    const saved = new Map<number, bigint>();
    if (entry.type === 'regs') {
      for (const [number, offset] of PT_REGS) {
        const value = read(wrap(sp + BigInt(offset)));
        if (value !== undefined) saved.set(number, value);
      }
    }
    const ip = read(wrap(iret + IRET.IP));
    const cs = read(wrap(iret + IRET.CS));
    const outer = read(wrap(iret + IRET.SP));
    if (ip === undefined || cs === undefined || outer === undefined) return undefined;
    const flags = read(wrap(iret + IRET.FLAGS));
    if (flags !== undefined) saved.set(EFLAGS, flags);
    const user = (cs & 3n) !== 0n;
    const frame = saved.get(6) ?? bp();
    return { ip, sp: outer, bp: frame, interrupted: true, saved, slot: wrap(iret), user };
  }

  #entryAt(ip: bigint): Entry | undefined {
    const wanted = Number(BigInt.asIntN(64, ip - this.#at));
    let low = 0;
    let high = this.#ips.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ips[middle]! <= wanted) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const at = (low - 1) * ENTRY_BYTES;
    const registers = this.#entries.getUint8(at + 4);
    const bits = this.#entries.getUint8(at + 5);
    const spReg = registers & 0xf;
    return {
      spOffset: this.#entries.getInt16(at, true),
      bpOffset: this.#entries.getInt16(at + 2, true),
      spReg,
      bpReg: registers >> 4,
      type: spReg === REG.UNDEFINED ? 'end' : this.#type(bits),
    };
  }

  #type(bits: number): Entry['type'] {
    const kinds: readonly Entry['type'][] = this.#newer
      ? ['end', 'end', 'call', 'regs', 'iret']
      : ['call', 'regs', 'iret'];
    return kinds[this.#newer ? bits & 7 : bits & 3] ?? 'end';
  }
}

function previousSp(entry: Entry, state: OrcState, read: ReadWord): bigint | undefined {
  const offset = BigInt(entry.spOffset);
  const plus = (value: bigint | undefined): bigint | undefined =>
    value === undefined ? undefined : wrap(value + offset);
  const { register } = state;
  switch (entry.spReg) {
    case REG.SP:
      return plus(state.sp);
    case REG.BP:
      return plus(state.bp);
    case REG.SP_INDIRECT:
      return plus(read(state.sp));
    case REG.BP_INDIRECT: {
      const at = plus(state.bp);
      return at === undefined ? undefined : read(at);
    }
    case REG.R10:
      return plus(register?.(R10));
    case REG.R13:
      return plus(register?.(R13));
    case REG.DI:
      return plus(register?.(RDI));
    case REG.DX:
      return plus(register?.(RDX));
    default:
      return undefined;
  }
}

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);

/** The tables of a running kernel of which only the symbols are there. Undefined if it has none. */
export function orcOfGuest(
  addressOf: (symbol: string) => bigint | undefined,
  readMemory: (at: bigint, length: number) => Uint8Array,
): OrcTable | undefined {
  const section = (from: string, to: string) => {
    const start = addressOf(from);
    const end = addressOf(to);
    if (start === undefined || end === undefined || end <= start) return undefined;
    const length = Number(end - start);
    if (length > 64 * 1024 * 1024) return undefined;
    const bytes = readMemory(start, length);
    return bytes.length === length ? { start, bytes } : undefined;
  };
  const ips = section('__start_orc_unwind_ip', '__stop_orc_unwind_ip');
  const entries = section('__start_orc_unwind', '__stop_orc_unwind');
  return ips && entries && new OrcTable(ips.bytes, entries.bytes, ips.start);
}

/** A whole backtrace by ORC alone, innermost first, the start included. */
export function* unwindOrc(
  tables: readonly OrcTable[],
  start: OrcState,
  read: ReadWord,
  limit = 64,
): Generator<OrcState> {
  let state: OrcState = start;
  const seen = new Set<string>();
  for (let i = 0; i < limit; i++) {
    yield state;
    let next: OrcStep | undefined;
    for (const table of tables) next ??= table.step(state, read);
    if (!next || next.ip === 0n) return;
    const key = `${next.ip} ${next.sp}`;
    if (seen.has(key)) return;
    seen.add(key);
    if (next.user) {
      yield next;
      return;
    }
    const { saved } = next;
    state = { ...next, register: (number) => saved.get(number) };
  }
}
