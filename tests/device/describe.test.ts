import { expect, test } from 'vitest';
import { describeAddress, describeMsr, describePort } from '../../src/engine/device/describe.ts';
import { Board } from '../../src/engine/pc/board.ts';
import { gpa } from '../../src/engine/units.ts';
import { HandClock } from './bench.ts';

function port(dir: 'read' | 'write', at: number, value: number, size = 1): string {
  const d = describePort(at, { dir, size }, value);
  return d === undefined ? 'nothing' : `${d.device} ${d.register} ${d.value}`;
}

test.each([
  ['read', 0x3fd, 0x60, 'COM1 LSR THRE|TEMT'],
  ['read', 0x3fd, 0x00, 'COM1 LSR 0'],
  ['write', 0x3f8, 0x41, 'COM1 THR/DLL 41'],
  ['write', 0x3fa, 0xc7, 'COM1 FCR ENABLE|CLEAR_RX|CLEAR_TX|c0'],
  ['read', 0x2fa, 0xc1, 'COM2 IIR c1'],
  ['write', 0x2fb, 0x83, 'COM2 LCR DLAB|3'],
  ['read', 0x64, 0x1d, 'KBC status OBF|SYS|A2|INHIBIT_OFF'],
  ['write', 0x64, 0xfe, 'KBC command fe'],
  ['write', 0xcf9, 0x06, 'PCI RC SYSTEM_RESET|RESET_CPU'],
  ['write', 0x80, 0x12, 'POST code 12'],
] as const)('%s of port %i, %i', (dir, at, value, text) => {
  expect(port(dir, at, value)).toBe(text);
});

test('wider ones', () => {
  expect(port('write', 0xcf8, 0x8000_0800, 4)).toBe('PCI CONFIG_ADDRESS 80000800');
  expect(port('write', 0x604, 0x3400, 2)).toBe('ACPI PM1_CNT SLP_EN|1400');
  expect(port('read', 0x608, 0x1234, 4)).toBe('ACPI PM_TMR 00001234');
  expect(port('read', 0x1f7, 0)).toBe('nothing');
});

test('addresses and MSRs', () => {
  const at = (address: number, value: number) => {
    const d = describeAddress(gpa(address), { dir: 'write', size: 4 }, value)!;
    return `${d.device} ${d.register} ${d.value}`;
  };
  expect(at(0xfee0_00b0, 0)).toBe('LAPIC EOI 00000000');
  expect(at(0xfee0_0350, 0x8700)).toBe('LAPIC LVT LINT0 LEVEL|700');
  expect(at(0xfee0_0210, 1)).toBe('LAPIC IRR1 00000001');
  expect(at(0xfec0_0010, 0x30)).toBe('IOAPIC IOWIN 00000030');
  expect(describeAddress(gpa(0xb_8000), { dir: 'read', size: 1 }, 0)).toBeUndefined();
  expect(describeMsr(0xc000_0080)).toBe('IA32_EFER');
});

test('every port that the board claims has a name here, and none other but POST', () => {
  const board = new Board({
    clock: new HandClock(),
    memoryBytes: 64 << 20,
    rtcStart: 0,
    transmitted: () => {},
    powerOff: () => {},
    reset: () => {},
    nmi: () => {},
    interruptsChanged: () => {},
  });
  const differing: string[] = [];
  for (let at = 0; at < 0x1_0000; at++) {
    const claimed = board.pio.ownerOf(at) !== undefined;
    if (claimed !== (port('read', at, 0) !== 'nothing')) differing.push(at.toString(16));
  }
  expect(differing).toEqual(['80']);
});
