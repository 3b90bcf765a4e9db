/**
 * Which code is compiled, and when: a block that has been interpreted often enough brings along the
 * other warm blocks of its page and mode. What is compiled when never shows in any state.
 */

import { modeOfKey } from '../decode/mode.ts';
import * as R from '../decode/record.ts';
import { FPU_FUNCTIONS, type Fpu } from '../fpu/unit.ts';
import { segmentationOf } from '../interp/handlers.ts';
import { HANDLER_COUNT, type MainExports } from '../interp/module.ts';
import { bindOperands, parseOperands } from '../isa/operands.ts';
import type { Row } from '../isa/row.ts';
import type { Block, Blocks } from '../vcpu/blocks.ts';
import * as L from '../vcpu/layout.ts';
import type { Func, Type } from '../wasm/code.ts';
import { WasmModule } from '../wasm/module.ts';
import type { JitRuntime, Placed } from './emitter.ts';
import { emitRegion, type RegionBlock } from './region.ts';

export interface JitOptions {
  /** Executions after which a block is hot. */
  readonly hotAt: number;
  /** A block with at least this share of `hotAt` comes along with a hot one: hotAt >> warmShift. */
  readonly warmShift: number;
  readonly instructionsMax: number;
  readonly blocksMax: number;
  /** Regions that live at once; beyond, the oldest is dropped. */
  readonly regionsMax: number;
}

export const JIT_DEFAULTS: JitOptions = {
  hotAt: 2500,
  warmShift: 4,
  instructionsMax: 600,
  blocksMax: 120,
  regionsMax: 12000,
};

interface Region {
  readonly index: number;
  readonly blocks: readonly Block[];
}

const fpuImports = Object.fromEntries(
  Object.entries(FPU_FUNCTIONS).map(([name, params]) => [name, [params, ['i32']]]),
) as unknown as Record<keyof Fpu, readonly [readonly Type[], readonly Type[]]>;

/** The main module's functions that regions import, by the names they are exported under. */
const IMPORTS: Record<keyof JitRuntime, readonly [readonly Type[], readonly Type[]]> = {
  ...fpuImports,
  readSlow: [['i64', 'i32', 'i32'], ['i32']],
  storeSlow: [['i64', 'i32', 'i32', 'i64'], ['i32']],
  modifySlow: [['i64', 'i32', 'i32'], ['i32']],
  commit: [['i32', 'i32'], ['i32']],
  segmentCheck: [['i32', 'i32', 'i64', 'i32', 'i32'], ['i64']],
  fault: [['i32', 'i32', 'i32'], ['i32']],
  carry: [[], ['i32']],
  flagWord: [[], ['i32']],
  leave: [['i32'], ['i32']],
  retire: [['i32'], ['i32']],
  stop: [['i32'], ['i32']],
  goto: [['i64'], ['i32']],
  resolve: [['i32', 'i32', 'i32'], ['i32']],
  step: [['i32'], ['i32']],
};

export class Jit {
  readonly #u16: Uint16Array;
  readonly #exports: MainExports;
  readonly #blocks: Blocks;
  readonly #options: JitOptions;
  readonly #imports: Record<string, unknown>;
  readonly #regions = new Map<number, Region>();
  readonly #free: number[] = [];
  readonly #tableStart: number;
  /** For benchmarks: what has been compiled and dropped so far. */
  readonly statistics = { regions: 0, blocks: 0, instructions: 0, bytes: 0, dropped: 0 };

  constructor(
    memory: WebAssembly.Memory,
    exports: MainExports,
    blocks: Blocks,
    options: JitOptions = JIT_DEFAULTS,
  ) {
    this.#u16 = new Uint16Array(memory.buffer, 0, L.RAM_BASE >> 1);
    this.#exports = exports;
    this.#blocks = blocks;
    this.#options = options;
    this.#tableStart = exports.table.length;
    this.#imports = { memory };
    for (const name of Object.keys(IMPORTS)) this.#imports[name] = exports[name];
    blocks.counting = true;
    blocks.onDrop = (block) => this.#dropBlock(block);
    blocks.onFlush = () => this.#dropAll();
  }

  /** The block at a record has become hot. */
  hot(ip: number): void {
    const block = this.#blocks.byRecord(ip);
    if (!block) return;
    const chosen = this.#select(block);
    for (const region of this.#regions.values()) {
      if (this.#regions.size < this.#options.regionsMax) break;
      this.#dropRegion(region);
    }
    this.#compile(chosen);
  }

  /** Does a write to these bytes of RAM hit compiled code? */
  hit(gpa: number, bytes: number): boolean {
    return this.#blocks.some(gpa, bytes, (block) => this.#regionOf(block) !== undefined);
  }

  #regionOf(block: Block): Region | undefined {
    const handler = this.#u16[block.ip >> 1]!;
    return handler >= this.#tableStart ? this.#regions.get(handler) : undefined;
  }

  /** The hot block and the warm ones of its page that are not compiled yet, in address order. */
  #select(hot: Block): Block[] {
    const { hotAt, warmShift, instructionsMax, blocksMax } = this.#options;
    const heat = (block: Block): number => {
      if (block === hot) return Number.MAX_SAFE_INTEGER;
      return this.#regionOf(block) ? 0 : this.#u16[L.counterOf(block.ip) >> 1]!;
    };
    const warm = this.#blocks
      .inPage(hot.page)
      .filter((b) => b.page === hot.page && b.key === hot.key && b.plain > 0)
      .map((block) => ({ block, heat: heat(block) }))
      .filter(({ heat }) => heat >= Math.max(1, hotAt >> warmShift))
      .sort((a, b) => b.heat - a.heat || a.block.offset - b.block.offset);
    const chosen: Block[] = [];
    let instructions = 0;
    for (const { block } of warm) {
      const full = chosen.length === blocksMax || instructions + block.plain > instructionsMax;
      if (full && chosen.length > 0) break;
      chosen.push(block);
      instructions += block.plain;
    }
    return chosen.sort((a, b) => a.offset - b.offset);
  }

  #compile(blocks: readonly Block[]): void {
    const index = this.#free.pop() ?? this.#exports.table.grow(1);
    const m = new WasmModule({ memoryPagesMin: L.RAM_BASE / 65536 });
    const runtime = Object.fromEntries(
      Object.entries(IMPORTS).map(([name, [params, results]]) => [
        name,
        m.import(name, params, results),
      ]),
    ) as Record<keyof JitRuntime, Func>;
    const code = emitRegion(
      blocks.map((b) => this.#regionBlock(b)),
      runtime,
      index,
    );
    const func = m.declare('region', ['i32'], ['i32']);
    m.define(func, code, () => {});
    m.exportFunc('region', func);
    const bytes = m.bytes();
    this.statistics.regions++;
    this.statistics.blocks += blocks.length;
    this.statistics.bytes += bytes.length;
    for (const block of blocks) this.statistics.instructions += block.plain;
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: this.#imports,
    });
    this.#exports.table.set(index, instance.exports['region']);
    this.#regions.set(index, { index, blocks });
    blocks.forEach((block, k) => {
      this.#u16[block.ip >> 1] = index;
      this.#u16[L.counterOf(block.ip) >> 1] = k;
    });
  }

  #regionBlock(block: Block): RegionBlock {
    const mode = modeOfKey(block.key);
    let offset = block.offset;
    const instructions = this.#blocks.decode(block).map((insn, i): Placed => {
      const placed: Placed = {
        insn,
        ip: block.ip + i * R.RECORD_BYTES,
        offset,
        remaining: block.plain - i,
        variant: {
          row: insn.row,
          operands: bindOperands(specsOf(insn.row), insn.size, insn.form),
          size: insn.size,
          form: insn.form,
          rep: insn.rep,
          addressSize: insn.addressSize,
          stackSize: insn.stackSize,
        },
        segmentation: segmentationOf(insn.form, mode.codeSize, mode.flat),
      };
      offset += insn.length;
      return placed;
    });
    const continues = block.records > block.plain;
    return {
      ip: block.ip,
      offset: block.offset,
      count: block.plain,
      instructions,
      continueIp: continues ? block.ip + block.plain * R.RECORD_BYTES : undefined,
      end: block.end,
    };
  }

  #dropBlock(block: Block): void {
    const region = this.#regionOf(block);
    if (region) this.#dropRegion(region);
  }

  #dropRegion(region: Region): void {
    for (const block of region.blocks) {
      this.#u16[block.ip >> 1] = HANDLER_COUNT;
      this.#u16[L.counterOf(block.ip) >> 1] = 0;
    }
    this.#exports.table.set(region.index, null);
    this.#regions.delete(region.index);
    this.statistics.dropped++;
    this.#free.push(region.index);
  }

  #dropAll(): void {
    for (const region of [...this.#regions.values()]) this.#dropRegion(region);
  }
}

const specs = new Map<Row, ReturnType<typeof parseOperands>>();
function specsOf(row: Row): ReturnType<typeof parseOperands> {
  let known = specs.get(row);
  if (!known) {
    known = parseOperands(row.ops);
    specs.set(row, known);
  }
  return known;
}
