import { expect, test } from 'vitest';
import { PciFunction } from '../../src/engine/device/pci.ts';
import { PciPort } from '../../src/engine/device/pci-port.ts';
import { bench, keepsItsState } from './bench.ts';

function pci() {
  const { pio } = bench();
  const resets: string[] = [];
  const port = new PciPort(pio, (by) => resets.push(by));
  const select = (device: number, register: number, { fn = 0, bus = 0 } = {}) =>
    pio.write(
      0xcf8,
      4,
      (0x8000_0000 | (bus << 16) | (device << 11) | (fn << 8) | (register & 0xfc)) >>> 0,
    );
  const config = (device: number, register: number, at = {}) => {
    select(device, register, at);
    return pio.read(0xcfc, 4);
  };
  return { pio, port, resets, select, config };
}

test('the host bridge and the ISA bridge are there, by id and class', () => {
  const { config } = pci();
  expect(config(0, 0x00)).toBe(0x1237_8086);
  expect(config(0, 0x08)).toBe(0x0600_0002);
  expect(config(1, 0x00)).toBe(0x7000_8086);
  expect(config(1, 0x08)).toBe(0x0601_0000);
});

test('empty slots, functions and buses read as ones', () => {
  const { config } = pci();
  expect(config(2, 0)).toBe(0xffff_ffff);
  expect(config(0, 0, { fn: 1 })).toBe(0xffff_ffff);
  expect(config(0, 0, { bus: 1 })).toBe(0xffff_ffff);
});

test('the data register has byte lanes; ids are read-only, settings are not', () => {
  const { pio, select, config } = pci();
  select(1, 0x60);
  pio.write(0xcfd, 1, 0x0b);
  pio.write(0xcfe, 2, 0x0a0a);
  expect(pio.read(0xcfc, 4)).toBe(0x0a0a_0b00);
  expect(pio.read(0xcfe, 2)).toBe(0x0a0a);
  select(1, 0x00);
  pio.write(0xcfc, 4, 0);
  expect(config(1, 0)).toBe(0x7000_8086);
});

test('Linux’s check for mechanism 1: the address register reads back, by doublewords only', () => {
  const { pio } = pci();
  pio.write(0xcf8, 4, 0x8000_0000);
  expect(pio.read(0xcf8, 4)).toBe(0x8000_0000);
  expect(pio.read(0xcf8, 2)).toBe(0xffff);
  pio.write(0xcf8, 4, 0); // not enabled
  expect(pio.read(0xcfc, 4)).toBe(0xffff_ffff);
});

test('CF9: a rising RST_CPU resets, and a byte there does not touch the address', () => {
  const { pio, resets } = pci();
  pio.write(0xcf8, 4, 0x8000_0800);
  pio.write(0xcf9, 1, 0x02);
  expect(resets).toEqual([]);
  pio.write(0xcf9, 1, 0x06);
  pio.write(0xcf9, 1, 0x06);
  expect(resets).toEqual(['reset control register']);
  expect(pio.read(0xcf9, 1)).toBe(0x06);
  expect(pio.read(0xcf8, 4)).toBe(0x8000_0800);
});

test('two devices in a slot are a bug', () => {
  const { port } = pci();
  const card = () => new PciFunction({ vendor: 0x1af4, device: 0x1000, classCode: 0x02_0000 });
  port.add(3, 0, card());
  expect(() => port.add(3, 0, card())).toThrow('00:3.0');
});

test('keeps its state', () => {
  const { pio, port, select } = pci();
  select(1, 0x60);
  pio.write(0xcfc, 1, 0x0b);
  pio.write(0xcf9, 1, 0x02);
  keepsItsState(port, pci().port);
});
