/**
 * Location descriptions (DWARF 5 §2.5, §2.6) evaluated at a frame. The answer is a list of pieces;
 * what cannot be known is a missing piece, never a guess.
 */

import { OP } from './operations.ts';
import { Reader } from './reader.ts';

export type Piece = {
  /** Undefined: as large as the object. */
  readonly bits: number | undefined;
  /** From the start of what `at` names. */
  readonly bitOffset: number;
} & PieceAt;

export type PieceAt =
  | { readonly kind: 'memory'; readonly address: bigint }
  /** DWARF's number. */
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'value'; readonly value: bigint }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** A pointer to a variable that is nowhere in memory: its entry, and an offset into it. */
  | { readonly kind: 'implicit pointer'; readonly die: number; readonly offset: bigint }
  | { readonly kind: 'missing'; readonly why: 'optimised out' | 'unreadable' };

/** What an expression may look at. Undefined means that it is not known. */
export interface LocationContext {
  readonly addressSize: number;
  readonly offsetSize: 4 | 8;
  readonly version: number;
  register(number: number): bigint | undefined;
  readMemory(at: bigint, length: number): Uint8Array;
  /** From an address as linked to where the guest has it. */
  address(linked: bigint): bigint | undefined;
  frameBase?(): bigint | undefined;
  cfa?(): bigint | undefined;
  indexedAddress?(index: number): bigint;
  /** What an expression was worth when the function was entered. */
  entryValue?(expression: Uint8Array): bigint | undefined;
  /** The location expression of another entry, by its offset in the unit or in .debug_info. */
  called?(offset: number, inUnit: boolean): Uint8Array | undefined;
  /** Size and whether signed of a base type, by its offset in the unit. */
  baseType?(offset: number): { size: number; signed: boolean; float: boolean } | undefined;
}

const OPERATIONS_MAX = 20_000;
const STACK_MAX = 1_024;
const PIECES_MAX = 1_024;

/** Thrown inside: the location is not known for this reason. */
class Unknown extends Error {
  readonly why: 'optimised out' | 'unreadable';
  constructor(why: 'optimised out' | 'unreadable') {
    super(why);
    this.why = why;
  }
}

/** Throws `SymbolError` for an expression that is none. An empty one is optimised out. */
export function locate(
  expression: Uint8Array,
  context: LocationContext,
  initial: readonly bigint[] = [],
): Piece[] {
  const pieces: Piece[] = [];
  const machine = new Machine(expression, context, initial);
  if (expression.length === 0) return [missing(undefined, 'optimised out')];
  while (!machine.done && pieces.length < PIECES_MAX) {
    let at: PieceAt;
    try {
      at = machine.simple();
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      at = { kind: 'missing', why: error.why };
      machine.skipToPiece();
    }
    pieces.push({ ...at, ...machine.pieceSize() });
  }
  return pieces;
}

/** An expression whose value is wanted: the frame base, a CFA, an entry value. */
export function compute(
  expression: Uint8Array,
  context: LocationContext,
  initial: readonly bigint[] = [],
): bigint | undefined {
  const [piece, more] = locate(expression, context, initial);
  if (!piece || more) return undefined;
  if (piece.kind === 'memory') return piece.address;
  if (piece.kind === 'value') return piece.value;
  // As the frame base a register means its content (§3.3.5).
  return piece.kind === 'register' ? context.register(piece.register) : undefined;
}

export const missing = (bits: number | undefined, why: 'optimised out' | 'unreadable'): Piece => ({
  kind: 'missing',
  why,
  bits,
  bitOffset: 0,
});

class Machine {
  readonly #reader: Reader;
  readonly #context: LocationContext;
  readonly #initial: readonly bigint[];
  readonly #bits: number;
  #stack: bigint[] = [];
  #count = 0;
  /** Where the operation begins that is being carried out. */
  #operation = 0;
  #depth: number;

  constructor(
    expression: Uint8Array,
    context: LocationContext,
    initial: readonly bigint[],
    depth = 0,
  ) {
    this.#reader = new Reader(expression, 'a location expression');
    this.#context = context;
    this.#initial = initial;
    this.#bits = context.addressSize * 8;
    this.#depth = depth;
  }

  get done(): boolean {
    return this.#reader.done;
  }

  /** Up to the end or to a piece operation: one simple location. */
  simple(): PieceAt {
    const reader = this.#reader;
    this.#stack = [...this.#initial];
    if (this.#atPiece()) return { kind: 'missing', why: 'optimised out' };
    while (!reader.done && !this.#atPiece()) {
      if (++this.#count > OPERATIONS_MAX) throw reader.error('an expression that ends');
      this.#operation = reader.at;
      const opcode = reader.u8();
      const whole = this.#whole(opcode);
      if (whole) return whole;
      const result = this.#operate(opcode);
      if (result !== undefined) this.#push(result);
      if (this.#stack.length > STACK_MAX) throw reader.error('a smaller stack');
    }
    return { kind: 'memory', address: this.#pop() };
  }

  /** What says how large the piece before it is; nothing at the end of the expression. */
  pieceSize(): { bits: number | undefined; bitOffset: number } {
    const reader = this.#reader;
    // gcc's note that nothing was stored there yet.
    if (reader.bytes[reader.at] === OP.GNU_UNINIT) reader.skip(1);
    if (reader.done) return { bits: undefined, bitOffset: 0 };
    const opcode = reader.u8();
    if (opcode === OP.PIECE) return { bits: reader.uleb() * 8, bitOffset: 0 };
    if (opcode !== OP.BIT_PIECE) throw reader.error('a piece or the end');
    return { bits: reader.uleb(), bitOffset: reader.uleb() };
  }

  /** Goes on behind what could not be evaluated. */
  skipToPiece(): void {
    const reader = this.#reader;
    // Some of its operands may have been read.
    reader.at = this.#operation;
    while (!reader.done && !this.#atPiece()) this.#skip(reader.u8());
  }

  #atPiece(): boolean {
    const next = this.#reader.bytes[this.#reader.at];
    return next === OP.PIECE || next === OP.BIT_PIECE;
  }

  /** Operations that are a location by themselves. */
  #whole(opcode: number): PieceAt | undefined {
    const reader = this.#reader;
    if (opcode >= OP.REG0 && opcode <= OP.REG31) {
      return { kind: 'register', register: opcode - OP.REG0 };
    }
    switch (opcode) {
      case OP.REGX:
        return { kind: 'register', register: reader.uleb() };
      case OP.IMPLICIT_VALUE:
        return { kind: 'bytes', bytes: reader.block(reader.uleb()) };
      case OP.STACK_VALUE:
        return { kind: 'value', value: this.#pop() };
      case OP.IMPLICIT_POINTER:
      case OP.GNU_IMPLICIT_POINTER: {
        const { version, addressSize, offsetSize } = this.#context;
        const die = reader.offset((version <= 2 ? addressSize : offsetSize) === 8 ? 8 : 4);
        return { kind: 'implicit pointer', die, offset: reader.slebBig() };
      }
      default:
        return undefined;
    }
  }

  /** What to push, if anything. */
  #operate(opcode: number): bigint | undefined {
    const reader = this.#reader;
    const context = this.#context;
    if (opcode >= OP.LIT0 && opcode <= OP.LIT31) return BigInt(opcode - OP.LIT0);
    if (opcode >= OP.BREG0 && opcode <= OP.BREG31) {
      return this.#register(opcode - OP.BREG0) + reader.slebBig();
    }
    switch (opcode) {
      case OP.ADDR:
        return known(context.address(reader.unsigned(context.addressSize)));
      case OP.ADDRX:
      case OP.GNU_ADDR_INDEX:
        return known(context.address(this.#indexed(reader.uleb())));
      case OP.CONSTX:
      case OP.GNU_CONST_INDEX:
        return this.#indexed(reader.uleb());
      case OP.CONST1U:
        return BigInt(reader.u8());
      case OP.CONST1S:
        return BigInt(reader.i8());
      case OP.CONST2U:
        return BigInt(reader.u16());
      case OP.CONST2S:
        return BigInt.asIntN(16, BigInt(reader.u16()));
      case OP.CONST4U:
        return BigInt(reader.u32());
      case OP.CONST4S:
        return BigInt(reader.i32());
      case OP.CONST8U:
      case OP.CONST8S:
        return reader.u64();
      case OP.CONSTU:
        return reader.ulebBig();
      case OP.CONSTS:
        return reader.slebBig();
      case OP.REGVAL_TYPE:
      case OP.GNU_REGVAL_TYPE: {
        const value = this.#register(reader.uleb());
        return this.#typed(value, reader.uleb());
      }
      case OP.CONST_TYPE:
      case OP.GNU_CONST_TYPE: {
        const type = reader.uleb();
        return this.#typed(fromBytes(reader.block(reader.u8())), type);
      }
      case OP.CONVERT:
      case OP.GNU_CONVERT:
      case OP.REINTERPRET:
      case OP.GNU_REINTERPRET: {
        const type = reader.uleb();
        const value = this.#pop();
        return type === 0 ? value : this.#typed(value, type);
      }
      case OP.DEREF_TYPE:
      case OP.GNU_DEREF_TYPE: {
        const size = reader.u8();
        return this.#typed(this.#read(this.#pop(), size), reader.uleb());
      }
      case OP.FBREG:
        return known(context.frameBase?.()) + reader.slebBig();
      case OP.BREGX:
        return this.#register(reader.uleb()) + reader.slebBig();
      case OP.CALL_FRAME_CFA:
        return known(context.cfa?.());
      case OP.ENTRY_VALUE:
      case OP.GNU_ENTRY_VALUE:
        return known(context.entryValue?.(reader.block(reader.uleb())));
      case OP.CALL2:
        this.#call(reader.u16(), true);
        return undefined;
      case OP.CALL4:
        this.#call(reader.u32(), true);
        return undefined;
      case OP.CALL_REF:
        this.#call(reader.offset(context.offsetSize), false);
        return undefined;
      case OP.DEREF:
        return this.#read(this.#pop(), context.addressSize);
      case OP.DEREF_SIZE:
        return this.#read(this.#pop(), reader.u8());
      case OP.NOP:
      case OP.GNU_UNINIT:
        return undefined;
      case OP.SKIP:
        this.#jump(reader.u16());
        return undefined;
      case OP.BRA: {
        const to = reader.u16();
        if (this.#pop() !== 0n) this.#jump(to);
        return undefined;
      }
      case OP.FORM_TLS_ADDRESS:
      case OP.GNU_PUSH_TLS_ADDRESS:
      case OP.PUSH_OBJECT_ADDRESS:
      case OP.GNU_PARAMETER_REF:
      case OP.XDEREF:
        // Of threads and objects of other languages; the guest's processes are not known here.
        throw new Unknown('optimised out');
      default:
        return this.#arithmetic(opcode);
    }
  }

  #arithmetic(opcode: number): bigint | undefined {
    const reader = this.#reader;
    const signed = (value: bigint): bigint => BigInt.asIntN(this.#bits, value);
    const compare = (test: (a: bigint, b: bigint) => boolean): bigint => {
      const b = signed(this.#pop());
      return test(signed(this.#pop()), b) ? 1n : 0n;
    };
    const two = (make: (a: bigint, b: bigint) => bigint): bigint => {
      const b = this.#pop();
      return make(this.#pop(), b);
    };
    const width = BigInt(this.#bits);
    switch (opcode) {
      case OP.DUP:
        return this.#pick(0);
      case OP.DROP:
        this.#pop();
        return undefined;
      case OP.OVER:
        return this.#pick(1);
      case OP.PICK:
        return this.#pick(reader.u8());
      case OP.SWAP:
        this.#stack.splice(-2, 2, this.#pick(0), this.#pick(1));
        return undefined;
      case OP.ROT:
        this.#stack.splice(-3, 3, this.#pick(0), this.#pick(2), this.#pick(1));
        return undefined;
      case OP.ABS: {
        const value = signed(this.#pop());
        return value < 0n ? -value : value;
      }
      case OP.NEG:
        return -this.#pop();
      case OP.NOT:
        return ~this.#pop();
      case OP.PLUS_UCONST:
        return this.#pop() + reader.ulebBig();
      case OP.AND:
        return two((a, b) => a & b);
      case OP.OR:
        return two((a, b) => a | b);
      case OP.XOR:
        return two((a, b) => a ^ b);
      case OP.PLUS:
        return two((a, b) => a + b);
      case OP.MINUS:
        return two((a, b) => a - b);
      case OP.MUL:
        return two((a, b) => a * b);
      case OP.DIV:
        return two((a, b) => signed(a) / nonZero(signed(b)));
      case OP.MOD:
        return two((a, b) => a % nonZero(b));
      case OP.SHL:
        return two((a, b) => (b >= width ? 0n : a << b));
      case OP.SHR:
        return two((a, b) => (b >= width ? 0n : a >> b));
      case OP.SHRA:
        return two((a, b) => signed(a) >> (b >= width ? width : b));
      case OP.EQ:
        return compare((a, b) => a === b);
      case OP.NE:
        return compare((a, b) => a !== b);
      case OP.GE:
        return compare((a, b) => a >= b);
      case OP.GT:
        return compare((a, b) => a > b);
      case OP.LE:
        return compare((a, b) => a <= b);
      case OP.LT:
        return compare((a, b) => a < b);
      default:
        throw reader.error(`an operation of DWARF 5, not 0x${opcode.toString(16)},`);
    }
  }

  #push(value: bigint): void {
    this.#stack.push(BigInt.asUintN(this.#bits, value));
  }

  #pop(): bigint {
    const value = this.#stack.pop();
    if (value === undefined) throw this.#reader.error('a value on the stack');
    return value;
  }

  #pick(depth: number): bigint {
    const value = this.#stack.at(-1 - depth);
    if (value === undefined) throw this.#reader.error('a value on the stack');
    return value;
  }

  /** Of values with types only integers are computed with. */
  #typed(value: bigint, type: number): bigint {
    const base = this.#context.baseType?.(type);
    if (!base || base.float || base.size > 8) throw new Unknown('optimised out');
    const bits = base.size * 8;
    return base.signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value);
  }

  #register(number: number): bigint {
    return known(this.#context.register(number));
  }

  #indexed(index: number): bigint {
    return known(this.#context.indexedAddress?.(index));
  }

  #read(at: bigint, size: number): bigint {
    if (size === 0 || size > 8) throw this.#reader.error('a size of 1 to 8 bytes');
    const bytes = this.#context.readMemory(at, size);
    if (bytes.length < size) throw new Unknown('unreadable');
    return fromBytes(bytes.subarray(0, size));
  }

  #call(offset: number, inUnit: boolean): void {
    const expression = this.#context.called?.(offset, inUnit);
    if (!expression) throw new Unknown('optimised out');
    if (this.#depth >= 8) throw this.#reader.error('calls that end');
    const machine = new Machine(expression, this.#context, this.#stack, this.#depth + 1);
    const at = machine.simple();
    if (at.kind !== 'memory') throw new Unknown('optimised out');
    this.#stack = [...machine.#stack, at.address];
  }

  #jump(by: number): void {
    const reader = this.#reader;
    const to = reader.at + ((by << 16) >> 16);
    if (to < 0 || to > reader.end) throw reader.error('a jump inside the expression');
    reader.at = to;
  }

  /** Operands only. */
  #skip(opcode: number): void {
    const reader = this.#reader;
    if (opcode >= OP.BREG0 && opcode <= OP.BREG31) {
      reader.sleb();
      return;
    }
    switch (opcode) {
      case OP.ADDR:
        reader.skip(this.#context.addressSize);
        return;
      case OP.CONST1U:
      case OP.CONST1S:
      case OP.PICK:
      case OP.DEREF_SIZE:
        reader.skip(1);
        return;
      case OP.CONST2U:
      case OP.CONST2S:
      case OP.SKIP:
      case OP.BRA:
      case OP.CALL2:
        reader.skip(2);
        return;
      case OP.CONST4U:
      case OP.CONST4S:
      case OP.CALL4:
        reader.skip(4);
        return;
      case OP.CONST8U:
      case OP.CONST8S:
        reader.skip(8);
        return;
      case OP.CALL_REF:
      case OP.GNU_PARAMETER_REF:
        reader.skip(this.#context.offsetSize);
        return;
      case OP.BREGX:
      case OP.REGVAL_TYPE:
      case OP.GNU_REGVAL_TYPE:
        reader.uleb();
        reader.uleb();
        return;
      case OP.DEREF_TYPE:
      case OP.GNU_DEREF_TYPE:
        reader.skip(1);
        reader.uleb();
        return;
      case OP.CONST_TYPE:
      case OP.GNU_CONST_TYPE:
        reader.uleb();
        reader.skip(reader.u8());
        return;
      case OP.IMPLICIT_VALUE:
      case OP.ENTRY_VALUE:
      case OP.GNU_ENTRY_VALUE:
        reader.skip(reader.uleb());
        return;
      case OP.IMPLICIT_POINTER:
      case OP.GNU_IMPLICIT_POINTER:
        reader.skip(this.#context.offsetSize);
        reader.uleb();
        return;
      case OP.CONSTU:
      case OP.CONSTS:
      case OP.PLUS_UCONST:
      case OP.REGX:
      case OP.FBREG:
      case OP.ADDRX:
      case OP.CONSTX:
      case OP.GNU_ADDR_INDEX:
      case OP.GNU_CONST_INDEX:
      case OP.CONVERT:
      case OP.GNU_CONVERT:
      case OP.REINTERPRET:
      case OP.GNU_REINTERPRET:
        reader.uleb();
        return;
    }
  }
}

function known(value: bigint | undefined): bigint {
  if (value === undefined) throw new Unknown('optimised out');
  return value;
}

function nonZero(value: bigint): bigint {
  if (value === 0n) throw new Unknown('optimised out');
  return value;
}

function fromBytes(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!);
  return value;
}
