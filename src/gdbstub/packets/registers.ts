/** `g` `G` `p` `P`: registers, all or one, in the order of target.xml. */

import type { Registers } from '../../target/index.ts';
import { fromLittleEndian, littleEndian, parseCount } from '../hex.ts';
import { E_MALFORMED, errorText, hexBytes, OK, type Packet } from '../packet.ts';
import type { Stub } from '../stub.ts';

function allRegisters({ target, architecture }: Stub): Uint8Array {
  const registers = target.registers();
  const bytes = architecture.registers.reduce((sum, { bytes }) => sum + bytes, 0);
  const block = new Uint8Array(bytes);
  const view = new DataView(block.buffer);
  let at = 0;
  for (const { read, bytes } of architecture.registers) {
    const value = read(registers, target);
    if (bytes === 4) view.setUint32(at, Number(value), true);
    else view.setBigUint64(at, value, true);
    if (bytes === 10) view.setUint16(at + 8, Number(value >> 64n), true);
    else if (bytes === 16) view.setBigUint64(at + 8, value >> 64n, true);
    at += bytes;
  }
  return block;
}

/** Only what differs is written: writing leaves the recording. */
function writeAll(stub: Stub, hex: string): string {
  const { registers: all } = stub.architecture;
  const length = all.reduce((sum, { bytes }) => sum + 2 * bytes, 0);
  if (hex.length !== length || !/^[0-9a-f]*$/i.test(hex)) return E_MALFORMED;
  const registers = stub.target.registers();
  let changed: Registers = registers;
  let at = 0;
  for (const { bytes, read, write } of all) {
    const value = fromLittleEndian(hex.slice(at, at + 2 * bytes))!;
    at += 2 * bytes;
    if (value === read(registers, stub.target) || !write) continue;
    changed = { ...changed, ...write(value, changed) };
  }
  if (changed !== registers) stub.target.writeRegisters(changed);
  return OK;
}

function readRegister({ target, architecture }: Stub, n: number): bigint | undefined {
  return architecture.registers[n]?.read(target.registers(), target);
}

export const registerPackets: readonly Packet[] = [
  {
    name: 'g',
    looks: true,
    handle: (stub, args) => {
      if (args !== '') return E_MALFORMED;
      stub.registerBlock ??= { ...hexBytes(allRegisters(stub)), again: 'not sent yet' };
      return stub.registerBlock;
    },
  },
  { name: 'G', handle: writeAll },
  {
    name: 'p',
    looks: true,
    handle: (stub, args) => {
      const n = parseCount(args);
      const register = n === undefined ? undefined : stub.architecture.registers[n];
      if (n === undefined || !register) return E_MALFORMED;
      return littleEndian(readRegister(stub, n)!, register.bytes);
    },
  },
  {
    name: 'P',
    handle: (stub, args) => {
      const [number = '', hex = ''] = args.split('=');
      const n = parseCount(number);
      const value = fromLittleEndian(hex);
      const register = n === undefined ? undefined : stub.architecture.registers[n];
      if (!register || value === undefined || hex.length !== 2 * register.bytes) return E_MALFORMED;
      const registers = stub.target.registers();
      if (value === register.read(registers, stub.target)) return OK;
      if (!register.write) return errorText(`${register.name} cannot be written`);
      stub.target.writeRegisters(register.write(value, registers));
      return OK;
    },
  },
];
