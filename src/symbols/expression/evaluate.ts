/** Computes an expression's value as C would, in the guest's memory and registers (C11 §6.5). */

import { ExpressionError } from '../program.ts';
import { AssembledStorage, nowhere } from '../values/storage.ts';
import { type BaseType, type CType, sizeOf, strip, typeName, VOID } from '../values/types.ts';
import { GuestValue, type ValueSpace } from '../values/value.ts';
import { BuiltinTypes } from './builtin-types.ts';
import { callBuiltin } from './builtins.ts';
import type { BinaryOperator, Expression, TypeText } from './syntax.ts';

/** Where names come from. */
export interface Names {
  readonly space: ValueSpace;
  variable(name: string, within: string | undefined): GuestValue | undefined;
  /** A typedef, or with its keyword a struct, union or enum. */
  type(name: string, keyword: TypeText['keyword']): CType | undefined;
  register(name: string): GuestValue | undefined;
  mark(name: string): bigint | undefined;
  /** What is added to a per-CPU variable's offset. */
  perCpuBase(cpu: number | undefined): bigint | undefined;
}

const ELEMENTS_MAX = 1_000_000n;

export class Evaluator {
  readonly names: Names;
  readonly builtin: BuiltinTypes;

  constructor(names: Names) {
    this.names = names;
    this.builtin = new BuiltinTypes(names.space.pointerSize);
  }

  evaluate(expression: Expression): GuestValue {
    const { column } = expression;
    switch (expression.kind) {
      case 'number': {
        const { value, suffix, decimal } = expression;
        return this.integer(value, this.builtin.ofConstant(value, suffix, decimal));
      }
      case 'float':
        return this.#float(expression.value);
      case 'character':
        return this.integer(expression.value, this.builtin.char);
      case 'string':
        return this.#string(expression.value);
      case 'name':
        return this.#name(expression.name, expression.within, column);
      case 'register':
        return this.#register(expression.name, column);
      case 'mark':
        return this.#mark(expression.name, column);
      case 'unary':
        return this.#unary(expression);
      case 'binary':
        return this.#binary(expression);
      case 'conditional': {
        const chosen = this.truth(expression.condition) ? expression.then : expression.otherwise;
        return this.evaluate(chosen);
      }
      case 'member':
        return this.#member(expression);
      case 'index':
        return this.#index(expression);
      case 'cast':
        return this.#cast(this.typeOf(expression.type), this.evaluate(expression.operand), column);
      case 'size of type':
        return this.#size(this.typeOf(expression.type), column);
      case 'call':
        return callBuiltin(this, expression.name, expression.operands, column);
    }
  }

  /** The type that was written. */
  typeOf({ keyword, name, modifiers, column }: TypeText): CType {
    const found =
      keyword === undefined
        ? (this.builtin.named(name) ?? this.names.type(name, undefined))
        : this.names.type(name, keyword);
    if (!found) {
      const wanted = keyword === undefined ? `a type '${name}'` : `a type '${keyword} ${name}'`;
      throw new ExpressionError(`expected ${wanted}, the program has none`, column);
    }
    let type = found;
    for (const modifier of modifiers) {
      if (modifier.kind === 'pointer') type = this.builtin.pointerTo(type);
      else if (modifier.kind === 'array') {
        type = { kind: 'array', element: type, count: modifier.count };
      } else {
        type = {
          kind: 'function',
          returns: type,
          parameters: [],
          variadic: false,
          prototyped: false,
        };
      }
    }
    return type;
  }

  integer(value: bigint, type: CType): GuestValue {
    return GuestValue.integer(value, type, this.names.space);
  }

  truth(expression: Expression): boolean {
    const value = this.decayed(this.evaluate(expression));
    const number = value.float ?? this.number(value, expression.column);
    return typeof number === 'number' ? number !== 0 : number !== 0n;
  }

  /** A value's integer; an error says why there is none. */
  number(value: GuestValue, column: number): bigint {
    const { integer } = value;
    if (integer !== undefined) return integer;
    const { float } = value;
    if (float !== undefined && Number.isFinite(float)) return BigInt(Math.trunc(float));
    throw this.#noNumber(value, column);
  }

  /** Arrays become pointers to their first element, functions pointers to themselves (§6.3.2.1). */
  decayed(value: GuestValue): GuestValue {
    const { bare } = value;
    const { address } = value.storage;
    if (bare.kind === 'array' && address !== undefined) {
      return this.integer(address, this.builtin.pointerTo(bare.element));
    }
    if (bare.kind === 'function' && address !== undefined) {
      return this.integer(address, this.builtin.pointerTo(value.ctype));
    }
    return value;
  }

  #noNumber(value: GuestValue, column: number): ExpressionError {
    const { state } = value;
    if (state === 'known') {
      return new ExpressionError(`expected a number or a pointer, got '${value.type}'`, column);
    }
    const which = value.expression === undefined ? 'the value' : `'${value.expression}'`;
    const why = state === 'partly' ? 'partly optimised out' : state;
    return new ExpressionError(`${which} is ${why} here`, column);
  }

  #float(value: number): GuestValue {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setFloat64(0, value, true);
    const { space } = this.names;
    return new GuestValue({
      type: this.builtin.double,
      storage: new AssembledStorage(bytes),
      space,
    });
  }

  #string(text: string): GuestValue {
    const bytes = Buffer.from(`${text}\0`, 'latin1');
    const type: CType = { kind: 'array', element: this.builtin.char, count: bytes.length };
    const { space } = this.names;
    return new GuestValue({ type, storage: new AssembledStorage(bytes), space });
  }

  #name(name: string, within: string | undefined, column: number): GuestValue {
    const found = this.names.variable(name, within);
    if (found) return found;
    const where = within === undefined ? 'here' : `in '${within}'`;
    throw new ExpressionError(`no variable, function or enumerator '${name}' ${where}`, column);
  }

  #register(name: string, column: number): GuestValue {
    const found = this.names.register(name);
    if (found) return found;
    throw new ExpressionError(`no register '$${name}'`, column);
  }

  #mark(name: string, column: number): GuestValue {
    const value = this.names.mark(name);
    if (value === undefined) {
      throw new ExpressionError(
        `expected @icount, got '@${name}', which is not known here`,
        column,
      );
    }
    return this.integer(value, { ...this.builtin.unsignedLong, size: 8 });
  }

  #unary(expression: Extract<Expression, { kind: 'unary' }>): GuestValue {
    const { operator, operand, column } = expression;
    if (operator === 'sizeof') return this.#size(this.evaluate(operand).ctype, column);
    if (operator === '&') return this.#addressOf(this.evaluate(operand), column);
    const value = this.decayed(this.evaluate(operand));
    switch (operator) {
      case '*':
        return this.dereference(value, column);
      case '!': {
        const zero =
          value.float === undefined ? this.number(value, column) === 0n : value.float === 0;
        return this.integer(zero ? 1n : 0n, this.builtin.int);
      }
      case '-':
        if (value.float !== undefined) return this.#float(-value.float);
        return this.#arithmetic(-this.number(value, column), this.builtin.promoted(value.ctype));
      case '~':
        return this.#arithmetic(~this.number(value, column), this.builtin.promoted(value.ctype));
      case '+':
        if (value.float !== undefined) return value;
        return this.#arithmetic(this.number(value, column), this.builtin.promoted(value.ctype));
    }
  }

  #arithmetic(value: bigint, type: BaseType): GuestValue {
    return this.integer(value, type);
  }

  #addressOf(value: GuestValue, column: number): GuestValue {
    if (value.bitField) throw new ExpressionError('a bit field has no address', column);
    const { address } = value.storage;
    if (address !== undefined) {
      const pointer = this.integer(address, this.builtin.pointerTo(value.ctype));
      return pointer.withExpression(value.expression && `&${value.expression}`);
    }
    const { state } = value;
    const what = value.expression === undefined ? 'the value' : `'${value.expression}'`;
    if (state !== 'known') throw new ExpressionError(`${what} is ${state} here`, column);
    throw new ExpressionError(`${what} is not in memory and has no address`, column);
  }

  dereference(value: GuestValue, column: number): GuestValue {
    const { bare } = value;
    if (bare.kind !== 'pointer') {
      throw new ExpressionError(`expected a pointer, got '${value.type}'`, column);
    }
    if (strip(bare.to).kind === 'void') {
      throw new ExpressionError("'void *' points to nothing in particular: cast it first", column);
    }
    const address = this.number(value, column);
    const own = value.expression;
    const expression = own?.startsWith('&') ? own.slice(1) : own && `*${own}`;
    return GuestValue.inMemory(bare.to, address, this.names.space, expression);
  }

  #size(type: CType, column: number): GuestValue {
    const size = sizeOf(type);
    if (size === undefined) throw new ExpressionError(`'${typeName(type)}' has no size`, column);
    return this.integer(BigInt(size), this.builtin.unsignedLong);
  }

  #member(expression: Extract<Expression, { kind: 'member' }>): GuestValue {
    const { of, name, column } = expression;
    let value = this.evaluate(of);
    // "." on a pointer and "->" on a struct are slips that mean one thing.
    if (value.bare.kind === 'pointer' || value.bare.kind === 'array') {
      value = this.dereference(this.decayed(value), of.column);
    }
    const { bare } = value;
    if (bare.kind !== 'struct' && bare.kind !== 'union') {
      throw new ExpressionError(`expected a struct or union, got '${value.type}'`, column);
    }
    if (bare.incomplete) throw new ExpressionError(`'${value.type}' is incomplete here`, column);
    const found = value.member(name);
    if (!found) throw new ExpressionError(`'${value.type}' has no member '${name}'`, column);
    return found;
  }

  #index(expression: Extract<Expression, { kind: 'index' }>): GuestValue {
    const { of, index, column } = expression;
    const value = this.evaluate(of);
    const at = this.number(this.decayed(this.evaluate(index)), index.column);
    const { bare } = value;
    const inMemory = value.storage.address !== undefined;
    if (value.indexed > 0 && (bare.kind !== 'array' || !inMemory)) {
      const found =
        at >= 0n && at < BigInt(value.indexed)
          ? value.children(value.named + Number(at), 1)[0]
          : undefined;
      if (found) return found.value as GuestValue;
      throw new ExpressionError(
        `expected an index below ${value.indexed}, got ${at}`,
        index.column,
      );
    }
    const pointer = this.decayed(value);
    const result = this.dereference(this.#offset(pointer, at, column), column);
    return result.withExpression(value.expression && `${value.expression}[${at}]`);
  }

  #offset(pointer: GuestValue, count: bigint, column: number): GuestValue {
    const { bare } = pointer;
    if (bare.kind !== 'pointer') {
      throw new ExpressionError(`expected an array or a pointer, got '${pointer.type}'`, column);
    }
    const to = strip(bare.to);
    // As gcc has it, and void as if it were char.
    const size = to.kind === 'void' || to.kind === 'function' ? 1 : sizeOf(bare.to);
    if (size === undefined) throw new ExpressionError(`'${typeName(bare.to)}' has no size`, column);
    const value = this.number(pointer, column) + count * BigInt(size);
    return this.integer(value, pointer.ctype);
  }

  #cast(type: CType, operand: GuestValue, column: number): GuestValue {
    const bare = strip(type);
    const size = sizeOf(type);
    const expression = operand.expression && `(${typeName(type)})${operand.expression}`;
    if (bare.kind === 'void') {
      return new GuestValue({
        type: VOID,
        storage: nowhere(0, 'optimised out'),
        space: operand.space,
      });
    }
    if (bare.kind === 'struct' || bare.kind === 'union' || bare.kind === 'array') {
      // C forbids it; a debugger looks at the memory as if it were one.
      const { address } = operand.storage;
      if (address === undefined) {
        throw new ExpressionError(`cannot see '${operand.type}' as '${typeName(type)}'`, column);
      }
      return GuestValue.inMemory(type, address, operand.space, expression);
    }
    const value = this.decayed(operand);
    if (bare.kind === 'base' && bare.encoding === 'float') {
      const number = value.float ?? Number(this.number(value, column));
      return this.#float(number);
    }
    const number = this.number(value, column);
    if (bare.kind === 'base' && bare.encoding === 'bool') {
      return this.integer(number === 0n ? 0n : 1n, type).withExpression(expression);
    }
    if (size === undefined) throw new ExpressionError(`cannot cast to '${typeName(type)}'`, column);
    return this.integer(number, type).withExpression(expression);
  }

  #binary(expression: Extract<Expression, { kind: 'binary' }>): GuestValue {
    const { operator, left, right, column } = expression;
    if (operator === '&&' || operator === '||') {
      const first = this.truth(left);
      const result = operator === '&&' ? first && this.truth(right) : first || this.truth(right);
      return this.integer(result ? 1n : 0n, this.builtin.int);
    }
    if (operator === ',') {
      this.evaluate(left);
      return this.evaluate(right);
    }
    if (operator === '@') return this.#array(expression);
    const a = this.decayed(this.evaluate(left));
    const b = this.decayed(this.evaluate(right));
    const ap = a.bare.kind === 'pointer';
    const bp = b.bare.kind === 'pointer';
    if (operator === '+' && (ap || bp)) {
      if (ap && bp) throw new ExpressionError('cannot add two pointers', column);
      return ap
        ? this.#offset(a, this.number(b, right.column), left.column)
        : this.#offset(b, this.number(a, left.column), right.column);
    }
    if (operator === '-' && ap) {
      if (!bp) return this.#offset(a, -this.number(b, right.column), left.column);
      return this.#distance(a, b, column);
    }
    if (a.float !== undefined || b.float !== undefined) {
      const x = a.float ?? Number(this.number(a, left.column));
      const y = b.float ?? Number(this.number(b, right.column));
      return this.#floating(operator, x, y, column);
    }
    const x = this.number(a, left.column);
    const y = this.number(b, right.column);
    if (operator === '<<' || operator === '>>') {
      return this.#shift(operator, x, y, this.builtin.promoted(a.ctype), right.column);
    }
    return this.#integral(operator, x, y, this.builtin.common(a.ctype, b.ctype), right.column);
  }

  #distance(a: GuestValue, b: GuestValue, column: number): GuestValue {
    const to = a.bare.kind === 'pointer' ? a.bare.to : VOID;
    const size = BigInt(sizeOf(to) || 1);
    const difference = this.number(a, column) - this.number(b, column);
    const bytes = BigInt.asIntN(this.names.space.pointerSize * 8, difference);
    return this.integer(bytes / size, this.builtin.long);
  }

  #shift(
    operator: '<<' | '>>',
    value: bigint,
    count: bigint,
    type: BaseType,
    column: number,
  ): GuestValue {
    if (count < 0n || count >= BigInt(type.size * 8)) {
      throw new ExpressionError(
        `expected a shift by 0 to ${type.size * 8 - 1}, got ${count}`,
        column,
      );
    }
    return this.integer(operator === '<<' ? value << count : value >> count, type);
  }

  #integral(
    operator: BinaryOperator,
    left: bigint,
    right: bigint,
    type: BaseType,
    column: number,
  ): GuestValue {
    const bits = type.size * 8;
    const fitted = (value: bigint): bigint =>
      type.encoding === 'unsigned' ? BigInt.asUintN(bits, value) : BigInt.asIntN(bits, value);
    const a = fitted(left);
    const b = fitted(right);
    const truth = comparison(operator, a, b);
    if (truth !== undefined) return this.integer(truth ? 1n : 0n, this.builtin.int);
    switch (operator) {
      case '*':
        return this.integer(a * b, type);
      case '+':
        return this.integer(a + b, type);
      case '-':
        return this.integer(a - b, type);
      case '&':
        return this.integer(a & b, type);
      case '|':
        return this.integer(a | b, type);
      case '^':
        return this.integer(a ^ b, type);
      default:
        if (b === 0n) throw new ExpressionError('division by zero', column);
        return this.integer(operator === '/' ? a / b : a % b, type);
    }
  }

  #floating(operator: BinaryOperator, a: number, b: number, column: number): GuestValue {
    const truth = comparison(operator, a, b);
    if (truth !== undefined) return this.integer(truth ? 1n : 0n, this.builtin.int);
    switch (operator) {
      case '*':
        return this.#float(a * b);
      case '/':
        return this.#float(a / b);
      case '+':
        return this.#float(a + b);
      case '-':
        return this.#float(a - b);
      default:
        throw new ExpressionError(`expected integers around '${operator}'`, column);
    }
  }

  /** gdb's "*p@4": as many objects as that, from this one on. */
  #array({ left, right, column }: Extract<Expression, { kind: 'binary' }>): GuestValue {
    const first = this.evaluate(left);
    const count = this.number(this.decayed(this.evaluate(right)), right.column);
    if (count < 1n || count > ELEMENTS_MAX) {
      throw new ExpressionError(
        `expected 1 to ${ELEMENTS_MAX} elements, got ${count}`,
        right.column,
      );
    }
    const { address } = first.storage;
    if (address === undefined) {
      throw new ExpressionError("expected a value in memory to the left of '@'", column);
    }
    const type: CType = { kind: 'array', element: first.ctype, count: Number(count) };
    const text = first.expression && `${first.expression}@${count}`;
    return GuestValue.inMemory(type, address, this.names.space, text);
  }
}

function comparison<T extends bigint | number>(
  operator: BinaryOperator,
  a: T,
  b: T,
): boolean | undefined {
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    default:
      return undefined;
  }
}
