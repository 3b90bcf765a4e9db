/** Words of the expressions people type: C's, `$rax`, `@icount`. */

import { ExpressionError } from '../program.ts';

export interface Token {
  readonly kind:
    | 'number'
    | 'float'
    | 'character'
    | 'string'
    | 'name'
    | 'register'
    | 'mark'
    | 'operator'
    | 'end';
  readonly text: string;
  /** Counted from 1. */
  readonly column: number;
  /** Of a number or character. */
  readonly value?: bigint;
  /** Suffixes of a number: u, l. */
  readonly suffix?: string;
}

/** Longest first. */
const OPERATORS = [
  ...['<<=', '>>=', '...'],
  ...['->', '<<', '>>', '<=', '>=', '==', '!=', '&&', '||', '::', '..'],
  ...['(', ')', '[', ']', '.', ',', '?', ':', '~', '!', '*', '/', '%', '+', '-', '<', '>'],
  ...['&', '^', '|', '@', '{', '}'],
];

const NAME = /[A-Za-z_$][\w$]*/y;
const NUMBER = /0[xX][0-9a-fA-F]+|0[bB][01]+|\d+/y;
const FLOAT = /\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+/y;
const SUFFIX = /[uUlL]*/y;

const ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
};

/** Expressions are lines of a watch window. */
export const LENGTH_MAX = 4_096;

export function tokens(text: string): Token[] {
  if (text.length > LENGTH_MAX) {
    throw new ExpressionError(`expected at most ${LENGTH_MAX} characters`, LENGTH_MAX + 1);
  }
  const found: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    if (/\s/.test(text[at]!)) {
      at++;
      continue;
    }
    const column = at + 1;
    const name = match(NAME);
    if (name !== undefined) {
      const isRegister = name.startsWith('$');
      found.push({ kind: isRegister ? 'register' : 'name', text: name, column });
      at += name.length;
      continue;
    }
    const float = match(FLOAT);
    if (float !== undefined && !/^\d+\.\./.test(text.slice(at))) {
      found.push({ kind: 'float', text: float, column });
      at += float.length;
      if (/[fFlL]/.test(text[at] ?? '')) at++;
      continue;
    }
    const number = match(NUMBER);
    if (number !== undefined) {
      at += number.length;
      const suffix = match(SUFFIX) ?? '';
      at += suffix.length;
      if (/[\w$]/.test(text[at] ?? '')) {
        throw new ExpressionError(`expected a number, got '${number}${suffix}${text[at]}'`, column);
      }
      found.push({ kind: 'number', text: number, column, value: numberOf(number, column), suffix });
      continue;
    }
    if (text[at] === "'" || text[at] === '"') {
      const { token, next } = quoted(text, at);
      found.push(token);
      at = next;
      continue;
    }
    const operator = OPERATORS.find((one) => text.startsWith(one, at));
    if (operator === undefined) {
      throw new ExpressionError(`expected an expression, got '${text[at]}'`, column);
    }
    found.push({ kind: 'operator', text: operator, column });
    at += operator.length;
  }
  found.push({ kind: 'end', text: '', column: text.length + 1 });
  return found;
}

function numberOf(text: string, column: number): bigint {
  if (!/^0\d/.test(text)) return BigInt(text);
  if (/[89]/.test(text)) throw new ExpressionError(`expected octal digits in '${text}'`, column);
  return BigInt(`0o${text.slice(1)}`);
}

function quoted(text: string, start: number): { token: Token; next: number } {
  const mark = text[start]!;
  const column = start + 1;
  const bytes: number[] = [];
  let at = start + 1;
  while (at < text.length && text[at] !== mark) {
    const sequence = text[at] === '\\' ? escapeAt(text, at + 1) : undefined;
    if (sequence) {
      bytes.push(sequence.byte);
      at = sequence.next;
    } else {
      bytes.push(text.charCodeAt(at) & 0xff);
      at++;
    }
  }
  if (at >= text.length) throw new ExpressionError(`expected a closing ${mark}`, text.length + 1);
  const next = at + 1;
  const content = String.fromCharCode(...bytes);
  if (mark === '"') return { token: { kind: 'string', text: content, column }, next };
  if (bytes.length === 1) {
    const value = BigInt.asIntN(8, BigInt(bytes[0]!));
    return { token: { kind: 'character', text: content, column, value }, next };
  }
  // gdb's way to write names that are none in C: 'file.c'::name.
  return { token: { kind: 'name', text: content, column }, next };
}

function escapeAt(text: string, at: number): { byte: number; next: number } | undefined {
  const octal = /^[0-7]{1,3}/.exec(text.slice(at, at + 3))?.[0];
  if (octal) return { byte: Number.parseInt(octal, 8) & 0xff, next: at + octal.length };
  const hex = /^x[0-9a-fA-F]{1,2}/.exec(text.slice(at, at + 3))?.[0];
  if (hex) return { byte: Number.parseInt(hex.slice(1), 16), next: at + hex.length };
  const letter = text[at];
  if (letter === undefined) return undefined;
  return { byte: ESCAPES[letter] ?? letter.charCodeAt(0) & 0xff, next: at + 1 };
}
