/**
 * The interpreter's handlers: for every row, one function for each operand size, addressing form
 * and whatever else its semantics look at. Which function executes an instruction is a lookup by
 * the same keys.
 */

import type { Instruction } from '../decode/instruction.ts';
import { FORMS, type Form } from '../decode/record.ts';
import type { RepPrefix, Runtime } from '../isa/emitter.ts';
import { bindOperands, memoryOnly, parseOperands, registerOnly, usesRm } from '../isa/operands.ts';
import type { Row } from '../isa/row.ts';
import type { Func } from '../wasm/code.ts';
import type { WasmModule } from '../wasm/module.ts';
import type { ControlFunctions } from './control.ts';
import { type Dimension, InterpEmitter, type Segmentation } from './emitter.ts';

interface Combination {
  readonly form: Form;
  readonly segmentation: Segmentation;
  readonly size: 2 | 4 | 8;
  readonly addressSize: 2 | 4 | 8;
  readonly stackSize: 2 | 4 | 8;
  readonly rep: RepPrefix;
}

interface RowHandlers {
  readonly dimensions: ReadonlySet<Dimension>;
  /** Key → index in the function table. */
  readonly byKey: ReadonlyMap<number, number>;
}

/** Which handler is which, as plain data: for each row with `emit`, in order. */
export type HandlerKeys = readonly {
  readonly dimensions: readonly Dimension[];
  /** Key, index, key, index, … */
  readonly byKey: readonly number[];
}[];

export class Handlers {
  readonly functions: Func[] = [];
  readonly #rows = new Map<Row, RowHandlers>();

  /** Of a module that was generated before, from the same rows. */
  static of(rows: readonly Row[], keys: HandlerKeys): Handlers {
    const handlers = new Handlers();
    const emitted = rows.filter((row) => row.emit);
    if (emitted.length !== keys.length) {
      throw new Error(`interpreter: expected keys of ${emitted.length} rows, got ${keys.length}`);
    }
    emitted.forEach((row, i) => {
      const { dimensions, byKey } = keys[i]!;
      const map = new Map<number, number>();
      for (let k = 0; k < byKey.length; k += 2) map.set(byKey[k]!, byKey[k + 1]!);
      handlers.#rows.set(row, { dimensions: new Set(dimensions), byKey: map });
    });
    return handlers;
  }

  /** What `Handlers.of` takes. */
  keys(): HandlerKeys {
    return [...this.#rows.values()].map(({ dimensions, byKey }) => ({
      dimensions: [...dimensions],
      byKey: [...byKey].flat(),
    }));
  }

  /** Index in the function table of the handler for an instruction whose row has `emit`. */
  find(insn: Instruction, segmentation: Segmentation): number {
    const row = this.#rows.get(insn.row)!;
    const index = row.byKey.get(keyOf(row.dimensions, insn, segmentation));
    if (index === undefined) {
      throw new Error(
        `interpreter: no handler for ${insn.row.name} ${insn.row.enc}: ${insn.form} ` +
          `size ${insn.size} address ${insn.addressSize} stack ${insn.stackSize} ${insn.rep}`,
      );
    }
    return index;
  }

  /** Generates all handlers of all rows behind the functions already in the table. */
  generate(m: WasmModule, rows: readonly Row[], runtime: Runtime, control: ControlFunctions): void {
    for (const row of rows) {
      if (row.emit) this.#rows.set(row, this.#generateRow(m, row, row.emit, runtime, control));
    }
  }

  #generateRow(
    m: WasmModule,
    row: Row,
    emit: NonNullable<Row['emit']>,
    runtime: Runtime,
    control: ControlFunctions,
  ): RowHandlers {
    const specs = parseOperands(row.ops);
    const dimensions = new Set<Dimension>();
    if (specs.some((s) => ['v', 'z', 'y', 'bs'].includes(s.width))) dimensions.add('size');
    for (;;) {
      const emitters = new Map<number, InterpEmitter>();
      const before = dimensions.size;
      for (const combination of combinations(row)) {
        const key = keyOf(dimensions, combination, combination.segmentation);
        if (emitters.has(key)) continue;
        const operands = bindOperands(specs, combination.size, combination.form);
        const e = new InterpEmitter({ row, operands, ...combination }, runtime, control);
        try {
          emit(e);
          e.result(e.add(e.ip(), 32));
        } catch (cause) {
          const where = `${row.name} ${row.enc} (${combination.form}, size ${combination.size})`;
          throw new Error(`interpreter: ${where}: ${(cause as Error).message}`, { cause });
        }
        for (const d of e.consulted) dimensions.add(d);
        emitters.set(key, e);
        if (dimensions.size !== before) break;
      }
      if (dimensions.size !== before) continue;
      const byKey = new Map<number, number>();
      for (const [key, e] of emitters) {
        const func = m.declare(`${row.name} ${row.enc}`, ['i32'], ['i32']);
        m.define(func, e, () => {});
        byKey.set(key, this.functions.push(func) - 1);
      }
      return { dimensions, byKey };
    }
  }
}

const SIZE_BITS = { 2: 0, 4: 1, 8: 2 } as const;
const REP_BITS: Record<RepPrefix, number> = { none: 0, rep: 1, repne: 2 };
const SEGMENTATION_BITS: Record<Segmentation, number> = { none: 0, flat: 1, checked: 2 };

function keyOf(
  dimensions: ReadonlySet<Dimension>,
  c: Omit<Combination, 'segmentation'>,
  segmentation: Segmentation,
): number {
  let key = FORMS.indexOf(c.form);
  if (dimensions.has('size')) key |= SIZE_BITS[c.size] << 3;
  if (dimensions.has('addressSize')) key |= SIZE_BITS[c.addressSize] << 5;
  if (dimensions.has('stackSize')) key |= SIZE_BITS[c.stackSize] << 7;
  if (dimensions.has('segmentation')) key |= SEGMENTATION_BITS[segmentation] << 9;
  if (dimensions.has('rep')) key |= REP_BITS[c.rep] << 11;
  return key;
}

/** Segmentation of the instructions of a mode; a memory form may narrow it. */
export function segmentationOf(form: Form, codeSize: number, flat: boolean): Segmentation {
  if (codeSize === 8) return 'none';
  if (form === 'flat') return 'flat';
  if (form === 'reg') return flat ? 'flat' : 'checked';
  return 'checked';
}

/** Everything that may reach a row's handlers. */
function* combinations(row: Row): Generator<Combination> {
  const letters = parseOperands(row.ops).map((s) => s.letter);
  const rm = letters.some(usesRm);
  const absolute = letters.includes('O');
  const memory = absolute || (rm && !letters.some(registerOnly));
  const register = !absolute && !letters.some(memoryOnly);
  const reps: RepPrefix[] = !row.rep
    ? ['none']
    : row.rep === 'rep'
      ? ['none', 'rep']
      : ['none', 'rep', 'repne'];
  const forms = FORMS.filter((f) => (f === 'reg' ? register : memory));
  for (const form of forms) {
    for (const mode of MODES) {
      if (row.only && (row.only === '64') !== (mode.segmentation === 'none')) continue;
      if (!mode.forms.includes(form)) continue;
      for (const size of mode.sizes) {
        for (const addressSize of ADDRESS_OF_FORM[form] ?? mode.addresses) {
          for (const stackSize of mode.stacks) {
            for (const rep of reps) {
              yield { form, segmentation: mode.segmentation, size, addressSize, stackSize, rep };
            }
          }
        }
      }
    }
  }
}

type Size = 2 | 4 | 8;

const MODES: readonly {
  segmentation: Segmentation;
  forms: readonly Form[];
  sizes: readonly Size[];
  addresses: readonly Size[];
  stacks: readonly Size[];
}[] = [
  {
    segmentation: 'none',
    forms: ['reg', 'base', 'full', 'wrap'],
    sizes: [4, 8, 2],
    addresses: [8, 4],
    stacks: [8],
  },
  { segmentation: 'flat', forms: ['reg', 'flat'], sizes: [4, 2], addresses: [4, 2], stacks: [4] },
  {
    segmentation: 'checked',
    forms: ['reg', 'seg16', 'seg32'],
    sizes: [4, 2],
    addresses: [4, 2],
    stacks: [4, 2],
  },
];

const ADDRESS_OF_FORM: Partial<Record<Form, readonly Size[]>> = {
  base: [8],
  full: [8],
  wrap: [4],
  flat: [4],
  seg16: [2],
  seg32: [4],
};
