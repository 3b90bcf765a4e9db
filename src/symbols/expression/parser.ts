/** Reads the C subset of a watch window (C11 §6.5), by recursive descent. */

import { ExpressionError } from '../program.ts';
import { type Token, tokens } from './lexer.ts';
import type {
  BinaryOperator,
  Expression,
  Operand,
  TypeModifier,
  TypeText,
  UnaryOperator,
} from './syntax.ts';

/** Weakest first; each row is one strength. `@` makes an array, as in gdb. */
const LEVELS: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['|'],
  ['^'],
  ['&'],
  ['==', '!='],
  ['<', '<=', '>', '>='],
  ['@'],
  ['<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
];

const UNARY: readonly string[] = ['-', '+', '!', '~', '*', '&'];
const QUALIFIERS = new Set(['const', 'volatile', 'restrict', '__restrict', '_Atomic', 'register']);
const BASIC = new Set([
  ...['void', 'char', 'short', 'int', 'long', 'float', 'double'],
  ...['signed', 'unsigned', '_Bool', 'bool', '__int128', '__signed__'],
]);
const DEPTH_MAX = 100;

/** Is there a typedef of that name? */
export type IsTypeName = (name: string) => boolean;

export function parse(text: string, isTypeName: IsTypeName): Expression {
  const parser = new Parser(tokens(text), isTypeName);
  return parser.whole();
}

/** A type alone, "struct task_struct *". */
export function parseType(text: string, isTypeName: IsTypeName): TypeText {
  return new Parser(tokens(text), isTypeName).wholeType();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #isTypeName: IsTypeName;
  #at = 0;
  #depth = 0;

  constructor(list: readonly Token[], isTypeName: IsTypeName) {
    this.#tokens = list;
    this.#isTypeName = isTypeName;
  }

  whole(): Expression {
    const first = this.#peek;
    if (first.kind === 'end') throw new ExpressionError('expected an expression', first.column);
    const expression = this.#comma();
    if (!this.#done) throw this.#unexpected('an operator or the end');
    return expression;
  }

  wholeType(): TypeText {
    const type = this.#type();
    if (!this.#done) throw this.#unexpected('the end of the type');
    return type;
  }

  get #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  get #done(): boolean {
    return this.#peek.kind === 'end';
  }

  #take(): Token {
    const token = this.#peek;
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #is(text: string): boolean {
    return this.#peek.kind === 'operator' && this.#peek.text === text;
  }

  #accept(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#accept(text)) throw this.#unexpected(`'${text}'`);
  }

  #unexpected(expected: string): ExpressionError {
    const { kind, text, column } = this.#peek;
    const got = kind === 'end' ? 'the end' : `'${text}'`;
    return new ExpressionError(`expected ${expected}, got ${got}`, column);
  }

  #comma(): Expression {
    let left = this.#conditional();
    while (this.#is(',')) {
      const { column } = this.#take();
      left = { kind: 'binary', operator: ',', left, right: this.#conditional(), column };
    }
    return left;
  }

  #conditional(): Expression {
    return this.#nested(() => {
      const condition = this.#binary(0);
      if (!this.#is('?')) return condition;
      const { column } = this.#take();
      const then = this.#comma();
      this.#expect(':');
      return { kind: 'conditional', condition, then, otherwise: this.#conditional(), column };
    });
  }

  #binary(level: number): Expression {
    const operators = LEVELS[level];
    if (!operators) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { kind, text, column } = this.#peek;
      const operator = operators.find((one) => one === text);
      if (kind !== 'operator' || operator === undefined) return left;
      this.#at++;
      left = { kind: 'binary', operator, left, right: this.#binary(level + 1), column };
    }
  }

  #unary(): Expression {
    return this.#nested(() => {
      const { kind, text, column } = this.#peek;
      if (kind === 'operator' && text === '@') return this.#mark();
      if (kind === 'operator' && UNARY.includes(text)) {
        this.#at++;
        return { kind: 'unary', operator: text as UnaryOperator, operand: this.#unary(), column };
      }
      // "&&x" is what gcc takes for the address of a label: here it is a slip.
      if (kind === 'name' && text === 'sizeof') return this.#sizeof();
      if (kind === 'operator' && text === '(' && this.#startsType(this.#at + 1)) {
        this.#at++;
        const type = this.#type();
        this.#expect(')');
        return { kind: 'cast', type, operand: this.#unary(), column };
      }
      return this.#postfix();
    });
  }

  #mark(): Expression {
    const { column } = this.#take();
    const token = this.#take();
    if (token.kind !== 'name') {
      throw new ExpressionError("expected a name behind '@', as in @icount", token.column);
    }
    return { kind: 'mark', name: token.text, column };
  }

  #sizeof(): Expression {
    const { column } = this.#take();
    if (this.#is('(') && this.#startsType(this.#at + 1)) {
      this.#at++;
      const type = this.#type();
      this.#expect(')');
      return { kind: 'size of type', type, column };
    }
    return { kind: 'unary', operator: 'sizeof', operand: this.#unary(), column };
  }

  #postfix(): Expression {
    let left = this.#primary();
    for (;;) {
      const { column } = this.#peek;
      if (this.#accept('[')) {
        const index = this.#comma();
        this.#expect(']');
        left = { kind: 'index', of: left, index, column };
      } else if (this.#is('.') || this.#is('->')) {
        const arrow = this.#take().text === '->';
        const name = this.#take();
        if (name.kind !== 'name') throw new ExpressionError('expected a member', name.column);
        left = { kind: 'member', of: left, name: name.text, arrow, column: name.column };
      } else if (this.#is('(') && left.kind === 'register') {
        left = this.#call(left.name, left.column);
      } else if (this.#is('(')) {
        throw new ExpressionError(
          "cannot call the guest's functions: looking changes nothing",
          column,
        );
      } else return left;
    }
  }

  #call(name: string, column: number): Expression {
    this.#expect('(');
    const operands: Operand[] = [];
    while (!this.#is(')')) {
      const { column: at } = this.#peek;
      if (this.#startsType(this.#at))
        operands.push({ kind: 'type', type: this.#type(), column: at });
      else operands.push(this.#conditional());
      if (!this.#accept(',')) break;
    }
    this.#expect(')');
    return { kind: 'call', name, operands, column };
  }

  #primary(): Expression {
    const token = this.#take();
    const { column } = token;
    switch (token.kind) {
      case 'number':
        return {
          kind: 'number',
          value: token.value ?? 0n,
          suffix: (token.suffix ?? '').toLowerCase(),
          decimal: !/^0[xXbB0-9]/.test(token.text),
          column,
        };
      case 'float':
        return { kind: 'float', value: Number(token.text), column };
      case 'character':
        return { kind: 'character', value: token.value ?? 0n, column };
      case 'string':
        return { kind: 'string', value: token.text, column };
      case 'register':
        return { kind: 'register', name: token.text.slice(1), column };
      case 'name': {
        if (!this.#accept('::'))
          return { kind: 'name', name: token.text, within: undefined, column };
        const name = this.#take();
        if (name.kind !== 'name')
          throw new ExpressionError("expected a name behind '::'", name.column);
        return { kind: 'name', name: name.text, within: token.text, column };
      }
      case 'operator':
        if (token.text === '(') {
          const inner = this.#comma();
          this.#expect(')');
          return inner;
        }
        break;
    }
    this.#at = this.#tokens.indexOf(token);
    throw this.#unexpected('an expression');
  }

  #startsType(at: number): boolean {
    const token = this.#tokens[at];
    if (token?.kind !== 'name') return false;
    const { text } = token;
    if (text === 'struct' || text === 'union' || text === 'enum') return true;
    return BASIC.has(text) || QUALIFIERS.has(text) || this.#isTypeName(text);
  }

  #type(): TypeText {
    const { column } = this.#peek;
    const words: string[] = [];
    let keyword: TypeText['keyword'];
    let name: string | undefined;
    for (; this.#peek.kind === 'name'; this.#at++) {
      const { text } = this.#peek;
      if (QUALIFIERS.has(text)) continue;
      if (text === 'struct' || text === 'union' || text === 'enum') {
        keyword = text;
        this.#at++;
        if (this.#peek.kind !== 'name') throw this.#unexpected(`the name of a ${text}`);
        name = this.#peek.text;
      } else if (BASIC.has(text)) words.push(text);
      else if (name === undefined && words.length === 0) name = text;
      else break;
    }
    name ??= words.length > 0 ? words.join(' ') : undefined;
    if (name === undefined) throw this.#unexpected('a type');
    return { column, keyword, name, modifiers: this.#declarator() };
  }

  /** Stars, then "(*)" with its own, then arrays and parameters: inside out. */
  #declarator(): TypeModifier[] {
    return this.#nested(() => {
      const own: TypeModifier[] = [];
      while (this.#is('*') || (this.#peek.kind === 'name' && QUALIFIERS.has(this.#peek.text))) {
        if (this.#take().text === '*') own.push({ kind: 'pointer' });
      }
      let inner: TypeModifier[] = [];
      if (this.#is('(') && this.#tokens[this.#at + 1]?.text === '*') {
        this.#at++;
        inner = this.#declarator();
        this.#expect(')');
      }
      const after: TypeModifier[] = [];
      for (;;) {
        if (this.#accept('[')) {
          const count = this.#take();
          if (count.kind !== 'number') throw new ExpressionError('expected a count', count.column);
          this.#expect(']');
          after.unshift({ kind: 'array', count: Number(count.value) });
        } else if (inner.length > 0 && this.#is('(')) {
          this.#skipParameters();
          after.unshift({ kind: 'function' });
        } else break;
      }
      return [...own, ...after, ...inner];
    });
  }

  #skipParameters(): void {
    let depth = 0;
    do {
      if (this.#is('(')) depth++;
      if (this.#is(')')) depth--;
      if (this.#take().kind === 'end') throw this.#unexpected("')'");
    } while (depth > 0);
  }

  #nested<T>(parseInner: () => T): T {
    if (++this.#depth > DEPTH_MAX) {
      throw new ExpressionError('expected a simpler expression', this.#peek.column);
    }
    try {
      return parseInner();
    } finally {
      this.#depth--;
    }
  }
}
