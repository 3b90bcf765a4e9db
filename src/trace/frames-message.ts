/**
 * The Frames message of recording.proto taken apart, by hand because it is the one that is large:
 * its fields become views of the columns, its shapes are checked against what shapes may be.
 * block.ts reads the columns themselves.
 */

import { FRAMES_MAX, SHAPES_MAX } from './columns.ts';
import { KIND, type Kind, type Reply, replyFits, type Shape } from './frame.ts';
import { WIRE_BYTES, WIRE_VARINT, WireError, WireReader } from './wire.ts';

const TWO_32 = 2 ** 32;
const KINDS: ReadonlySet<number> = new Set(Object.values(KIND));
const NAME_BYTES_MAX = 256;

/** A shape with its streams, still as bytes. */
export interface ShapeColumn {
  readonly shape: Shape;
  readonly values: Uint8Array;
  readonly deltas: Uint8Array;
  readonly data: Uint8Array;
}

const EMPTY: Uint8Array = new Uint8Array(0);

export interface Columns {
  readonly count: number;
  readonly firstIcount: number;
  readonly shapes: readonly ShapeColumn[];
  readonly shapeColumn: Uint8Array;
  readonly icountColumn: Uint8Array;
}

/** Throws `WireError` on anything that is not a Frames message. */
export function parse(message: Uint8Array): Columns {
  const reader = new WireReader(message);
  const shapes: ShapeColumn[] = [];
  let count = 0;
  let firstIcount = 0;
  let shapeColumn = EMPTY;
  let icountColumn = EMPTY;
  while (!reader.done) {
    const tag = reader.varint('a tag', TWO_32 - 1);
    switch (tag) {
      case 1 * 8 + WIRE_VARINT:
        firstIcount = reader.varint('first_icount', Number.MAX_SAFE_INTEGER);
        break;
      case 2 * 8 + WIRE_VARINT:
        count = reader.varint('count', FRAMES_MAX);
        break;
      case 3 * 8 + WIRE_BYTES:
        if (shapes.length === SHAPES_MAX) throw new WireError(`${SHAPES_MAX} shapes`, 'more');
        shapes.push(parseShape(reader.bytes('a shape')));
        break;
      case 4 * 8 + WIRE_BYTES:
        shapeColumn = reader.bytes('the shape column');
        break;
      case 5 * 8 + WIRE_BYTES:
        icountColumn = reader.bytes('the icount column');
        break;
      default:
        reader.skip(tag % 8);
    }
  }
  if (count === 0) throw new WireError('at least one frame', 'none');
  return { count, firstIcount, shapes, shapeColumn, icountColumn };
}

function parseShape(message: Uint8Array): ShapeColumn {
  const reader = new WireReader(message);
  const fields = { kind: 0, reply: 0, size: 0, address: 0, subleaf: 0, name: '' };
  let values = EMPTY;
  let deltas = EMPTY;
  let data = EMPTY;
  while (!reader.done) {
    const tag = reader.varint('a tag', TWO_32 - 1);
    switch (tag) {
      case 1 * 8 + WIRE_VARINT:
        fields.kind = reader.varint('a kind', 31);
        break;
      case 2 * 8 + WIRE_VARINT:
        fields.reply = reader.varint('a reply', 6);
        break;
      case 3 * 8 + WIRE_VARINT:
        fields.size = reader.varint('a size', 8);
        break;
      case 4 * 8 + WIRE_VARINT:
        fields.address = reader.varint('an address', 2 ** 52 - 1);
        break;
      case 5 * 8 + WIRE_VARINT:
        fields.subleaf = reader.varint('a subleaf', TWO_32 - 1);
        break;
      case 6 * 8 + WIRE_BYTES:
        fields.name = inputName(reader.bytes('an input name'));
        break;
      case 7 * 8 + WIRE_BYTES:
        values = reader.bytes('values');
        break;
      case 8 * 8 + WIRE_BYTES:
        deltas = reader.bytes('deltas');
        break;
      case 9 * 8 + WIRE_BYTES:
        data = reader.bytes('data');
        break;
      default:
        reader.skip(tag % 8);
    }
  }
  return { shape: checkedShape(fields), values, deltas, data };
}

function inputName(bytes: Uint8Array): string {
  if (bytes.length > NAME_BYTES_MAX)
    throw new WireError('an input name of 256 bytes', 'a longer one');
  return Buffer.from(bytes).toString('utf8');
}

interface ShapeFields {
  readonly kind: number;
  readonly reply: number;
  readonly size: number;
  readonly address: number;
  readonly subleaf: number;
  readonly name: string;
}

/** Sizes and the greatest address, by kind; recording.proto says the same in words. */
const LIMITS: ReadonlyMap<number, { sizes: readonly number[]; address: number }> = new Map([
  [KIND.PIO_IN, { sizes: [1, 2, 4], address: 0xffff }],
  [KIND.PIO_OUT, { sizes: [1, 2, 4], address: 0xffff }],
  [KIND.MMIO_READ, { sizes: [1, 2, 4, 8], address: 2 ** 52 - 1 }],
  [KIND.MMIO_WRITE, { sizes: [1, 2, 4, 8], address: 2 ** 52 - 1 }],
  [KIND.CPUID, { sizes: [0], address: TWO_32 - 1 }],
  [KIND.RDMSR, { sizes: [0], address: TWO_32 - 1 }],
  [KIND.WRMSR, { sizes: [0], address: TWO_32 - 1 }],
  [KIND.RDRAND, { sizes: [2, 4, 8], address: 0 }],
  [KIND.RDSEED, { sizes: [2, 4, 8], address: 0 }],
  [KIND.INTERRUPT, { sizes: [0], address: 255 }],
]);
const NO_DETAIL = { sizes: [0], address: 0 };

function checkedShape(fields: ShapeFields): Shape {
  const { kind, reply, size, address } = fields;
  if (!KINDS.has(kind)) throw new WireError('a kind of this version', `kind ${kind}`);
  if (!replyFits(kind as Kind, reply as Reply)) {
    throw new WireError(`a reply that fits kind ${kind}`, `reply ${reply}`);
  }
  const limits = LIMITS.get(kind) ?? NO_DETAIL;
  if (!limits.sizes.includes(size)) {
    throw new WireError(`a size of ${limits.sizes.join(', ')} for kind ${kind}`, `${size}`);
  }
  if (address > limits.address) {
    throw new WireError(`an address <= ${limits.address} for kind ${kind}`, `${address}`);
  }
  return fields as Shape;
}
