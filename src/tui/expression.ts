/**
 * Expressions over the guest as it stands at the cursor, for breakpoint conditions and the command
 * line: C's operators on unsigned 64-bit values, registers by name (`rax`, `$rax`), symbols, and
 * memory in brackets: `[rbp+8]`, `dword[job_queue]`, `byte[rdi]`. `*x` is `[x]`.
 */

import { GPR_NAMES, type Registers } from '../target/index.ts';

export interface Guest {
  registers(): Registers;
  /** Little endian; undefined where nothing is mapped. */
  read(at: bigint, bytes: number): bigint | undefined;
  symbol(name: string): bigint | undefined;
}

/** Cannot be read, or names what the guest does not have. One line. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
}

export type Expression = (guest: Guest) => bigint;

const TOKEN =
  /\s*(?:(0x[0-9a-fA-F_]+|\d[\d_]*)|([A-Za-z_.$][\w.$]*)|(<<|>>|==|!=|<=|>=|&&|\|\||[-+*/%&|^~!<>()[\]]))/y;
const SIZES: Readonly<Record<string, number>> = { byte: 1, word: 2, dword: 4, qword: 8 };
/** Loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];
const flag = (value: boolean): bigint => (value ? 1n : 0n);

export function parseExpression(text: string): Expression {
  const tokens: string[] = [];
  for (TOKEN.lastIndex = 0; text.slice(TOKEN.lastIndex).trim() !== ''; ) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match)
      throw new ExpressionError(`expression: unexpected ${JSON.stringify(text.slice(at))}`);
    tokens.push((match[1] ?? match[2] ?? match[3])!);
  }
  let next = 0;
  const take = (...wanted: string[]): string | undefined =>
    wanted.includes(tokens[next] ?? '') ? tokens[next++] : undefined;
  const need = (wanted: string): void => {
    if (!take(wanted)) throw unexpected(wanted);
  };
  const unexpected = (wanted: string) =>
    new ExpressionError(`expression: expected ${wanted}, got ${tokens[next] ?? 'the end'}`);

  const binary = (level: number): Expression => {
    if (level === LEVELS.length) return unary();
    let left = binary(level + 1);
    for (let operator = take(...LEVELS[level]!); operator; operator = take(...LEVELS[level]!)) {
      const [a, b, name] = [left, binary(level + 1), operator];
      left = (guest) => apply(name, a(guest), b(guest));
    }
    return left;
  };
  const unary = (): Expression => {
    const operator = take('-', '~', '!', '*');
    if (!operator) return primary();
    const inner = unary();
    if (operator === '*') return (guest) => load(guest, inner(guest), 8);
    if (operator === '!') return (guest) => flag(inner(guest) === 0n);
    return (guest) => BigInt.asUintN(64, operator === '-' ? -inner(guest) : ~inner(guest));
  };
  const primary = (): Expression => {
    if (take('(')) {
      const inner = binary(0);
      need(')');
      return inner;
    }
    const size = tokens[next + 1] === '[' ? SIZES[tokens[next] ?? ''] : undefined;
    if (size !== undefined) next++;
    if (take('[')) {
      const inner = binary(0);
      need(']');
      return (guest) => load(guest, inner(guest), size ?? 8);
    }
    const token = tokens[next];
    if (token === undefined || !/^[\w.$]/.test(token)) throw unexpected('a value');
    next++;
    if (/^\d/.test(token)) {
      const value = BigInt.asUintN(64, BigInt(token.replace(/_/g, '')));
      return () => value;
    }
    return (guest) => named(guest, token);
  };

  const whole = binary(0);
  if (next < tokens.length) throw unexpected('the end');
  return whole;
}

function named(guest: Guest, name: string): bigint {
  const found = registerValue(guest.registers(), name.replace(/^\$/, '')) ?? guest.symbol(name);
  if (found === undefined) throw new ExpressionError(`no register or symbol "${name}"`);
  return found;
}

export function registerValue(registers: Registers, name: string): bigint | undefined {
  const lower = name.toLowerCase();
  const index = (GPR_NAMES as readonly string[]).indexOf(lower);
  if (index >= 0) return registers.gpr[index];
  const narrow = /^e([a-ds][ipx])$/.exec(lower);
  if (narrow) return BigInt.asUintN(32, registerValue(registers, `r${narrow[1]}`) ?? 0n);
  switch (lower) {
    case 'rip':
    case 'rflags':
    case 'cr0':
    case 'cr2':
    case 'cr3':
    case 'cr4':
    case 'efer':
      return registers[lower];
    default:
      return undefined;
  }
}

function load(guest: Guest, at: bigint, bytes: number): bigint {
  const found = guest.read(at, bytes);
  if (found === undefined) throw new ExpressionError(`nothing is mapped at 0x${at.toString(16)}`);
  return found;
}

function apply(operator: string, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '||':
      return flag(a !== 0n || b !== 0n);
    case '&&':
      return flag(a !== 0n && b !== 0n);
    case '==':
      return flag(a === b);
    case '!=':
      return flag(a !== b);
    case '<':
      return flag(a < b);
    case '<=':
      return flag(a <= b);
    case '>':
      return flag(a > b);
    case '>=':
      return flag(a >= b);
    default:
      return BigInt.asUintN(64, arithmetic(operator, a, b));
  }
}

function arithmetic(operator: string, a: bigint, b: bigint): bigint {
  if ((operator === '/' || operator === '%') && b === 0n)
    throw new ExpressionError('division by 0');
  const shift = b > 63n ? 64n : b;
  switch (operator) {
    case '|':
      return a | b;
    case '^':
      return a ^ b;
    case '&':
      return a & b;
    case '<<':
      return a << shift;
    case '>>':
      return a >> shift;
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    default:
      return a % b;
  }
}
