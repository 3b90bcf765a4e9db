/** Resource descriptors for _CRS (ACPI Specification 4.0 §6.4). */

import { type Aml, buffer, le } from './aml.ts';

/** ResourceTemplate(): the descriptors and an end tag, whose checksum may be 0 for "not given". */
export function resources(...descriptors: readonly (readonly number[])[]): Aml {
  return buffer([...descriptors.flat(), 0x79, 0x00]);
}

/** IO(Decode16, at, at, 1, length). */
export function io(at: number, length: number): number[] {
  return [0x47, 0x01, ...le(at, 2), ...le(at, 2), 1, length];
}

/** IRQNoFlags() {irq}: edge-triggered, active high. */
export function irq(n: number): number[] {
  return [0x22, ...le(1 << n, 2)];
}

const WORD = 2;
const DWORD = 4;
/** Both ends fixed; the resource type's own flags follow. */
const MIN_MAX_FIXED = 0x0c;

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Buses that the bridge decodes: ResourceProducer. */
export function busNumbers(range: Range): number[] {
  return addressSpace({ tag: 0x88, type: 2, typeFlags: 0, width: WORD, range });
}

/** Ports that the bridge passes on: the entire range. */
export function ioWindow(range: Range): number[] {
  return addressSpace({ tag: 0x88, type: 1, typeFlags: 0x03, width: WORD, range });
}

/** Memory that the bridge passes on: read-write, not cacheable. */
export function memoryWindow(range: Range): number[] {
  return addressSpace({ tag: 0x87, type: 0, typeFlags: 0x01, width: DWORD, range });
}

function addressSpace(d: {
  tag: number;
  type: number;
  typeFlags: number;
  width: number;
  range: Range;
}): number[] {
  const { first, last } = d.range;
  const body = [
    d.type,
    MIN_MAX_FIXED,
    d.typeFlags,
    ...[0, first, last, 0, last - first + 1].flatMap((field) => le(field, d.width)),
  ];
  return [d.tag, ...le(body.length, 2), ...body];
}
