/**
 * PCI configuration space: one function's 256 bytes, and the host bridge's mechanism #1 that
 * addresses them (PCI Local Bus Specification 2.3 §3.2.2.3.2 and §6.1).
 */

import { copy, list, type Shape, u8, u32, validate } from './shape.ts';
import { type DeviceState, err, ok, type Result, type Stateful } from './state.ts';

export interface PciFunctionState extends DeviceState {
  readonly kind: 'pci-function';
  readonly version: 1;
  config: number[];
}

const IDENTITY = { kind: 'pci-function', version: 1 } as const;
const SHAPE: Shape<PciFunctionState> = { config: list({ exactly: 256 }, u8) };

export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  /** Base class, subclass, programming interface: 0x060000 is a host bridge. */
  readonly classCode: number;
  readonly revision?: number;
  /** 0x80: the device has more functions than this one. */
  readonly headerType?: number;
  /** Ranges of bytes that the guest may write, as [first, last]. */
  readonly writable?: readonly (readonly [number, number])[];
}

/** A function that is configuration registers and nothing else. */
export class PciFunction implements Stateful {
  readonly identity: PciIdentity;
  readonly #writable = new Set<number>();
  #s: PciFunctionState;

  constructor(identity: PciIdentity) {
    this.identity = identity;
    const config = new Array<number>(256).fill(0);
    const { vendor, device, classCode, revision = 0, headerType = 0, writable = [] } = identity;
    const bytes: readonly [number, number][] = [
      [0x00, vendor & 0xff],
      [0x01, vendor >> 8],
      [0x02, device & 0xff],
      [0x03, device >> 8],
      [0x08, revision],
      [0x09, classCode & 0xff],
      [0x0a, (classCode >> 8) & 0xff],
      [0x0b, classCode >> 16],
      [0x0e, headerType],
    ];
    for (const [offset, byte] of bytes) config[offset] = byte;
    for (const [first, last] of writable) {
      for (let i = first; i <= last; i++) this.#writable.add(i);
    }
    this.#s = { ...IDENTITY, config };
  }

  read(offset: number): number {
    return this.#s.config[offset]!;
  }

  write(offset: number, byte: number): void {
    if (this.#writable.has(offset)) this.#s.config[offset] = byte;
  }

  save(): PciFunctionState {
    return copy(this.#s);
  }

  load(state: DeviceState): Result<void> {
    const result = validate<PciFunctionState>(state, IDENTITY, SHAPE);
    if (!result.ok) return result;
    this.#s = result.value;
    return ok(undefined);
  }
}

/** What the host bridge finds at a device and function number. */
export interface PciTarget extends Stateful {
  read(offset: number): number;
  write(offset: number, byte: number): void;
}

export interface PciHostState extends DeviceState {
  readonly kind: 'pci-host';
  readonly version: 1;
  address: number;
  /** In the order of their slots. */
  functions: DeviceState[];
}

/** Bus 0 and the register at CF8H that chooses what CFCH shows. */
export class PciHost implements Stateful {
  /** Keyed by device << 3 | function. */
  readonly #slots = new Map<number, PciTarget>();
  #address = 0;

  add(device: number, fn: number, target: PciTarget): void {
    const slot = (device << 3) | fn;
    if (this.#slots.has(slot)) throw new Error(`pci: two functions at 00:${device}.${fn}`);
    this.#slots.set(slot, target);
  }

  /** CONFIG_ADDRESS: enable, bus, device, function, register. */
  get address(): number {
    return this.#address;
  }

  set address(value: number) {
    this.#address = (value & 0x80ff_fffc) >>> 0;
  }

  /** One byte of CONFIG_DATA; an empty slot answers with ones. */
  readData(lane: number): number {
    return this.#target?.read((this.#address & 0xfc) | lane) ?? 0xff;
  }

  writeData(lane: number, byte: number): void {
    this.#target?.write((this.#address & 0xfc) | lane, byte);
  }

  save(): PciHostState {
    const functions = this.#targets.map((target) => target.save());
    return { kind: 'pci-host', version: 1, address: this.#address, functions };
  }

  load(state: DeviceState): Result<void> {
    const targets = this.#targets;
    const result = validate<PciHostState>(
      state,
      { kind: 'pci-host', version: 1 },
      { address: u32, functions: list({ exactly: targets.length }, () => undefined) },
    );
    if (!result.ok) return result;
    for (const [i, target] of targets.entries()) {
      const loaded = target.load(result.value.functions[i]!);
      if (!loaded.ok) return err(`pci-host: function ${i}: ${loaded.error}`);
    }
    this.address = result.value.address;
    return ok(undefined);
  }

  get #targets(): PciTarget[] {
    return [...this.#slots.entries()].sort(([a], [b]) => a - b).map(([, target]) => target);
  }

  get #target(): PciTarget | undefined {
    const enabled = this.#address >>> 31 === 1;
    const bus = (this.#address >> 16) & 0xff;
    return enabled && bus === 0 ? this.#slots.get((this.#address >> 8) & 0xff) : undefined;
  }
}
