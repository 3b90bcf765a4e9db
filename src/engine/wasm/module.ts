/**
 * A WebAssembly module under construction: types, imports, functions, one table, exports, in the
 * order of the binary format (core specification §5.5). Functions are declared first and defined
 * later, so that they can call each other.
 */

import { Bytes } from './bytes.ts';
import { Code, type Func, TYPE_CODE, type Type } from './code.ts';

interface Import {
  readonly name: string;
  readonly func: Func;
}

export class WasmModule {
  readonly #types: string[] = [];
  readonly #typeBytes = new Bytes();
  readonly #imports: Import[] = [];
  readonly #functions: { func: Func; body: Bytes | undefined; name: string }[] = [];
  readonly #exports: { name: string; kind: number; index: number }[] = [];
  #elements: Func[] = [];
  readonly #memoryPagesMin: number;

  constructor(options: { memoryPagesMin: number }) {
    this.#memoryPagesMin = options.memoryPagesMin;
  }

  type(params: readonly Type[], results: readonly Type[]): number {
    const key = `${params.join()}>${results.join()}`;
    const known = this.#types.indexOf(key);
    if (known >= 0) return known;
    this.#typeBytes.byte(0x60);
    for (const list of [params, results]) {
      this.#typeBytes.u32(list.length);
      for (const t of list) this.#typeBytes.byte(TYPE_CODE[t]);
    }
    return this.#types.push(key) - 1;
  }

  /** All imports come before the first function. They live in the import module `env`. */
  import(name: string, params: readonly Type[], results: readonly Type[]): Func {
    if (this.#functions.length) throw new Error('wasm: imports come before functions');
    const func = {
      index: this.#imports.length,
      typeIndex: this.type(params, results),
      params,
      results,
    };
    this.#imports.push({ name, func });
    return func;
  }

  declare(name: string, params: readonly Type[], results: readonly Type[]): Func {
    const func = {
      index: this.#imports.length + this.#functions.length,
      typeIndex: this.type(params, results),
      params,
      results,
    };
    this.#functions.push({ func, body: undefined, name });
    return func;
  }

  define<C extends Code>(func: Func, code: C, write: (c: C) => void): void {
    const slot = this.#functions[func.index - this.#imports.length]!;
    if (slot.body) throw new Error(`wasm: ${slot.name} is defined twice`);
    try {
      write(code);
    } catch (cause) {
      throw new Error(`wasm: in ${slot.name}: ${(cause as Error).message}`, { cause });
    }
    slot.body = code.finish();
  }

  func(
    name: string,
    params: readonly Type[],
    results: readonly Type[],
    write: (c: Code) => void,
  ): Func {
    const func = this.declare(name, params, results);
    this.define(func, new Code(params), write);
    return func;
  }

  exportFunc(name: string, func: Func): void {
    this.#exports.push({ name, kind: 0, index: func.index });
  }

  /** The table holds exactly these functions, and is exported as `table`. */
  elements(funcs: readonly Func[]): void {
    this.#elements = [...funcs];
    this.#exports.push({ name: 'table', kind: 1, index: 0 });
  }

  bytes(): Uint8Array {
    const out = new Bytes();
    out.raw(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
    const section = (id: number, count: number, write: (b: Bytes) => void): void => {
      if (!count) return;
      const body = new Bytes();
      body.u32(count);
      write(body);
      out.byte(id);
      out.u32(body.length);
      out.append(body);
    };
    section(1, this.#types.length, (b) => b.append(this.#typeBytes));
    section(2, this.#imports.length + 1, (b) => {
      b.name('env');
      b.name('memory');
      b.byte(2);
      b.byte(0);
      b.u32(this.#memoryPagesMin);
      for (const { name, func } of this.#imports) {
        b.name('env');
        b.name(name);
        b.byte(0);
        b.u32(func.typeIndex);
      }
    });
    section(3, this.#functions.length, (b) => {
      for (const { func } of this.#functions) b.u32(func.typeIndex);
    });
    section(4, this.#elements.length ? 1 : 0, (b) => {
      b.byte(0x70);
      b.byte(0);
      b.u32(this.#elements.length);
    });
    section(7, this.#exports.length, (b) => {
      for (const e of this.#exports) {
        b.name(e.name);
        b.byte(e.kind);
        b.u32(e.index);
      }
    });
    section(9, this.#elements.length ? 1 : 0, (b) => {
      b.raw(new Uint8Array([0, 0x41, 0, 0x0b]));
      b.u32(this.#elements.length);
      for (const f of this.#elements) b.u32(f.index);
    });
    section(10, this.#functions.length, (b) => {
      for (const { body, name } of this.#functions) {
        if (!body) throw new Error(`wasm: ${name} is declared and never defined`);
        b.u32(body.length);
        b.append(body);
      }
    });
    this.#nameSection(out);
    return out.view();
  }

  /** Names for profilers, of the functions that are not in the table (appendix "Name Section"). */
  #nameSection(out: Bytes): void {
    const inTable = new Set(this.#elements.map((f) => f.index));
    const named = this.#functions.filter(({ func }) => !inTable.has(func.index));
    const map = new Bytes();
    map.u32(named.length);
    for (const { func, name } of named) {
      map.u32(func.index);
      map.name(name);
    }
    const body = new Bytes();
    body.name('name');
    body.byte(1);
    body.u32(map.length);
    body.append(map);
    out.byte(0);
    out.u32(body.length);
    out.append(body);
  }
}
