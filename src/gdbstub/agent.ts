/**
 * Agent expressions: the bytecode gdb compiles conditions and dprintf into (gdb manual, appendix F).
 * A stack of 64-bit values, big-endian operands. Evaluated where the guest stands, in either
 * direction, so that a condition that is false costs no trip to gdb and back.
 */

/** What an expression may look at. */
export interface AgentContext {
  /** By gdb's number; undefined if there is none. */
  register(n: number): bigint | undefined;
  /** Fewer bytes than asked for where nothing is mapped. */
  memory(at: bigint, length: number): Uint8Array;
  /** `dprintf` has produced its text. */
  print?(text: string): void;
}

/** Bytecodes executed before an expression counts as one that never ends. */
const STEPS_MAX = 10_000;
const STACK_MAX = 1000;
const STRING_MAX = 4096;

/** Something in it cannot be evaluated: a bad address, a division by zero, no known opcode. */
export class AgentError extends Error {}

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);
const unsigned = (value: bigint): bigint => BigInt.asUintN(64, value);
const truth = (value: boolean): bigint => (value ? 1n : 0n);

type Binary = (a: bigint, b: bigint) => bigint;

function divided(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new AgentError('division by zero');
  return a / b;
}
function remainder(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new AgentError('division by zero');
  return a % b;
}

/** Opcodes that take two values and leave one; the second is the one on top. */
const BINARY: Readonly<Record<number, Binary>> = {
  2: (a, b) => a + b,
  3: (a, b) => a - b,
  4: (a, b) => a * b,
  5: (a, b) => divided(signed(a), signed(b)),
  6: (a, b) => divided(a, b),
  7: (a, b) => remainder(signed(a), signed(b)),
  8: (a, b) => remainder(a, b),
  9: (a, b) => (b > 63n ? 0n : a << b),
  10: (a, b) => signed(a) >> (b > 63n ? 63n : b),
  11: (a, b) => (b > 63n ? 0n : a >> b),
  15: (a, b) => a & b,
  16: (a, b) => a | b,
  17: (a, b) => a ^ b,
  19: (a, b) => truth(a === b),
  20: (a, b) => truth(signed(a) < signed(b)),
  21: (a, b) => truth(a < b),
};
const REF_BYTES: Readonly<Record<number, number>> = { 23: 1, 24: 2, 25: 4, 26: 8 };
const CONST_BYTES: Readonly<Record<number, number>> = { 34: 1, 35: 2, 36: 4, 37: 8 };
const LOG_NOT = 14;
const BIT_NOT = 18;
const EXT = 22;
const IF_GOTO = 32;
const GOTO = 33;
const REG = 38;
const END = 39;
const DUP = 40;
const POP = 41;
const ZERO_EXT = 42;
const SWAP = 43;
const PICK = 50;
const ROT = 51;
const PRINTF = 52;

/** The value on top of the stack at the end; 0 if there is none. */
export function evaluate(code: Uint8Array, context: AgentContext): bigint {
  return new Evaluation(code, context).run();
}

/** The same as a condition; one that cannot be evaluated counts as `otherwise`. */
export function holds(code: Uint8Array, context: AgentContext, otherwise: boolean): boolean {
  try {
    return evaluate(code, context) !== 0n;
  } catch (error) {
    if (error instanceof AgentError) return otherwise;
    throw error;
  }
}

class Evaluation {
  readonly #code: Uint8Array;
  readonly #context: AgentContext;
  readonly #stack: bigint[] = [];
  #at = 0;

  constructor(code: Uint8Array, context: AgentContext) {
    this.#code = code;
    this.#context = context;
  }

  run(): bigint {
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      const op = this.#operand(1);
      if (op === END) return this.#stack.at(-1) ?? 0n;
      this.#execute(op);
    }
    throw new AgentError(`an expression of more than ${STEPS_MAX} steps`);
  }

  #execute(op: number): void {
    const binary = BINARY[op];
    const refBytes = REF_BYTES[op];
    const constBytes = CONST_BYTES[op];
    if (binary) {
      const b = this.#pop();
      const a = this.#pop();
      this.#push(binary(a, b));
    } else if (refBytes) this.#push(this.#load(this.#pop(), refBytes));
    else if (constBytes) this.#push(this.#constant(constBytes));
    else this.#other(op);
  }

  #other(op: number): void {
    switch (op) {
      case LOG_NOT:
        this.#push(truth(this.#pop() === 0n));
        break;
      case BIT_NOT:
        this.#push(~this.#pop());
        break;
      case EXT: {
        const bits = this.#operand(1);
        this.#push(BigInt.asIntN(bits, this.#pop()));
        break;
      }
      case ZERO_EXT: {
        const bits = this.#operand(1);
        this.#push(BigInt.asUintN(bits, this.#pop()));
        break;
      }
      case IF_GOTO: {
        const to = this.#operand(2);
        if (this.#pop() !== 0n) this.#at = to;
        break;
      }
      case GOTO:
        this.#at = this.#operand(2);
        break;
      case REG:
        this.#push(this.#register(this.#operand(2)));
        break;
      case DUP:
        this.#push(this.#peek(0));
        break;
      case POP:
        this.#pop();
        break;
      case SWAP:
        this.#push(...[this.#pop(), this.#pop()]);
        break;
      case PICK:
        this.#push(this.#peek(this.#operand(1)));
        break;
      case ROT: {
        // a b c => c a b
        const [c, b, a] = [this.#pop(), this.#pop(), this.#pop()];
        this.#push(c, a, b);
        break;
      }
      case PRINTF:
        this.#printf();
        break;
      default:
        throw new AgentError(`bytecode 0x${op.toString(16)} is not known`);
    }
  }

  #register(n: number): bigint {
    const value = this.#context.register(n);
    if (value === undefined) throw new AgentError(`no register ${n}`);
    return value;
  }

  /** A count, a length of two bytes, the format with its NUL; function and channel are on the stack. */
  #printf(): void {
    const count = this.#operand(1);
    const length = this.#operand(2);
    if (this.#at + length > this.#code.length) throw new AgentError('a format that is cut off');
    const format = Buffer.from(this.#code.subarray(this.#at, this.#at + length)).toString('utf8');
    this.#at += length;
    this.#pop();
    this.#pop();
    const values = Array.from({ length: count }, () => this.#pop());
    this.#context.print?.(formatted(format.replace(/\0.*$/s, ''), values, this.#context));
  }

  #load(at: bigint, bytes: number): bigint {
    const read = this.#context.memory(at, bytes);
    if (read.length < bytes) throw new AgentError(`no memory at 0x${at.toString(16)}`);
    return read.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
  }

  #operand(bytes: number): number {
    return Number(this.#constant(bytes));
  }

  #constant(bytes: number): bigint {
    if (this.#at + bytes > this.#code.length) throw new AgentError('an expression that is cut off');
    let value = 0n;
    for (let i = 0; i < bytes; i++) value = (value << 8n) | BigInt(this.#code[this.#at++]!);
    return value;
  }

  #push(...values: readonly bigint[]): void {
    if (this.#stack.length >= STACK_MAX) throw new AgentError('the stack is full');
    this.#stack.push(...values.map(unsigned));
  }

  #pop(): bigint {
    const value = this.#stack.pop();
    if (value === undefined) throw new AgentError('the stack is empty');
    return value;
  }

  #peek(depth: number): bigint {
    const value = this.#stack.at(-1 - depth);
    if (value === undefined) throw new AgentError('the stack is empty');
    return value;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ a: '\x07', b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' },
};

/** gdb passes a format on as it was typed. */
const unescaped = (format: string): string =>
  format.replace(/\\([0-7]{1,3}|.)/gs, (_, what: string) =>
    /^[0-7]/.test(what)
      ? String.fromCharCode(Number.parseInt(what, 8) & 0xff)
      : (ESCAPES[what] ?? what),
  );

/** C's printf as far as dprintf goes: integers, pointers, characters and the guest's strings. */
export function formatted(
  format: string,
  values: readonly bigint[],
  context: AgentContext,
): string {
  let next = 0;
  return unescaped(format).replace(
    /%([-+ #0]*)(\d*)(?:\.(\d+))?(hh|h|ll|l|z|j|t)?([diouxXcsp%])/g,
    (
      _,
      flags: string,
      width: string,
      precision: string | undefined,
      size: string,
      what: string,
    ) => {
      if (what === '%') return '%';
      const value = values[next++] ?? 0n;
      const bits = size === 'hh' ? 8 : size === 'h' ? 16 : size ? 64 : 32;
      return padded(converted(value, bits, what, { flags, precision, context }), flags, width);
    },
  );
}

interface Conversion {
  readonly flags: string;
  readonly precision: string | undefined;
  readonly context: AgentContext;
}

function converted(value: bigint, bits: number, what: string, how: Conversion): string {
  const { flags, precision, context } = how;
  switch (what) {
    case 'd':
    case 'i': {
      const number = BigInt.asIntN(bits, value);
      return number >= 0n && flags.includes('+') ? `+${number}` : `${number}`;
    }
    case 'u':
      return `${BigInt.asUintN(bits, value)}`;
    case 'o':
      return BigInt.asUintN(bits, value).toString(8);
    case 'x':
    case 'X': {
      const digits = BigInt.asUintN(bits, value)
        .toString(16)
        .padStart(Number(precision ?? 1), '0');
      const text = `${flags.includes('#') ? '0x' : ''}${digits}`;
      return what === 'X' ? text.toUpperCase() : text;
    }
    case 'p':
      return `0x${unsigned(value).toString(16)}`;
    case 'c':
      return String.fromCharCode(Number(value & 0xffn));
    default: {
      const bytes = Buffer.from(context.memory(value, STRING_MAX));
      const end = bytes.indexOf(0);
      const text = bytes.subarray(0, end < 0 ? bytes.length : end).toString('utf8');
      return precision === undefined ? text : text.slice(0, Number(precision));
    }
  }
}

function padded(text: string, flags: string, width: string): string {
  const length = Math.min(Number(width || 0), STRING_MAX);
  if (flags.includes('-')) return text.padEnd(length);
  return text.padStart(length, flags.includes('0') ? '0' : ' ');
}
