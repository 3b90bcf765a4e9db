/**
 * Names for guest addresses. A table holds addresses as the kernel was linked; `slide` is how far the
 * guest moved itself at boot (Linux: KASLR), and is added on the way out and taken off on the way in.
 */

export interface GuestSymbol {
  readonly name: string;
  /** As linked. */
  readonly start: bigint;
  /** 0 where the source does not say: up to the next symbol then. */
  readonly size: bigint;
  /** A label is assembly code or a mark of the linker's. */
  readonly kind: 'code' | 'data' | 'label';
}

export interface Located {
  readonly symbol: GuestSymbol;
  /** Where the guest has it. */
  readonly start: bigint;
  readonly offset: bigint;
}

const WRAP = 64;
/** Past a symbol without a size, this far at most is still called by its name. */
const UNSIZED_REACH = 0x10000n;

export class SymbolTable {
  readonly slide: bigint;
  readonly #sorted: readonly GuestSymbol[];
  readonly #byName = new Map<string, GuestSymbol>();

  constructor(symbols: readonly GuestSymbol[], slide = 0n) {
    this.slide = slide;
    this.#sorted = [...symbols].sort(byAddress);
    for (const symbol of this.#sorted) {
      const known = this.#byName.get(symbol.name);
      if (!known || rank(symbol) < rank(known)) this.#byName.set(symbol.name, symbol);
    }
  }

  get size(): number {
    return this.#sorted.length;
  }

  /** The same names, for a guest that moved itself by `slide`. */
  slid(slide: bigint): SymbolTable {
    return new SymbolTable(this.#sorted, BigInt.asUintN(WRAP, slide));
  }

  /** Ascending, with addresses as the guest has them. */
  all(): GuestSymbol[] {
    return this.#sorted.map((symbol) => ({
      ...symbol,
      start: BigInt.asUintN(WRAP, symbol.start + this.slide),
    }));
  }

  /** Where the guest has a symbol. */
  address(name: string): bigint | undefined {
    const found = this.#byName.get(name);
    return found && BigInt.asUintN(WRAP, found.start + this.slide);
  }

  symbol(name: string): GuestSymbol | undefined {
    return this.#byName.get(name);
  }

  /** The symbol an address is in. */
  locate(at: bigint): Located | undefined {
    const linked = BigInt.asUintN(WRAP, at - this.slide);
    for (let i = this.#lastUpTo(linked); i >= 0; i--) {
      const symbol = this.#sorted[i]!;
      const offset = linked - symbol.start;
      if (offset > UNSIZED_REACH && symbol.size === 0n) return undefined;
      // Labels inside a function, and what ends before the address, say less than what spans it.
      if (symbol.size > 0n && offset >= symbol.size) {
        if (offset > UNSIZED_REACH) return undefined;
        continue;
      }
      if (symbol.kind === 'label' && this.#spanned(i, linked, symbol.size === 0n)) continue;
      return { symbol, start: BigInt.asUintN(WRAP, at - offset), offset };
    }
    return undefined;
  }

  /** "queue_pop+0x3b"; undefined where no symbol covers the address. */
  name(at: bigint): string | undefined {
    const found = this.locate(at);
    if (!found) return undefined;
    const { symbol, offset } = found;
    return offset === 0n ? symbol.name : `${symbol.name}+0x${offset.toString(16)}`;
  }

  /** Names that begin with a text, for completion. */
  startingWith(text: string, limit: number): string[] {
    const found: string[] = [];
    for (const name of this.#byName.keys()) if (name.startsWith(text)) found.push(name);
    return found.sort().slice(0, limit);
  }

  /** Is there a function below `i` that spans the address? Assembly code with a size will do as well. */
  #spanned(i: number, linked: bigint, assembly: boolean): boolean {
    for (let below = i - 1; below >= 0 && below > i - 16; below--) {
      const { start, size, kind } = this.#sorted[below]!;
      if (size > 0n && (assembly || kind !== 'label')) return linked < start + size;
    }
    return false;
  }

  #lastUpTo(at: bigint): number {
    let low = -1;
    let high = this.#sorted.length;
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.#sorted[middle]!.start <= at) low = middle;
      else high = middle;
    }
    return low;
  }
}

/** Of several symbols at one address the last is looked at first: functions after labels. */
function byAddress(a: GuestSymbol, b: GuestSymbol): number {
  if (a.start !== b.start) return a.start < b.start ? -1 : 1;
  if (rank(a) !== rank(b)) return rank(b) - rank(a);
  return a.name < b.name ? 1 : -1;
}

const rank = ({ kind }: GuestSymbol): number => ['code', 'data', 'label'].indexOf(kind);
