/** C's own types, by the words that name them, for 64-bit (LP64) and 32-bit (ILP32) guests. */

import { type BaseType, type CType, type PointerType, strip } from '../values/types.ts';

export class BuiltinTypes {
  readonly int: BaseType = { kind: 'base', name: 'int', size: 4, encoding: 'signed' };
  readonly char: BaseType = { kind: 'base', name: 'char', size: 1, encoding: 'char' };
  readonly double: BaseType = { kind: 'base', name: 'double', size: 8, encoding: 'float' };
  readonly bool: BaseType = { kind: 'base', name: '_Bool', size: 1, encoding: 'bool' };
  readonly #long: 4 | 8;

  constructor(pointerSize: 4 | 8) {
    this.#long = pointerSize;
  }

  get long(): BaseType {
    return { kind: 'base', name: 'long', size: this.#long, encoding: 'signed' };
  }

  get unsignedLong(): BaseType {
    return { kind: 'base', name: 'unsigned long', size: this.#long, encoding: 'unsigned' };
  }

  pointerTo(to: CType): PointerType {
    return { kind: 'pointer', size: this.#long, to };
  }

  /** "unsigned long int" in any order; undefined for words that are no type together. */
  named(text: string): CType | undefined {
    const words = text.split(' ').sort();
    const count = (word: string): number => words.filter((one) => one === word).length;
    const unsigned = count('unsigned') > 0;
    const rest = words.filter((one) => !/^(?:unsigned|signed|__signed__|int)$/.test(one)).join(' ');
    const whole = (name: string, size: number): BaseType => ({
      kind: 'base',
      name: unsigned ? `unsigned ${name}` : name,
      size,
      encoding: unsigned ? 'unsigned' : 'signed',
    });
    switch (rest) {
      case 'void':
        return { kind: 'void' };
      case 'bool':
      case '_Bool':
        return this.bool;
      case 'char':
        if (unsigned) return { ...this.char, name: 'unsigned char', encoding: 'unsigned char' };
        return count('signed') > 0 ? { ...this.char, name: 'signed char' } : this.char;
      case 'short':
        return whole('short', 2);
      case '':
        return whole('int', 4);
      case 'long':
        return whole('long', this.#long);
      case 'long long':
        return whole('long long', 8);
      case '__int128':
        return whole('__int128', 16);
      case 'float':
        return { kind: 'base', name: 'float', size: 4, encoding: 'float' };
      case 'double':
        return this.double;
      case 'double long':
        return {
          kind: 'base',
          name: 'long double',
          size: this.#long === 8 ? 16 : 12,
          encoding: 'float',
        };
      default:
        return undefined;
    }
  }

  /** Of an integer constant (C11 §6.4.4.1): the first type it fits in. */
  ofConstant(value: bigint, suffix: string, decimal: boolean): BaseType {
    const unsigned = suffix.includes('u');
    const long = suffix.includes('l');
    const sizes = [...new Set(long ? [this.#long, 8] : [4, this.#long, 8])];
    for (const size of sizes) {
      const name = size === 4 ? 'int' : size === this.#long ? 'long' : 'long long';
      const bits = BigInt(size * 8);
      if (!unsigned && value < 1n << (bits - 1n))
        return { kind: 'base', name, size, encoding: 'signed' };
      if ((unsigned || !decimal) && value < 1n << bits) {
        return { kind: 'base', name: `unsigned ${name}`, size, encoding: 'unsigned' };
      }
    }
    return { kind: 'base', name: 'unsigned __int128', size: 16, encoding: 'unsigned' };
  }

  /** What two operands of arithmetic become (§6.3.1.8). */
  common(left: CType, right: CType): BaseType {
    const a = this.promoted(left);
    const b = this.promoted(right);
    if (a.encoding === 'float' || b.encoding === 'float') return this.double;
    if (a.size !== b.size) return a.size > b.size ? a : b;
    return a.encoding === 'unsigned' ? a : b;
  }

  /** What is smaller than int becomes int (§6.3.1.1). */
  promoted(type: CType): BaseType {
    const bare = strip(type);
    if (bare.kind === 'pointer') return this.unsignedLong;
    if (bare.kind === 'enum') {
      if (bare.size < 4) return this.int;
      const name = bare.size === 4 ? 'int' : 'long';
      return bare.signed || bare.size === 4
        ? { kind: 'base', name, size: bare.size, encoding: bare.signed ? 'signed' : 'unsigned' }
        : { kind: 'base', name: `unsigned ${name}`, size: bare.size, encoding: 'unsigned' };
    }
    if (bare.kind !== 'base') return this.int;
    if (bare.encoding === 'float' || bare.size >= 4) {
      return bare.encoding === 'char' ? { ...bare, encoding: 'signed' } : bare;
    }
    return this.int;
  }
}
