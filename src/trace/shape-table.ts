/**
 * The shapes of the chunk being written: finds the index of a frame's shape without building an
 * object for it. A chunk has a few hundred shapes and a few ten thousand frames, so the look-up is
 * what recording an exit costs.
 */

import type { Kind, Reply, Shape } from './frame.ts';

export class ShapeTable {
  readonly shapes: Shape[] = [];
  /** By kind, reply and size in one small number, then by address. */
  readonly #byAddress: (Map<number, number> | undefined)[] = [];
  /** CPUID leaves with subleaves and inputs with names are rare: by text. */
  readonly #byText = new Map<string, number>();

  clear(): void {
    this.shapes.length = 0;
    this.#byAddress.length = 0;
    this.#byText.clear();
  }

  index(kind: Kind, reply: Reply, size: number, address: number): number {
    const slot = (kind * 8 + reply) * 16 + size;
    const map = (this.#byAddress[slot] ??= new Map());
    const known = map.get(address);
    if (known !== undefined) return known;
    const index = this.#add({ kind, reply, size, address, subleaf: 0, name: '' });
    map.set(address, index);
    return index;
  }

  /** For the shapes that have more to them than an address. */
  indexOf(shape: Shape): number {
    const key = `${shape.kind} ${shape.reply} ${shape.address} ${shape.subleaf} ${shape.name}`;
    const known = this.#byText.get(key);
    if (known !== undefined) return known;
    const index = this.#add(shape);
    this.#byText.set(key, index);
    return index;
  }

  #add(shape: Shape): number {
    this.shapes.push(shape);
    return this.shapes.length - 1;
  }
}
